import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { expectError } from './harness/errors.ts';
import * as shape from './harness/shapes.ts';
import { expectShape } from './harness/shapes.ts';
import {
  directChat,
  freshId,
  group,
  type Said,
  type Socket,
  signUp,
  type User,
  useNode,
} from './harness.ts';

const node = useNode();
const receipt = shape.exactly({
  chatId: shape.id,
  userId: shape.id,
  seq: shape.seq,
  at: shape.time,
});

let connected: Socket[] = [];
async function online(...users: User[]): Promise<Socket[]> {
  const sockets = await Promise.all(users.map((user) => user.connect()));
  connected.push(...sockets);
  return sockets;
}

function say(socket: Socket, chatId: string, content: string): Promise<Said> {
  return socket.ask('message:send', { chatId, content, clientMessageId: freshId() });
}

afterEach(async () => {
  for (const socket of connected) if (socket.isOpen) await socket.close();
  connected = [];
});

describe('Two people talk', () => {
  let alice: User;
  let bob: User;
  let chatId: string;

  beforeAll(async () => {
    [alice, bob] = [await signUp(node, 'alice'), await signUp(node, 'bob')];
    chatId = (await directChat(alice, bob)).id;
  });

  test('the ticks of a message move from sent to delivered to read', async () => {
    const [a, b] = (await online(alice, bob)) as [Socket, Socket];
    const sent = await say(a, chatId, 'Are you coming?');
    const heard = await b.until('message:receive', (m) => m.id === sent.id);
    await b.ask('message:delivered', { chatId, seq: heard.seq });
    const delivered = await a.until('message:delivered', (r) => r.seq === sent.seq);
    expect(expectShape(delivered, receipt)).toMatchObject({ chatId, userId: bob.id });
    expect((await alice.get(`/chats/${chatId}`)).minReadSeq).toBeLessThan(sent.seq);
    await b.ask('message:read', { chatId, seq: heard.seq });
    const read = await a.until('message:read', (r) => r.seq === sent.seq);
    expect(expectShape(read, receipt)).toMatchObject({ chatId, userId: bob.id });
    expect(await alice.get(`/chats/${chatId}`)).toMatchObject({
      minDeliveredSeq: sent.seq,
      minReadSeq: sent.seq,
    });
  });

  test('reading implies delivery', async () => {
    const [a, b] = (await online(alice, bob)) as [Socket, Socket];
    const sent = await say(a, chatId, 'read at once');
    await b.ask('message:read', { chatId, seq: sent.seq });
    await a.until('message:read', (r) => r.seq === sent.seq);
    const info = await a.ask('message:info', { chatId, messageId: sent.id });
    expect(info).toMatchObject({ deliveredTo: [bob.id], readBy: [bob.id] });
  });

  test('a mark never moves back, and one beyond the end stops at the end', async () => {
    const [a, b] = (await online(alice, bob)) as [Socket, Socket];
    await say(a, chatId, 'one');
    const { seq } = await say(a, chatId, 'two');
    await b.ask('message:read', { chatId, seq });
    await b.ask('message:read', { chatId, seq: 1 });
    await b.ask('message:delivered', { chatId, seq: 1 });
    expect(await bob.get(`/chats/${chatId}`)).toMatchObject({ readSeq: seq, deliveredSeq: seq });
    const beyond = await b.askFor('message:read', { chatId, seq: seq + 1_000 });
    if (beyond.error !== undefined) expectError(beyond.error, 'validation_failed');
    expect((await bob.get(`/chats/${chatId}`)).readSeq).toBe(seq);
    const next = await say(a, chatId, 'three');
    expect((await bob.get(`/chats/${chatId}`)).unreadCount).toBe(1);
    expect(next.seq).toBe(seq + 1);
  });

  test('unread counts the messages of others, and sending reads what was there', async () => {
    const [a, b] = (await online(alice, bob)) as [Socket, Socket];
    await b.ask('message:read', { chatId, seq: (await bob.get(`/chats/${chatId}`)).lastSeq });
    for (let i = 1; i <= 3; i++) {
      await say(a, chatId, `u${i}`);
      expect((await bob.get(`/chats/${chatId}`)).unreadCount).toBe(i);
      expect((await alice.get(`/chats/${chatId}`)).unreadCount).toBe(0);
    }
    const { seq } = await say(b, chatId, 'my turn');
    expect(await bob.get(`/chats/${chatId}`)).toMatchObject({
      unreadCount: 0,
      readSeq: seq,
      deliveredSeq: seq,
    });
    expect((await alice.get(`/chats/${chatId}`)).unreadCount).toBe(1);
  });

  test('a mark reaches the own other devices, so unread falls there too', async () => {
    const [a, phone, laptop] = (await online(alice, bob, bob)) as [Socket, Socket, Socket];
    const { seq } = await say(a, chatId, 'seen on the phone');
    await phone.ask('message:read', { chatId, seq });
    const heard = await laptop.until('message:read', (r) => r.seq === seq);
    expect(heard).toMatchObject({ chatId, userId: bob.id });
    await a.until('message:read', (r) => r.seq === seq);
    expect(phone.events('message:read').filter((r) => r.userId === bob.id)).toEqual([]);
  });

  test('typing shows to the other and not to oneself', async () => {
    const [a, b] = (await online(alice, bob)) as [Socket, Socket];
    await a.ask('message:typing', { chatId, typing: true });
    const typing = { chatId, userId: alice.id, typing: true };
    expect(await b.until('user:typing')).toEqual(typing);
    await a.ask('message:typing', { chatId, typing: false });
    expect(await b.until('user:typing', (t) => t.typing === false)).toEqual({
      ...typing,
      typing: false,
    });
    const fence = await say(b, chatId, 'fence');
    await a.until('message:receive', (m) => m.id === fence.id);
    expect(a.events('user:typing')).toEqual([]);
  });

  test('strangers hear nothing of it', async () => {
    const carol = await signUp(node, 'carol');
    const [a, b, c] = (await online(alice, bob, carol)) as [Socket, Socket, Socket];
    await a.ask('message:typing', { chatId, typing: true });
    const { seq } = await say(a, chatId, 'between us');
    await b.ask('message:read', { chatId, seq });
    await a.until('message:read', (r) => r.seq === seq);
    // Carol's own news is the fence: what was sent before it would have come.
    const fence = await directChat(carol, bob);
    await bob.send(fence.id, 'hello Carol');
    await c.until('message:receive', (m) => m.content === 'hello Carol');
    expect(c.frames.filter((f) => f.data?.chatId === chatId)).toEqual([]);
  });
});

