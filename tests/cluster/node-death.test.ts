// Nodes die, come back and are replaced one by one while people write: nothing that was
// acknowledged is lost or doubled, and the others know who is gone.
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { Load } from '../crash/load.ts';
import { Cluster } from '../harness/cluster.ts';
import { eventually, takesLess } from '../harness/deadline.ts';
import { Engines } from '../harness/engines.ts';
import type { Said } from '../harness/rest.ts';
import { directChat, signUp, type User } from '../harness/users.ts';
import { underLoad } from './under-load.ts';

let cluster: Cluster;

beforeAll(async () => {
  cluster = await Cluster.start(new Engines(inject('engines')));
});

afterAll(async () => {
  await cluster?.dispose();
});

// How somebody is seen from the nodes that run.
async function seen(user: User): Promise<boolean[]> {
  const running = cluster.nodes.filter((node) => node.running);
  const statuses = running.map((node) => user.at(node).get(`/users/${user.id}/status`));
  return (await Promise.all(statuses)).map((status) => status.online);
}

const all = (is: boolean) => (seen: boolean[]) => seen.every((online) => online === is);

describe('A node that dies', () => {
  test('takes nothing with it, whichever it is', async () => {
    await underLoad(cluster, async (load) => {
      // A node that comes back waits until nobody can take it for the one that died, and the next
      // one does not wait for that: for a while there is only the last.
      const die = async (index: number) => {
        await cluster.kill(index);
        load.record({ kind: 'crashed', at: load.now(), cycle: index + 1 });
        await load.goesOn(20);
      };
      await die(0);
      const first = cluster.restart(0);
      await die(1);
      const second = cluster.restart(1);
      await first;
      await die(2);
      await Promise.all([second, cluster.restart(2)]);
    });
  });

  test('takes its people offline within 20 s, but not who has come back elsewhere', async () => {
    await takesLess(20_000, async () => {
      const [ann, bo] = [await signUp(cluster.node(0), 'ann'), await signUp(cluster.node(1), 'bo')];
      const cy = await signUp(cluster.node(0), 'cy');
      for (const user of [ann, cy]) await directChat(bo, user);
      const his = await bo.connect();
      await ann.connect();
      await cy.connect();
      const of = (user: User) => (u: Said) => u.userId === user.id;
      for (const user of [ann, cy]) {
        await his.until('user:online', of(user));
        await eventually('all nodes know', async () => all(true)(await seen(user)));
      }
      const died = Date.now();
      await cluster.kill(0);
      const back = await cy.at(cluster.node(2)).connect();
      await eventually('she is offline', async () => all(false)(await seen(ann)), 40_000);
      // It is told when she has been gone for the ten seconds that a reload may take.
      const told = await his.until('user:offline', of(ann), 60_000);
      const took = Date.now() - died;
      expect(Math.abs(Date.parse(told.lastSeenAt) - died)).toBeLessThan(20_000);
      expect(await seen(cy)).toEqual([true, true]);
      expect(his.events('user:offline').filter(of(cy))).toEqual([]);
      expect(his.events('user:offline').filter(of(ann))).toHaveLength(1);
      const { lastSeenAt } = await bo.get(`/users/${ann.id}/status`);
      expect(lastSeenAt).toBe(told.lastSeenAt);

      const seenBefore = his.events('user:online').filter(of(ann)).length;
      await cluster.restart(0);
      await ann.connect();
      await eventually(
        'she is told of again',
        () => his.events('user:online').filter(of(ann)).length > seenBefore,
      );
      await eventually('all nodes know', async () => all(true)(await seen(ann)));
      await Promise.all([his.close(), back.close()]);
      return took;
    });
  });

  test('leaves away whom it alone had somebody at a device of', async () => {
    const [ann, bo] = [await signUp(cluster.node(0), 'ann'), await signUp(cluster.node(1), 'bo')];
    await directChat(bo, ann);
    const his = await bo.connect();
    const of = (u: Said) => u.userId === ann.id;
    await ann.connect();
    const laptop = await ann.at(cluster.node(2)).connect();
    await his.until('user:online', of);
    await laptop.ask('presence:away', { away: true });
    await cluster.kill(0);
    const away = await his.until('user:online', (u) => of(u) && u.state === 'away', 40_000);
    expect(away.userId).toBe(ann.id);
    expect(his.events('user:offline').filter(of)).toEqual([]);
    await cluster.restart(0);
    await Promise.all([his.close(), laptop.close()]);
  });
});

describe('A rolling restart', () => {
  const restartAll = async (load: Load) => {
    const pids = cluster.nodes.map((node) => node.pid);
    for (const index of cluster.nodes.keys()) {
      await cluster.restart(index);
      await load.goesOn(10);
    }
    for (const [index, node] of cluster.nodes.entries()) expect(node.pid).not.toBe(pids[index]);
  };

  test('loses nothing', async () => {
    await underLoad(cluster, restartAll);
  });

  test('works on a schema that the next release has expanded', async () => {
    await underLoad(cluster, async (load) => {
      const { postgres } = cluster.urls;
      const known = Number(
        await cluster.engines.sql('SELECT max(version) FROM schema_version', postgres),
      );
      await cluster.engines.sql(
        `BEGIN; ALTER TABLE users ADD COLUMN of_the_next_release TEXT;
         INSERT INTO schema_version (version, name, checksum, applied_at, least_known)
         VALUES (${known + 1}, 'next', 'x', 0, ${known}); COMMIT`,
        postgres,
      );
      await load.goesOn(20);
      await restartAll(load);

      // Once it has taken away what we use, we are not to write any more.
      await cluster.engines.sql(
        `UPDATE schema_version SET least_known = ${known + 1} WHERE version = ${known + 1}`,
        postgres,
      );
      await cluster.node(0).stop();
      await expect(cluster.node(0).start(60_000)).rejects.toThrow(/newer/);
      await cluster.engines.sql(
        `UPDATE schema_version SET least_known = ${known} WHERE version = ${known + 1}`,
        postgres,
      );
      await cluster.restart(0);
    });
  });
});
