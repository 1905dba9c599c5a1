import { expect, test } from 'vitest';
import { message } from './make.test-values';
import { heads, type OutboxEntry, progressOfEntry, waiting } from './outbox';

const entry = (clientMessageId: string, change: Partial<OutboxEntry> = {}): OutboxEntry => ({
  clientMessageId,
  chatId: 'c1',
  content: 'text',
  createdAt: 0,
  ...change,
});

test('the oldest of each chat goes first, and a refused one holds nobody up', () => {
  const outbox = [
    entry('a', { refusal: 'message_too_long' }),
    entry('b'),
    entry('c'),
    entry('d', { chatId: 'c2' }),
  ];
  expect(heads(outbox).map((one) => one.clientMessageId)).toEqual(['b', 'd']);
});

test('what the log shows already does not wait any more', () => {
  const log = {
    entries: [message(1, 'me', { clientMessageId: 'a' })],
    from: 1,
    to: 1,
    complete: true,
  };
  const left = waiting([entry('a'), entry('b'), entry('c', { chatId: 'c2' })], 'c1', log);
  expect(left.map((one) => one.clientMessageId)).toEqual(['b']);
});

test('a refused entry has failed, any other is being sent', () => {
  expect(progressOfEntry(entry('a'))).toBe('sending');
  expect(progressOfEntry(entry('a', { refusal: 'message_too_long' }))).toBe('failed');
});
