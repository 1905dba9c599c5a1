import { expect } from 'vitest';
import { CHECKS } from '../crash/checker.ts';
import { of } from '../crash/history.ts';
import { isOutage, Load } from '../crash/load.ts';
import { Random } from '../crash/random.ts';
import type { Cluster } from '../harness/cluster.ts';

// People use the cluster through nginx while `during` happens to it. When that is over they go on
// for a while, and then nothing they saw may break a promise (crash/checker.ts).
export async function underLoad(
  cluster: Cluster,
  during: (load: Load) => Promise<void>,
  excuses = isOutage, // what may be refused meanwhile
): Promise<void> {
  const seed = Number(process.env.PARLEY_SEED ?? Date.now() % 1_000_000);
  const ways = { excuses, pace: 4, rest: 200 };
  const load = await Load.on(cluster, new Random(seed), ways);
  try {
    await load.goesOn(30);
    await during(load);
    await load.goesOn(30);
    const history = await load.finish();
    const wrong = CHECKS.flatMap(({ name, violations }) =>
      violations(history)
        .slice(0, 5)
        .map((line) => `${name}: ${line}`),
    );
    expect(wrong, `PARLEY_SEED=${seed}`).toEqual([]);
    expect(of(history, 'heard').length).toBeGreaterThan(100);
  } catch (failure) {
    await load.abandon();
    throw failure;
  }
}
