// Who has blocked whom: neither hears of the other, both ways, whatever they try.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectError, expectRefusal } from './harness/errors.ts';
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
let alice: User;
let bob: User;
let carol: User;
let chat: Said;
let shared: Said;
let kept: Said; // a message Alice sent before
let alices: Socket;
let bobs: Socket;

beforeAll(async () => {
  alice = await signUp(node, 'alice', { displayName: 'Alice' });
  bob = await signUp(node, 'bob', { displayName: 'Bob' });
  carol = await signUp(node, 'carol');
  chat = await directChat(alice, bob);
  shared = await group(carol, [alice, bob], 'Shared');
  kept = await alice.send(chat.id, 'before', 'kept-id-1');
  await bob.put('/users/profile', { about: 'busy', statusText: 'at work' });
  expect((await alice.call('PUT', `/users/blocked/${bob.id}`)).status).toBe(204);
  alices = await alice.connect();
  bobs = await bob.connect();
});

afterAll(async () => {
  await alices.close();
  await bobs.close();
});

const pairs = (): [User, User, Socket][] => [
  [alice, bob, alices],
  [bob, alice, bobs],
];

describe('While one has blocked the other, neither', () => {
  test('finds the other by name, search, contacts or key', async () => {
    for (const [one, other] of pairs()) {
      const nobody = await one.call('GET', '/users/nobody.at.all');
      const blocked = await one.call('GET', `/users/${other.username}`);
      expectRefusal(blocked, 'user_not_found');
      expect(blocked.body).toEqual(nobody.body);
      expectRefusal(await one.call('GET', `/users/${other.username}/public-key`), 'user_not_found');
      expect((await one.get(`/users/search?q=${other.username}`)).users).toEqual([]);
      const { users } = await one.get('/users/contacts/suggestions');
      expect(users.map((u: Said) => u.user.id)).not.toContain(other.id);
      for (const body of [{ userId: other.id }, { username: other.username }])
        expectRefusal(await one.call('POST', '/users/contacts', body), 'user_not_found');
    }
  });

  test('sees the other online, or ever seen', async () => {
    for (const [one, other] of pairs()) {
      expect(await one.get(`/users/${other.id}/status`)).toEqual({
        userId: other.id,
        online: false,
        state: 'offline',
        lastSeenAt: null,
      });
    }
    const watched = await bobs.ask('presence:watch', { chatId: shared.id });
    expect(watched.online).not.toContain(alice.id);
  });

  test('writes to the other, by REST or socket, and nothing is kept', async () => {
    const before = await alice.get(`/chats/${chat.id}/messages`);
    for (const [one, , socket] of pairs()) {
      const message = { content: 'x', clientMessageId: freshId() };
      const path = `/chats/${chat.id}`;
      expectRefusal(await one.call('POST', `${path}/messages`, message), 'blocked');
      expectError(await socket.refusal('message:send', { chatId: chat.id, ...message }), 'blocked');
      expectRefusal(await one.call('POST', `${path}/typing`, { typing: true }), 'blocked');
      expectError(
        await socket.refusal('message:typing', { chatId: chat.id, typing: true }),
        'blocked',
      );
    }
    expect(await alice.get(`/chats/${chat.id}/messages`)).toEqual(before);
  });

  test('loses the answer to what was sent before', async () => {
    const again = await alice.call('POST', `/chats/${chat.id}/messages`, {
      content: 'before',
      clientMessageId: 'kept-id-1',
    });
    expect(again.status).toBe(200);
    expect(again.body.id).toBe(kept.id);
  });

  test('adds the other to a group, and no group is made', async () => {
    for (const [one, other] of pairs()) {
      const before = (await one.get('/chats')).chats.length;
      const body = { name: 'Trap', members: [carol.username, other.username] };
      const refused = expectRefusal(await one.call('POST', '/groups', body), 'not_addable');
      expect(refused.message).toContain(other.username);
      expect((await one.get('/chats')).chats).toHaveLength(before);
      const own = await group(one, [carol], 'Own');
      const members = [other.username];
      expectRefusal(
        await one.call('POST', `/groups/${own.id}/members`, { members }),
        'not_addable',
      );
      expect((await one.get(`/chats/${own.id}/participants`)).participants).toHaveLength(2);
    }
  });

  test('hears that the other has read, types, comes or goes', async () => {
    await bob.post(`/chats/${chat.id}/read`, { seq: kept.seq });
    const second = await bob.connect();
    await second.close();
    // Both hear what happens in the group, so what was to come before it has come.
    const fence = await carol.send(shared.id, 'fence');
    await alices.until('message:receive', (m) => m.id === fence.id);
    await bobs.until('message:receive', (m) => m.id === fence.id);
    for (const [, other, socket] of pairs()) {
      const about = socket.frames.filter(
        (f) => f.event !== undefined && f.event !== 'ready' && f.data?.userId === other.id,
      );
      expect(about).toEqual([]);
    }
    expect((await alice.get(`/chats/${chat.id}`)).minReadSeq).toBe(0);
    expect((await bob.get(`/chats/${chat.id}`)).readSeq).toBe(kept.seq);
  });

  test('sees what the other does, in the chat they have', async () => {
    const seen = (await alice.get(`/chats/${chat.id}`)).peer;
    expect(seen).toMatchObject({ id: bob.id, displayName: 'Bob', about: '', avatarId: null });
    expect(seen.statusText).toBeUndefined();
  });
});

test('Both still speak in a group that a third made', async () => {
  const message = await bob.send(shared.id, 'hello, all');
  await alices.until('message:receive', (m) => m.id === message.id);
});

test('A new direct chat is refused as if there was nobody', async () => {
  const dan = await signUp(node, 'dan');
  await dan.call('PUT', `/users/blocked/${carol.id}`);
  for (const [one, other] of [
    [dan, carol],
    [carol, dan],
  ] as [User, User][]) {
    const body = { type: 'direct', username: other.username };
    const refused = expectRefusal(await one.call('POST', '/chats', body), 'user_not_found');
    const nobody = { type: 'direct', username: 'nobody.at.all' };
    const missing = await one.call('POST', '/chats', nobody);
    expect(refused.message.replace(other.username, 'X')).toBe(
      missing.body.message.replace('nobody.at.all', 'X'),
    );
    const byId = { type: 'direct', userId: other.id };
    expectRefusal(await one.call('POST', '/chats', byId), 'user_not_found');
    expect((await one.get('/chats')).chats.filter((c: Said) => c.type === 'direct')).toEqual([]);
  }
});

test('The list is one’s own, and the same twice is once', async () => {
  await alice.call('PUT', `/users/blocked/${bob.id}`);
  expect((await alice.get('/users/blocked')).users.map((u: Said) => u.id)).toEqual([bob.id]);
  expect((await bob.get('/users/blocked')).users).toEqual([]);
  expectRefusal(await alice.call('PUT', `/users/blocked/${alice.id}`), 'validation_failed');
  expectRefusal(await alice.call('PUT', '/users/blocked/12345'), 'user_not_found');
});

test('Blocks outlive a restart, and end when taken back', async () => {
  await node.restart();
  const message = { content: 'x', clientMessageId: freshId() };
  expectRefusal(await bob.call('POST', `/chats/${chat.id}/messages`, message), 'blocked');
  expect((await alice.call('DELETE', `/users/blocked/${bob.id}`)).status).toBe(204);
  expect((await bob.send(chat.id, 'again')).content).toBe('again');
  expect((await bob.get(`/users/${alice.username}`)).id).toBe(alice.id);
});
