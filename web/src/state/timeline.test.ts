import { expect, test } from 'vitest';
import { chat, message, messages } from './make.test-values';
import type { Log } from './messages';
import { type Row, rowsOf } from './timeline';

const ME = 'me';
const logOf = (entries: Log['entries']): Log => ({
  entries,
  from: entries[0]?.seq ?? 1,
  to: entries.at(-1)?.seq ?? 0,
  complete: true,
});
const bubbles = (rows: Row[]) => rows.filter((row) => row.kind === 'bubble');

test('messages of one person within minutes form a run', () => {
  const later = '2026-11-21T04:30:00.000Z';
  const entries = [
    ...messages(1, 3, 'bob'),
    message(4, ME),
    message(5, 'bob'),
    message(6, 'bob', { createdAt: later }),
  ];
  const rows = bubbles(rowsOf(logOf(entries), [], chat(), ME, null));
  expect(rows.map(({ first, last }) => [first, last])).toEqual([
    [true, false],
    [false, false],
    [false, true],
    [true, true],
    [true, true],
    [true, true],
  ]);
});

test('each day begins with its name, and a run does not cross it', () => {
  const tomorrow = new Date(2026, 10, 22, 0, 1).toISOString();
  const tonight = new Date(2026, 10, 21, 23, 59).toISOString();
  const entries = [
    message(1, 'bob', { createdAt: tonight }),
    message(2, 'bob', { createdAt: tomorrow }),
  ];
  const kinds = rowsOf(logOf(entries), [], chat(), ME, null).map(({ kind }) => kind);
  expect(kinds).toEqual(['day', 'bubble', 'day', 'bubble']);
});

test('the unread mark stands before the first message of others after it', () => {
  const entries = [message(1), message(2, ME), message(3, ME), message(4), message(5)];
  const rows = rowsOf(logOf(entries), [], chat(), ME, { after: 2, count: 2 });
  expect(rows.findIndex(({ kind }) => kind === 'unread')).toBe(4);
  expect(rows.filter(({ kind }) => kind === 'unread')).toHaveLength(1);
});

test('the unread mark waits until the log reaches back to it', () => {
  const rows = rowsOf(logOf(messages(100, 149)), [], chat(), ME, { after: 20, count: 129 });
  expect(rows.some(({ kind }) => kind === 'unread')).toBe(false);
});

test('what was not accepted yet comes last and keeps its key when it is', () => {
  const unsent = { clientMessageId: 'x', chatId: 'c1', content: 'hi', createdAt: Date.now() };
  const before = bubbles(rowsOf(logOf(messages(1, 2)), [unsent], chat(), ME, null)).at(-1);
  expect(before).toMatchObject({ progress: 'sending', mine: true, content: 'hi' });
  const accepted = [...messages(1, 2), message(3, ME, { clientMessageId: 'x', content: 'hi' })];
  const after = bubbles(
    rowsOf(logOf(accepted), [], chat({ minReadSeq: 3, minDeliveredSeq: 3 }), ME, null),
  ).at(-1);
  expect(after?.key).toBe(before?.key);
  expect(after?.progress).toBe('read');
});

test('membership entries are lines of their own', () => {
  const entries = [message(1, ME, { kind: 'membership' }), message(2, ME)];
  expect(rowsOf(logOf(entries), [], chat(), ME, null).map(({ kind }) => kind)).toEqual([
    'day',
    'system',
    'bubble',
  ]);
});
