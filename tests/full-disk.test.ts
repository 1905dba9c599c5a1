// A disk that is full: sends are refused, nothing acknowledged is lost, and
// when there is room again the server goes on by itself.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { expectError, expectRefusal } from './harness/errors.ts';
import { directChat, eventually, ParleyNode, type Said, signUp, type User } from './harness.ts';

const SIZE_MIB = 24;
const BALLAST_MIB = 12;

// A mount namespace of its own with a small disk in it, which outlives the
// server: a process holds it open, and servers are started inside of it.
const disk = mkdtempSync(join(tmpdir(), 'parley-disk-'));
let holder: ChildProcess;
let node: ParleyNode;

beforeAll(async () => {
  const script = [
    `mount -t tmpfs -o size=${SIZE_MIB}m,mode=700 tmpfs "$0"`,
    `head -c ${BALLAST_MIB}M /dev/zero > "$0/ballast"`,
    'mkdir "$0/data"',
    'exec sleep 600',
  ].join(' && ');
  holder = spawn('unshare', ['-rm', 'sh', '-c', script, disk], { stdio: 'inherit' });
  const pid = holder.pid;
  if (pid === undefined) throw new Error('unshare did not start');
  await eventually('the small disk is mounted', () => existsSync(inside('data')));
  node = new ParleyNode({
    data: join(disk, 'data'),
    wrap: (argv) => ['nsenter', '-t', String(pid), '-U', '-m', '--preserve-credentials', ...argv],
  });
  await node.start();
});

afterAll(async () => {
  await node?.dispose();
  holder?.kill('SIGKILL');
  rmSync(disk, { recursive: true, force: true });
});

// A path of the small disk, as seen from out here.
function inside(path: string): string {
  return `/proc/${holder.pid}/root${disk}/${path}`;
}

async function everything(user: User, chatId: string): Promise<Said[]> {
  const entries: Said[] = [];
  for (let after = 0; ; ) {
    const page = await user.get(`/chats/${chatId}/messages?after=${after}&limit=100`);
    entries.push(...page.messages);
    after = page.toSeq;
    if (!page.hasMore) return entries;
  }
}

test('a full disk refuses sends, loses nothing acknowledged, and recovers with space', async () => {
  const [alice, bob] = [await signUp(node, 'alice'), await signUp(node, 'bob')];
  const { id: chatId } = await directChat(alice, bob);
  const socket = await alice.connect();
  const bobs = await bob.connect();
  const acked: Said[] = [];
  const draft = (i: number) => ({
    content: `${i} ${'x'.repeat(30_000)}`,
    clientMessageId: `d${i}`,
  });

  // Fill it.
  let i = 0;
  let refusal: Said;
  for (; refusal === undefined && i < 2_000; i++) {
    const reply = await socket.askFor('message:send', { chatId, ...draft(i) }, 20_000);
    if (reply.error === undefined) acked.push({ ...draft(i), ...reply.data });
    else refusal = reply.error;
  }
  expectError(refusal, 'storage_unavailable');
  expect(acked.length).toBeGreaterThan(20);
  const refused = draft(i - 1);

  // Still full: refused by REST too, reads go on, nobody was cut off.
  const path = `/chats/${chatId}/messages`;
  expectRefusal(await alice.call('POST', path, refused), 'storage_unavailable');
  expect((await alice.call('POST', path, refused)).status).toBe(503);
  const seqs = Array.from({ length: acked.length }, (_, n) => n + 1);
  const whileFull = await everything(bob, chatId);
  expect(whileFull.map((m) => m.seq)).toEqual(seqs);
  expect((await bob.get(`/chats/${chatId}`)).lastSeq).toBe(acked.length);
  expect((await alice.get('/sync')).chats).toHaveLength(1);
  expect(socket.isOpen).toBe(true);
  await bobs.until('message:receive', (m) => m.seq === acked.length);
  expect(bobs.events('message:receive')).toHaveLength(acked.length);
  expect((await node.get('/health')).status).toBe(200);

  // Room again: the refused draft succeeds unchanged, with the next seq.
  rmSync(inside('ballast'));
  const again = await eventually(
    'the draft is accepted',
    async () => {
      const answer = await alice.call('POST', path, refused);
      if (answer.status !== 503) return answer;
      expectRefusal(answer, 'storage_unavailable');
      return undefined;
    },
    30_000,
  );
  expect(again.status).toBe(201);
  expect(again.body.seq).toBe(acked.length + 1);
  acked.push({ ...refused, ...again.body });
  const next = { content: 'and on it goes', clientMessageId: 'next' };
  acked.push({ ...next, ...(await socket.ask('message:send', { chatId, ...next })) });
  await bob.post(`/chats/${chatId}/read`, { seq: 7 });
  await bobs.until('message:receive', (m) => m.content === 'and on it goes');
  expect((await node.get('/ready')).status).toBe(200);

  // After a restart, and after a crash, all that was acknowledged is there.
  for (const end of ['stop', 'kill'] as const) {
    await node[end]();
    await node.start();
    const entries = await everything(bob, chatId);
    expect(entries.map((m) => [m.seq, m.id, m.content])).toEqual(
      acked.map((m) => [m.seq, m.id, m.content]),
    );
    expect(await bob.get(`/chats/${chatId}`)).toMatchObject({ readSeq: 7 });
  }
}, 240_000);
