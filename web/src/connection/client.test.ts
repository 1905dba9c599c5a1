// @vitest-environment happy-dom
import 'fake-indexeddb/auto';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { FakeBrowser, KEY } from '../notifications/fake-browser.test-values';
import { noteKeeper } from '../notifications/note';
import type { Chat } from '../protocol';
import { eventually } from '../state/eventually.test-values';
import { Failure } from '../state/failure';
import { chat, message, messages, profile } from '../state/make.test-values';
import { createParley, type Store } from '../state/store';
import type { Synced } from '../state/wire';
import { Client } from './client';
import { Database } from './database';
import { FakeSocket, FakeWebSocket } from './fake-socket.test-values';
import type { Session } from './session';

let store: Store;
let database: Database;
let client: Client;
let browser: FakeBrowser;

const session = {
  mayExist: () => true,
  accessToken: vi.fn(async () => 't1'),
  refresh: vi.fn(async () => 't2'),
  forgetToken: vi.fn(),
  signOut: vi.fn(async () => undefined),
};

const peer = () => FakeSocket.latest;
const current = () => store.getState().chats.c1;
const shown = () => store.getState().logs.c1?.entries.map(({ seq }) => seq);
const asked = (op: Parameters<FakeSocket['asked']>[0], data: object) =>
  eventually(() => expect(peer().asked(op).data).toEqual(data));

const synced = (chats: Synced['chats'], cursor = 'k1', epoch = 'e1') => ({
  cursor,
  epoch,
  chats,
  hasMore: false,
});
const page = (from: number, to: number, hasMore = false) => ({
  messages: messages(from, to),
  fromSeq: from,
  toSeq: to,
  hasMore,
});

beforeEach(async () => {
  vi.spyOn(document, 'hasFocus').mockReturnValue(true);
  FakeSocket.opened = [];
  store = createParley();
  database = new Database(`client-${Math.random()}`);
  browser = new FakeBrowser();
  client = new Client(store, {
    session: session as unknown as Session,
    database,
    browser,
    socket: { url: 'ws://host/ws', WebSocket: FakeWebSocket, random: () => 0 },
  });
});

afterEach(async () => {
  await client.actions.signOut();
  database.close();
  vi.restoreAllMocks();
});

// As after a reload: this much was known of the chat, the rest happened since.
async function cameBack(known: Chat, upTo: number): Promise<void> {
  await database.keepMe(profile('me'));
  await database.keepSync([known], 'k0', 'e1');
  await database.keepStretch('c1', {
    entries: messages(1, upTo),
    from: 1,
    to: upTo,
    complete: true,
  });
  await client.start();
}

async function connected(): Promise<void> {
  await eventually(() => expect(FakeSocket.opened).toHaveLength(1));
  peer().accept();
}

const known = (lastSeq: number) =>
  chat({ lastSeq, readSeq: lastSeq, deliveredSeq: lastSeq, lastMessage: message(lastSeq) });

describe('a page that was open before', () => {
  test('paints what was kept before the server has answered', async () => {
    await cameBack(known(3), 3);
    expect(store.getState()).toMatchObject({ phase: 'signed-in', loaded: true });
    client.actions.open('c1');
    await eventually(() => expect(shown()).toEqual([1, 2, 3]));
    expect(FakeSocket.opened[0]?.sent ?? []).toEqual([]);
  });

  test('asks from its cursor, then for the entries after the last it holds', async () => {
    await cameBack(known(3), 3);
    await connected();
    await asked('sync', { cursor: 'k0' });
    peer().answer('sync', synced([{ ...known(3), lastSeq: 5, unreadCount: 2 }]));
    await asked('history', { chatId: 'c1', after: 3, limit: 100 });
    peer().answer('history', page(4, 5));
    await eventually(() => expect(shown()).toEqual([1, 2, 3, 4, 5]));
    await asked('message:delivered', { chatId: 'c1', seq: 5 });
    expect(store.getState().link).toBe('online');
  });

  test('takes the newest page first when it missed too much', async () => {
    await cameBack(known(3), 3);
    await connected();
    await asked('sync', { cursor: 'k0' });
    peer().answer('sync', synced([{ ...known(3), lastSeq: 900, limited: true }]));
    await asked('history', { chatId: 'c1', limit: 50 });
    peer().answer('history', page(851, 900, true));
    await eventually(() => expect(shown()).toHaveLength(50));
    expect(store.getState().logs.c1).toMatchObject({ from: 851, to: 900, complete: false });
  });

  test('starts anew when the store of the server is another one', async () => {
    await cameBack(known(3), 3);
    await connected();
    await asked('sync', { cursor: 'k0' });
    peer().answer('sync', synced([], 'k9', 'another'));
    await asked('sync', {});
    peer().answer('sync', synced([known(1)], 'k10', 'another'));
    await eventually(() => expect(current()?.lastSeq).toBe(1));
    await eventually(async () => expect((await database.kept())?.epoch).toBe('another'));
  });
});

