// Nodes read from a streaming replica. It stands still, lags, stops, dies and cancels what is in
// its way: nobody is ever shown less than what was reported, and nobody is refused anything.
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

// Asks the replica, past every proxy.
function onReplica(statement: string): Promise<string> {
  return engines.sql(statement, engines.readUrl('replica', cluster.urls.postgres));
}

// Each node reads from it now, rather than once: on a busy machine it is late for moments.
async function servesAllAgain(): Promise<void> {
  for (const node of cluster.nodes) {
    const before = await readsDone(node, 'reads');
    await eventually(
      `${node.url} reads from the replica`,
      async () => {
        await readYourWrites(cluster, 1);
        return (await readsDone(node, 'reads')) > before;
      },
      60_000,
    );
  }
}

beforeAll(async () => {
  engines = new Engines(inject('engines'));
  await engines.up();
  await engines.down('replica');
  cluster = await Cluster.start(engines, { nodes: 2, reads: 'replica' });
});

beforeEach(async () => {
  await engines.up(['postgres', 'redis', 'rabbitmq', 'replica']);
  await onReplica('SELECT pg_wal_replay_resume()');
  await cluster.heal();
  await cluster.ready();
  await allSay(cluster.nodes, 'that the replica is read', readsThere);
});

afterAll(async () => {
  await engines.up();
  await cluster?.dispose();
  await engines.down('replica');
});

const NOTHING = () => false;

describe('With a replica', () => {
  test('whoever has an answer or an event finds it at once, on every node', async () => {
    await readYourWrites(cluster, 40);
    await servesAllAgain();
    for (const node of cluster.nodes) {
      const lag = () => metric(node, 'parley_store_reads_lag_seconds');
      await eventually('little lag is told', async () => (await lag()) <= 0.1);
    }
  });

  test('that stands still people see all there is: it is read no more until it has it', async () => {
    const node = cluster.node(0);
    await onReplica('SELECT pg_wal_replay_pause()');
    const [ann, bo] = [await signUp(node, 'ann'), await signUp(node, 'bo')];
    const { id: chatId } = await directChat(ann, bo);
    let id = '';
    await takesLess(2_000, async () => {
      ({ id } = await ann.send(chatId, 'not there yet'));
      const begun = performance.now();
      const { messages } = await bo.get(`/chats/${chatId}/messages?limit=1`);
      expect(messages).toMatchObject([{ id }]);
      return performance.now() - begun;
    });
    expect(await onReplica(`SELECT count(*) FROM messages WHERE id = ${id}`)).toBe('0');
    await allSay([node], 'that the replica lags', readsAway);
    expect((await node.get('/ready')).body.parts.reads).toContain('behind the primary');
    await readYourWrites(cluster, 10);
    expect(await metric(node, 'parley_store_reads_lag_seconds')).toBeGreaterThan(0.1);
    expect(await metric(node, 'parley_store_reads_up')).toBe(0);

    await onReplica('SELECT pg_wal_replay_resume()');
    await servesAllAgain();
    const { messages } = await bo.get(`/chats/${chatId}/messages?limit=1`);
    expect(messages).toMatchObject([{ id }]);
  });

  test('that lags, stops, dies, says nothing or is cut off, nothing is refused', async () => {
    const proxies = cluster.readLinks;
    const up = () => engines.up(['replica']);
    const pause = () => onReplica('SELECT pg_wal_replay_pause()');
    const resume = () => onReplica('SELECT pg_wal_replay_resume()');
    const faults: [string, () => Promise<unknown>, () => Promise<unknown>][] = [
      ['lags', pause, resume],
      ['is stopped', () => engines.stop('replica'), up],
      ['dies', () => engines.kill('replica'), up],
      ['says nothing', () => Promise.all(proxies.map((p) => p.drop())), () => cluster.heal()],
      ['is cut off', () => Promise.all(proxies.map((p) => p.cut())), () => cluster.heal()],
    ];
    await underLoad(
      cluster,
      async (load) => {
        for (const [fault, strike, mend] of faults) {
          await strike();
          await allSay(cluster.nodes, `that the replica ${fault}`, readsAway);
          await load.goesOn(10);
          await mend();
          await allSay(cluster.nodes, 'that the replica is read', readsThere);
          await load.goesOn(10);
        }
      },
      NOTHING,
    );
  });

  // A replica cancels what reads a row or holds a table that it has to take away.
  test('that cancels reads in its way, nothing is refused', async () => {
    await onReplica("ALTER SYSTEM SET max_standby_streaming_delay = '0'");
    await onReplica('SELECT pg_reload_conf()');
    // Asked in another database, where it is in nobody's way.
    const cancelled = async () =>
      Number(
        await engines.sql(
          'SELECT confl_snapshot + confl_lock FROM pg_stat_database_conflicts' +
            ` WHERE datname = '${cluster.urls.postgres.split('/').at(-1)}'`,
          engines.url('replica'),
        ),
      );
    try {
      await underLoad(
        cluster,
        async (load) => {
          // Reads of several statements take longer, and so are more often in the way.
          await Promise.all(cluster.readLinks.map((proxy) => proxy.delay(10)));
          for (let i = 0; i < 200 && (await cancelled()) < 5; i++) {
            await engines.sql('VACUUM participants', cluster.urls.postgres);
            await engines.sql(
              'BEGIN; LOCK TABLE participants IN ACCESS EXCLUSIVE MODE; COMMIT',
              cluster.urls.postgres,
            );
            await load.goesOn(1);
          }
          expect(await cancelled()).toBeGreaterThanOrEqual(5);
          await cluster.heal();
          await allSay(cluster.nodes, 'that the replica is read', readsThere);
        },
        NOTHING,
      );
    } finally {
      await onReplica('ALTER SYSTEM RESET max_standby_streaming_delay');
      await onReplica('SELECT pg_reload_conf()');
    }
  });

  test('that was promoted is read no more: it goes its own way', async () => {
    await onReplica('SELECT pg_promote()');
    await onReplica("UPDATE users SET display_name = 'of another world'");
    await allSay(cluster.nodes, 'that the replica has left', (ready) => {
      return readsAway(ready) && ready.body.parts.reads.includes('was promoted');
    });
    await readYourWrites(cluster, 5);
    const PARLEY_REPLICA_PORT = String(engines.port('replica'));
    await engines.down('replica');
    await engines.up(['replica'], { PARLEY_REPLICA_PORT }); // a new copy
    await allSay(cluster.nodes, 'that the replica is read', readsThere);
  });
});
