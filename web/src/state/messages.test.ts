import { describe, expect, test } from 'vitest';
import { message, messages } from './make.test-values';
import {
  covers,
  join,
  type Log,
  missingAfter,
  newest,
  receive,
  settingsEntry,
  stretchOf,
} from './messages';

const stretch = (from: number, to: number, complete = false) => ({
  entries: messages(from, to),
  from,
  to,
  complete,
});

const seqs = (log: Log) => log.entries.map((entry) => entry.seq);

describe('a log', () => {
  test('grows by what touches it, on either side, without doubling', () => {
    let log = join(undefined, stretch(50, 60));
    log = join(log, stretch(55, 65));
    log = join(log, stretch(40, 49));
    expect([log.from, log.to]).toEqual([40, 65]);
    expect(seqs(log)).toEqual(messages(40, 65).map((entry) => entry.seq));
  });

  test('is replaced by a newer stretch with a gap before it', () => {
    const log = join(join(undefined, stretch(1, 20, true)), stretch(300, 349));
    expect([log.from, log.to, log.complete]).toEqual([300, 349, false]);
    expect(log.entries).toHaveLength(50);
  });

  test('is not touched by an older stretch with a gap after it', () => {
    const log = join(undefined, stretch(300, 349));
    expect(join(log, stretch(1, 20))).toBe(log);
  });

  test('knows its beginning once a stretch has reached it', () => {
    const log = join(join(undefined, stretch(20, 30)), stretch(1, 19, true));
    expect(log.complete).toBe(true);
    expect(join(log, stretch(31, 40)).complete).toBe(true);
  });

  test('an empty chat is complete and takes its first message', () => {
    const empty = join(undefined, { entries: [], from: 1, to: 0, complete: true });
    expect(missingAfter(empty, 0)).toBeNull();
    expect(receive(empty, message(1))).toMatchObject({ from: 1, to: 1, complete: true });
  });
});

describe('hearing entries live', () => {
  test('the next one moves the window', () => {
    const log = receive(join(undefined, stretch(1, 5)), message(6));
    expect(log.to).toBe(6);
    expect(missingAfter(log, 6)).toBeNull();
  });

  test('7 after 5 asks for what comes after 5, and shows 7 meanwhile', () => {
    const log = receive(join(undefined, stretch(1, 5)), message(7));
    expect(seqs(log)).toContain(7);
    expect(missingAfter(log, 0)).toBe(5);
  });

  test('a gap that closes by itself is no gap any more', () => {
    let log = receive(join(undefined, stretch(1, 5)), message(7));
    log = receive(log, message(8));
    log = receive(log, message(6));
    expect(log.to).toBe(8);
    expect(missingAfter(log, 8)).toBeNull();
  });

  test('twice is once', () => {
    const log = receive(join(undefined, stretch(1, 5)), message(6));
    expect(receive(log, message(6)).entries).toHaveLength(6);
  });

  test('the accepted form of my message keeps what the event adds', () => {
    let log = receive(join(undefined, stretch(1, 5)), message(6, 'me', { clientMessageId: 'x' }));
    log = receive(log, message(6, 'me', { editedAt: '2026-11-21T05:00:00.000Z' }));
    expect(log.entries.at(-1)).toMatchObject({
      clientMessageId: 'x',
      editedAt: expect.any(String),
    });
  });
});

test('a page by "after" is complete only when it starts at the first entry', () => {
  const page = { messages: messages(1, 3), fromSeq: 1, toSeq: 3, hasMore: true };
  expect(stretchOf(page, 'after', 1).complete).toBe(true);
  expect(stretchOf({ ...page, fromSeq: 2 }, 'after', 1).complete).toBe(false);
  expect(stretchOf(page, 'before', 1).complete).toBe(false);
  expect(stretchOf({ ...page, hasMore: false }, 'newest', 1).complete).toBe(true);
});

test('a shortened log does not claim the part it dropped', () => {
  const log = newest(join(undefined, stretch(1, 100, true)), 10);
  expect([log.from, log.to, log.complete]).toEqual([91, 100, false]);
  expect(covers(log, 90, 100)).toBe(true);
  expect(covers(log, 89, 100)).toBe(false);
});

test('a role event becomes a membership entry, a name event a settings entry', () => {
  const event = { chatId: 'c1', seq: 4, id: 'e4', actorId: 'ada', at: '2026-11-21T04:00:00.000Z' };
  const role = settingsEntry({ ...event, userIds: ['bob'], role: 'admin' });
  expect(role).toMatchObject({ kind: 'membership', membership: { action: 'role', role: 'admin' } });
  const name = settingsEntry({ ...event, name: 'New' });
  expect(name).toMatchObject({ kind: 'settings', settings: { name: 'New' } });
});
