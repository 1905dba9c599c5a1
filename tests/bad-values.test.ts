// Values of the right type that break a rule, and ids that lead nowhere.
import { beforeAll, describe, expect, test } from 'vitest';
import { type Code, expectError, expectRefusal } from './harness/errors.ts';
import { freshName, makeWorld, snapshot, type World } from './harness/world.ts';
import { freshId, PASSWORD, rest, type Said, type Socket, useNode } from './harness.ts';

const node = useNode();
let world: World;
let socket: Socket;
let before: Said;

beforeAll(async () => {
  world = await makeWorld(node);
  socket = await world.alice.connect();
  before = await snapshot(world);
});

const register = (more: object) =>
  rest(node.url, 'POST', '/auth/register', { username: freshName(), password: PASSWORD, ...more });

describe('Registering', () => {
  test.each([
    'ab',
    'a'.repeat(33),
    '.alice',
    '_alice',
    'al ice',
    'al-ice',
    'ålice',
    'alice@x',
    'alice\u0000',
    ' alice',
    '',
    '../alice',
  ])('the user name %j is refused', async (username) => {
    const error = expectRefusal(await register({ username }), 'validation_failed');
    expect(error.fields).toHaveProperty('username');
  });

  test.each(['profile', 'search', 'me', 'admin', 'system', 'parley', 'contacts', 'ADMIN'])(
    'the reserved user name %s is refused',
    async (username) => {
      expectRefusal(await register({ username }), 'validation_failed', 'username_taken');
    },
  );

  test.each(['abc', 'a'.repeat(32), '0ne', 'a.b_c.9', 'MiXeD.CaSe'])(
    'the user name %s is accepted',
    async (username) => {
      const answer = await register({ username });
      expect(answer.status).toBe(201);
      expect(answer.body.user.username).toBe(username.toLowerCase());
    },
  );

  test.each([
    ['short', 'Ab1!xyz', 'weak_password'],
    ['without upper case', 'correct-horse-7', 'weak_password'],
    ['without lower case', 'CORRECT-HORSE-7', 'weak_password'],
    ['without digit', 'Correct-horse-x', 'weak_password'],
    ['without special character', 'CorrectHorse7', 'weak_password'],
    ['everybody tries', 'Password1!', 'weak_password'],
    ['empty', '', 'weak_password'],
    ['of 73 bytes', `Aa1!${'x'.repeat(69)}`, 'password_too_long'],
    ['of 73 bytes in few characters', `Aa1!${'ß'.repeat(34)}x`, 'password_too_long'],
  ] as [string, string, Code][])('a password %s is refused', async (_, password, code) => {
    const error = expectRefusal(await register({ password }), code, 'validation_failed');
    expect(error.code).toBe(code);
    expect(error.fields).toHaveProperty('password');
  });

  test('a password of 72 bytes signs in, and its first 71 bytes do not', async () => {
    const username = freshName();
    const password = `Correct-horse-7${'x'.repeat(57)}`;
    expect((await register({ username, password })).status).toBe(201);
    const signIn = (given: string) =>
      rest(node.url, 'POST', '/auth/login', { username, password: given });
    expect((await signIn(password)).status).toBe(200);
    expectRefusal(await signIn(password.slice(0, 71)), 'invalid_credentials');
    const longer = await signIn(`${password}x`);
    expectRefusal(longer, 'invalid_credentials', 'password_too_long', 'validation_failed');
  });

  test.each([
    ['email', 'nobody'],
    ['email', 'a@'],
    ['email', '@b'],
    ['email', `${'a'.repeat(300)}@example.org`],
    ['phoneNumber', '015112345678'],
    ['phoneNumber', '+123456'],
    ['phoneNumber', '+1234567890123456'],
    ['phoneNumber', '+49 151 1234567'],
    ['phoneNumber', '+49151123456x'],
    ['displayName', ''],
    ['displayName', 'n'.repeat(65)],
  ])('the %s %j is refused', async (name, value) => {
    const error = expectRefusal(await register({ [name]: value }), 'validation_failed');
    expect(error.fields).toHaveProperty(name);
  });

  test('a display name of 64 characters outside the basic plane is accepted', async () => {
    const displayName = '😀'.repeat(64);
    const answer = await register({ displayName });
    expect(answer.body.user?.displayName, answer.text).toBe(displayName);
  });
});

