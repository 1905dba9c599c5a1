// Missing, surplus and ill-typed members of every operation, by REST and socket.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asRest } from './harness/as-rest.ts';
import { type Kind, type Member, OPERATIONS, type Operation } from './harness/contract.ts';
import { type Code, expectError, expectRefusal } from './harness/errors.ts';
import { goodData, makeWorld, newsOf, snapshot, type World } from './harness/world.ts';
import { type Said, type Socket, useNode } from './harness.ts';

const node = useNode();
let world: World;
let socket: Socket;
let listener: Socket;
let before: Said;

beforeAll(async () => {
  world = await makeWorld(node);
  socket = await world.alice.connect();
  listener = await world.bob.connect();
  before = await snapshot(world);
});

afterAll(async () => {
  await socket.close();
  await listener.close();
});

// What is no value of that kind: in JSON, and written into a path or query.
const WRONG: Record<Kind, { json: unknown[]; written: string[] }> = {
  text: { json: [7, true, [], {}, ['text']], written: [] },
  id: {
    json: [7, true, [], {}, 'abc', '', '-1', '1.5', ' 1', '0x1f', '99999999999999999999999'],
    written: ['abc', '-1', '1.5', '%20', '0x1f', '99999999999999999999999'],
  },
  seq: {
    json: ['7', true, [], {}, -1, 1.5, 1e30],
    written: ['', 'abc', '-1', '1.5', '1e3', '99999999999999999999999', 'true'],
  },
  bool: { json: ['true', 1, 0, [], {}], written: [] },
  names: { json: ['alice', 7, {}, [7], [['alice']], [null]], written: [] },
  limit: { json: ['10', true, [], {}, 0, -1, 1.5, 1e30], written: ['0', '-1', 'ten', '1.5'] },
  cursor: { json: [7, true, [], {}, 'junk'], written: ['junk'] },
  time: {
    json: [7, true, [], {}, '', 'now', '2026-11-21', '2026-02-30T00:00:00Z', '1e9'],
    written: [],
  },
};

const BAD: Code[] = ['malformed_request', 'validation_failed'];

// An id that is none may also be answered as the id of nothing.
const codesFor = (member: Member): Code[] =>
  member.kind === 'id'
    ? [...BAD, 'chat_not_found', 'user_not_found', 'message_not_found', 'route_not_found']
    : BAD;

// A refusal names the member; the store, which alone can read a cursor, says it in words.
function expectNames(error: Said, name: string): void {
  if (/cursor/.test(error.message)) expect(name).toBe('cursor');
  else if (!error.code.endsWith('_not_found')) {
    expect(Object.keys(error.fields ?? {}), JSON.stringify(error)).toContain(name);
  }
}

async function byRest(operation: Operation, data: Record<string, unknown>) {
  const { method, path, body } = asRest(operation, data);
  return world.alice.call(
    method,
    path,
    body ?? (method === 'POST' || method === 'PUT' ? {} : undefined),
  );
}

const sockets = OPERATIONS.filter((o) => o.socket !== false);
const routes = OPERATIONS.filter((o) => o.method !== undefined);
const required = (operation: Operation) =>
  Object.entries(operation.members).filter(([, member]) => member.required);

describe('A missing member', () => {
  test.each(sockets.filter((o) => required(o).length > 0))(
    'of $op is refused on a socket',
    async (operation) => {
      for (const [name] of required(operation)) {
        const { [name]: _, ...data } = goodData(operation.op, world);
        const error = await socket.refusal(operation.op, data);
        expectError(error, ...BAD);
        expectNames(error, name);
      }
    },
  );

  const inBody = (o: Operation) => required(o).filter(([, member]) => member.in === undefined);
  test.each(routes.filter((o) => inBody(o).length > 0))(
    'of $op is refused by REST',
    async (operation) => {
      for (const [name] of inBody(operation)) {
        const { [name]: _, ...data } = goodData(operation.op, world);
        const error = expectRefusal(await byRest(operation, data), ...BAD);
        expectNames(error, name);
      }
    },
  );

  test('null stands for no required member', async () => {
    for (const operation of sockets) {
      for (const [name] of required(operation)) {
        const data = { ...goodData(operation.op, world), [name]: null };
        expectError(await socket.refusal(operation.op, data), ...BAD);
      }
    }
  });
});

describe('A surplus member', () => {
  test.each(sockets)('of $op is refused by name on a socket', async ({ op }) => {
    const error = await socket.refusal(op, { ...goodData(op, world), surplus: 1 });
    expectError(error, 'malformed_request');
    expectNames(error, 'surplus');
  });

  test.each(routes)('of $op is refused by name by REST', async (operation) => {
    const data = { ...goodData(operation.op, world), surplus: '1' };
    const { method, path, body } = asRest(operation, data);
    const hasNoJson = method === 'DELETE' || operation.bytes === true;
    const answer = hasNoJson
      ? await world.alice.call(method, `${path}?surplus=1`)
      : await world.alice.call(method, path, body);
    expectNames(expectRefusal(answer, 'malformed_request'), 'surplus');
  });

  test('in another case is another member', async () => {
    const data = goodData('message:send', world);
    const error = await socket.refusal('message:send', { ...data, Content: 'x' });
    expectNames(expectError(error, 'malformed_request'), 'Content');
  });
});

describe('An ill-typed member', () => {
  test.each(sockets.filter((o) => Object.keys(o.members).length > 0))(
    'of $op is refused on a socket',
    async ({ op, members }) => {
      for (const [name, member] of Object.entries(members)) {
        for (const value of WRONG[member.kind].json) {
          const frame = await socket.askFor(op, { ...goodData(op, world), [name]: value });
          const what = `${name} = ${JSON.stringify(value)}`;
          expect(frame.error, what).toBeDefined();
          expectError(frame.error, ...codesFor(member));
          expectNames(frame.error, name);
        }
      }
    },
  );

  test.each(routes.filter((o) => Object.keys(o.members).length > 0))(
    'of $op is refused by REST',
    async (operation) => {
      for (const [name, member] of Object.entries(operation.members)) {
        const place = member.in ?? 'body';
        const values = place === 'body' ? WRONG[member.kind].json : WRONG[member.kind].written;
        for (const value of values) {
          const data = { ...goodData(operation.op, world), [name]: value };
          const answer = await byRest(operation, data);
          expect(
            answer.status,
            `${name} = ${JSON.stringify(value)}: ${answer.text}`,
          ).toBeGreaterThan(399);
          expectNames(expectRefusal(answer, ...codesFor(member)), name);
        }
      }
    },
  );
});

test.each(['chat:list', 'chat:participants', 'history'])(
  'The limit of %s is a hundred',
  async (op) => {
    const data = goodData(op, world);
    await socket.ask(op, { ...data, limit: 100 });
    expectNames(expectError(await socket.refusal(op, { ...data, limit: 101 }), ...BAD), 'limit');
  },
);

test('Nothing of all this was stored, and nobody else noticed', async () => {
  expect(await snapshot(world)).toEqual(before);
  const fence = await world.alice.send(world.direct.id, 'fence');
  await listener.until('message:receive', (m) => m.id === fence.id);
  expect(newsOf(listener)).toEqual(['message:receive']);
  expect(socket.isOpen).toBe(true);
});
