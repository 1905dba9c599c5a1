// What people may not do who were once let in: a former member of a group, and somebody who was
// blocked. Refused, and nothing changes.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asRest } from './harness/as-rest.ts';
import { OPERATIONS } from './harness/contract.ts';
import { type Code, expectError, expectRefusal } from './harness/errors.ts';
import { goodData, makeWorld, snapshot, type World } from './harness/world.ts';
import { freshId, group, type Said, type Socket, useNode } from './harness.ts';

const node = useNode();
const aboutAChat = OPERATIONS.filter(
  (o) => 'chatId' in o.members && !['presence:unwatch', 'report:create'].includes(o.op),
);

describe('A former member', () => {
  let world: World;
  let theirs: Socket;
  let before: Said;

  beforeAll(async () => {
    world = await makeWorld(node);
    await world.bob.post(`/groups/${world.group.id}/leave`);
    theirs = await world.bob.connect();
    before = await snapshot(world);
  });
  afterAll(() => theirs.close());

  test.each(aboutAChat)('is refused $op', async (operation) => {
    const data = { ...goodData(operation.op, world), chatId: world.group.id };
    expectError(await theirs.refusal(operation.op, data), 'chat_not_found');
    if (operation.method === undefined) return;
    const { method, path, body } = asRest(operation, data);
    expectRefusal(await world.bob.call(method, path, body), 'chat_not_found');
  });

  test('cannot report what was said since, nor what was said before', async () => {
    const report = { messageId: world.message.id, reason: 'abuse' };
    expectRefusal(await world.bob.call('POST', '/reports', report), 'message_not_found');
  });

  test('changes nothing', async () => {
    expect(await snapshot(world)).toEqual(before);
  });
});

describe('Somebody who was blocked', () => {
  let world: World;
  let theirs: Socket;
  let blocker: Socket;
  let before: Said;

  beforeAll(async () => {
    world = await makeWorld(node);
    await world.alice.put(`/users/blocked/${world.bob.id}`);
    theirs = await world.bob.connect();
    blocker = await world.alice.connect();
    before = await snapshot(world);
  });
  afterAll(async () => {
    await theirs.close();
    await blocker.close();
  });

  const attempts: [string, (world: World) => Record<string, unknown>, Code][] = [
    [
      'message:send',
      (w) => ({ chatId: w.direct.id, content: 'x', clientMessageId: freshId() }),
      'blocked',
    ],
    ['message:typing', (w) => ({ chatId: w.direct.id, typing: true }), 'blocked'],
    ['user:get', (w) => ({ username: w.alice.username }), 'user_not_found'],
    ['user:public-key', (w) => ({ username: w.alice.username }), 'user_not_found'],
    ['contact:add', (w) => ({ userId: w.alice.id }), 'user_not_found'],
  ];

  test.each(attempts)('is refused %s', async (op, data, code) => {
    const operation = OPERATIONS.find((o) => o.op === op);
    if (operation === undefined) throw new Error(`${op} is not in the table`);
    expectError(await theirs.refusal(op, data(world)), code);
    const { method, path, body } = asRest(operation, data(world));
    expectRefusal(await world.bob.call(method, path, body), code);
  });

  test('sees no picture and no presence of the other', async () => {
    const { status, body } = await world.bob.call('GET', `/users/${world.alice.id}/avatar`);
    expect([status, body?.code]).toEqual([404, 'user_not_found']);
    const seen = await world.bob.get(`/users/${world.alice.id}/status`);
    expect(seen).toMatchObject({ online: false, lastSeenAt: null });
  });

  test('does not find the other, nor gets them into a group', async () => {
    const { users } = await world.bob.get(`/users/search?q=${world.alice.username}`);
    expect(users).toEqual([]);
    const own = await group(world.bob, [], 'Trap');
    const members = [world.alice.username];
    expectRefusal(
      await world.bob.call('POST', `/groups/${own.id}/members`, { members }),
      'not_addable',
    );
    await world.bob.post(`/groups/${own.id}/leave`);
  });

  test('changes nothing', async () => {
    const after = await snapshot(world);
    expect(after).toEqual(before);
  });
});
