// A node whose engines are not there when it starts: it says what it waits for, serves nobody, and
// goes on when they come.
import { createServer } from 'node:net';
import { afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { WebSocket } from 'ws';
import { isReady } from '../harness/cluster.ts';
import { eventually } from '../harness/deadline.ts';
import { Engines, type EngineUrls } from '../harness/engines.ts';
import { FaultProxy } from '../harness/fault-proxy.ts';
import { ParleyNode } from '../harness/node.ts';
import { freePort } from '../harness/ports.ts';
import { rest } from '../harness/rest.ts';
import { directChat, signUp } from '../harness/users.ts';

const engines = new Engines(inject('engines'));
let urls: EngineUrls;
let node: ParleyNode;
let proxy: FaultProxy;

beforeAll(async () => {
  await engines.up();
  urls = await engines.fresh();
});

afterEach(async () => {
  await node?.dispose();
  await proxy?.dispose();
});

async function launched(engine: 'postgres' | 'redis'): Promise<Promise<unknown>[]> {
  proxy = await FaultProxy.to(engines.port(engine));
  await proxy.cut();
  const through = { ...urls, [engine]: proxy.through(urls[engine]) };
  node = new ParleyNode({
    port: await freePort(),
    args: [
      `--storage=${through.postgres}`,
      `--redis=${through.redis}`,
      `--token-secret=${'t'.repeat(48)}`,
      `--cluster-secret=${'c'.repeat(48)}`,
      '--node-id=7',
    ],
  });
  const ready = node.launch();
  await eventually('the port is taken', () => node.get('/health'));
  return [ready];
}

// What /ready says of one part while the node waits.
async function waitsFor(part: string, why: RegExp): Promise<void> {
  await eventually(
    `/ready names ${part}`,
    async () => {
      const { status, body, text } = await node.get('/ready');
      expect([status, body.status]).toEqual([503, 'not_ready']);
      expect(body.parts.gateway).toBe('starting');
      expect(text).not.toContain('secret');
      expect(body.parts[part]).toMatch(why);
      return true;
    },
    60_000,
  );
}

// How the opening of a socket is answered.
function upgrade(url: string): Promise<number | undefined> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`);
  return new Promise((done) => {
    socket.on('unexpected-response', (_, response) => {
      done(response.statusCode);
      response.resume();
      socket.terminate();
    });
    socket.on('open', () => done(101));
    socket.on('error', () => undefined);
  });
}

async function servesNobody(): Promise<void> {
  const { status, body } = await node.get('/health');
  expect([status, body.status]).toEqual([200, 'ok']);
  expect((await node.get('/metrics')).text).toContain('parley_http_responses_total');
  for (const path of ['/', '/api/v1/chats', '/internal/v1/operations/message:send']) {
    const answer = await node.get(path);
    expect([path, answer.status, answer.body.code]).toEqual([path, 503, 'unavailable']);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  }
  const account = { username: 'early', password: 'Correct-horse-7' };
  const refused = await rest(node.url, 'POST', '/auth/register', account);
  expect([refused.status, refused.body.code]).toEqual([503, 'unavailable']);
  expect(await upgrade(node.url)).toBe(503);
}

async function serves(): Promise<void> {
  await isReady(node);
  const [ann, bo] = [await signUp(node, 'ann'), await signUp(node, 'bo')];
  const socket = await bo.connect();
  const { id } = await ann.send((await directChat(ann, bo)).id, 'at last');
  await socket.until('message:receive', (m) => m.id === id);
  await socket.close();
}

describe('A node that starts', () => {
  test('before PostgreSQL says so, serves nobody, and goes on when it comes', async () => {
    const [ready] = await launched('postgres');
    await waitsFor('store', /cannot reach PostgreSQL.*refused/);
    await servesNobody();
    expect((await node.get('/metrics')).text).toContain('\nparley_store_available 0\n');
    const { pid } = node;
    await proxy.heal();
    await ready;
    await serves();
    expect(node.pid).toBe(pid);
    expect((await node.get('/metrics')).text).toContain('\nparley_store_available 1\n');
    const waits = node.logs.filter((line) => line.event === 'the start waits');
    expect(waits.map((line) => line.part)).toContain('store');
    expect(waits.length).toBeLessThan(4); // not a line for every try
    expect(node.logs.some((line) => line.event === 'the start goes on')).toBe(true);
  });

  test('before Redis says so, and goes on when it comes', async () => {
    const [ready] = await launched('redis');
    await waitsFor('nodes', /board of nodes cannot be reached/);
    await servesNobody();
    expect((await node.get('/ready')).body.parts.store).toBe('ok');
    await proxy.heal();
    await ready;
    await serves();
  });

  test.each(['postgres', 'redis'] as const)(
    'can be told to stop while it waits for %s',
    async (engine) => {
      await launched(engine);
      await waitsFor(engine === 'redis' ? 'nodes' : 'store', /reach/);
      await node.stop(); // which demands the exit code 0, and soon
      expect(node.logs.at(-1)?.event).toBe('stopped');
    },
  );

  test('where somebody else listens ends with a sentence', async () => {
    const port = await freePort();
    const other = createServer().listen(port, '127.0.0.1');
    node = new ParleyNode({ port });
    await expect(node.start()).rejects.toThrow(/ended with 1/);
    expect(node.unparsed.join()).toMatch(
      /Cannot listen on 127\.0\.0\.1:\d+: Address already in use/,
    );
    other.close();
  });
});
