// Engines that are too old are told so, in the log and on /ready, and nobody has to restart a node
// when they have been replaced.
import { afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { isReady } from '../harness/cluster.ts';
import { eventually } from '../harness/deadline.ts';
import { Engines, type EngineUrls } from '../harness/engines.ts';
import { FaultProxy } from '../harness/fault-proxy.ts';
import { ParleyNode } from '../harness/node.ts';
import { OldEngine, oldPostgres, oldRabbit, oldRedis } from '../harness/old-engines.ts';
import { freePort } from '../harness/ports.ts';

const engines = new Engines(inject('engines'));
let urls: EngineUrls;
let old: OldEngine;
let node: ParleyNode;

beforeAll(async () => {
  await engines.up();
  urls = await engines.fresh();
});

afterEach(async () => {
  await node?.dispose();
  await old?.stop().catch(() => undefined); // one test stops it
});

async function launched(...args: string[]): Promise<ParleyNode> {
  const secrets = [`--token-secret=${'t'.repeat(48)}`, `--cluster-secret=${'c'.repeat(48)}`];
  node = new ParleyNode({ port: await freePort(), args: [...secrets, ...args] });
  node.launch().catch(() => undefined);
  return node;
}

// What /ready and the log say of a part.
async function told(part: string, event: string, why: RegExp): Promise<number> {
  const { status } = await eventually(`${part} is too old`, async () => {
    const ready = await node.get('/ready');
    if (!why.test(ready.body.parts[part])) throw new Error(ready.text);
    return ready;
  });
  const lines = node.logs.filter((line) => line.event === event && why.test(String(line.why)));
  expect(lines.length).toBeGreaterThan(0);
  expect(JSON.stringify(node.logs)).not.toContain('geheim');
  return status;
}

describe('An engine that is too old', () => {
  test.each([
    ['14.9', /PostgreSQL 14 is too old: Parley needs version 15 or newer/],
    ['9.6.24', /PostgreSQL 9\.6 is too old/],
  ])('PostgreSQL %s', async (version, why) => {
    old = await OldEngine.start(oldPostgres(version));
    await launched(`--storage=postgres://app:geheim@127.0.0.1:${old.port}/parley`);
    expect(await told('store', 'the start waits', why)).toBe(503);
  });

  test.each([
    ['6.2.6', /version 6\.2\.6 is too old: Parley needs 7 or newer/],
    [undefined, /version 5 or older is too old/],
  ])('Redis %s', async (version, why) => {
    old = await OldEngine.start(oldRedis(version));
    const redis = `redis://:geheim@127.0.0.1:${old.port}`;
    await launched(`--storage=${urls.postgres}`, `--redis=${redis}`, '--node-id=5');
    expect(await told('nodes', 'redis connection down', why)).toBe(503);
  });

  test.each(['3.9.29', '3.8.0'])('RabbitMQ %s', async (version) => {
    old = await OldEngine.start(oldRabbit(version));
    await launched(`--rabbitmq=amqp://app:geheim@127.0.0.1:${old.port}/`);
    const why = new RegExp(`version ${version} is too old: Parley needs 3\\.10 or newer`);
    expect(await told('rabbitmq', 'RabbitMQ is away', why)).toBe(200);
  });

  test('is replaced without a restart', async () => {
    old = await OldEngine.start(oldRedis('6.2.6'));
    const redis = `redis://:secret@127.0.0.1:${old.port}`;
    await launched(`--storage=${urls.postgres}`, `--redis=${redis}`, '--node-id=6');
    const { pid } = node;
    await told('nodes', 'redis connection down', /too old/);
    await old.stop();
    // The new release listens where the old one did.
    const replaced = await FaultProxy.to(engines.port('redis'), old.port);
    try {
      await isReady(node);
      expect(node.pid).toBe(pid);
    } finally {
      await node.dispose();
      await replaced.dispose();
    }
  });
});
