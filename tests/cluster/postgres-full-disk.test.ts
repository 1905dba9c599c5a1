// PostgreSQL on a disk that is full. Without room for its tables it refuses what needs more; without
// room for its log it stops altogether. Sends are refused, nothing acknowledged is lost, and when
// there is room again nodes go on by themselves.
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { Cluster } from '../harness/cluster.ts';
import { eventually } from '../harness/deadline.ts';
import { Engines } from '../harness/engines.ts';
import { expectRefusal } from '../harness/errors.ts';
import type { Answer, Said } from '../harness/rest.ts';
import { SmallDisk } from '../harness/small-disk.ts';
import { directChat, signUp, type User } from '../harness/users.ts';
import { allSay } from './says.ts';
import { underLoad } from './under-load.ts';

const trial = await SmallDisk.mount(1);
const whyNot = typeof trial === 'string' ? trial : '';
if (typeof trial !== 'string') await trial.dispose();

let engines: Engines; // Redis and the rest
let store: Engines; // PostgreSQL, of our own
let disk: SmallDisk;
let spacious: string;
let cluster: Cluster;
let pids: number[];

beforeEach(() => {
  spacious = mkdtempSync(join(tmpdir(), 'parley-spacious-'));
  chmodSync(spacious, 0o777);
});

afterEach(async () => {
  await cluster?.dispose();
  await store?.dispose();
  await disk?.dispose();
  rmSync(spacious, { recursive: true, force: true });
});

// Two nodes on a PostgreSQL that has `what` on a disk of so many MiB, and the other elsewhere.
async function begin(what: 'DATA' | 'WAL', mebibytes: number): Promise<void> {
  const mounted = await SmallDisk.mount(mebibytes);
  if (typeof mounted === 'string') throw new Error(mounted);
  disk = mounted;
  engines = await new Engines(inject('engines')).up();
  store = new Engines(undefined, (argv) => disk.enter(argv));
  const places = { [`PARLEY_POSTGRES_${what}`]: disk.folder };
  // Its log would lie beside the tables; its tables are where there is room anyhow.
  if (what === 'DATA') places.PARLEY_POSTGRES_WAL = spacious;
  await store.up(['postgres'], places);
  cluster = await Cluster.start(engines, { nodes: 2, store });
  pids = cluster.nodes.map((node) => node.pid);
}

const isDown = ({ status, body }: Answer) => status === 503 && body.parts.store !== 'ok';
const isWell = ({ status, body }: Answer) => status === 200 && body.parts.store === 'ok';

// What nodes gave as the reason, as operators read it.
const reasons = () =>
  cluster.nodes.flatMap((node) =>
    node.logs.filter((line) => line.event === 'nothing can be stored').map((line) => `${line.why}`),
  );

// Sends until one is refused; answers what was acknowledged.
async function fill(sender: User, chatId: string): Promise<{ acked: Said[]; refused: Said }> {
  const acked: Said[] = [];
  for (let i = 0; i < 5_000; i++) {
    // Nothing that could be compressed.
    const content = randomBytes(24_000).toString('base64');
    const draft = { content, clientMessageId: `full-${i}` };
    const answer = await sender.call('POST', `/chats/${chatId}/messages`, draft);
    if (answer.status !== 201) {
      expectRefusal(answer, 'storage_unavailable');
      expect(answer.status).toBe(503);
      return { acked, refused: draft };
    }
    acked.push({ ...draft, id: answer.body.id, seq: answer.body.seq });
  }
  throw new Error('The disk is never full');
}

async function everything(reader: User, chatId: string): Promise<Said[]> {
  const entries: Said[] = [];
  for (let after = 0; ; ) {
    const page = await reader.get(`/chats/${chatId}/messages?after=${after}&limit=50`);
    entries.push(...page.messages);
    after = page.toSeq;
    if (!page.hasMore) return entries;
  }
}

describe.skipIf(whyNot !== '')(`A disk that is full${whyNot && ` (skipped: ${whyNot})`}`, () => {
  test('of tables refuses sends, shows what there is, and is over with room', async () => {
    await begin('DATA', 160);
    const ann = await signUp(cluster.node(0), 'ann');
    const bo = await signUp(cluster.node(1), 'bo');
    const { id: chatId } = await directChat(ann, bo);
    await underLoad(cluster, async (load) => {
      disk.fill();
      const { acked, refused } = await fill(ann, chatId);
      await allSay([cluster.node(0)], 'that the disk is full', (ready) => {
        return isDown(ready) && /No space left on device.*53100/.test(ready.body.parts.store);
      });
      await eventually('the log says why', () => /No space left on device/.test(reasons().join()));
      const read = await everything(bo, chatId);
      expect(read.map((m) => [m.seq, m.id])).toEqual(acked.map((m) => [m.seq, m.id]));
      const path = `/chats/${chatId}/messages`;
      expectRefusal(await ann.call('POST', path, refused), 'storage_unavailable');

      disk.empty();
      await allSay(cluster.nodes, 'that there is room', isWell);
      const again = await eventually('the draft is accepted', async () => {
        const answer = await ann.call('POST', path, refused);
        return answer.status === 201 ? answer : undefined;
      });
      expect(again.body.seq).toBe(acked.length + 1);
      await load.goesOn(10);
    });
    expect(cluster.nodes.map((node) => node.pid)).toEqual(pids);
  });

  test('of its log stops PostgreSQL; nodes say so, and go on when it is back', async () => {
    await begin('WAL', 96);
    const ann = await signUp(cluster.node(0), 'ann');
    const bo = await signUp(cluster.node(1), 'bo');
    const { id: chatId } = await directChat(ann, bo);
    await underLoad(cluster, async (load) => {
      disk.fill();
      const { acked, refused } = await fill(ann, chatId);
      await allSay(cluster.nodes, 'that PostgreSQL is gone', isDown);
      await eventually('the log says why', () => /PostgreSQL/.test(reasons().join()));
      expect(await store.read('postgres/log')).toMatch(/PANIC.*No space left on device/);

      disk.empty();
      await eventually(
        'PostgreSQL is up',
        async () => {
          await store.up(['postgres']);
          return (await store.sql('SELECT 1')) === '1';
        },
        90_000,
      );
      await allSay(cluster.nodes, 'that all is well', isWell);
      const path = `/chats/${chatId}/messages`;
      const sent = await ann.call('POST', path, refused);
      expect([200, 201]).toContain(sent.status); // it may have been kept, and nobody have heard
      const kept = [...acked, { ...refused, ...sent.body }];
      const read = await everything(bo, chatId);
      expect(read.map((m) => [m.seq, m.id])).toEqual(kept.map((m) => [m.seq, m.id]));
      await load.goesOn(10);
    });
    expect(cluster.nodes.map((node) => node.pid)).toEqual(pids);
  });
});