describe('Presence', () => {
  test('who is watched goes online at once and offline ten seconds after the last device', async () => {
    const [alice, bob] = [await signUp(node, 'alice'), await signUp(node, 'bob')];
    const { id: chatId } = await directChat(alice, bob);
    const [a] = (await online(alice)) as [Socket];
    expect((await a.ask('presence:watch', { chatId })).online).not.toContain(bob.id);
    const [phone, laptop] = (await online(bob, bob)) as [Socket, Socket];
    expect((await a.until('user:online', (u) => u.userId === bob.id)).userId).toBe(bob.id);
    await phone.close();
    expect((await alice.get(`/users/${bob.id}/status`)).online).toBe(true);
    const left = Date.now();
    await laptop.close();
    const offline = await a.until('user:offline', (u) => u.userId === bob.id, 40_000);
    const took = Date.now() - left;
    expect(took).toBeGreaterThan(5_000);
    expect(Math.abs(Date.parse(offline.lastSeenAt) - left)).toBeLessThan(12_000);
    const status = await alice.get(`/users/${bob.id}/status`);
    expect(status.online).toBe(false);
    expect(Date.parse(status.lastSeenAt)).toBeGreaterThan(left - 2_000);
  });

  test('a short interruption is not told', async () => {
    const [alice, bob] = [await signUp(node, 'alice'), await signUp(node, 'bob')];
    const { id: chatId } = await directChat(alice, bob);
    const [a, b] = (await online(alice, bob)) as [Socket, Socket];
    await a.ask('presence:watch', { chatId });
    b.drop();
    await b.closed();
    const [back] = (await online(bob)) as [Socket];
    const carol = await signUp(node, 'carol');
    const other = await directChat(alice, carol);
    await a.ask('presence:watch', { chatId: other.id });
    const [c] = (await online(carol)) as [Socket];
    await a.until('user:online', (u) => u.userId === carol.id);
    await c.close();
    // Carol's leaving after Bob's interruption is the fence.
    await a.until('user:offline', (u) => u.userId === carol.id, 40_000);
    expect(a.events('user:offline').filter((u) => u.userId === bob.id)).toEqual([]);
    expect(back.isOpen).toBe(true);
  });

  test('who no longer watches hears no more of it', async () => {
    const [alice, bob] = [await signUp(node, 'alice'), await signUp(node, 'bob')];
    const { id: chatId } = await group(alice, [bob]);
    const [a] = (await online(alice)) as [Socket];
    await a.ask('presence:watch', { chatId });
    await a.ask('presence:unwatch', { chatId });
    const [b] = (await online(bob)) as [Socket];
    const { seq } = await say(b, chatId, 'fence');
    await a.until('message:receive', (m) => m.seq === seq && m.chatId === chatId);
    expect(a.events('user:online')).toEqual([]);
  });

  test('the chat of others cannot be watched', async () => {
    const people = [await signUp(node, 'a'), await signUp(node, 'b'), await signUp(node, 'c')];
    const [alice, bob, carol] = people as [User, User, User];
    const { id: chatId } = await directChat(alice, bob);
    const [c] = (await online(carol)) as [Socket];
    expectError(await c.refusal('presence:watch', { chatId }), 'chat_not_found');
  });
});

