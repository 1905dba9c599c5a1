// nginx, as it is shipped, in front of one node that needs no engine: what a proxy must not spoil.
import { request as requestPlain } from 'node:http';
import { request } from 'node:https';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { WebSocket } from 'ws';
import { Cluster } from '../harness/cluster.ts';
import { eventually, USUAL, within } from '../harness/deadline.ts';
import { Engines } from '../harness/engines.ts';
import { plain } from '../harness/http.ts';
import { directChat, PASSWORD, signUp, type User } from '../harness/users.ts';

let engines: Engines;
let cluster: Cluster;
let ann: User;
let bo: User;

beforeAll(async () => {
  engines = new Engines(inject('engines'));
  cluster = await Cluster.start(engines, { nodes: 1, shared: [], args: ['--ping-interval=2s'] });
  ann = await signUp(cluster, 'ann');
  bo = await signUp(cluster, 'bo');
});

afterAll(async () => {
  await cluster?.dispose();
});

// A GET over TLS, past the certificate nobody signed.
function secure(path: string): Promise<{ status: number; headers: Record<string, unknown> }> {
  const answer = new Promise<{ status: number; headers: Record<string, unknown> }>((done, no) => {
    const call = request(
      `${engines.tlsUrl}${path}`,
      { rejectUnauthorized: false, agent: false },
      (response) => {
        response.resume();
        response.on('end', () =>
          done({ status: response.statusCode ?? 0, headers: response.headers }),
        );
      },
    );
    call.on('error', no);
    call.end();
  });
  return within(USUAL, path, answer);
}

// Signs Ann in from another address of this machine; gives the status.
function signInFrom(localAddress: string, headers: Record<string, string>): Promise<number> {
  const { hostname, port } = new URL(cluster.url);
  const answer = new Promise<number>((done, no) => {
    const call = requestPlain(
      {
        hostname,
        port,
        localAddress,
        method: 'POST',
        path: '/api/v1/auth/login',
        headers: { 'content-type': 'application/json', ...headers },
        agent: false,
      },
      (response) => {
        response.resume();
        response.on('end', () => done(response.statusCode ?? 0));
      },
    );
    call.on('error', no);
    call.end(JSON.stringify({ username: ann.username, password: PASSWORD }));
  });
  return within(USUAL, 'the sign-in', answer);
}

describe('Through nginx', () => {
  test('people chat, by sockets and by REST', async () => {
    const chat = await directChat(ann, bo);
    const [hers, his] = [await ann.connect(), await bo.connect({ batch: true })];
    const sent = await hers.ask('message:send', {
      chatId: chat.id,
      content: 'Hello through the proxy',
      clientMessageId: 'front-1',
    });
    expect(await his.until('message:receive')).toMatchObject({
      id: sent.id,
      content: 'Hello through the proxy',
    });
    const answered = await bo.send(chat.id, 'Hello back');
    expect(await hers.until('message:receive')).toMatchObject({ id: answered.id });
    expect((await hers.close()).code).toBe(1000);
    expect((await his.close()).code).toBe(1000);
  });

  test('sockets open over TLS', async () => {
    const ws = new WebSocket(`${engines.tlsUrl.replace('https', 'wss')}/ws`, ['parley.v1'], {
      rejectUnauthorized: false,
      headers: { authorization: `Bearer ${ann.accessToken}` },
    });
    const ready = new Promise<string>((done, no) => {
      ws.once('message', (text) => done(text.toString()));
      ws.once('error', no);
    });
    expect(JSON.parse(await within(USUAL, 'ready', ready)).event).toBe('ready');
    ws.close();
  });

  test('the node knows that it was TLS', async () => {
    expect((await secure('/')).headers['strict-transport-security']).toBeDefined();
    const { headers } = await plain(cluster.url, '/');
    expect(headers['strict-transport-security']).toBeUndefined();
  });

  test('the node knows where people come from', async () => {
    // Nobody can name an address of their own choice: the proxy adds the true one behind it.
    const signedIn = await signInFrom('127.0.0.5', { 'x-forwarded-for': '203.0.113.9' });
    expect(signedIn).toBe(200);
    const { sessions } = await ann.get('/users/sessions');
    const places = sessions.map((s: { address: string }) => s.address);
    expect(places).toContain('127.0.0.5');
    expect(places).not.toContain('203.0.113.9');
  });

  test('a socket that is silent is pinged, and stays', async () => {
    const socket = await ann.connect();
    await socket.pinged(2);
    expect(await socket.ping('still there')).toBe('still there');
    await socket.close();
  });

  test('a message of the longest kind and a picture of the largest get through', async () => {
    const chat = await directChat(ann, bo);
    const content = 'x'.repeat(65_536);
    expect((await ann.send(chat.id, content)).content).toBe(content);
    // Too large for Parley is refused by Parley, which says so in its own words.
    const answer = await ann.call('PUT', '/users/avatar', undefined, {
      raw: new Uint8Array(4 * 1024 * 1024 + 1),
      headers: { 'content-type': 'image/png' },
    });
    expect([answer.status, answer.body?.code]).toEqual([413, 'payload_too_large']);
  });

  test('nginx says that it is alive', async () => {
    const answer = await plain(cluster.url, '/nginx-health');
    expect([answer.status, answer.bytes.toString()]).toEqual([200, 'ok\n']);
  });

  test('the pages for operators and for other nodes are not for the world', async () => {
    for (const path of ['/metrics', '/internal/v1/operations/message:send', '/internal']) {
      const { status, bytes } = await plain(cluster.url, path);
      expect(status, path).toBe(404);
      expect(bytes.toString(), path).toContain('nginx');
    }
    expect((await cluster.node(0).get('/metrics')).status).toBe(200);
  });

  test('its log has no query', async () => {
    const written = await engines.read('nginx/access.log');
    const before = written.split('\n').filter((line) => line.includes('/ws 101')).length;
    const socket = await ann.connect({ auth: 'query' });
    await socket.close();
    // It is written when the connection has ended.
    const log = await eventually('its line', async () => {
      const text = await engines.read('nginx/access.log');
      return text.split('\n').filter((line) => line.includes('/ws 101')).length > before && text;
    });
    expect(log).not.toContain('access_token');
    expect(log).not.toContain(ann.accessToken);
  });
});