describe('a connected page', () => {
  beforeEach(async () => {
    await cameBack(known(5), 5);
    client.actions.open('c1');
    await connected();
    await asked('sync', { cursor: 'k0' });
    peer().answer('sync', synced([]));
    await asked('user:status', { userId: 'bob' });
    peer().answer('user:status', { userId: 'bob', online: true, lastSeenAt: null });
    await eventually(() => expect(store.getState().link).toBe('online'));
  });

  test('reads what arrives in the open chat', async () => {
    peer().tell('message:receive', message(6));
    peer().tell('message:receive', message(7));
    await asked('message:read', { chatId: 'c1', seq: 7 });
    peer().answer('message:read', {});
    await eventually(() => expect(current()).toMatchObject({ readSeq: 7, unreadCount: 0 }));
    expect(peer().sent.filter(({ op }) => op === 'message:read')).toHaveLength(1);
  });

  test('only receives while nobody looks, and reads when they look again', async () => {
    vi.mocked(document.hasFocus).mockReturnValue(false);
    peer().tell('message:receive', message(6));
    await asked('message:delivered', { chatId: 'c1', seq: 6 });
    peer().answer('message:delivered', {});
    await eventually(() => expect(current()?.deliveredSeq).toBe(6));
    expect(current()?.unreadCount).toBe(1);
    vi.mocked(document.hasFocus).mockReturnValue(true);
    window.dispatchEvent(new Event('focus'));
    await asked('message:read', { chatId: 'c1', seq: 6 });
    peer().answer('message:read', {});
  });

  test('reads a chat that is opened while its delivery is being acknowledged', async () => {
    client.actions.close('c1');
    peer().tell('message:receive', message(6));
    await asked('message:delivered', { chatId: 'c1', seq: 6 });
    client.actions.open('c1');
    // Long enough for what is owed to be looked at while the answer is out.
    await new Promise((resolve) => setTimeout(resolve, 200));
    peer().answer('message:delivered', {});
    await asked('message:read', { chatId: 'c1', seq: 6 });
    peer().answer('message:read', {});
  });

  test('asks after 5 when it hears 7', async () => {
    peer().tell('message:receive', message(7));
    await asked('history', { chatId: 'c1', after: 5, limit: 100 });
    peer().answer('history', page(6, 7));
    await eventually(() => expect(shown()).toEqual([1, 2, 3, 4, 5, 6, 7]));
    await asked('chat:get', { chatId: 'c1' });
    peer().answer('chat:get', { ...known(5), lastSeq: 7, unreadCount: 2 });
    await eventually(() => expect(current()?.unreadCount).toBe(2));
  });

  test('does not ask when the missing entry was only late', async () => {
    peer().tell('message:receive', message(7));
    peer().tell('message:receive', message(6));
    await asked('message:read', { chatId: 'c1', seq: 7 });
    peer().answer('message:read', {});
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(peer().sent.some(({ op }) => op === 'history')).toBe(false);
  });

  test('syncs again when it is told to, and knows of nobody whether they are still there', async () => {
    peer().tell('user:online', { userId: 'eve', state: 'online' });
    await eventually(() => expect(store.getState().presences).toHaveProperty('eve'));
    const before = peer().sent.filter(({ op }) => op === 'sync').length;
    peer().tell('resync', {});
    await eventually(() =>
      expect(peer().sent.filter(({ op }) => op === 'sync')).toHaveLength(before + 1),
    );
    expect(peer().asked('sync').data).toEqual({ cursor: 'k1' });
    expect(store.getState().presences).not.toHaveProperty('eve');
    peer().answer('sync', synced([]));
  });

  test('renews its token before it ends', async () => {
    peer().tell('auth:expiring', { expiresIn: 60 });
    await asked('auth:renew', { accessToken: 't2' });
    peer().answer('auth:renew', { expiresIn: 900 });
  });

  test('sends again, under the same id, what a lost connection left unanswered', async () => {
    await client.actions.send('c1', 'hello');
    await eventually(() => expect(peer().asked('message:send').data.content).toBe('hello'));
    const first = peer().asked('message:send').data;
    await eventually(() => expect(store.getState().outbox).toHaveLength(1));
    peer().drop();
    await eventually(() => expect(FakeSocket.opened).toHaveLength(2));
    peer().accept();
    await eventually(() => expect(peer().asked('message:send').data).toEqual(first));
    peer().answer('message:send', { id: 'm6', seq: 6, createdAt: message(6).createdAt });
    await eventually(() => expect(store.getState().outbox).toEqual([]));
    expect(shown()).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('forgets everything when its session was ended elsewhere', async () => {
    session.refresh.mockRejectedValueOnce(new Failure('invalid_refresh_token'));
    peer().drop(4401);
    await eventually(() => expect(store.getState().phase).toBe('signed-out'));
    expect(store.getState().chats).toEqual({});
    await eventually(async () => expect(await database.kept()).toBeNull());
  });
});

describe('notifications', () => {
  const note = noteKeeper();
  const mine = (userId: string) => ({
    userId,
    endpoint: browser.subscribeNow().endpoint,
    deviceId: 'd1',
    key: KEY,
    registeredAt: Date.now(),
  });

  beforeEach(async () => {
    browser.allowed = 'granted';
    await note.write(mine('me'));
  });

  test('are on where they were, and compared once the server answers', async () => {
    await cameBack(known(3), 3);
    await eventually(() => expect(store.getState().notifications.on).toBe(true));
    expect(browser.install).toHaveBeenCalledOnce();
    await connected();
    await asked('sync', { cursor: 'k0' });
    peer().answer('sync', synced([known(3)]));
    await asked('device:services', {});
    await asked('device:list', {});
  });

  test.each([
    ['signing out', () => client.actions.signOut()],
    ['the end of the session', () => peer().drop(4401)],
  ])('are forgotten with %s', async (_, end) => {
    session.refresh.mockRejectedValueOnce(new Failure('token_revoked'));
    const close = browser.show({ chatId: 'c1' });
    await cameBack(known(3), 3);
    await connected();
    await end();
    await eventually(() => expect(store.getState().phase).toBe('signed-out'));
    await eventually(() => expect(browser.current).toBeNull());
    await eventually(async () => expect(await note.read()).toBeNull());
    expect(close).toHaveBeenCalled();
    session.refresh.mockReset().mockResolvedValue('t2');
  });

  test('of somebody else are ended before mine begin', async () => {
    await note.write(mine('eve'));
    await cameBack(known(3), 3);
    await eventually(async () => expect(await note.read()).toBeNull());
    await eventually(() => expect(browser.current).toBeNull());
    expect(store.getState().notifications.on).toBe(false);
  });

  test('of whoever was signed in are ended where nobody is', async () => {
    session.mayExist = () => false;
    await client.start();
    await eventually(async () => expect(await note.read()).toBeNull());
    session.mayExist = () => true;
  });
});
