/** A piece of a message: plain text, or something to follow. */
export type Piece = { text: string; href?: string };

// Only what is plainly an address on the web or of mail. No other scheme is ever followed.
const LINK = /\b(?:https?:\/\/|www\.)[^\s<>"'`]+|\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+/gi;
const TRAILING = /[.,;:!?*_~]+$/;

/** Splits a text into pieces that, put together, are the text again. */
export function pieces(text: string): Piece[] {
  const result: Piece[] = [];
  let end = 0;
  for (const match of text.matchAll(LINK)) {
    const found = withoutPunctuation(match[0]);
    const href = hrefOf(found);
    if (!href) continue;
    if (match.index > end) result.push({ text: text.slice(end, match.index) });
    result.push({ text: found, href });
    end = match.index + found.length;
  }
  if (end < text.length) result.push({ text: text.slice(end) });
  return result;
}

// "(see https://example.org/a_(b))." keeps the bracket that belongs to the address.
function withoutPunctuation(found: string): string {
  let link = found.replace(TRAILING, '');
  while (link.endsWith(')') && count(link, ')') > count(link, '(')) {
    link = link.slice(0, -1).replace(TRAILING, '');
  }
  return link;
}

function count(text: string, char: string): number {
  return text.split(char).length - 1;
}

function hrefOf(link: string): string | null {
  if (!/^(https?:|www\.)/i.test(link)) return `mailto:${link}`;
  try {
    return new URL(/^www\./i.test(link) ? `https://${link}` : link).href;
  } catch {
    return null;
  }
}
