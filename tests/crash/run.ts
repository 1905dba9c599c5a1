import { eventually, pause } from '../harness/deadline.ts';
import { ParleyNode } from '../harness/node.ts';
import type { Happening } from './history.ts';
import { Load } from './load.ts';
import type { Random } from './random.ts';

export interface Outcome {
  history: Happening[];
  recovering: number; // kills that met the server while it was starting
}

// Runs `cycles` of load, kill -9 and restart against a server of its own and
// returns everything its clients saw. Throws when a client is refused what it
// may do, or when the server does not come back.
export async function run(
  cycles: number,
  random: Random,
  tell: (line: string) => void,
): Promise<Outcome> {
  const node = new ParleyNode();
  await node.start();
  try {
    let starting: Promise<unknown> = Promise.resolve();
    const load = await Load.on(node, random, {
      up: async () => {
        await starting;
        await eventually('the server runs', () => node.running, 60_000);
      },
      // One that has its port again, and not yet its store.
      excuses: (error) => error.code === 'unavailable',
    });
    let recovering = 0;
    for (let cycle = 1; cycle <= cycles && !load.failed; cycle++) {
      await pause(random.between(150, 1_200));
      starting = (async () => {
        await node.kill();
        load.record({ kind: 'crashed', at: load.now(), cycle });
        // Sometimes the plug is pulled again while it recovers.
        if (random.chance(0.25)) {
          recovering += 1;
          const attempt = node.start().catch(() => undefined);
          await pause(random.between(0, 60));
          await node.kill();
          await attempt;
        }
        await node.start();
      })();
      await starting;
      await load.peek();
      tell(`cycle ${cycle}/${cycles}: ${load.acked} messages acknowledged so far`);
    }
    return { history: await load.finish(), recovering };
  } finally {
    await node.dispose();
  }
}
