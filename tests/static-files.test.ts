// The web client as the server hands it out.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { expectError } from './harness/errors.ts';
import { plain } from './harness/http.ts';
import { useNode } from './harness.ts';

const HTML = '<!doctype html><html><head><title>Fixture</title></head><body></body></html>\n';
const SCRIPT = `export const words = ${JSON.stringify('lorem ipsum '.repeat(500))};\n`;
const SCRIPT_PATH = '/assets/index-B7xq9_Zk.js';

// A web client of two files, with the compressed forms its build would lay beside them.
const root = mkdtempSync(join(tmpdir(), 'parley-web-'));
const web = join(root, 'web');
mkdirSync(join(web, 'assets'), { recursive: true });
for (const [path, text] of [
  ['index.html', HTML],
  [SCRIPT_PATH, SCRIPT],
  ['manifest.webmanifest', '{"name":"Fixture"}'],
] as const) {
  writeFileSync(join(web, path), text);
  writeFileSync(join(web, `${path}.br`), brotliCompressSync(text));
  writeFileSync(join(web, `${path}.gz`), gzipSync(text));
}
writeFileSync(join(root, 'secret.txt'), 'outside of the web client');

const node = useNode({ args: [`--web=${web}`] });
const get = (path: string, headers = {}, method = 'GET') => plain(node.url, path, headers, method);

afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('A file', () => {
  test.each([
    ['/', 'text/html', HTML],
    ['/index.html', 'text/html', HTML],
    [SCRIPT_PATH, 'text/javascript', SCRIPT],
    ['/manifest.webmanifest', 'application/manifest+json', '{"name":"Fixture"}'],
  ])('%s comes with its type, its length and an ETag', async (path, type, text) => {
    const answer = await get(path);
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toContain(type);
    expect(answer.headers['content-length']).toBe(String(Buffer.byteLength(text)));
    expect(answer.headers.etag).toMatch(/^(W\/)?"[^"]+"$/);
    expect(answer.headers['content-encoding']).toBeUndefined();
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
    expect(answer.bytes.toString()).toBe(text);
  });

  test('that the client has is answered with 304 and no body', async () => {
    const { etag } = (await get(SCRIPT_PATH)).headers;
    for (const known of [etag, `"other", ${etag}`, '*']) {
      const again = await get(SCRIPT_PATH, { 'if-none-match': known });
      expect(again.status).toBe(304);
      expect(again.bytes.length).toBe(0);
      expect(again.headers.etag).toBe(etag);
    }
    expect((await get(SCRIPT_PATH, { 'if-none-match': '"other"' })).status).toBe(200);
  });

  test('with a hash in its name is cached for ever, the page is not', async () => {
    const script = (await get(SCRIPT_PATH)).headers['cache-control'] ?? '';
    expect(script).toContain('immutable');
    expect(Number(/max-age=(\d+)/.exec(script)?.[1])).toBeGreaterThanOrEqual(31_536_000);
    for (const path of ['/', '/index.html', '/chats/42']) {
      const page = (await get(path, { accept: 'text/html' })).headers['cache-control'];
      expect(page).toMatch(/no-cache|max-age=0/);
      expect(page).not.toContain('immutable');
    }
  });

  test.each([
    ['br', 'br'],
    ['gzip', 'gzip'],
    ['gzip, deflate, br', 'br'],
    ['gzip;q=0.8, br;q=0', 'gzip'],
    ['*', undefined],
    ['identity', undefined],
    ['deflate', undefined],
    ['brotli, xgzip', undefined],
  ])('to a client that accepts %s comes encoded as %s', async (accepted, encoding) => {
    const answer = await get(SCRIPT_PATH, { 'accept-encoding': accepted });
    expect(answer.status).toBe(200);
    const got = answer.headers['content-encoding'];
    if (accepted !== '*') expect(got).toBe(encoding);
    const decode = { br: brotliDecompressSync, gzip: gunzipSync }[got ?? ''] ?? ((b: Buffer) => b);
    expect(decode(answer.bytes).toString()).toBe(SCRIPT);
    expect((answer.headers.vary ?? '').toLowerCase()).toContain('accept-encoding');
    expect(answer.headers['content-length']).toBe(String(answer.bytes.length));
  });

  test('has another strong ETag in another encoding, or a weak one', async () => {
    const etags = await Promise.all(
      ['identity', 'gzip', 'br'].map(
        async (accepted) => (await get(SCRIPT_PATH, { 'accept-encoding': accepted })).headers.etag,
      ),
    );
    const strong = etags.filter((etag) => !etag?.startsWith('W/'));
    expect(new Set(strong).size).toBe(strong.length);
  });

  test('is described without being sent to HEAD', async () => {
    const full = await get(SCRIPT_PATH);
    const head = await get(SCRIPT_PATH, {}, 'HEAD');
    expect(head.status).toBe(200);
    expect(head.bytes.length).toBe(0);
    for (const name of ['content-length', 'content-type', 'etag', 'cache-control']) {
      expect(head.headers[name], name).toBe(full.headers[name]);
    }
  });

  test('is not written to', async () => {
    for (const method of ['POST', 'PUT', 'DELETE']) {
      const answer = await get('/index.html', {}, method);
      expect(answer.status).toBe(405);
      expect(answer.headers.allow).toContain('GET');
    }
  });
});

