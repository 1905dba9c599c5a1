// A person's account: sessions, passwords, a second factor, profile, export and deletion.
import { execFileSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { expectRefusal } from './harness/errors.ts';
import * as shape from './harness/shapes.ts';
import { expectShape } from './harness/shapes.ts';
import { PASSWORD } from './harness/users.ts';
import {
  directChat,
  eventually,
  group,
  rest,
  type Said,
  signUp,
  type User,
  useNode,
} from './harness.ts';

const ANOTHER = 'Another-horse-8';

// The code an authenticator shows for a base32 secret (RFC 6238).
function totp(secret: string, at = Date.now()): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...secret].map((c) => alphabet.indexOf(c).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)));
  const hash = createHmac('sha1', key).update(counter).digest();
  const offset = (hash.at(-1) as number) & 15;
  return String((hash.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

describe('Sessions', () => {
  const node = useNode();

  test('are listed with where they come from, and one can be revoked from another', async () => {
    const alice = await signUp(node, 'alice', { device: "Alice's phone" });
    const laptop = await alice.signInAgain();
    const socket = await laptop.connect();
    const { sessions } = await alice.get('/users/sessions');
    for (const one of sessions) expectShape(one, shape.session);
    expect(sessions.map((s: Said) => s.current).sort()).toEqual([false, true]);
    const own = sessions.find((s: Said) => s.current);
    expect(own).toMatchObject({ device: "Alice's phone", address: '127.0.0.1' });

    const other = sessions.find((s: Said) => !s.current);
    await alice.delete(`/users/sessions/${other.id}`);
    expect((await socket.closed()).code).toBe(4401);
    expectRefusal(await laptop.call('GET', '/users/profile'), 'token_revoked');
    const refreshToken = laptop.refreshToken;
    expectRefusal(
      await rest(node.url, 'POST', '/auth/refresh-token', { refreshToken }),
      'invalid_refresh_token',
    );
    expectRefusal(await alice.call('DELETE', `/users/sessions/${other.id}`), 'session_not_found');
  });

  test('of somebody else cannot be revoked', async () => {
    const [alice, bob] = [await signUp(node, 'alice'), await signUp(node, 'bob')];
    const [session] = (await alice.get('/users/sessions')).sessions;
    expectRefusal(await bob.call('DELETE', `/users/sessions/${session.id}`), 'session_not_found');
    expect((await alice.get('/users/sessions')).sessions).toHaveLength(1);
  });

  test('end everywhere at once, with or without the one that asks', async () => {
    const alice = await signUp(node, 'alice');
    const others = [await alice.signInAgain(), await alice.signInAgain()];
    const sockets = await Promise.all(others.map((other) => other.connect()));
    expect(await alice.post('/auth/logout-all', { keepCurrent: true })).toEqual({ ended: 2 });
    for (const socket of sockets) expect((await socket.closed()).code).toBe(4401);
    expect((await alice.get('/users/profile')).id).toBe(alice.id);
    expect(await alice.post('/auth/logout-all')).toEqual({ ended: 1 });
    expectRefusal(await alice.call('GET', '/users/profile'), 'token_revoked');
  });

  test('from a new kind of device are told to the others', async () => {
    const alice = await signUp(node, 'alice');
    const socket = await alice.connect();
    const { status } = await rest(
      node.url,
      'POST',
      '/auth/login',
      { username: alice.username, password: PASSWORD },
      { headers: { 'user-agent': 'Mozilla/5.0 (Windows NT 10.0) Firefox/132.0' } },
    );
    expect(status).toBe(200);
    const told = await socket.until('security:event', () => true);
    expect(told).toMatchObject({ kind: 'new_device', address: '127.0.0.1' });
    const { events } = await alice.get('/users/security-events');
    expect(events.map((e: Said) => e.id)).toEqual([told.id]);
    await socket.close();
  });

  test('do not grow without end: the oldest of a hundred ends for the next', async () => {
    const alice = await signUp(node, 'alice');
    for (let i = 0; i < 100; i++) await alice.signInAgain();
    expectRefusal(await alice.call('GET', '/users/profile'), 'token_revoked');
    const last = await alice.signInAgain();
    expect((await last.get('/users/sessions')).sessions).toHaveLength(100);
  });
});

describe('A password', () => {
  const node = useNode();

  test('is changed by who knows it, and the other sessions end', async () => {
    const alice = await signUp(node, 'alice');
    const other = await alice.signInAgain();
    const put = (body: object) => alice.call('PUT', '/users/password', body);
    expectRefusal(await put({ newPassword: ANOTHER }), 'validation_failed');
    const wrong = await put({ currentPassword: 'Wrong-horse-7', newPassword: ANOTHER });
    expectRefusal(wrong, 'invalid_credentials');
    const weak = await put({ currentPassword: PASSWORD, newPassword: 'Password1!' });
    expect(expectRefusal(weak, 'weak_password').fields.newPassword).toMatch(/guess/);
    const named = await put({ currentPassword: PASSWORD, newPassword: `${alice.username}A1!` });
    expectRefusal(named, 'weak_password');
    expect((await put({ currentPassword: PASSWORD, newPassword: ANOTHER })).status).toBe(204);
    expectRefusal(await other.call('GET', '/users/profile'), 'token_revoked');
    expect((await alice.get('/users/profile')).hasPassword).toBe(true);
    const login = (password: string) =>
      rest(node.url, 'POST', '/auth/login', { username: alice.username, password });
    expectRefusal(await login(PASSWORD), 'invalid_credentials');
    expect((await login(ANOTHER)).status).toBe(200);
  });
});

describe('A second factor', () => {
  const node = useNode();

  async function turnOn(user: User) {
    const begun = await user.post('/users/second-factor', { password: PASSWORD });
    const confirmed = await user.post('/users/second-factor/confirm', {
      code: totp(begun.secret),
    });
    return { ...begun, ...confirmed };
  }
  const login = (user: User, secondFactorCode?: string) =>
    rest(node.url, 'POST', '/auth/login', {
      username: user.username,
      password: PASSWORD,
      ...(secondFactorCode === undefined ? {} : { secondFactorCode }),
    });

  test('is asked for once it is confirmed, and each code is good once', async () => {
    const alice = await signUp(node, 'alice');
    const begun = await alice.post('/users/second-factor', { password: PASSWORD });
    expect(begun.uri).toContain(`secret=${begun.secret}`);
    expect((await login(alice)).status).toBe(200);
    const { secret } = await turnOn(alice);
    expect((await alice.get('/users/profile')).secondFactor).toBe(true);
    expectRefusal(await login(alice), 'second_factor_required');
    expectRefusal(await login(alice, '000000'), 'invalid_code');
    // The current one is used up; that of the next step is good, too.
    const code = totp(secret, Date.now() + 30_000);
    expect((await login(alice, code)).status).toBe(200);
    expectRefusal(await login(alice, code), 'invalid_code');
  });

  test('has ten recovery codes, each good once', async () => {
    const alice = await signUp(node, 'alice');
    const { recoveryCodes } = await turnOn(alice);
    expect(new Set(recoveryCodes).size).toBe(10);
    expect((await login(alice, recoveryCodes[0].toUpperCase())).status).toBe(200);
    expectRefusal(await login(alice, recoveryCodes[0]), 'invalid_code');
    expect((await login(alice, recoveryCodes[9])).status).toBe(200);
  });

  test('is turned off with a code only', async () => {
    const alice = await signUp(node, 'alice');
    const { recoveryCodes } = await turnOn(alice);
    const remove = (code: string) => alice.call('POST', '/users/second-factor/remove', { code });
    expectRefusal(await remove('000000'), 'invalid_code');
    expect((await remove(recoveryCodes[5])).status).toBe(204);
    expect((await login(alice)).status).toBe(200);
  });

  test('does not tell whether the password is right before it is', async () => {
    const alice = await signUp(node, 'alice');
    await turnOn(alice);
    const answer = await rest(node.url, 'POST', '/auth/login', {
      username: alice.username,
      password: 'Wrong-horse-7',
    });
    expectRefusal(answer, 'invalid_credentials');
  });
});

describe('A profile', () => {
  const node = useNode();

  test('has names, a status that ends by itself, a language and keys', async () => {
    const [alice, bob] = [await signUp(node, 'alice'), await signUp(node, 'bob')];
    const inAnHour = new Date(Date.now() + 3_600_000).toISOString();
    const own = await alice.put('/users/profile', {
      firstName: 'Alice',
      lastName: 'Liddell',
      statusText: 'Down the rabbit hole',
      statusUntil: inAnHour,
      language: 'en-GB',
      publicKey: 'base64 of a key',
    });
    expectShape(own, shape.ownUser);
    const seen = expectShape(await bob.get(`/users/${alice.username}`), shape.user);
    expect(seen).toMatchObject({ firstName: 'Alice', statusText: 'Down the rabbit hole' });
    expect(await bob.get(`/users/${alice.username}/public-key`)).toEqual({
      userId: alice.id,
      username: alice.username,
      publicKey: 'base64 of a key',
    });
    const soon = Date.now() + 1_500;
    await alice.put('/users/profile', {
      statusText: 'Nearly out',
      statusUntil: new Date(soon).toISOString(),
    });
    await eventually('the status is over', async () => {
      const { statusText } = await bob.get(`/users/${alice.username}`);
      return statusText === undefined;
    });
    expect(Date.now()).toBeGreaterThanOrEqual(soon);
    expect((await alice.put('/users/profile', { firstName: '' })).firstName).toBeUndefined();
  });

  test('refuses a time for a status that is not there', async () => {
    const alice = await signUp(node, 'alice');
    const answer = await alice.call('PUT', '/users/profile', {
      statusUntil: '2030-01-01T00:00:00Z',
    });
    expect(Object.keys(expectRefusal(answer, 'validation_failed').fields)).toEqual(['statusUntil']);
  });
});

describe('Names that would be mistaken', () => {
  const node = useNode();
  const register = (username: string) =>
    rest(node.url, 'POST', '/auth/register', { username, password: PASSWORD });

  test.each(['admin', 'Adm1n', 'support', 'me', 'аlice', 'ali\u200bce', 'pаypal'])(
    '%s is refused',
    async (name) => {
      const said = expectRefusal(await register(name), 'validation_failed');
      expect(Object.keys(said.fields)).toEqual(['username']);
    },
  );

  test('full-width letters are the plain ones, and look-alikes of a name are taken', async () => {
    expect((await register('Ｗｏｎｄｅｒ.land')).body.user.username).toBe('wonder.land');
    for (const twin of ['wonder.land', 'w0nder.land', 'wonder_land', 'vvonderland'])
      expectRefusal(await register(twin), 'username_taken');
  });
});

describe('One’s own data', () => {
  const node = useNode();

  // The files of a zip archive.
  function unzip(bytes: Buffer): Record<string, string> {
    const folder = mkdtempSync(join(tmpdir(), 'parley-zip-'));
    try {
      writeFileSync(join(folder, 'data.zip'), bytes);
      execFileSync('python3', ['-m', 'zipfile', '-e', 'data.zip', 'out'], { cwd: folder });
      const list = execFileSync('ls', [join(folder, 'out')])
        .toString()
        .trim()
        .split('\n');
      return Object.fromEntries(
        list.map((name) => [name, readFileSync(join(folder, 'out', name), 'utf8')]),
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  test('comes in one archive, without what others wrote and without secrets', async () => {
    const [alice, bob] = [await signUp(node, 'alice'), await signUp(node, 'bob')];
    const { id } = await directChat(alice, bob);
    await alice.send(id, 'written by alice "in quotes"');
    await bob.send(id, 'written by bob');
    const answer = await fetch(`${node.url}/api/v1/users/export`, {
      headers: { authorization: `Bearer ${alice.accessToken}` },
    });
    expect(answer.headers.get('content-type')).toBe('application/zip');
    const files = unzip(Buffer.from(await answer.arrayBuffer()));
    const read = (name: string) => JSON.parse(files[name] ?? 'null');
    expect(read('account.json')[0]).toMatchObject({ id: alice.id, username: alice.username });
    expect(read('messages.json').map((m: Said) => m.content)).toEqual([
      'written by alice "in quotes"',
    ]);
    expect(read('chats.json')).toMatchObject([{ id, type: 'direct', left: false }]);
    expect(read('sessions.json')).toHaveLength(1);
    const everything = Object.values(files).join('');
    expect(everything).not.toContain('written by bob');
    expect(everything).not.toMatch(/\$2b\$/);
  });
});

describe('A deleted account', () => {
  const node = useNode();

  test('is gone for everybody, while what it wrote stays readable', async () => {
    const alice = await signUp(node, 'alice', { email: 'gone@example.org', displayName: 'Alice' });
    const bob = await signUp(node, 'bob');
    const direct = await directChat(alice, bob);
    const made = await group(bob, [alice]);
    await alice.send(direct.id, 'remember me');
    await alice.send(made.id, 'all of you');
    const [hers, his] = [await alice.connect(), await bob.connect()];

    const remove = (body?: object) => alice.call('POST', '/users/profile/delete', body);
    expectRefusal(await remove(), 'validation_failed');
    expectRefusal(await remove({ password: 'Wrong-horse-7' }), 'invalid_credentials');
    expect((await remove({ password: PASSWORD })).status).toBe(204);

    expect((await hers.closed()).code).toBe(4401);
    expectRefusal(await alice.call('GET', '/users/profile'), 'token_revoked');
    const left = await his.until('chat:member-removed', (e) => e.chatId === made.id);
    expect(left).toMatchObject({ userIds: [alice.id], action: 'left' });
    for (const [chat, content] of [
      [direct.id, 'remember me'],
      [made.id, 'all of you'],
    ]) {
      const { messages } = await bob.get(`/chats/${chat}/messages`);
      expect(messages.map((m: Said) => m.content)).toContain(content);
    }
    const { peer } = await bob.get(`/chats/${direct.id}`);
    expect(peer).toMatchObject({ displayName: 'Deleted account', about: '' });
    expectRefusal(await bob.call('GET', `/users/${alice.username}`), 'user_not_found');
    for (const username of [alice.username, 'gone@example.org']) {
      const login = await rest(node.url, 'POST', '/auth/login', { username, password: PASSWORD });
      expectRefusal(login, 'invalid_credentials');
    }
    // The name and the address are free again.
    const again = await signUp(node, 'alice', { email: 'gone@example.org' });
    expect(again.id).not.toBe(alice.id);
    const carol = await signUp(node, 'carol');
    const opening = await carol.call('POST', '/chats', { type: 'direct', userId: alice.id });
    expectRefusal(opening, 'user_not_found');
    await his.close();
  });
});
