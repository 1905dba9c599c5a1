// A node's number goes into its ids, so two nodes never use one at the same time: not when they
// start together, and not when the one that had it has lost its lock.
import { afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { isReady } from '../harness/cluster.ts';
import { eventually } from '../harness/deadline.ts';
import { Engines, type EngineUrls } from '../harness/engines.ts';
import { ParleyNode } from '../harness/node.ts';
import { freePort } from '../harness/ports.ts';
import { directChat, freshId, signUp, type User } from '../harness/users.ts';

const LOCK = `locktype = 'advisory' AND classid = ${0x7061726c} AND objid = 9`;
const IN_USE = /another node with node-id 9|another node has taken node-id 9/;

const engines = new Engines(inject('engines'));
let urls: EngineUrls;
let nodes: ParleyNode[] = [];

beforeAll(async () => {
  await engines.up();
});

let writing: ReturnType<typeof writes> | undefined;

afterEach(async () => {
  await writing?.end();
  writing = undefined;
  for (const node of nodes) await node.dispose();
  nodes = [];
});

async function made(): Promise<ParleyNode> {
  const node = new ParleyNode({
    port: await freePort(),
    args: [`--storage=${urls.postgres}`, '--node-id=9', `--token-secret=${'t'.repeat(48)}`],
  });
  nodes.push(node);
  return node;
}

const statuses = () => Promise.all(nodes.map(async (node) => (await node.get('/ready')).status));

async function saysInUse(node: ParleyNode): Promise<void> {
  await eventually(
    'the number is in use',
    async () => {
      const { status, body, text } = await node.get('/ready');
      if (status !== 503 || !IN_USE.test(body.parts.store)) throw new Error(text);
      return true;
    },
    40_000,
  );
}

// Somebody who writes without a pause until told to stop, and what was acknowledged to them.
function writes(user: User, chatId: string) {
  const acknowledged: { id: string; at: number }[] = [];
  const refused: { code: string; at: number }[] = [];
  let over = false;
  const writing = (async () => {
    while (!over) {
      const draft = { content: 'on and on', clientMessageId: freshId() };
      const { status, body } = await user.call('POST', `/chats/${chatId}/messages`, draft);
      if (status === 201) acknowledged.push({ id: body.id, at: Date.now() });
      else refused.push({ code: body.code, at: Date.now() });
    }
  })();
  const end = async () => {
    over = true;
    await writing;
  };
  return { acknowledged, refused, end };
}

describe('Two nodes with one number', () => {
  test('that start at one moment never both serve', async () => {
    urls = await engines.fresh();
    const two = [await made(), await made()];
    const ready = two.map((node) => node.launch());
    for (const one of ready) one.catch(() => undefined);
    await Promise.race(ready);
    const first = await eventually('one serves', async () => {
      const at = (await statuses()).indexOf(200);
      return at < 0 ? undefined : { at };
    });
    const [serving, waiting] = [two[first.at] as ParleyNode, two[1 - first.at] as ParleyNode];
    await saysInUse(waiting);
    // For as long as the one has the number, the other does not.
    for (const end = Date.now() + 3_000; Date.now() < end; ) {
      expect((await statuses()).filter((status) => status === 200).length).toBeLessThan(2);
      expect((await waiting.get('/ready')).status).toBe(503);
    }
    await serving.stop();
    await isReady(waiting);
    await signUp(waiting, 'ann');
  });
});

describe('A node that lost its lock', () => {
  async function written() {
    urls = await engines.fresh();
    const node = await made();
    await node.start(60_000);
    const [ann, bo] = [await signUp(node, 'ann'), await signUp(node, 'bo')];
    const { id: chatId } = await directChat(ann, bo);
    const its = writes(ann, chatId);
    writing = its;
    return { node, ann, bo, chatId, writing: its };
  }

  test('takes it again at once when nobody else has', async () => {
    const { node, ann, chatId, writing } = await written();
    const { pid } = node;
    const holder = `(SELECT pid FROM pg_locks WHERE ${LOCK})`;
    const before = await engines.sql(holder.slice(1, -1), urls.postgres);
    await engines.sql(`SELECT pg_terminate_backend(pid) FROM ${holder} AS h`, urls.postgres);
    await eventually('the lock is taken again', async () => {
      const now = await engines.sql(holder.slice(1, -1), urls.postgres);
      return now !== '' && now !== before;
    });
    await isReady(node);
    const { id } = await ann.send(chatId, 'and on');
    await writing.end();
    expect(BigInt(id)).toBeGreaterThan(0n);
    expect(node.pid).toBe(pid);
  });

  test('gives out no ids while another has its number, and goes on afterwards', async () => {
    const { node, ann, bo, chatId, writing } = await written();
    await eventually('she writes', () => writing.acknowledged.length > 20);
    // Another session ends the one with the lock and has it at once, before the node looks, until
    // it is told to let go.
    await engines.sql('CREATE TABLE let_go (now BOOLEAN)', urls.postgres);
    const taking = engines.sql(
      `DO $$ DECLARE held BIGINT := ${0x7061726c}; BEGIN
         PERFORM pg_terminate_backend(pid) FROM pg_locks WHERE ${LOCK};
         WHILE NOT pg_try_advisory_lock(CAST(held AS INTEGER), 9) LOOP NULL; END LOOP;
         WHILE NOT EXISTS (SELECT FROM let_go) LOOP PERFORM pg_sleep(0.05); END LOOP;
       END $$`,
      urls.postgres,
    );
    await eventually('she is refused', () => writing.refused.length > 0);
    const since = Date.now();
    await saysInUse(node);
    const other = await bo.call('POST', '/groups', { name: 'x', members: [ann.username] });
    expect([other.status, other.body.code]).toEqual([503, 'storage_unavailable']);
    // What has been stored stays readable.
    expect((await bo.call('GET', `/chats/${chatId}/messages`)).status).toBe(200);
    const until = Date.now();
    await engines.sql('INSERT INTO let_go VALUES (true)', urls.postgres);
    await taking;
    const meanwhile = writing.acknowledged.filter(({ at }) => at > since && at < until);
    expect(meanwhile).toEqual([]);
    for (const { code } of writing.refused) expect(code).toBe('storage_unavailable');

    await isReady(node);
    const count = writing.acknowledged.length;
    await eventually('she writes again', () => writing.acknowledged.length > count, 40_000);
    await writing.end();
    const ids = writing.acknowledged.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('is told so by the node that takes its number, which ends its connections', async () => {
    const { node, writing } = await written();
    const other = await made();
    const ready = other.launch();
    await saysInUse(other);
    // The holder is kept from looking while the other gets the lock.
    await eventually('she writes', () => writing.acknowledged.length > 20);
    process.kill(node.pid, 'SIGSTOP');
    await engines.sql(
      `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE ${LOCK}`,
      urls.postgres,
    );
    await ready;
    const taken = other.logs.find((line) => line.event.startsWith('an earlier holder'));
    expect(taken).toMatchObject({ node: 9 });
    process.kill(node.pid, 'SIGCONT');
    await saysInUse(node);
    const since = Date.now();
    const [cy, di] = [await signUp(other, 'cy'), await signUp(other, 'di')];
    const { id } = await cy.send((await directChat(cy, di)).id, 'mine');
    await writing.end();
    expect(writing.acknowledged.filter(({ at }) => at > since)).toEqual([]);
    const ids = [...writing.acknowledged.map((message) => message.id), id];
    expect(new Set(ids).size).toBe(ids.length);
  });
});
