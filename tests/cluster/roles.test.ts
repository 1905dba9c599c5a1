// One process for each role, on one PostgreSQL and one Redis: people speak to the gateway, and
// what they ask is answered by the node that runs the part.
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { isReady } from '../harness/cluster.ts';
import { eventually } from '../harness/deadline.ts';
import { Engines } from '../harness/engines.ts';
import { expectRefusal } from '../harness/errors.ts';
import { ParleyNode } from '../harness/node.ts';
import { freePort } from '../harness/ports.ts';
import { rest, type Said } from '../harness/rest.ts';
import type { Socket } from '../harness/socket.ts';
import { directChat, freshId, group, PASSWORD, signUp, type User } from '../harness/users.ts';

const ROLES = ['gateway', 'user', 'chat', 'processor', 'notification'] as const;
type Role = (typeof ROLES)[number];

const CLUSTER_SECRET = randomBytes(24).toString('hex');
const nodes = {} as Record<Role, ParleyNode>;
let gateway: ParleyNode;

beforeAll(async () => {
  const urls = await new Engines(inject('engines')).fresh();
  const ports = {} as Record<Role, number>;
  for (const role of ROLES) ports[role] = await freePort();
  // Of the node with the role notification the gateway hears from the board of nodes.
  const peers = (['user', 'chat'] as const).map(
    (role) => `${role}=http://127.0.0.1:${ports[role]}`,
  );
  const shared = [
    `--storage=${urls.postgres}`,
    `--redis=${urls.redis}`,
    `--cluster-secret=${CLUSTER_SECRET}`,
    `--token-secret=${randomBytes(24).toString('hex')}`,
  ];
  for (const [index, role] of ROLES.entries()) {
    const its = [`--roles=${role}`, `--node-id=${index + 1}`];
    if (role === 'gateway') its.push(`--peers=${peers.join(',')}`);
    nodes[role] = new ParleyNode({ port: ports[role], args: [...its, ...shared] });
  }
  gateway = nodes.gateway;
  // One after the other: the first makes the tables.
  for (const role of ROLES) await nodes[role].start(60_000);
  for (const role of ROLES) await isReady(nodes[role]);
});

afterAll(async () => {
  for (const role of ROLES) await nodes[role]?.dispose();
});