describe('A page of the client', () => {
  test.each(['/chats/42', '/sign-in', '/chats/42/info?x=1', '/some.where/else'])(
    '%s is the one page there is',
    async (path) => {
      const answer = await get(path, { accept: 'text/html' });
      expect(answer.status).toBe(200);
      expect(answer.bytes.toString()).toBe(HTML);
    },
  );

  test('lets no script in but its own', async () => {
    const policy = (await get('/')).headers['content-security-policy'] ?? '';
    expect(policy).toMatch(/default-src '(self|none)'/);
    expect(policy).not.toMatch(/script-src[^;]*'unsafe-inline'/);
    expect(policy).toMatch(/frame-ancestors 'none'/);
  });

  test.each(['/assets/gone-12345678.js', '/assets/'])(
    'does not stand in for the missing %s',
    async (path) => {
      expect((await get(path)).status).toBe(404);
    },
  );

  test('does not stand in for the api', async () => {
    const answer = await get('/api/v1/nothing');
    expect(answer.status).toBe(404);
    expectError(JSON.parse(answer.bytes.toString()), 'route_not_found');
  });
});

test.each([
  '/../secret.txt',
  '/assets/../../secret.txt',
  '/%2e%2e/secret.txt',
  '/..%2fsecret.txt',
  '/assets/..%2f..%2fsecret.txt',
  '/..\\secret.txt',
  '/%5c..%5csecret.txt',
  '//../secret.txt',
  '/assets/%252e%252e/%252e%252e/secret.txt',
  '/index.html%00.js',
  '/./../secret.txt',
])('Nothing outside is reached by %s', async (path) => {
  const answer = await get(path);
  expect(answer.bytes.toString()).not.toContain('outside of the web client');
  expect([200, 400, 404]).toContain(answer.status);
  if (answer.status === 200) expect(answer.bytes.toString()).toBe(HTML);
});

describe('The client built into the binary', () => {
  const plainNode = useNode();

  test('is a page that names its own script', async () => {
    const page = await plain(plainNode.url, '/');
    expect(page.status).toBe(200);
    expect(page.headers['content-type']).toContain('text/html');
    const script = /<script[^>]+src="([^"]+)"/.exec(page.bytes.toString())?.[1] ?? '';
    expect(script, page.bytes.toString()).not.toBe('');
    const answer = await plain(plainNode.url, script, { 'accept-encoding': 'br' });
    expect(answer.status).toBe(200);
    expect(answer.headers['content-encoding']).toBe('br');
    expect(answer.headers['cache-control']).toContain('immutable');
    expect(brotliDecompressSync(answer.bytes).length).toBeGreaterThan(1_000);
  });
});