describe('A value that breaks a rule', () => {
  type Case = [
    string,
    string,
    (w: World) => Record<string, unknown>,
    Code | Code[],
    string | undefined,
  ];
  const oneOfFew: Code[] = ['validation_failed', 'malformed_request'];
  const send = (w: World, more: object) => ({
    chatId: w.group.id,
    content: 'x',
    clientMessageId: freshId(),
    ...more,
  });
  const cases: Case[] = [
    [
      'an empty message',
      'message:send',
      (w) => send(w, { content: '' }),
      'empty_message',
      undefined,
    ],
    [
      'a message of 65,537 bytes',
      'message:send',
      (w) => send(w, { content: 'x'.repeat(65_537) }),
      'message_too_long',
      'content',
    ],
    [
      'an empty client message id',
      'message:send',
      (w) => send(w, { clientMessageId: '' }),
      'validation_failed',
      'clientMessageId',
    ],
    [
      'a client message id of 65 bytes',
      'message:send',
      (w) => send(w, { clientMessageId: 'i'.repeat(65) }),
      'validation_failed',
      'clientMessageId',
    ],
    [
      'a message of an unknown type',
      'message:send',
      (w) => send(w, { type: 'hologram' }),
      oneOfFew,
      'type',
    ],
    [
      'an empty display name',
      'user:update',
      () => ({ displayName: '' }),
      'validation_failed',
      'displayName',
    ],
    [
      'a display name of 65 characters',
      'user:update',
      () => ({ displayName: 'd'.repeat(65) }),
      'validation_failed',
      'displayName',
    ],
    [
      'an about of 140 characters',
      'user:update',
      () => ({ about: 'a'.repeat(140) }),
      'validation_failed',
      'about',
    ],
    [
      'a group without a name',
      'chat:create',
      (w) => ({ type: 'group', members: [w.bob.username] }),
      'validation_failed',
      'name',
    ],
    [
      'a group with an empty name',
      'chat:create',
      () => ({ type: 'group', name: '', members: [] }),
      'validation_failed',
      'name',
    ],
    [
      'a group name of 101 characters',
      'chat:create',
      () => ({ type: 'group', name: 'n'.repeat(101), members: [] }),
      'validation_failed',
      'name',
    ],
    [
      'a group description of 501 characters',
      'chat:create',
      () => ({ type: 'group', name: 'n', description: 'd'.repeat(501), members: [] }),
      'validation_failed',
      'description',
    ],
    [
      'a new group name of 101 characters',
      'chat:update',
      (w) => ({ chatId: w.group.id, name: 'n'.repeat(101) }),
      'validation_failed',
      'name',
    ],
    [
      'a chat of an unknown type',
      'chat:create',
      (w) => ({ type: 'seance', username: w.bob.username }),
      oneOfFew,
      'type',
    ],
    [
      'a direct chat with nobody',
      'chat:create',
      () => ({ type: 'direct' }),
      'validation_failed',
      undefined,
    ],
    [
      'an unknown role',
      'chat:set-role',
      (w) => ({ chatId: w.group.id, userId: w.bob.id, role: 'owner' }),
      oneOfFew,
      'role',
    ],
    [
      'history both before and after',
      'history',
      (w) => ({ chatId: w.group.id, before: 5, after: 1 }),
      'validation_failed',
      undefined,
    ],
    [
      'history both around and after',
      'history',
      (w) => ({ chatId: w.group.id, around: 5, after: 1 }),
      'validation_failed',
      undefined,
    ],
  ];

  test.each(cases)('%s is refused', async (_, op, make, code, field) => {
    const error = expectError(await socket.refusal(op, make(world)), ...[code].flat());
    if (field !== undefined) expect(error.fields).toHaveProperty(field);
  });

  test('a text in an odd but valid form is accepted', async () => {
    const content = '\n \t\u200b';
    const { id } = await world.alice.post('/groups', { name: 'n'.repeat(100), members: [] });
    expect((await world.alice.send(id, content)).content).toBe(content);
    expect((await world.alice.send(id, 'y', 'ä'.repeat(32))).clientMessageId).toBe('ä'.repeat(32));
    before = await snapshot(world);
  });
});

describe('An id', () => {
  const nowhere = '987654321012345678';

  test('of nothing is not found', async () => {
    const asked: [string, object, Code][] = [
      ['chat:get', { chatId: nowhere }, 'chat_not_found'],
      ['chat:participants', { chatId: nowhere }, 'chat_not_found'],
      ['history', { chatId: nowhere }, 'chat_not_found'],
      ['message:send', { chatId: nowhere, content: 'x', clientMessageId: 'n' }, 'chat_not_found'],
      ['message:read', { chatId: nowhere, seq: 1 }, 'chat_not_found'],
      ['message:delivered', { chatId: nowhere, seq: 1 }, 'chat_not_found'],
      ['message:typing', { chatId: nowhere, typing: true }, 'chat_not_found'],
      ['presence:watch', { chatId: nowhere }, 'chat_not_found'],
      ['chat:leave', { chatId: nowhere }, 'chat_not_found'],
      ['message:info', { chatId: world.group.id, messageId: nowhere }, 'message_not_found'],
      ['chat:create', { type: 'direct', userId: nowhere }, 'user_not_found'],
      ['chat:create', { type: 'direct', username: 'nobody.known' }, 'user_not_found'],
      ['chat:remove-member', { chatId: world.group.id, userId: nowhere }, 'user_not_found'],
      [
        'chat:set-role',
        { chatId: world.group.id, userId: nowhere, role: 'admin' },
        'user_not_found',
      ],
      ['chat:add-members', { chatId: world.group.id, members: ['nobody.known'] }, 'user_not_found'],
    ];
    for (const [op, data, code] of asked) expectError(await socket.refusal(op, data), code);
  });

  test('of another kind is not found', async () => {
    const { alice, bob, group, direct, message } = world;
    const asked: [string, object, Code][] = [
      ['chat:get', { chatId: bob.id }, 'chat_not_found'],
      ['history', { chatId: message.id }, 'chat_not_found'],
      ['message:send', { chatId: alice.id, content: 'x', clientMessageId: 'k' }, 'chat_not_found'],
      ['message:info', { chatId: group.id, messageId: group.id }, 'message_not_found'],
      ['message:info', { chatId: direct.id, messageId: message.id }, 'message_not_found'],
      ['chat:create', { type: 'direct', userId: group.id }, 'user_not_found'],
      ['chat:remove-member', { chatId: group.id, userId: message.id }, 'user_not_found'],
    ];
    for (const [op, data, code] of asked) expectError(await socket.refusal(op, data), code);
    const status = await alice.call('GET', `/users/${group.id}/status`);
    if (status.status === 200)
      expect(status.body).toMatchObject({ online: false, lastSeenAt: null });
    else expectRefusal(status, 'user_not_found');
  });
});

test('Nothing of all this was stored', async () => {
  expect(await snapshot(world)).toEqual(before);
});