// What the lines of a metric that hold `label` add up to.
async function metric(node: ParleyNode, name: string, label: string): Promise<number> {
  const lines = (await node.get('/metrics')).text.split('\n');
  const counted = lines.filter((line) => line.startsWith(name) && line.includes(label));
  return counted.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

async function bytes(answer: Response): Promise<Buffer> {
  return Buffer.from(await answer.arrayBuffer());
}

async function friends(): Promise<{ alice: User; bob: User; chatId: string }> {
  const [alice, bob] = [await signUp(gateway, 'alice'), await signUp(gateway, 'bob')];
  return { alice, bob, chatId: (await directChat(alice, bob)).id };
}

// Waits until what the chat node tells is heard by these sockets. While nodes come to know each
// other, and whom they have, an event may be lost: then the socket is told to sync.
async function hear(sender: User, chatId: string, sockets: Socket[]): Promise<void> {
  await eventually('an event arrives', async () => {
    const { id } = await sender.send(chatId, 'Do you hear me?');
    await new Promise((done) => setTimeout(done, 100));
    return sockets.every((socket) => socket.frames.some((frame) => frame.data?.id === id));
  });
}

async function eventsFlow(): Promise<void> {
  const { alice, bob, chatId } = await friends();
  const his = await bob.connect();
  await hear(alice, chatId, [his]);
  await his.close();
}

describe('A gateway with the other roles elsewhere', () => {
  test('registers people, signs them in and shows them to each other', async () => {
    const { alice, bob } = await friends();
    expect((await alice.signInAgain()).id).toBe(alice.id);
    expect((await alice.get(`/users/${bob.username}`)).id).toBe(bob.id);
    await alice.put('/users/profile', { displayName: 'Alice Ü.', about: 'a&b=c%20?' });
    const profile = await bob.get(`/users/${alice.username}`);
    expect([profile.displayName, profile.about]).toEqual(['Alice Ü.', 'a&b=c%20?']);
    const found = await bob.get(`/users/search?q=${encodeURIComponent(alice.username)}`);
    expect(found.users.map((u: Said) => u.id)).toEqual([alice.id]);

    const forwarded = await metric(gateway, 'parley_forwarded_total', '"user",outcome="answered"');
    expect(forwarded).toBeGreaterThan(4);
    const name = 'parley_internal_requests_total';
    expect(await metric(nodes.user, name, '"answered"')).toBeGreaterThanOrEqual(forwarded);
  });

  test('hands on statuses, refusals and their fields as they are', async () => {
    const { alice, bob, chatId } = await friends();
    const draft = { content: 'hello', clientMessageId: freshId() };
    const path = `/chats/${chatId}/messages`;
    const first = await alice.call('POST', path, draft);
    const again = await alice.call('POST', path, draft);
    expect([first.status, again.status]).toEqual([201, 200]);
    expect(again.body).toEqual(first.body);
    expect((await bob.call('POST', `/chats/${chatId}/read`, { seq: 1 })).status).toBe(204);
    expectRefusal(await alice.call('POST', '/chats/404/messages', draft), 'chat_not_found');
    const wrong = await alice.call('POST', path, { content: 5, else: true });
    expectRefusal(wrong, 'malformed_request');
    expect(Object.keys(wrong.body.fields).sort()).toEqual(['clientMessageId', 'content', 'else']);
    const credentials = { username: alice.username, password: 'Wrong-horse-7' };
    const stranger = await rest(gateway.url, 'POST', '/auth/login', credentials);
    expectRefusal(stranger, 'invalid_credentials');
    expectRefusal(await rest(gateway.url, 'GET', '/chats'), 'unauthenticated');
  });

  test('keeps the refresh token of a browser in its cookie', async () => {
    const { alice } = await friends();
    const credentials = { username: alice.username, password: PASSWORD };
    const signedIn = await rest(gateway.url, 'POST', '/auth/login', credentials, {
      headers: { 'parley-session': 'cookie' },
    });
    expect(signedIn.status).toBe(200);
    expect(signedIn.body.refreshToken).toBeUndefined();
    const cookies = signedIn.headers.getSetCookie().map((cookie) => cookie.split(';')[0]);
    const renewed = await rest(gateway.url, 'POST', '/auth/refresh-token', undefined, {
      headers: { cookie: cookies.join('; '), 'x-csrf-token': signedIn.body.csrfToken },
    });
    expect(renewed.status).toBe(200);
    expect(renewed.headers.getSetCookie().length).toBeGreaterThan(0);
  });

  test('carries bytes both ways', async () => {
    const { alice } = await friends();
    const png = // of one pixel
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==';
    const set = await alice.call('PUT', '/users/avatar', undefined, {
      raw: Buffer.from(png, 'base64'),
      headers: { 'content-type': 'image/png' },
    });
    expect(set.status, set.text).toBeLessThan(300);
    const headers = { authorization: `Bearer ${alice.accessToken}` };
    const picture = await fetch(`${gateway.url}/api/v1/users/${alice.id}/avatar`, { headers });
    expect(picture.headers.get('content-type')).toBe('image/webp');
    expect((await bytes(picture)).subarray(0, 4).toString()).toBe('RIFF');
    const archive = await fetch(`${gateway.url}/api/v1/users/export`, { headers });
    expect((await bytes(archive)).subarray(0, 2).toString()).toBe('PK');
  });

  test('answers sockets, many requests at a time', async () => {
    const { alice, chatId } = await friends();
    const socket = await alice.connect();
    const drafts = Array.from({ length: 40 }, (_, i) => ({
      chatId,
      content: `number ${i}`,
      clientMessageId: freshId(),
    }));
    const replies = await Promise.all(drafts.map((draft) => socket.ask('message:send', draft)));
    expect(replies.map((r) => r.seq).sort((a, b) => a - b)).toEqual(drafts.map((_, i) => i + 1));
    expect(Object.keys(replies[0]).sort()).toEqual(['createdAt', 'id', 'seq']);
    const { messages } = await socket.ask('history', { chatId, after: 0, limit: 100 });
    expect(messages).toHaveLength(40);
    await socket.close();
  });

  test('finds a node it was not told of', async () => {
    const { alice } = await friends();
    await eventually('the node is on the board', async () => {
      const { status, body } = await alice.call('GET', '/devices');
      return status === 200 && Array.isArray(body.devices);
    });
    const name = 'parley_internal_requests_total';
    expect(await metric(nodes.notification, name, '"answered"')).toBeGreaterThan(0);
  });
});

describe('Events of a chat on another node', () => {
  test('reach the sockets at the gateway, and not the one that asked', async () => {
    const { alice, bob, chatId } = await friends();
    const [hers, other, his] = [await alice.connect(), await alice.connect(), await bob.connect()];
    await hear(alice, chatId, [hers, other, his]);
    const draft = { chatId, content: 'hi', clientMessageId: freshId() };
    const { id, seq } = await hers.ask('message:send', draft);
    const isIt = (frame: Said) => frame.event === 'message:receive' && frame.data.id === id;
    for (const socket of [his, other]) {
      await eventually('the message', () => socket.frames.some(isIt));
    }
    await his.ask('message:read', { chatId, seq });
    await hers.until('message:read');
    expect(hers.frames.some(isIt)).toBe(false);
    for (const socket of [hers, other, his]) await socket.close();
  });

  test('tell of groups as well', async () => {
    const { alice, bob } = await friends();
    const his = await bob.connect();
    const made = await group(alice, [bob]);
    await hear(alice, made.id, [his]);
    await his.close();
  });

  test('end the sockets of a session that ended, and its token', async () => {
    const { alice } = await friends();
    const socket = await alice.connect();
    await alice.post('/auth/logout');
    expect((await socket.closed()).code).toBe(4401);
    expectRefusal(await alice.call('GET', '/users/profile'), 'token_revoked');
  });
});

describe('When the chat node is gone', () => {
  test('chats wait, the rest works, and it comes back', async () => {
    const { alice, bob, chatId } = await friends();
    const socket = await alice.connect();
    const draft = { content: 'lost?', clientMessageId: freshId() };
    const path = `/chats/${chatId}/messages`;
    await nodes.chat.kill();

    const refused = await alice.call('POST', path, draft);
    expectRefusal(refused, 'unavailable');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    await expect(socket.ask('message:send', { chatId, ...draft })).rejects.toMatchObject({
      error: { code: 'unavailable' },
    });
    expect((await bob.call('GET', '/users/profile')).status).toBe(200);
    await eventually('the gateway says who does not answer', async () => {
      await alice.call('GET', '/chats');
      const { status, body } = await gateway.get('/ready');
      expect([status, body.parts.user]).toEqual([200, 'ok']);
      return body.parts.chat.startsWith('degraded');
    });
    await eventually('the health of messaging is bad', async () => {
      const { status, body } = await gateway.get('/health/messaging');
      return status === 503 && body.status === 'down';
    });
    const users = await gateway.get('/health/users');
    expect([users.status, users.body]).toEqual([200, { status: 'ok', nodes: 1, ready: 1 }]);
    expect((await gateway.get('/health/auth')).status).toBe(200);
    expect((await gateway.get('/health/realtime')).status).toBe(200);

    await nodes.chat.start(60_000);
    const sent = await eventually('the message goes through', async () => {
      const { status, body } = await alice.call('POST', path, draft);
      return status < 300 && body;
    });
    const { messages } = await bob.get(path);
    expect(messages.map((m: Said) => m.id)).toEqual([sent.id]);
    await eventually('the health of messaging is well', async () => {
      return (await gateway.get('/health/messaging')).status === 200;
    });
    await socket.close();
    await eventsFlow();
  });

  test('names the trace of a client in its log', async () => {
    const { alice } = await friends();
    await nodes.chat.stop();
    // Of many lines in a second one is written.
    await eventually('a line with the trace', async () => {
      const trace = randomBytes(16).toString('hex');
      const headers = { traceparent: `00-${trace}-00f067aa0ba902b7-01` };
      expectRefusal(await alice.call('GET', '/chats', undefined, { headers }), 'unavailable');
      const line = gateway.logs.find((logged) => logged.trace === trace);
      return line?.event === 'operation not forwarded' && line.role === 'chat';
    });
    await nodes.chat.start(60_000);
    await eventsFlow();
  });
});

describe('A node without the role gateway', () => {
  test('serves its health, and nothing to people', async () => {
    for (const role of ROLES.slice(1)) {
      for (const path of ['/health', '/ready', '/metrics'])
        expect([role, path, (await nodes[role].get(path)).status]).toEqual([role, path, 200]);
      for (const path of ['/', '/index.html', '/api/v1/chats', '/api/openapi.json', '/internal'])
        expect([role, path, (await nodes[role].get(path)).status]).toEqual([role, path, 404]);
    }
  });

  // A ticket as nodes write it, signed with `secret`.
  function ticket(body: string, secret: string, more: object): string {
    const said = {
      userId: '1',
      sessionId: '1',
      role: 'user',
      connection: '0',
      address: '127.0.0.1',
      userAgent: '',
      keepsCookies: false,
      form: 'rest',
      parameters: 0,
      withinMs: 5_000,
      at: new Date().toISOString(),
      trace: '',
      from: '77',
      number: '1',
      to: '1',
      ...more,
    };
    const payload = Buffer.from(JSON.stringify(said)).toString('base64url');
    const mac = createHmac('sha256', secret)
      .update(`parley ticket v1\n${payload}\nmessage:send\n`)
      .update(createHash('sha256').update(body).digest());
    return `v1 ${payload}.${mac.digest('base64url')}`;
  }

  function ask(header: string | undefined, body: string): Promise<Response> {
    const headers: Record<string, string> =
      header === undefined ? {} : { 'parley-cluster': header };
    const url = `${nodes.chat.url}/internal/v1/operations/message:send`;
    return fetch(url, { method: 'POST', body, headers });
  }

  test('refuses who does not know the secret, and who plays a ticket back', async () => {
    const { alice, chatId } = await friends();
    const body = JSON.stringify({ chatId, content: 'forged', clientMessageId: freshId() });
    const as = { userId: alice.id };
    const refusal = async (header: string | undefined) => {
      const answer = await ask(header, body);
      return [answer.status, answer.headers.get('parley-refused')];
    };
    expect(await refusal(undefined)).toEqual([403, 'unsigned_request']);
    expect(await refusal('garbage')).toEqual([403, 'forged']);
    expect(await refusal(ticket(body, 'x'.repeat(48), as))).toEqual([403, 'forged']);
    expect(await refusal(ticket(`${body} `, CLUSTER_SECRET, as))).toEqual([403, 'forged']);

    // Who knows the secret is told for which run of the node it has to be.
    const lost = await ask(ticket(body, CLUSTER_SECRET, as), body);
    expect([lost.status, lost.headers.get('parley-refused')]).toEqual([421, 'misdirected']);
    const to = lost.headers.get('parley-node');
    const late = { ...as, to, at: new Date(Date.now() - 11 * 60_000).toISOString() };
    expect(await refusal(ticket(body, CLUSTER_SECRET, late))).toEqual([403, 'expired']);
    expect((await alice.get(`/chats/${chatId}/messages`)).messages).toEqual([]);

    const good = ticket(body, CLUSTER_SECRET, { ...as, to });
    expect((await ask(good, body)).status).toBe(200);
    expect(await refusal(good)).toEqual([403, 'replayed']);
    expect((await alice.get(`/chats/${chatId}/messages`)).messages).toHaveLength(1);
    const forged = await metric(nodes.chat, 'parley_internal_requests_total', '"forged"');
    expect(forged).toBeGreaterThan(2);
    const lines = nodes.chat.logs.filter((line) => line.event === 'forwarded operation refused');
    expect(lines.length).toBeGreaterThan(0);
  });
});
