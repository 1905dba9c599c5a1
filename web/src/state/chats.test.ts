import { describe, expect, test } from 'vitest';
import { byActivity, mergeChat, readUpTo, withEntry } from './chats';
import { chat, message, messages } from './make.test-values';

const ME = 'me';

describe('unread messages', () => {
  test('are counted as they are heard, each once', () => {
    let one = chat({ lastSeq: 5, readSeq: 5 });
    one = withEntry(one, message(6), ME);
    one = withEntry(one, message(6), ME);
    one = withEntry(one, message(7), ME);
    expect(one.unreadCount).toBe(2);
    expect(one.lastMessage?.seq).toBe(7);
  });

  test('do not include membership entries or my own', () => {
    let one = chat({ lastSeq: 5, readSeq: 5 });
    one = withEntry(one, message(6, 'bob', { kind: 'membership' }), ME);
    expect(one).toMatchObject({ unreadCount: 0, lastSeq: 6, lastMessage: null });
    one = withEntry(withEntry(one, message(7), ME), message(8, ME), ME);
    expect(one).toMatchObject({ unreadCount: 0, readSeq: 8 });
  });

  test('that remain after reading a part are counted from the log', () => {
    const one = chat({ lastSeq: 9, readSeq: 2, unreadCount: 7 });
    const log = { entries: messages(3, 9), from: 3, to: 9, complete: false };
    expect(readUpTo(one, 7, ME, log).unreadCount).toBe(2);
    expect(readUpTo(one, 9, ME, undefined).unreadCount).toBe(0);
  });

  test('do not come back when an older receipt arrives', () => {
    const one = chat({ lastSeq: 9, readSeq: 9 });
    expect(readUpTo(one, 4, ME, undefined)).toBe(one);
  });
});

describe('a description of a chat', () => {
  test('older than what was heard live takes nothing back', () => {
    const live = withEntry(chat({ lastSeq: 5, readSeq: 5 }), message(6), ME);
    const merged = mergeChat(live, chat({ lastSeq: 5, readSeq: 5, name: 'new name' }));
    expect(merged).toMatchObject({ lastSeq: 6, unreadCount: 1, name: 'new name' });
    expect(merged.lastMessage?.seq).toBe(6);
  });

  test('newer than what is known replaces the unread count', () => {
    const known = chat({ lastSeq: 5, readSeq: 3, unreadCount: 2 });
    const merged = mergeChat(known, chat({ lastSeq: 9, readSeq: 3, unreadCount: 6 }));
    expect(merged).toMatchObject({ lastSeq: 9, unreadCount: 6 });
  });

  test('never moves a watermark back', () => {
    const known = chat({ minReadSeq: 8, minDeliveredSeq: 9, readSeq: 7, deliveredSeq: 9 });
    expect(mergeChat(known, chat())).toMatchObject({
      minReadSeq: 8,
      minDeliveredSeq: 9,
      readSeq: 7,
      deliveredSeq: 9,
    });
  });
});

test('the chat somebody wrote in last comes first', () => {
  const quiet = chat({ id: 'quiet', createdAt: '2026-11-20T00:00:00.000Z' });
  const fresh = chat({ id: 'fresh', createdAt: '2026-11-21T04:30:00.000Z' });
  const active = chat({ id: 'active', lastMessage: message(59) });
  const order = byActivity([quiet, active, fresh]).map(({ id }) => id);
  expect(order).toEqual(['fresh', 'active', 'quiet']);
});
