import { beforeAll, describe, expect, test } from 'vitest';
import { expectError } from './harness/errors.ts';
import * as shape from './harness/shapes.ts';
import { expectShape } from './harness/shapes.ts';
import {
  directChat,
  freshId,
  group,
  PASSWORD,
  type Said,
  type Socket,
  signUp,
  type User,
  useNode,
} from './harness.ts';

const node = useNode();
let alice: User;
let bob: User;
let socket: Socket;

beforeAll(async () => {
  [alice, bob] = [await signUp(node, 'alice'), await signUp(node, 'bob')];
  socket = await alice.connect();
});

describe('A new connection', () => {
  test.each(['header', 'protocol', 'query'] as const)(
    'is signed in by a token in the %s and hears ready first',
    async (auth) => {
      const before = Date.now();
      const mine = await alice.connect({ auth });
      expect(mine.protocol).toBe('parley.v1');
      expect(mine.frames[0].event).toBe('ready');
      const ready = expectShape(
        mine.ready,
        shape.exactly({
          userId: shape.id,
          sessionId: shape.id,
          expiresAt: shape.time,
          serverTime: shape.time,
        }),
      );
      expect(ready.userId).toBe(alice.id);
      expect(Math.abs(Date.parse(ready.serverTime) - before)).toBeLessThan(60_000);
      const life = Date.parse(ready.expiresAt) - before;
      expect(life).toBeGreaterThan(86_000_000);
      expect(life).toBeLessThan(87_000_000);
      expect((await mine.close()).code).toBe(1000);
    },
  );

  test('never has its token logged, wherever it came from', async () => {
    const log = JSON.stringify(node.logs) + node.unparsed.join('');
    const token = alice.accessToken;
    expect(log).not.toContain(token);
    expect(log).not.toContain(token.split('.')[2]);
    expect(log).not.toContain(PASSWORD);
  });

  test('answers pings with the same payload', async () => {
    expect(await socket.ping('are you there')).toBe('are you there');
  });

  test('keeps every line of its log readable by machines', () => {
    expect(node.unparsed).toEqual([]);
    for (const line of node.logs) {
      expect(line).toMatchObject({ ts: expect.any(String), level: expect.any(String) });
      expect(typeof line.event).toBe('string');
    }
  });
});

