import { beforeAll, describe, expect, test } from 'vitest';
import { expectRefusal } from './harness/errors.ts';
import * as shape from './harness/shapes.ts';
import { expectShape } from './harness/shapes.ts';
import { freshId, group, rest, type Said, signUp, type User, useNode } from './harness.ts';

const node = useNode();
let alice: User;
let bob: User;
let carol: User;
let dan: User;

const changed = {
  chatId: shape.id,
  seq: shape.seq,
  id: shape.id,
  actorId: shape.id,
  at: shape.time,
};
const membersChanged = shape.exactly({
  ...changed,
  userIds: shape.listOf(shape.id),
  action: shape.oneOf('created', 'added', 'removed', 'left'),
});
const chatUpdated = shape.exactly({
  ...changed,
  name: shape.maybe(shape.text),
  description: shape.maybe(shape.text),
  userIds: shape.maybe(shape.listOf(shape.id)),
  role: shape.maybe(shape.oneOf('admin', 'member')),
  permissions: shape.maybe(shape.permissions),
});

beforeAll(async () => {
  [alice, bob, carol, dan] = (await Promise.all(
    ['alice', 'bob', 'carol', 'dan'].map((name) => signUp(node, name)),
  )) as [User, User, User, User];
});

async function roles(reader: User, chatId: string): Promise<Record<string, string>> {
  const { participants } = await reader.get(`/chats/${chatId}/participants?limit=100`);
  return Object.fromEntries(participants.map((p: Said) => [p.userId, p.role]));
}

describe('Making a group', () => {
  test('its members hear of it as added, and the log begins with its creation', async () => {
    const bobs = await bob.connect();
    const { id } = await group(alice, [bob, carol], 'Choir');
    const heard = await bobs.until('chat:member-added', (e) => e.chatId === id);
    expect(expectShape(heard, membersChanged)).toMatchObject({
      seq: 1,
      actorId: alice.id,
      action: 'created',
    });
    expect(heard.userIds).toEqual(expect.arrayContaining([bob.id, carol.id]));
    await bobs.close();
  });

  test('naming oneself or somebody twice among the members is no error', async () => {
    const members = [bob.username, alice.username, bob.username.toUpperCase()];
    const chat = await alice.post('/groups', { name: 'Twice', members });
    expect(chat.participantCount).toBe(2);
  });

  test('an unknown member refuses the whole group', async () => {
    const before = (await alice.get('/sync')).chats.length;
    const members = [bob.username, 'nobody.at.all'];
    expectRefusal(await alice.call('POST', '/groups', { name: 'X', members }), 'user_not_found');
    expect((await alice.get('/sync')).chats.length).toBe(before);
  });

  test('a group may begin with its founder alone', async () => {
    const chat = await alice.post('/groups', { name: 'Alone', members: [] });
    expect(chat).toMatchObject({ participantCount: 1, role: 'admin' });
  });
});

