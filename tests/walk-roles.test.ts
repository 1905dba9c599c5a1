// Every operation of moderators and admins, tried by people it is not for; and every operation,
// tried by somebody who was suspended. Refused, and nothing changes.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asRest } from './harness/as-rest.ts';
import { OPERATIONS } from './harness/contract.ts';
import { expectError, expectRefusal } from './harness/errors.ts';
import { audit, operated, signUpAs } from './harness/operators.ts';
import { goodData, makeWorld, snapshot, type World } from './harness/world.ts';
import {
  directChat,
  PASSWORD,
  rest,
  type Said,
  type Socket,
  signUp,
  type User,
  useNode,
} from './harness.ts';

const node = useNode();
let world: World;
let plain: Socket;
let mod: User;
let mods: Socket;
let bot: Socket;
let before: Said;

// What of the log is not about these tests' own looking.
const done = async () => (await audit(world.alice)).map((entry) => entry.id);

beforeAll(async () => {
  world = await makeWorld(node);
  mod = await signUpAs(node, 'mod', 'moderator');
  plain = await world.bob.connect();
  mods = await mod.connect();
  bot = await (await signUpAs(node, 'bot', 'bot')).connect();
  before = { world: await snapshot(world), done: await done() };
});

afterAll(async () => {
  for (const socket of [plain, mods, bot]) await socket.close();
});

const routes = OPERATIONS.filter((o) => o.method !== undefined && !o.open);
const forSome = OPERATIONS.filter((o) => o.role !== undefined);
const forAdmins = OPERATIONS.filter((o) => o.role === 'admin');

test('There are rows for moderators and for admins', () => {
  expect(forAdmins.length).toBeGreaterThan(5);
  expect(forSome.length).toBeGreaterThan(forAdmins.length + 4);
  for (const { op, role } of OPERATIONS)
    if (op.startsWith('admin:')) expect(role, op).toBeDefined();
});

describe('A plain user', () => {
  test.each(forSome)('is refused $op', async (operation) => {
    const data = goodData(operation.op, world);
    expectError(await plain.refusal(operation.op, data), 'forbidden');
    const { method, path, body } = asRest(operation, data);
    expectRefusal(await world.bob.call(method, path, body), 'forbidden');
  });
});

describe('A program', () => {
  test.each(forSome)('is refused $op', async ({ op }) => {
    expectError(await bot.refusal(op, goodData(op, world)), 'forbidden');
  });
});

describe('A moderator', () => {
  test.each(forAdmins)('is refused $op', async (operation) => {
    const data = goodData(operation.op, world);
    expectError(await mods.refusal(operation.op, data), 'forbidden');
    const { method, path, body } = asRest(operation, data);
    expectRefusal(await mod.call(method, path, body), 'forbidden');
  });

  test.each(['admin:suspend', 'admin:unsuspend'])(
    'is refused %s of an administrator and of themselves',
    async (op) => {
      for (const userId of [world.alice.id, mod.id])
        expectError(await mods.refusal(op, { ...goodData(op, world), userId }), 'forbidden');
    },
  );
});

describe('The operator of the command line', () => {
  test('cannot be made up: a token says who one is, and it is signed', async () => {
    const [header, , signature] = mod.accessToken.split('.');
    const claims = { sub: '1', sid: '1', role: 'admin', exp: 4_000_000_000 };
    const body = Buffer.from(JSON.stringify(claims)).toString('base64url');
    const token = `${header}.${body}.${signature}`;
    expectRefusal(
      await rest(node.url, 'GET', '/admin/users', undefined, { token }),
      'unauthenticated',
    );
  });
});

test('Nothing changed, and nothing was logged', async () => {
  expect({ world: await snapshot(world), done: await done() }).toEqual(before);
});

describe('A suspended user', () => {
  let gone: User;
  let socket: Socket;
  let after: Said;

  beforeAll(async () => {
    gone = await signUp(node, 'gone');
    await directChat(gone, world.bob);
    socket = await gone.connect();
    await operated(node, 'user', 'suspend', gone.username, '--reason', 'spam');
    after = await snapshot(world);
  });

  test('is thrown off their sockets', async () => {
    expect((await socket.closed()).code).toBe(4401);
  });

  test.each(routes)('is refused $op with the token they had', async (operation) => {
    const { method, path, body } = asRest(operation, goodData(operation.op, world));
    expectRefusal(await gone.call(method, path, body), 'token_revoked');
  });

  test('gets no new tokens, and learns why only with the right password', async () => {
    const { username, refreshToken } = { username: gone.username, refreshToken: gone.refreshToken };
    expectRefusal(
      await rest(node.url, 'POST', '/auth/refresh-token', { refreshToken }),
      'invalid_refresh_token',
    );
    const signIn = (password: string) =>
      rest(node.url, 'POST', '/auth/login', { username, password });
    expectRefusal(await signIn(PASSWORD), 'account_suspended');
    expectRefusal(await signIn('Wrong-horse-7'), 'invalid_credentials');
  });

  test('has changed nothing', async () => {
    expect(await snapshot(world)).toEqual(after);
    await operated(node, 'user', 'unsuspend', gone.username);
    expect((await gone.signInAgain()).id).toBe(gone.id);
  });
});