describe('A group talks', () => {
  test('receipts go to the author and to the own devices of the reader, to nobody else', async () => {
    const people = [await signUp(node, 'a'), await signUp(node, 'b'), await signUp(node, 'c')];
    const [alice, bob, carol] = people as [User, User, User];
    const { id: chatId } = await group(alice, [bob, carol]);
    const [a, b, bobs2, c] = (await online(alice, bob, bob, carol)) as [
      Socket,
      Socket,
      Socket,
      Socket,
    ];
    const sent = await say(a, chatId, 'for all');
    await b.ask('message:read', { chatId, seq: sent.seq });
    await a.until('message:read', (r) => r.userId === bob.id && r.seq === sent.seq);
    await bobs2.until('message:read', (r) => r.userId === bob.id && r.seq === sent.seq);
    const fence = await say(a, chatId, 'fence');
    await c.until('message:receive', (m) => m.id === fence.id);
    expect([...c.events('message:read'), ...c.events('message:delivered')]).toEqual([]);
    const info = await alice.get(`/chats/${chatId}/messages/${sent.id}/info`);
    expect(info).toMatchObject({ deliveredTo: [bob.id], readBy: [bob.id] });
  });

  test('a burst of marks is told as few events, the last of which is the highest', async () => {
    const [alice, bob, carol] = (await Promise.all(
      ['a', 'b', 'c'].map((name) => signUp(node, name)),
    )) as [User, User, User];
    const { id: chatId } = await group(alice, [bob, carol]);
    const [a, b] = (await online(alice, bob)) as [Socket, Socket];
    const sent: Said[] = [];
    for (let i = 0; i < 60; i++) sent.push(await say(a, chatId, `burst ${i}`));
    await Promise.all(sent.map((m) => b.ask('message:delivered', { chatId, seq: m.seq })));
    const top = sent.at(-1)?.seq;
    await a.until('message:delivered', (r) => r.userId === bob.id && r.seq === top);
    const heard = a.events('message:delivered').map((r) => r.seq);
    expect(heard.length).toBeLessThan(20);
    expect(heard).toEqual(heard.toSorted((x, y) => x - y));
  });

  test('the ticks of a group are those of the slowest', async () => {
    const [alice, bob, carol] = (await Promise.all(
      ['a', 'b', 'c'].map((name) => signUp(node, name)),
    )) as [User, User, User];
    const { id: chatId } = await group(alice, [bob, carol]);
    const sent = await alice.send(chatId, 'who is slow?');
    await bob.post(`/chats/${chatId}/read`, { seq: sent.seq });
    expect((await alice.get(`/chats/${chatId}`)).minDeliveredSeq).toBeLessThan(sent.seq);
    await carol.post(`/chats/${chatId}/delivered`, { seq: sent.seq });
    const chat = await alice.get(`/chats/${chatId}`);
    expect(chat.minDeliveredSeq).toBe(sent.seq);
    expect(chat.minReadSeq).toBeLessThan(sent.seq);
    await carol.post(`/chats/${chatId}/read`, { seq: sent.seq });
    expect((await alice.get(`/chats/${chatId}`)).minReadSeq).toBe(sent.seq);
  });

  test('everybody hears everything in the same order of seqs', async () => {
    const people = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((name) => signUp(node, name)));
    const { id: chatId } = await group(people[0] as User, people.slice(1));
    const sockets = await online(...people);
    await Promise.all(
      sockets.flatMap((socket, who) =>
        Array.from({ length: 20 }, (_, i) => say(socket, chatId, `${who}/${i}`)),
      ),
    );
    for (const [who, socket] of sockets.entries()) {
      await socket.until('message:receive', () => socket.events('message:receive').length === 80);
      const heard = socket.events('message:receive').map((m) => m.seq);
      expect(new Set(heard).size).toBe(80);
      const own = socket.events('message:receive').filter((m) => m.senderId === people[who]?.id);
      expect(own).toEqual([]);
    }
    const { messages } = await (people[4] as User).get(
      `/chats/${chatId}/messages?after=1&limit=100`,
    );
    expect(messages.map((m: Said) => m.seq)).toEqual(Array.from({ length: 100 }, (_, i) => i + 2));
  });
});
