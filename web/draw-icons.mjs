// Draws the icons of the installed app from the favicon, into public/icons: `npm run icons`, after
// the logo was changed. Browsers and systems want them as pictures of fixed sizes.
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const PUBLIC = join(import.meta.dirname, 'public');
const PAPER = '#f6f2ec';

// `share`: how much of the width the logo takes. A maskable icon may lose everything outside the
// middle four fifths. The badge is drawn by Android from what is not transparent.
const ICONS = [
  { name: 'icon-192', size: 192, share: 0.94 },
  { name: 'icon-512', size: 512, share: 0.94 },
  { name: 'maskable-512', size: 512, share: 0.56, paper: PAPER },
  { name: 'apple-180', size: 180, share: 0.68, paper: PAPER },
  { name: 'badge-96', size: 96, share: 0.94, silhouette: true },
];

const logo = await readFile(join(PUBLIC, 'favicon.svg'), 'utf8');
// White, with the two people as holes.
const silhouette = logo
  .replaceAll(/<circle([^>]*?) fill="[^"]*"/g, '<circle$1 fill="#000"')
  .replace(/(<path fill=")[^"]*("[\s\S]*)(?=<\/svg>)/, '<mask id="m">$1#fff$2</mask>')
  .replace('</svg>', '<rect width="32" height="32" fill="#fff" mask="url(#m)"/></svg>');

await mkdir(join(PUBLIC, 'icons'), { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
});
const page = await browser.newPage();
for (const icon of ICONS) {
  const { name, size, share } = icon;
  await page.setViewportSize({ width: size, height: size });
  await page.setContent(`<style>
    body { margin: 0; display: grid; place-items: center; height: 100vh;
           background: ${icon.paper ?? 'transparent'} }
    svg { width: ${share * 100}%; }
  </style>${icon.silhouette ? silhouette : logo}`);
  const path = join(PUBLIC, 'icons', `${name}.png`);
  await page.screenshot({ path, omitBackground: !icon.paper });
}
await browser.close();
