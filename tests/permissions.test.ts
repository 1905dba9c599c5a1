// What the members of a group may do, one by one.
import { beforeAll, describe, expect, test } from 'vitest';
import { expectRefusal } from './harness/errors.ts';
import * as shape from './harness/shapes.ts';
import { expectShape } from './harness/shapes.ts';
import { freshId, group, type Said, signUp, type User, useNode } from './harness.ts';

const node = useNode();
let alice: User;
let bob: User;
let carol: User;
let dan: User;

beforeAll(async () => {
  [alice, bob, carol, dan] = (await Promise.all(
    ['alice', 'bob', 'carol', 'dan'].map((name) => signUp(node, name)),
  )) as [User, User, User, User];
});

const permit = (by: User, chatId: string, user: User, what: object) =>
  by.call('PUT', `/groups/${chatId}/members/${user.id}/permissions`, what);

async function permissionsOf(reader: User, chatId: string, user: User): Promise<Said> {
  const page = await reader.get(`/chats/${chatId}/participants?limit=100`);
  expectShape(page, shape.participants);
  return page.participants.find((p: Said) => p.userId === user.id).permissions;
}

describe('A member', () => {
  test('may send and nothing else, until an admin says otherwise', async () => {
    const { id } = await group(alice, [bob, carol]);
    expect(await permissionsOf(bob, id, bob)).toEqual({
      send: true,
      addMembers: false,
      changeInfo: false,
    });
    const add = () => bob.call('POST', `/groups/${id}/members`, { members: [dan.username] });
    const rename = () => bob.call('PUT', `/chats/${id}`, { name: 'Ours' });
    expectRefusal(await add(), 'forbidden');
    expectRefusal(await rename(), 'forbidden');

    expect((await permit(alice, id, bob, { addMembers: true, changeInfo: true })).status).toBe(204);
    expect((await add()).status).toBe(200);
    expect((await rename()).body.name).toBe('Ours');
    expectRefusal(await bob.call('DELETE', `/groups/${id}/members/${dan.id}`), 'forbidden');
    expectRefusal(
      await bob.call('PUT', `/groups/${id}/members/${dan.id}`, { role: 'admin' }),
      'forbidden',
    );
    expectRefusal(await permit(bob, id, carol, { send: false }), 'forbidden');
  });

  test('who may not send is refused at once, and is heard again later', async () => {
    const { id } = await group(alice, [bob, carol]);
    const first = await bob.send(id, 'one');
    const [bobs, carols] = [await bob.connect(), await carol.connect()];
    expect((await permit(alice, id, bob, { send: false })).status).toBe(204);
    for (const socket of [bobs, carols]) {
      const told = await socket.until('chat:updated', (e) => e.chatId === id);
      expect(told).toMatchObject({
        actorId: alice.id,
        userIds: [bob.id],
        permissions: { send: false, addMembers: false, changeInfo: false },
      });
    }
    const draft = { chatId: id, content: 'two', clientMessageId: freshId() };
    expect((await bobs.refusal('message:send', draft)).code).toBe('forbidden');
    expectRefusal(await bob.call('POST', `/chats/${id}/messages`, draft), 'malformed_request');
    const body = { content: 'two', clientMessageId: draft.clientMessageId };
    expectRefusal(await bob.call('POST', `/chats/${id}/messages`, body), 'forbidden');
    expect((await carol.get(`/chats/${id}`)).lastSeq).toBe(first.seq + 1);

    const page = await carol.get(`/chats/${id}/messages?after=${first.seq}`);
    expect(page.messages.at(-1)).toMatchObject({
      kind: 'membership',
      membership: { action: 'permissions', userIds: [bob.id], permissions: { send: false } },
    });
    expectShape(page, shape.page);

    await permit(alice, id, bob, { send: true });
    expect((await bobs.ask('message:send', draft)).seq).toBe(first.seq + 3);
    await Promise.all([bobs.close(), carols.close()]);
  });

  test('keeps what they may do over a restart, and an admin may do everything', async () => {
    const { id } = await group(alice, [bob]);
    await permit(alice, id, bob, { send: false });
    await permit(alice, id, alice, { send: false });
    await node.restart();
    expectRefusal(
      await bob.call('POST', `/chats/${id}/messages`, { content: 'x', clientMessageId: 'x' }),
      'forbidden',
    );
    await alice.send(id, 'I am the admin');
    await alice.put(`/groups/${id}/members/${bob.id}`, { role: 'admin' });
    await bob.send(id, 'and so am I');
  });
});

describe('Setting permissions', () => {
  test('is refused for what makes no sense', async () => {
    const { id } = await group(alice, [bob]);
    const before = (await alice.get(`/chats/${id}`)).lastSeq;
    expectRefusal(await permit(alice, id, bob, {}), 'validation_failed');
    expectRefusal(await permit(alice, id, carol, { send: false }), 'user_not_found');
    expectRefusal(await permit(carol, id, bob, { send: false }), 'chat_not_found');
    const direct = await alice.post('/chats', { type: 'direct', username: bob.username });
    expectRefusal(await permit(alice, direct.id, bob, { send: false }), 'forbidden');
    expect((await permit(alice, id, bob, { send: true })).status).toBe(204);
    expect((await alice.get(`/chats/${id}`)).lastSeq).toBe(before);
  });
});
