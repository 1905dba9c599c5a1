import { eventually } from '../harness/deadline.ts';
import type { ParleyNode } from '../harness/node.ts';
import type { Answer } from '../harness/rest.ts';

// Waits until every one of `nodes` says so on its page for operators.
export async function allSay(
  nodes: ParleyNode[],
  what: string,
  is: (ready: Answer) => boolean,
): Promise<void> {
  const says = async (node: ParleyNode) =>
    eventually(
      `${node.url} says ${what}`,
      async () => {
        const ready = await node.get('/ready');
        if (!is(ready)) throw new Error(ready.text);
        return true;
      },
      60_000,
    );
  await Promise.all(nodes.map(says));
}

// What a node counts of something.
export async function metric(node: ParleyNode, series: string): Promise<number> {
  const { text } = await node.get('/metrics');
  const line = text.split('\n').find((one) => one.startsWith(`${series} `));
  if (line === undefined) throw new Error(`${node.url} does not tell ${series}`);
  return Number(line.split(' ')[1]);
}

// The server of storage-reads, as /ready tells of it.
export const readsAway = ({ status, body }: Answer) =>
  status === 200 && body.parts.reads.startsWith('degraded: the primary is read');
export const readsThere = ({ status, body }: Answer) =>
  status === 200 && body.parts.store === 'ok' && body.parts.reads === 'ok';

export const readsDone = (node: ParleyNode, by: 'reads' | 'primary') =>
  metric(node, `parley_store_reads_total{server="${by}"}`);
