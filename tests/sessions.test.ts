import { describe, expect, test } from 'vitest';
import { expectError, expectRefusal } from './harness/errors.ts';
import { eventually, rest, signUp, takesLess, useNode } from './harness.ts';

describe('The end of a session reaches its sockets', () => {
  const node = useNode();

  test('signing out closes the sockets of that session with 4401 within a second', async () => {
    await takesLess(1_000, async () => {
      const alice = await signUp(node, 'alice');
      const other = await alice.signInAgain();
      const [phone, second, laptop] = [
        await alice.connect(),
        await alice.connect(),
        await other.connect(),
      ];
      await alice.call('POST', '/auth/logout');
      const left = performance.now();
      for (const gone of [phone, second]) expect((await gone.closed()).code).toBe(4401);
      const took = performance.now() - left;
      expect((await laptop.ask('user:profile')).id).toBe(alice.id);
      await laptop.close();
      return took;
    });
  });

  test('signing out over a socket closes that socket too', async () => {
    const alice = await signUp(node, 'alice');
    const socket = await alice.connect();
    socket.send(JSON.stringify({ id: 1, op: 'auth:logout', data: {} }));
    expect((await socket.closed()).code).toBe(4401);
    expectRefusal(await alice.call('GET', '/users/profile'), 'token_revoked');
  });

  test('a refresh token used twice ends the session everywhere', async () => {
    const alice = await signUp(node, 'alice');
    const socket = await alice.connect();
    const stolen = { refreshToken: alice.refreshToken };
    const thief = await rest(node.url, 'POST', '/auth/refresh-token', stolen);
    expect(thief.status).toBe(200);
    const reuse = await rest(node.url, 'POST', '/auth/refresh-token', stolen);
    expectRefusal(reuse, 'invalid_refresh_token');
    expect((await socket.closed()).code).toBe(4401);
    const family = { refreshToken: thief.body.refreshToken };
    const later = await rest(node.url, 'POST', '/auth/refresh-token', family);
    expectRefusal(later, 'invalid_refresh_token');
    for (const token of [alice.accessToken, thief.body.accessToken]) {
      expectRefusal(await rest(node.url, 'GET', '/chats', undefined, { token }), 'token_revoked');
    }
  });

  test('nothing a revoked connection still sends has an effect', async () => {
    const alice = await signUp(node, 'alice');
    const bob = await signUp(node, 'bob');
    const { id: chatId } = await alice.post('/chats', { type: 'direct', username: bob.username });
    const socket = await alice.connect();
    const done = alice.call('POST', '/auth/logout');
    for (let i = 0; socket.isOpen && i < 5_000; i++) {
      socket.send(JSON.stringify({ id: i, op: 'message:typing', data: { chatId, typing: true } }));
      if (i % 50 === 0) await new Promise((next) => setImmediate(next));
    }
    await done;
    const { lastSeq } = await bob.get(`/chats/${chatId}`);
    if (socket.isOpen) {
      const draft = { chatId, content: 'too late', clientMessageId: 'late' };
      socket.send(JSON.stringify({ id: 9_999, op: 'message:send', data: draft }));
    }
    expect((await socket.closed()).code).toBe(4401);
    expect((await bob.get(`/chats/${chatId}`)).lastSeq).toBe(lastSeq);
  });
});

describe('A short-lived access token', () => {
  const TTL = 10; // seconds, so long that it is good for what a test does with it at once
  const LATE = 40_000;
  const node = useNode({ args: [`--access-token-ttl=${TTL}`] });

  test('warns, then its socket is closed with 4401, and REST says token_expired', async () => {
    const alice = await signUp(node, 'alice');
    const socket = await alice.connect();
    const warning = await socket.until('auth:expiring', () => true, LATE);
    expect(warning.expiresIn).toBeLessThanOrEqual(TTL);
    expect(warning.expiresIn).toBeGreaterThanOrEqual(0);
    expect((await socket.closed(LATE)).code).toBe(4401);
    const late = await alice.call('GET', '/users/profile');
    expectRefusal(late, 'token_expired');
  });

  test('a renewed connection lives on', async () => {
    const alice = await signUp(node, 'alice');
    const socket = await alice.connect();
    let refreshToken = alice.refreshToken;
    const end = Date.now() + 1_500 * TTL; // well past the first token's life
    while (Date.now() < end) {
      const renewed = await socket.ask('auth:refresh', { refreshToken });
      refreshToken = renewed.refreshToken;
      const { expiresIn } = await socket.ask('auth:renew', { accessToken: renewed.accessToken });
      expect(expiresIn).toBeGreaterThan(0);
      await new Promise((next) => setTimeout(next, 1_000));
    }
    expect((await socket.ask('user:profile')).id).toBe(alice.id);
    expect((await socket.closed(LATE)).code).toBe(4401);
  });

  test('an expired token cannot renew a connection', async () => {
    const alice = await signUp(node, 'alice');
    const old = alice.accessToken;
    await eventually(
      'the token expires',
      async () => (await alice.call('GET', '/users/profile')).status === 401,
      LATE,
    );
    const { body } = await rest(node.url, 'POST', '/auth/refresh-token', {
      refreshToken: alice.refreshToken,
    });
    alice.accessToken = body.accessToken;
    const socket = await alice.connect();
    expectError(await socket.refusal('auth:renew', { accessToken: old }), 'token_expired');
    await socket.close();
  });
});

describe('A server that stops', () => {
  const node = useNode();

  test('closes every socket with 1012, exits with 0, and serves the same people again', async () => {
    const alice = await signUp(node, 'alice');
    const sockets = await Promise.all(Array.from({ length: 20 }, () => alice.connect()));
    await node.stop();
    for (const socket of sockets) expect((await socket.closed()).code).toBe(1012);
    await node.start();
    const back = await alice.connect();
    expect((await back.ask('user:profile')).id).toBe(alice.id);
    await back.close();
  });

  test('answers what it has accepted before it goes', async () => {
    const [alice, bob] = [await signUp(node, 'alice'), await signUp(node, 'bob')];
    const { id } = await alice.post('/chats', { type: 'direct', username: bob.username });
    const socket = await alice.connect();
    const acked: number[] = [];
    const sends = Array.from({ length: 400 }, (_, i) =>
      socket
        .ask('message:send', { chatId: id, content: `m${i}`, clientMessageId: `s${i}` })
        .then((sent) => acked.push(sent.seq))
        .catch(() => undefined),
    );
    await eventually('some are acknowledged', () => acked.length > 0);
    await node.stop();
    await Promise.all(sends);
    await node.start();
    const { lastSeq } = await bob.get(`/chats/${id}`);
    expect(acked.length).toBeGreaterThan(0);
    expect(lastSeq).toBeGreaterThanOrEqual(Math.max(...acked));
  });
});
