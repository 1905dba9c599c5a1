// Engines are restarted, die and are cut off while people write. Nodes say so, go on with what they
// still can, and are well again when the engine is, without anybody restarting them.
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { Cluster } from '../harness/cluster.ts';
import { eventually, takesLess } from '../harness/deadline.ts';
import { Engines, type SharedEngine } from '../harness/engines.ts';
import type { Answer, Said } from '../harness/rest.ts';
import type { Socket } from '../harness/socket.ts';
import { directChat, signUp, type User } from '../harness/users.ts';
import { allSay as nodesSay } from './says.ts';
import { underLoad } from './under-load.ts';

let engines: Engines;
let cluster: Cluster;
let pids: number[];

beforeAll(async () => {
  engines = new Engines(inject('engines'));
  cluster = await Cluster.start(engines);
  pids = cluster.nodes.map((node) => node.pid);
});

beforeEach(async () => {
  // Whatever one before left broken.
  await engines.up();
  await cluster.heal();
  await cluster.ready();
});

afterAll(async () => {
  await engines.up();
  await cluster?.dispose();
});

// Waits until every node says so on its page for operators.
const allSay = (what: string, is: (ready: Answer) => boolean, nodes = cluster.nodes) =>
  nodesSay(nodes, what, is);

const lacksStore = ({ status, body }: Answer) => status === 503 && body.parts.store !== 'ok';
const lacksOthers = ({ status, body }: Answer) =>
  status === 200 && body.parts.nodes.startsWith('degraded');
const isWhole = ({ status, body }: Answer) =>
  status === 200 && body.parts.store === 'ok' && body.parts.nodes === 'ok';

// What happens to an engine, and what undoes it.
const FAULTS: Record<string, [(engine: SharedEngine) => Promise<void>, () => Promise<unknown>]> = {
  'is stopped': [(engine) => engines.stop(engine), () => engines.up()],
  dies: [(engine) => engines.kill(engine), () => engines.up()],
  'says nothing': [(engine) => cluster.drop(engine), () => cluster.heal()],
  'is cut off': [(engine) => cluster.cut(engine), () => cluster.heal()],
};

async function survives(engine: SharedEngine, lacks?: (ready: Answer) => boolean): Promise<void> {
  await underLoad(cluster, async (load) => {
    for (const [fault, [strike, mend]] of Object.entries(FAULTS)) {
      await strike(engine);
      if (lacks !== undefined) await allSay(`that ${engine} ${fault}`, lacks);
      if (engine !== 'postgres') await load.goesOn(10);
      await mend();
      await allSay('that all is well', isWhole);
      await load.goesOn(10);
    }
    await Promise.all(cluster.all(engine).map((proxy) => proxy.delay(20)));
    await load.goesOn(10);
    await Promise.all(cluster.all(engine).map((proxy) => proxy.halve()));
    await load.goesOn(10);
    await cluster.heal();
  });
  expect(cluster.nodes.map((node) => node.pid)).toEqual(pids);
}

describe('When PostgreSQL', () => {
  test('is stopped, dies, says nothing or is cut off, nothing acknowledged is lost', async () => {
    await survives('postgres', lacksStore);
  });

  test('is out of reach for one node, that one says so, and the others serve', async () => {
    const [ann, bo] = [await signUp(cluster.node(0), 'ann'), await signUp(cluster.node(1), 'bo')];
    const { id: chatId } = await directChat(ann, bo);
    const his = await bo.connect();
    await cluster.link(2).postgres.cut();
    await allSay('that its store is gone', lacksStore, [cluster.node(2)]);
    const lost = await bo.at(cluster.node(2)).call('GET', '/chats');
    expect([lost.status, lost.body.code]).toEqual([503, 'storage_unavailable']);
    const { id } = await ann.send(chatId, 'to you');
    await his.until('message:receive', (m) => m.id === id);
    await cluster.heal();
    await allSay('that all is well', isWhole);
    expect((await bo.at(cluster.node(2)).get('/chats')).chats[0].lastMessage.id).toBe(id);
    await his.close();
  });
});

describe('When Redis', () => {
  test('is stopped, dies, says nothing or is cut off, people write on', async () => {
    await survives('redis', lacksOthers);
  });

  describe('is gone', () => {
    let [ann, bo, cy]: User[] = [];
    let hers: Socket;
    let his: Socket;
    let cys: Socket;
    let withBo: string;
    let withCy: string;

    // Ann and Bo are on one node, Cy on another.
    beforeAll(async () => {
      ann = await signUp(cluster.node(0), 'ann');
      bo = await signUp(cluster.node(0), 'bo');
      cy = await signUp(cluster.node(1), 'cy');
      withBo = (await directChat(ann, bo)).id;
      withCy = (await directChat(ann, cy)).id;
      [hers, his, cys] = [await ann.connect(), await bo.connect(), await cy.connect()];
      await hers.until('user:online', (u) => u.userId === cy?.id);
    });

    afterAll(async () => {
      for (const socket of [hers, his, cys]) await socket?.close();
    });

    test('people on one node hear each other; the rest is told to sync when it is back', async () => {
      const { cursor } = await (cy as User).get('/sync');
      await engines.kill('redis');
      await allSay('that Redis is gone', lacksOthers);
      let far: Said;
      await takesLess(3_000, async () => {
        const near = await (ann as User).send(withBo, 'to the next room');
        expect((await his.until('message:receive', (m) => m.id === near.id)).seq).toBe(near.seq);
        far = await (ann as User).send(withCy, 'to the other house');
      });
      const resyncs = cys.events('resync').length;

      await engines.up(['redis']);
      await allSay('that all is well', isWhole);
      await eventually('Cy is told to sync', () => cys.events('resync').length > resyncs, 60_000);
      const { chats } = await cys.ask('sync', { cursor });
      expect(chats.find((c: Said) => c.id === withCy)).toMatchObject({ lastSeq: far.seq });
      await eventually(
        'live again',
        async () => {
          const { id } = await (ann as User).send(withCy, 'Do you hear me?');
          return cys.until('message:receive', (m) => m.id === id, 1_000);
        },
        40_000,
      );
    });

    test('who came, left or was signed out meanwhile is known, and told, when it is back', async () => {
      const di = await signUp(cluster.node(2), 'di');
      await directChat(di, ann as User);
      const ed = await signUp(cluster.node(1), 'ed');
      await directChat(ed, ann as User);
      const eds = await ed.connect();
      await hers.until('user:online', (u) => u.userId === ed.id);
      const other = await (cy as User).signInAgain();
      const ended = await other.at(cluster.node(2)).connect();
      await engines.kill('redis');
      await allSay('that Redis is gone', lacksOthers);
      const dis = await di.connect();
      await eds.close();
      await other.at(cluster.node(0)).post('/auth/logout');
      const path = `/users/${di.id}/status`;
      expect((await (ann as User).get(path)).online).toBe(false);

      await engines.up(['redis']);
      expect((await ended.closed(60_000)).code).toBe(4401);
      await eventually('Di is seen', async () => (await (ann as User).get(path)).online, 60_000);
      await hers.until('user:online', (u) => u.userId === di.id, 60_000);
      await hers.until('user:offline', (u) => u.userId === ed.id, 60_000);
      await dis.close();
    });
  });
});

describe('When RabbitMQ', () => {
  test('is stopped, dies, says nothing or is cut off, nobody who writes notices', async () => {
    await survives('rabbitmq');
  });
});