describe('Every operation has its reply on a socket', () => {
  test('auth:register and auth:login give tokens, auth:refresh new ones', async () => {
    const username = `zoe.${freshId()
      .toLowerCase()
      .replace(/[^a-z0-9]/g, '')}`;
    const made = await socket.ask('auth:register', { username, password: PASSWORD });
    expect(expectShape(made, shape.signedIn).user.username).toBe(username);
    const again = await socket.ask('auth:login', { username, password: PASSWORD });
    expect(expectShape(again, shape.signedIn).user.id).toBe(made.user.id);
    const { refreshToken } = again;
    expectShape(await socket.ask('auth:refresh', { refreshToken }), shape.refreshed);
    // The connection still belongs to Alice.
    expect((await socket.ask('user:profile')).id).toBe(alice.id);
  });

  test('user:profile, user:update, user:get and user:status', async () => {
    expect(expectShape(await socket.ask('user:profile'), shape.ownUser).id).toBe(alice.id);
    const updated = await socket.ask('user:update', { displayName: 'Alice A.' });
    expect(expectShape(updated, shape.ownUser).displayName).toBe('Alice A.');
    const found = await socket.ask('user:get', { username: bob.username });
    expect(expectShape(found, shape.user).id).toBe(bob.id);
    const status = await socket.ask('user:status', { userId: bob.id });
    expect(expectShape(status, shape.userStatus).userId).toBe(bob.id);
  });

  test('chat:create, chat:get, chat:update, chat:list and chat:participants', async () => {
    const direct = await socket.ask('chat:create', { type: 'direct', userId: bob.id });
    expect(expectShape(direct, shape.chat).peer.id).toBe(bob.id);
    const made = await socket.ask('chat:create', {
      type: 'group',
      name: 'Choir',
      members: [bob.username],
    });
    expect(expectShape(made, shape.chat).role).toBe('admin');
    const chatId = made.id;
    expect(expectShape(await socket.ask('chat:get', { chatId }), shape.chat)).toEqual(made);
    const renamed = await socket.ask('chat:update', { chatId, name: 'Big choir' });
    expect(expectShape(renamed, shape.chat).name).toBe('Big choir');
    const list = expectShape(await socket.ask('chat:list', { limit: 5 }), shape.chats);
    expect(list.chats[0].id).toBe(chatId);
    const people = await socket.ask('chat:participants', { chatId, limit: 10 });
    expect(expectShape(people, shape.participants).participants).toHaveLength(2);
  });

  test('chat:add-members, chat:set-role, chat:remove-member and chat:leave', async () => {
    const carol = await signUp(node, 'carol');
    const { id: chatId } = await group(alice, [bob]);
    const added = await socket.ask('chat:add-members', {
      chatId,
      members: [carol.username, bob.username],
    });
    expect(expectShape(added, shape.membersAdded).added).toEqual([carol.id]);
    const roleSet = await socket.ask('chat:set-role', { chatId, userId: carol.id, role: 'admin' });
    expectShape(roleSet, shape.nothing);
    const removed = await socket.ask('chat:remove-member', { chatId, userId: bob.id });
    expectShape(removed, shape.nothing);
    expectShape(await socket.ask('chat:leave', { chatId }), shape.nothing);
    expect((await carol.get(`/chats/${chatId}`)).participantCount).toBe(1);
  });

  test('message:send, history, message:info and the marks', async () => {
    const { id: chatId } = await directChat(alice, await signUp(node, 'peer'));
    const draft = { chatId, content: 'hello', clientMessageId: freshId() };
    const sent = await socket.ask('message:send', draft);
    expectShape(sent, shape.exactly({ id: shape.id, seq: shape.seq, createdAt: shape.time }));
    expect(await socket.ask('message:send', draft)).toEqual(sent);
    const page = expectShape(await socket.ask('history', { chatId }), shape.page);
    expect(page.messages).toHaveLength(1);
    expect(page.messages[0]).toMatchObject({ id: sent.id, seq: 1, content: 'hello' });
    const info = await socket.ask('message:info', { chatId, messageId: sent.id });
    expect(expectShape(info, shape.messageInfo)).toMatchObject({ deliveredTo: [], readBy: [] });
    for (const op of ['message:delivered', 'message:read']) {
      expectShape(await socket.ask(op, { chatId, seq: 1 }), shape.nothing);
    }
    const typing = await socket.ask('message:typing', { chatId, typing: false });
    expectShape(typing, shape.nothing);
  });

  test('sync, presence:watch, presence:unwatch and presence:away', async () => {
    const { id: chatId } = await directChat(alice, bob);
    expectShape(await socket.ask('sync', {}), shape.synced);
    const bobs = await bob.connect();
    const watched = await socket.ask('presence:watch', { chatId });
    const ids = shape.listOf(shape.id);
    expectShape(watched, shape.exactly({ online: ids, away: ids, busy: ids }));
    expect(watched.online).toContain(bob.id);
    expectShape(await socket.ask('presence:unwatch', { chatId }), shape.nothing);
    expectShape(await bobs.ask('presence:away', { away: true }), shape.nothing);
    await bobs.close();
  });

  test('auth:renew prolongs the connection with a newer token of the same session', async () => {
    const session = await alice.signInAgain();
    const mine = await session.connect();
    const { accessToken } = await mine.ask('auth:refresh', { refreshToken: session.refreshToken });
    const renewed = await mine.ask('auth:renew', { accessToken });
    expect(
      expectShape(renewed, shape.exactly({ expiresIn: shape.count })).expiresIn,
    ).toBeGreaterThan(86_000);
    await mine.close();
  });

  test('auth:renew refuses the token of another user or session', async () => {
    const other = await alice.signInAgain();
    for (const accessToken of [bob.accessToken, other.accessToken, 'junk']) {
      const error = await socket.refusal('auth:renew', { accessToken });
      expectError(error, 'unauthenticated', 'forbidden');
    }
    expect((await socket.ask('user:profile')).id).toBe(alice.id);
  });
});

