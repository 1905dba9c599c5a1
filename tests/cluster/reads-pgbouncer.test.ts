// Nodes read through pgbouncer in transaction mode. It is restarted, dies, is cut off and says
// nothing while people chat: nobody notices, because the primary is read in its place.
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { Cluster } from '../harness/cluster.ts';
import { eventually, takesLess } from '../harness/deadline.ts';
import { Engines } from '../harness/engines.ts';
import { directChat, signUp } from '../harness/users.ts';
import { readYourWrites } from './read-your-writes.ts';
import { allSay, metric, readsAway, readsDone, readsThere } from './says.ts';
import { underLoad } from './under-load.ts';

let engines: Engines;
let cluster: Cluster;

beforeAll(async () => {
  engines = new Engines(inject('engines'));
  cluster = await Cluster.start(engines, { nodes: 2, reads: 'pgbouncer' });
});

beforeEach(async () => {
  await engines.up(['postgres', 'redis', 'rabbitmq', 'pgbouncer']);
  await cluster.heal();
  await cluster.ready();
  await allSay(cluster.nodes, 'that pgbouncer is read', readsThere);
});

afterAll(async () => {
  await engines.up();
  await cluster?.dispose();
  await engines.down('pgbouncer');
});

const NOTHING = () => false;

describe('Behind pgbouncer', () => {
  test('whoever has an answer or an event finds it at once, on every node', async () => {
    await readYourWrites(cluster, 40);
    // Most of it was read there; on a busy machine pgbouncer may be away for a moment.
    await eventually(
      'both nodes read through pgbouncer',
      async () => {
        const done = () => Promise.all(cluster.nodes.map((node) => readsDone(node, 'reads')));
        const [one, two] = (await done()) as [number, number];
        await readYourWrites(cluster, 10);
        const [first, second] = (await done()) as [number, number];
        return first > one + 10 && second > two + 25;
      },
      120_000,
    );
    for (const node of cluster.nodes)
      await eventually('it is up', async () => (await metric(node, 'parley_store_reads_up')) === 1);
  });

  test('pgbouncer may stop, die, say nothing or be cut off: nothing is refused', async () => {
    const proxies = cluster.readLinks;
    const faults: [string, () => Promise<unknown>, () => Promise<unknown>][] = [
      ['is stopped', () => engines.stop('pgbouncer'), () => engines.up(['pgbouncer'])],
      ['dies', () => engines.kill('pgbouncer'), () => engines.up(['pgbouncer'])],
      ['says nothing', () => Promise.all(proxies.map((p) => p.drop())), () => cluster.heal()],
      ['is cut off', () => Promise.all(proxies.map((p) => p.cut())), () => cluster.heal()],
    ];
    await underLoad(
      cluster,
      async (load) => {
        for (const [fault, strike, mend] of faults) {
          await strike();
          await allSay(cluster.nodes, `that pgbouncer ${fault}`, readsAway);
          await load.goesOn(10);
          await mend();
          await allSay(cluster.nodes, 'that pgbouncer is read again', readsThere);
          await load.goesOn(10);
        }
      },
      NOTHING,
    );
  });

  test('what was read meanwhile was read from the primary, and nobody waited for long', async () => {
    const node = cluster.node(0);
    const [ann, bo] = [await signUp(node, 'ann'), await signUp(node, 'bo')];
    const { id: chatId } = await directChat(ann, bo);
    const { id } = await ann.send(chatId, 'still there?');
    const page = async () => (await bo.get(`/chats/${chatId}/messages?limit=1`)).messages[0].id;
    // The first may find out; it asks the primary when that took a second.
    await takesLess(5_000, async () => {
      await cluster.heal();
      await allSay([node], 'that pgbouncer is read', readsThere);
      await Promise.all(cluster.readLinks.map((proxy) => proxy.drop()));
      const begun = performance.now();
      expect(await page()).toBe(id);
      return performance.now() - begun;
    });
    await allSay([node], 'that pgbouncer is away', readsAway);
    expect(await metric(node, 'parley_store_reads_up')).toBe(0);
    const before = await readsDone(node, 'primary');
    await takesLess(2_000, async () => {
      for (let i = 0; i < 20; i++) expect(await page()).toBe(id);
    });
    expect(await readsDone(node, 'primary')).toBeGreaterThanOrEqual(before + 20);
  });

  test('with PostgreSQL gone nothing is read, and all is well when it is back', async () => {
    await underLoad(cluster, async (load) => {
      await engines.kill('postgres');
      await allSay(cluster.nodes, 'that the store is gone', ({ status }) => status === 503);
      await engines.up(['postgres']);
      await allSay(cluster.nodes, 'that all is well', readsThere);
      await load.goesOn(10);
    });
  });
});
