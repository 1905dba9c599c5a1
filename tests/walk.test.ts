// Every operation, tried by people it is not for: refused, and nothing changes.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asRest } from './harness/as-rest.ts';
import { parley } from './harness/cli.ts';
import { OPERATIONS, type Operation } from './harness/contract.ts';
import { type Code, expectError, expectRefusal } from './harness/errors.ts';
import { goodData, makeWorld, newsOf, snapshot, type World } from './harness/world.ts';
import { rest, type Said, type Socket, useNode } from './harness.ts';

const node = useNode();
let world: World;
let strangers: Socket;
let listener: Socket;
let before: Said;

beforeAll(async () => {
  world = await makeWorld(node);
  strangers = await world.stranger.connect();
  listener = await world.alice.connect();
  before = await snapshot(world);
});

afterAll(async () => {
  await strangers.close();
  await listener.close();
});

const routes = OPERATIONS.filter((o) => o.method !== undefined);
const closed = routes.filter((o) => !o.open);
// To look away from what one never looked at is no harm, and tells nothing.
const aboutAChat = OPERATIONS.filter(
  (o) => 'chatId' in o.members && !['presence:unwatch', 'report:create'].includes(o.op),
);

test('The table of the tests is the table of the server', async () => {
  const { stdout } = await parley(['describe', 'openapi']);
  const served = Object.entries<Said>(JSON.parse(stdout).paths).flatMap(([path, verbs]) =>
    Object.entries<Said>(verbs).map(
      ([verb, { operationId, security }]) =>
        `${operationId} ${verb.toUpperCase()} ${path}${security === undefined ? '' : ' open'}`,
    ),
  );
  const known = routes.map((o) => `${o.op} ${o.method} ${o.path}${o.open ? ' open' : ''}`);
  expect(known.sort()).toEqual(served.sort());
});

describe('Without a token', () => {
  test.each(closed)('$method $path is refused', async (operation) => {
    const { method, path, body } = asRest(operation, goodData(operation.op, world));
    const answer = await rest(node.url, method, path, body);
    expectRefusal(answer, 'unauthenticated');
    expect(answer.headers.get('www-authenticate') ?? 'Bearer').toMatch(/^Bearer/);
  });

  test.each(closed)(
    '$method $path is refused before its members are looked at',
    async (operation) => {
      const { method, path } = asRest(operation, goodData(operation.op, world));
      const raw = method === 'GET' || method === 'DELETE' ? {} : { raw: '{"broken' };
      expectRefusal(await rest(node.url, method, path, undefined, raw), 'unauthenticated');
    },
  );

  test('only the ways in are open, and the way out of digests', async () => {
    const open = routes.filter((o) => o.open).map((o) => o.op);
    // Their link is opened by people who are not signed in; it is signed, and ends mails only.
    const byLink = ['notification:unsubscribe-page', 'notification:unsubscribe'];
    expect(open.filter((op) => !op.startsWith('auth:'))).toEqual(byLink);
  });
});

describe('A stranger to a chat', () => {
  // A stranger may not learn that the chat exists, whatever they try.
  const code: Code = 'chat_not_found';

  test.each(aboutAChat)('is refused $op on a socket', async ({ op }) => {
    for (const chatId of [world.group.id, world.direct.id]) {
      const data = { ...goodData(op, world), chatId };
      expectError(await strangers.refusal(op, data), code);
    }
  });

  test.each(aboutAChat.filter((o) => o.method !== undefined))(
    'is refused $method $path',
    async (operation: Operation) => {
      for (const chatId of [world.group.id, world.direct.id]) {
        const { method, path, body } = asRest(operation, {
          ...goodData(operation.op, world),
          chatId,
        });
        expectRefusal(await world.stranger.call(method, path, body), code);
      }
    },
  );

  test('is refused the same for a chat that exists and one that does not', async () => {
    const nowhere = '987654321012345678';
    const real = await world.stranger.call('GET', `/chats/${world.group.id}`);
    const made = await world.stranger.call('GET', `/chats/${nowhere}`);
    expect(made.status).toBe(real.status);
    expect(made.body).toEqual(real.body);
  });

  test('cannot reach a message through a chat of their own', async () => {
    const own = await world.stranger.post('/groups', { name: 'Mine', members: [] });
    const path = `/chats/${own.id}/messages/${world.message.id}/info`;
    expectRefusal(await world.stranger.call('GET', path), 'message_not_found');
    await world.stranger.call('POST', `/groups/${own.id}/leave`);
  });

  test('sees nothing of it in lists', async () => {
    expect((await world.stranger.get('/chats')).chats).toEqual([]);
    const { chats } = await world.stranger.get('/sync');
    const ids = chats.map((c: Said) => c.id);
    expect(ids).not.toContain(world.group.id);
    expect(ids).not.toContain(world.direct.id);
  });
});

describe('A member who is no admin', () => {
  const forAdmins = ['chat:update', 'chat:add-members', 'chat:set-role', 'chat:set-permissions'];

  test.each(forAdmins)('is refused %s', async (op) => {
    const bobs = await world.bob.connect();
    expectError(await bobs.refusal(op, goodData(op, world)), 'forbidden');
    await bobs.close();
  });

  test('is refused removing another', async () => {
    const bobs = await world.bob.connect();
    const data = { chatId: world.group.id, userId: world.alice.id };
    expectError(await bobs.refusal('chat:remove-member', data), 'forbidden');
    await bobs.close();
  });
});

test('Nothing changed, and those inside heard nothing', async () => {
  const after = await snapshot(world);
  expect(after).toEqual(before);
  const fence = await world.bob.send(world.direct.id, 'fence');
  await listener.until('message:receive', (m) => m.id === fence.id);
  expect(newsOf(listener)).toEqual(['message:receive']);
});