describe('Events', () => {
  test('message:receive goes to every other connection of every participant', async () => {
    const { id: chatId } = await directChat(alice, bob);
    const [phone, laptop, bobs] = [
      await alice.connect(),
      await alice.connect(),
      await bob.connect(),
    ];
    const content = `to all ${freshId()}`;
    const sent = await phone.ask('message:send', { chatId, content, clientMessageId: freshId() });
    for (const other of [laptop, bobs]) {
      const heard = await other.until('message:receive', (m) => m.content === content);
      expect(expectShape(heard, shape.message)).toMatchObject({
        id: sent.id,
        seq: sent.seq,
        chatId,
      });
    }
    // What phone hears next comes after whatever it would have heard of its own message.
    const next = await bob.send(chatId, 'answer');
    await phone.until('message:receive', (m) => m.id === next.id);
    expect(phone.events('message:receive').filter((m) => m.id === sent.id)).toEqual([]);
    for (const s of [phone, laptop, bobs]) await s.close();
  });

  test('a resent draft is announced once', async () => {
    const { id: chatId } = await directChat(alice, bob);
    const bobs = await bob.connect();
    const draft = { chatId, content: 'once', clientMessageId: freshId() };
    const sent = await socket.ask('message:send', draft);
    for (let i = 0; i < 3; i++) expect(await socket.ask('message:send', draft)).toEqual(sent);
    const last = await alice.send(chatId, 'fence');
    await bobs.until('message:receive', (m) => m.id === last.id);
    expect(bobs.events('message:receive').filter((m) => m.id === sent.id)).toHaveLength(1);
    await bobs.close();
  });

  test('user:updated tells my own connections of my profile', async () => {
    const dora = await signUp(node, 'dora');
    const [one, two] = [await dora.connect(), await dora.connect()];
    await one.ask('user:update', { about: 'at sea' });
    const heard = await two.until('user:updated');
    expect(expectShape(heard, shape.ownUser)).toMatchObject({ id: dora.id, about: 'at sea' });
    for (const s of [one, two]) await s.close();
  });

  test('with batch=1 several frames come in one array, without it never', async () => {
    const dora = await signUp(node, 'dora');
    const { id: chatId } = await directChat(dora, bob);
    const [plain, batched] = [await dora.connect(), await dora.connect({ batch: true })];
    const busy = await bob.connect();
    const sends = Array.from({ length: 300 }, (_, i) =>
      busy.ask('message:send', { chatId, content: `n${i}`, clientMessageId: freshId() }),
    );
    const lastSeq = Math.max(...(await Promise.all(sends)).map((s) => s.seq));
    for (const s of [plain, batched]) {
      await s.until('message:receive', (m) => m.seq === lastSeq);
      await s.until('message:receive', () => s.events('message:receive').length === 300);
      const seqs = s.events('message:receive').map((m: Said) => m.seq);
      expect(new Set(seqs).size).toBe(300);
    }
    expect(plain.raw.filter((text) => text.startsWith('['))).toEqual([]);
    expect(batched.raw.some((text) => text.startsWith('['))).toBe(true);
    expect(batched.raw.length).toBeLessThan(plain.raw.length);
    for (const s of [plain, batched, busy]) await s.close();
  });
});

describe('Many requests at once', () => {
  test('each reply carries the id of its request, and no message is lost or doubled', async () => {
    const { id: chatId } = await directChat(alice, await signUp(node, 'peer'));
    const replies = await Promise.all(
      Array.from({ length: 500 }, (_, i) =>
        socket.ask('message:send', { chatId, content: `c${i}`, clientMessageId: `k${i}` }),
      ),
    );
    expect(replies.map((r) => r.seq).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 500 }, (_, i) => i + 1),
    );
    // Requests of one connection start in order, so their seqs follow it.
    expect(replies.map((r) => r.seq)).toEqual(Array.from({ length: 500 }, (_, i) => i + 1));
    const seen: Said[] = [];
    for (let after = 0; ; ) {
      const page = await alice.get(`/chats/${chatId}/messages?after=${after}&limit=100`);
      seen.push(...page.messages);
      after = page.toSeq;
      if (!page.hasMore) break;
    }
    expect(seen.map((m) => m.content)).toEqual(Array.from({ length: 500 }, (_, i) => `c${i}`));
  });

  test.each([0, 1, 2 ** 53])('the request id %d comes back as it is', async (id) => {
    const mine = await alice.connect();
    mine.send(JSON.stringify({ id, op: 'user:profile', data: {} }));
    mine.send(JSON.stringify({ id: 77, op: 'user:profile' }));
    for (const asked of [id, 77]) expect((await mine.reply(asked)).data.id).toBe(alice.id);
    await mine.close();
  });
});
