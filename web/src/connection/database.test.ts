import 'fake-indexeddb/auto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { chat, messages, profile } from '../state/make.test-values';
import { Database } from './database';

let database: Database;

const stretch = (from: number, to: number, complete = false) => ({
  entries: messages(from, to),
  from,
  to,
  complete,
});
const unsent = { clientMessageId: 'x', chatId: 'c1', content: 'hi', createdAt: 0 };

beforeEach(() => {
  database = new Database(`database-${Math.random()}`);
});

afterEach(() => database.close());

describe('what is kept of a log', () => {
  test('grows by what touches it', async () => {
    await database.keepStretch('c1', stretch(10, 20));
    await database.keepStretch('c1', stretch(21, 21));
    await database.keepStretch('c1', stretch(1, 9, true));
    const kept = await database.keptStretch('c1');
    expect(kept).toMatchObject({ from: 1, to: 21, complete: true });
    expect(kept?.entries.map(({ seq }) => seq)).toEqual(messages(1, 21).map(({ seq }) => seq));
  });

  test('is replaced after a gap, without leaving entries behind', async () => {
    await database.keepStretch('c1', stretch(1, 20, true));
    await database.keepStretch('c1', stretch(300, 310));
    // Another tab, which has not heard of the gap, goes on where it was.
    await database.keepStretch('c1', stretch(15, 21));
    const kept = await database.keptStretch('c1');
    expect(kept).toMatchObject({ from: 300, to: 310, complete: false });
    expect(kept?.entries).toHaveLength(11);
    expect(await database.table('entries').count()).toBe(11);
  });

  test('comes back in part when it is long, and says so', async () => {
    await database.keepStretch('c1', stretch(1, 900, true));
    const kept = await database.keptStretch('c1');
    expect(kept).toMatchObject({ from: 501, to: 900, complete: false });
    expect(kept?.entries).toHaveLength(400);
  });

  test('of one chat is not mixed with another', async () => {
    await database.keepStretch('c1', stretch(1, 5));
    await database.keepStretch('c10', stretch(1, 7));
    expect((await database.keptStretch('c1'))?.entries).toHaveLength(5);
    expect(await database.keptStretch('c2')).toBeNull();
  });
});

test('a tab that knows less takes nothing back', async () => {
  await database.keepMe(profile('me'));
  await database.keepChats([chat({ lastSeq: 9, readSeq: 9, minReadSeq: 8 })]);
  await database.keepChats([chat({ lastSeq: 5, readSeq: 4, unreadCount: 1 })]);
  expect((await database.kept())?.chats[0]).toMatchObject({
    lastSeq: 9,
    readSeq: 9,
    minReadSeq: 8,
    unreadCount: 0,
  });
});

describe('wiping', () => {
  beforeEach(async () => {
    await database.keepMe(profile('me'));
    await database.keepSync([chat()], 'cursor', 'epoch');
    await database.outbox.add(unsent);
  });

  test('leaves nothing', async () => {
    await database.wipe(false);
    expect(await database.kept()).toBeNull();
    const counts = await Promise.all(database.tables.map((table) => table.count()));
    expect(counts.every((count) => count === 0)).toBe(true);
  });

  test('leaves nothing of what was still being written', async () => {
    database.shut();
    const late = database.keepChats([chat()]);
    await database.wipe(true);
    await Promise.all([late, database.keepMe(profile('me'))]);
    await database.wipe(true); // another tab, for which nobody was here any more
    expect(await database.table('chats').count()).toBe(0);
    expect(await database.kept()).toBeNull();
    await database.welcome(profile('me'));
    await database.keepChats([chat()]);
    expect((await database.kept())?.chats).toHaveLength(1);
  });

  test('after a session that was ended keeps what was not sent, for the same user only', async () => {
    await database.wipe(true);
    expect(await database.kept()).toBeNull();
    await database.welcome(profile('me'));
    expect(await database.outbox.count()).toBe(1);

    await database.wipe(true);
    await database.welcome(profile('somebody.else'));
    expect(await database.outbox.count()).toBe(0);
  });

  test('of what the server said keeps what I wrote', async () => {
    await database.dropChats();
    expect(await database.kept()).toMatchObject({ chats: [], cursor: null, epoch: null });
    expect(await database.outbox.count()).toBe(1);
  });
});
