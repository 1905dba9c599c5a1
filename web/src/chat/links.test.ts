import { expect, test } from 'vitest';
import { pieces } from './links';

const links = (text: string) => pieces(text).filter((piece) => piece.href);
const together = (text: string) =>
  pieces(text)
    .map((piece) => piece.text)
    .join('');

test.each([
  ['see https://example.org/a?b=c#d now', 'https://example.org/a?b=c#d'],
  ['(https://example.org/a_(b)).', 'https://example.org/a_(b)'],
  ['http://chat.local:8080/x, and more', 'http://chat.local:8080/x'],
  ['مرحبا https://example.org!', 'https://example.org'],
])('%s', (text, link) => {
  expect(links(text).map((piece) => piece.text)).toEqual([link]);
  expect(together(text)).toBe(text);
});

test('www and mail addresses are completed', () => {
  expect(links('www.example.org').map((piece) => piece.href)).toEqual(['https://www.example.org/']);
  expect(links('ada@example.org.').map((piece) => piece.href)).toEqual(['mailto:ada@example.org']);
});

test.each([
  'javascript:alert(1)',
  'data:text/html,<script>alert(1)</script>',
  'file:///etc/passwd',
  'vbscript:msgbox',
  'https://',
  'a.b and 3.14',
])('%s is never a link', (text) => {
  expect(links(text)).toEqual([]);
  expect(together(text)).toBe(text);
});