describe('Changing who belongs', () => {
  test('an added member sees the log from the start and hears what comes', async () => {
    const { id } = await group(alice, [bob]);
    await alice.send(id, 'before Dan');
    const [bobs, dans] = [await bob.connect(), await dan.connect()];
    const answer = await alice.post(`/groups/${id}/members`, { members: [dan.username] });
    expect(answer).toEqual({ added: [dan.id], seq: 3 });
    for (const socket of [bobs, dans]) {
      const heard = await socket.until('chat:member-added', (e) => e.chatId === id);
      expect(expectShape(heard, membersChanged)).toMatchObject({
        seq: 3,
        userIds: [dan.id],
        actorId: alice.id,
        action: 'added',
      });
    }
    await alice.send(id, 'after Dan');
    await dans.until('message:receive', (m) => m.content === 'after Dan');
    expect(await dan.get(`/chats/${id}`)).toMatchObject({ role: 'member', participantCount: 3 });
    const { messages } = await dan.get(`/chats/${id}/messages`);
    expect(messages.map((m: Said) => m.content)).toEqual(['before Dan', 'after Dan']);
    for (const socket of [bobs, dans]) await socket.close();
  });

  test('adding members who belong already changes nothing', async () => {
    const { id, lastSeq } = await group(alice, [bob]);
    const answer = await alice.post(`/groups/${id}/members`, { members: [bob.username] });
    expect(answer).toEqual({ added: [], seq: lastSeq });
    expect((await alice.get(`/chats/${id}`)).lastSeq).toBe(lastSeq);
  });

  test('a removed member hears of it, then sees and hears nothing more', async () => {
    const { id } = await group(alice, [bob, carol]);
    const sent = await alice.send(id, 'while Bob was here');
    const [bobs, carols] = [await bob.connect(), await carol.connect()];
    const answer = await alice.call('DELETE', `/groups/${id}/members/${bob.id}`);
    expect(answer.status).toBe(204);
    for (const socket of [bobs, carols]) {
      const heard = await socket.until('chat:member-removed', (e) => e.chatId === id);
      expect(expectShape(heard, membersChanged)).toMatchObject({
        userIds: [bob.id],
        actorId: alice.id,
        action: 'removed',
      });
    }

    await alice.send(id, 'Bob is gone');
    await alice.post(`/chats/${id}/typing`, { typing: true });
    await carols.until('message:receive', (m) => m.content === 'Bob is gone');
    const elsewhere = await group(alice, [bob]);
    await bobs.until('chat:member-added', (e) => e.chatId === elsewhere.id);
    const after = bobs.frames.filter((f) => f.data?.chatId === id);
    expect(after.map((f) => f.event)).toEqual(['chat:member-removed']);

    const refused: [string, string, object?][] = [
      ['GET', ''],
      ['PUT', '', { name: 'mine now' }],
      ['GET', '/messages'],
      ['GET', '/messages?after=0'],
      ['GET', '/participants'],
      ['GET', `/messages/${sent.id}/info`],
      ['POST', '/messages', { content: 'still here?', clientMessageId: freshId() }],
      ['POST', '/read', { seq: 1 }],
      ['POST', '/delivered', { seq: 1 }],
      ['POST', '/typing', { typing: true }],
    ];
    for (const [method, path, body] of refused) {
      expectRefusal(await bob.call(method, `/chats/${id}${path}`, body), 'chat_not_found');
    }
    const { chats } = await bob.get('/chats?limit=100');
    expect(chats.map((c: Said) => c.id)).not.toContain(id);
    expect(await alice.get(`/chats/${id}`)).toMatchObject({ participantCount: 2 });
    for (const socket of [bobs, carols]) await socket.close();
  });

  test('a removed member who resends an old draft learns nothing', async () => {
    const { id } = await group(alice, [bob]);
    const draft = { content: 'mine', clientMessageId: freshId() };
    await bob.post(`/chats/${id}/messages`, draft);
    await alice.delete(`/groups/${id}/members/${bob.id}`);
    expectRefusal(await bob.call('POST', `/chats/${id}/messages`, draft), 'chat_not_found');
  });

  test('who comes back belongs again', async () => {
    const { id } = await group(alice, [bob]);
    await alice.delete(`/groups/${id}/members/${bob.id}`);
    await alice.post(`/groups/${id}/members`, { members: [bob.username] });
    expect(await bob.get(`/chats/${id}`)).toMatchObject({ role: 'member', participantCount: 2 });
    await bob.send(id, 'back');
  });

  test('removing somebody who does not belong is user_not_found', async () => {
    const { id } = await group(alice, [bob]);
    const answer = await alice.call('DELETE', `/groups/${id}/members/${dan.id}`);
    expectRefusal(answer, 'user_not_found');
  });

  test('leaving is told to the others, and removing oneself is leaving', async () => {
    const { id } = await group(alice, [bob, carol]);
    const alices = await alice.connect();
    expect((await bob.call('POST', `/groups/${id}/leave`)).status).toBe(204);
    const left = await alices.until('chat:member-removed', (e) => e.userIds.includes(bob.id));
    expect(expectShape(left, membersChanged)).toMatchObject({ actorId: bob.id, action: 'left' });
    expect((await carol.call('DELETE', `/groups/${id}/members/${carol.id}`)).status).toBe(204);
    const gone = await alices.until('chat:member-removed', (e) => e.userIds.includes(carol.id));
    expect(gone).toMatchObject({ actorId: carol.id, action: 'left' });
    expect((await alice.get(`/chats/${id}`)).participantCount).toBe(1);
    await alices.close();
  });

  test('when the last admin leaves, the longest-standing participant follows', async () => {
    const { id } = await group(alice, [bob]);
    await alice.post(`/groups/${id}/members`, { members: [carol.username] });
    await alice.call('POST', `/groups/${id}/leave`);
    expect(await roles(bob, id)).toEqual({ [bob.id]: 'admin', [carol.id]: 'member' });
    await bob.put(`/groups/${id}`, { name: 'Under new management' });
  });

  test('when an admin leaves and another remains, nobody is promoted', async () => {
    const { id } = await group(alice, [bob, carol]);
    await alice.put(`/groups/${id}/members/${carol.id}`, { role: 'admin' });
    await alice.call('POST', `/groups/${id}/leave`);
    expect(await roles(carol, id)).toEqual({ [bob.id]: 'member', [carol.id]: 'admin' });
  });
});

