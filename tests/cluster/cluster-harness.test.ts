// That nodes behind nginx die, come back and are wrong about the time as the other suites assume.
// The nodes share nothing here, so no engine is asked.
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { answered, Cluster } from '../harness/cluster.ts';
import { eventually } from '../harness/deadline.ts';
import { Engines } from '../harness/engines.ts';
import { directChat, signUp } from '../harness/users.ts';

const AHEAD = 600;

let cluster: Cluster;

beforeAll(async () => {
  const engines = new Engines(inject('engines'));
  cluster = await Cluster.start(engines, {
    nodes: 2,
    shared: [],
    clock: (index) => (index === 1 ? AHEAD : 0),
  });
});

afterAll(async () => {
  await cluster?.dispose();
});

// How far the calendar of a node is ahead of ours, in seconds.
async function ahead(index: number): Promise<number> {
  const node = cluster.node(index);
  const [ann, bo] = [await signUp(node, 'ann'), await signUp(node, 'bo')];
  const sent = await ann.send((await directChat(ann, bo)).id, 'What time is it?');
  return (Date.parse(sent.createdAt) - Date.now()) / 1_000;
}

// Asks nginx until `over`; the statuses it gave, each once.
async function asked(during: Promise<unknown>): Promise<{ statuses: number[]; times: number }> {
  const statuses = new Set<number>();
  let times = 0;
  let over = false;
  const end = during.finally(() => {
    over = true;
  });
  while (!over) {
    const answer = await fetch(`${cluster.url}/health`);
    await answer.text();
    statuses.add(answer.status);
    times += 1;
  }
  await end;
  return { statuses: [...statuses], times };
}

describe('Nodes behind nginx', () => {
  test('are asked in turn', async () => {
    const before = await Promise.all(cluster.nodes.map(answered));
    for (let i = 0; i < 10; i++) await (await fetch(`${cluster.url}/`)).text();
    const after = await Promise.all(cluster.nodes.map(answered));
    // One of them was our own question how many there were.
    for (const [i, count] of after.entries()) expect(count).toBeGreaterThan((before[i] ?? 0) + 1);
  });

  test('have each the clock it was given', async () => {
    expect(Math.abs(await ahead(0))).toBeLessThan(60);
    expect(Math.abs((await ahead(1)) - AHEAD)).toBeLessThan(60);
  });

  test('come back at their address after their plug was pulled, and nobody is refused', async () => {
    const { url } = cluster.node(0);
    await cluster.kill(0);
    expect(cluster.node(0).running).toBe(false);
    await expect(fetch(`${url}/health`)).rejects.toThrow();
    const { statuses, times } = await asked(cluster.restart(0));
    expect(cluster.node(0).url).toBe(url);
    expect(statuses).toEqual([200]);
    expect(times).toBeGreaterThan(0);
  });

  test('are restarted one after the other, and nobody is refused', async () => {
    const pids = cluster.nodes.map((node) => node.pid);
    const { statuses } = await asked(cluster.rollingRestart());
    for (const [i, node] of cluster.nodes.entries()) expect(node.pid).not.toBe(pids[i]);
    expect(statuses).toEqual([200]);
  });

  test('that are all gone make nginx say so', async () => {
    await cluster.kill(0);
    await cluster.kill(1);
    expect((await fetch(`${cluster.url}/health`)).status).toBe(502);
    await cluster.restart(0);
    await cluster.restart(1);
    await eventually('nginx finds them again', async () => {
      return (await fetch(`${cluster.url}/health`)).status === 200;
    });
  });
});
