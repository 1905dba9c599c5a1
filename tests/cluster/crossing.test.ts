// Two nodes that are one Parley: what happens on one is heard on the other, and who may have missed
// something is told to sync.
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { Cluster } from '../harness/cluster.ts';
import { eventually, takesLess } from '../harness/deadline.ts';
import { Engines } from '../harness/engines.ts';
import { directChat, freshId, signUp, type User } from '../harness/users.ts';

let cluster: Cluster;

beforeAll(async () => {
  cluster = await Cluster.start(new Engines(inject('engines')), {
    nodes: 2,
    shared: ['postgres', 'redis'],
    front: false,
    // The n-th connection of a node is then on the same thread as the n-th of the other.
    args: ['--threads=1', '--rate-limits=off'],
  });
  await both('parley_nodes_alive 2');
});

afterAll(() => cluster?.dispose());

async function both(line: string): Promise<void> {
  await eventually(`both say ${line}`, async () => {
    for (const node of cluster.nodes) {
      const { text } = await node.get('/metrics');
      if (!text.split('\n').includes(line)) throw new Error(text);
    }
    return true;
  });
}

// Alice on the first node, Bob on the other.
async function friends(): Promise<{ alice: User; bob: User; chatId: string }> {
  const alice = await signUp(cluster.node(0), 'alice');
  const bob = await signUp(cluster.node(1), 'bob');
  return { alice, bob, chatId: (await directChat(alice, bob)).id };
}

describe('Two nodes', () => {
  // Were connections not numbered for the whole cluster, Bob's would have the number of the one
  // that asked.
  test('bring a message to everybody but the connection that sent it', async () => {
    const { alice, bob, chatId } = await friends();
    const hers = await alice.connect();
    const his = await bob.connect();
    await his.until('user:online', (data) => data.userId === alice.id);
    await hers.until('user:online', (data) => data.userId === bob.id);

    const { id } = await hers.ask('message:send', {
      chatId,
      content: 'across',
      clientMessageId: freshId(),
    });
    expect((await his.until('message:receive', (data) => data.id === id)).content).toBe('across');
    await his.ask('message:read', { chatId, seq: 1 });
    await hers.until('message:read', (data) => data.chatId === chatId);
    expect(hers.frames.some((frame) => frame.event === 'message:receive')).toBe(false);
    await hers.close();
    await his.close();
  });

  test('end a session together', async () => {
    const { bob } = await friends();
    const his = await bob.connect();
    const { status } = await bob.at(cluster.node(0)).call('POST', '/auth/logout');
    expect(status).toBe(204);
    expect((await his.closed()).code).toBe(4401);
    expect((await bob.call('GET', '/users/profile')).status).toBe(401);
  });

  test('tell who missed something while they could not speak', async () => {
    const { alice, bob, chatId } = await friends();
    const carol = await signUp(cluster.node(1), 'carol');
    const [his, others] = [await bob.connect(), await carol.connect()];
    await both('parley_nodes_alive 2');
    await eventually('the first node knows of both', async () => {
      const { text } = await cluster.node(0).get('/metrics');
      return text.includes('\nparley_directory_users 2\n');
    });
    await cluster.cut('redis');
    await eventually(
      'the first node says so',
      async () => {
        const { status, text } = await cluster.node(0).get('/ready');
        return status === 200 && JSON.parse(text).parts.nodes.startsWith('degraded');
      },
      40_000,
    );
    const { id } = await alice.send(chatId, 'while nobody hears');
    await cluster.heal();
    await his.until('resync', () => true, 40_000);
    expect(his.frames.some((frame) => frame.data?.id === id)).toBe(false);
    expect(others.frames.some((frame) => frame.event === 'resync')).toBe(false);
    const { messages } = await bob.get(`/chats/${chatId}/messages?after=0`);
    expect(messages.map((message: { id: string }) => message.id)).toContain(id);
    await his.close();
    await others.close();
  });

  test('say goodbye, so that nobody waits for a lease', async () => {
    // Ten seconds after he left, not fifteen and more later.
    await takesLess(13_000, async () => {
      if (!cluster.node(1).running) await cluster.restart(1);
      await both('parley_nodes_alive 2');
      const { alice, bob } = await friends();
      const hers = await alice.connect();
      const his = await bob.connect();
      await hers.until('user:online', (data) => data.userId === bob.id);
      await cluster.node(1).stop();
      expect((await his.closed()).code).toBe(1012);
      const left = performance.now();
      await hers.until('user:offline', (data) => data.userId === bob.id, 60_000);
      const took = performance.now() - left;
      await hers.close();
      return took;
    });
  });
});