describe('Who may do what', () => {
  test('a member may not change the group, and nothing changes', async () => {
    const { id, lastSeq } = await group(alice, [bob, carol]);
    const attempts: [string, string, object?][] = [
      ['PUT', `/groups/${id}`, { name: 'Mine' }],
      ['POST', `/groups/${id}/members`, { members: [dan.username] }],
      ['DELETE', `/groups/${id}/members/${carol.id}`],
      ['DELETE', `/groups/${id}/members/${alice.id}`],
      ['PUT', `/groups/${id}/members/${bob.id}`, { role: 'admin' }],
    ];
    for (const [method, path, body] of attempts) {
      expectRefusal(await bob.call(method, path, body), 'forbidden');
    }
    expect(await alice.get(`/chats/${id}`)).toMatchObject({ lastSeq, participantCount: 3 });
  });

  test('an admin makes admins and takes it back, and everybody hears', async () => {
    const { id } = await group(alice, [bob]);
    const bobs = await bob.connect();
    const answer = await alice.call('PUT', `/groups/${id}/members/${bob.id}`, { role: 'admin' });
    expect(answer.status).toBe(204);
    const heard = await bobs.until('chat:updated', (e) => e.chatId === id);
    expect(expectShape(heard, chatUpdated)).toMatchObject({
      actorId: alice.id,
      userIds: [bob.id],
      role: 'admin',
    });
    await bob.put(`/groups/${id}`, { name: 'Both may' });
    await bob.put(`/groups/${id}/members/${alice.id}`, { role: 'member' });
    expect(await roles(alice, id)).toEqual({ [alice.id]: 'member', [bob.id]: 'admin' });
    expectRefusal(await alice.call('PUT', `/groups/${id}`, { name: 'x' }), 'forbidden');
    await bobs.close();
  });

  test('a new name is told with what changed only', async () => {
    const { id } = await group(alice, [bob]);
    const bobs = await bob.connect();
    await alice.put(`/groups/${id}`, { name: 'New name' });
    const heard = await bobs.until('chat:updated', (e) => e.chatId === id);
    expect(expectShape(heard, chatUpdated)).toMatchObject({ name: 'New name', actorId: alice.id });
    expect(heard).not.toHaveProperty('description');
    await bobs.close();
  });

  test('a direct chat is no group: nobody is added, removed or promoted', async () => {
    const { id, lastSeq } = await alice.post('/chats', { type: 'direct', username: dan.username });
    const attempts: [string, string, object?][] = [
      ['PUT', `/chats/${id}`, { name: 'Us' }],
      ['POST', `/groups/${id}/members`, { members: [bob.username] }],
      ['DELETE', `/groups/${id}/members/${dan.id}`],
      ['POST', `/groups/${id}/leave`],
      ['PUT', `/groups/${id}/members/${dan.id}`, { role: 'admin' }],
    ];
    for (const [method, path, body] of attempts) {
      const answer = await alice.call(method, path, body);
      expectRefusal(answer, 'forbidden', 'chat_not_found', 'validation_failed');
    }
    expect(await alice.get(`/chats/${id}`)).toMatchObject({ lastSeq, participantCount: 2 });
  });
});

describe('A large group', () => {
  test('holds 1,024 participants and refuses one more', async () => {
    const names: string[] = [];
    for (let i = 0; i < 1_023; i += 33) {
      const some = Array.from({ length: Math.min(33, 1_023 - i) }, (_, n) => `big.${i + n}`);
      const answers = await Promise.all(
        some.map((username) =>
          rest(node.url, 'POST', '/auth/register', { username, password: 'Correct-horse-7' }),
        ),
      );
      for (const answer of answers) expect(answer.status).toBe(201);
      names.push(...some);
    }
    const { id } = await alice.post('/groups', { name: 'Village', members: names.slice(0, 1_000) });
    const rest23 = await alice.post(`/groups/${id}/members`, { members: names.slice(1_000) });
    expect(rest23.added).toHaveLength(23);
    expect((await alice.get(`/chats/${id}`)).participantCount).toBe(1_024);
    const more = await alice.call('POST', `/groups/${id}/members`, { members: [bob.username] });
    expectRefusal(more, 'participant_limit');
    const atOnce = { name: 'Town', members: [...names, bob.username] };
    expectRefusal(await alice.call('POST', '/groups', atOnce), 'participant_limit');
    expect((await alice.get(`/chats/${id}`)).participantCount).toBe(1_024);
    await alice.delete(`/groups/${id}/members/${(await alice.get('/users/big.7')).id}`);
    await alice.post(`/groups/${id}/members`, { members: [bob.username] });
    await bob.send(id, 'just in time');
  });
});
