// PostgreSQL is taken back to a moment before somebody did harm, as docs/operations.md says: all
// that was acknowledged until then is there, nothing that came later is, and whoever had seen more
// starts over.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parley } from '../harness/cli.ts';
import { ParleyNode } from '../harness/node.ts';
import { ArchivedPostgres } from '../harness/postgres-archive.ts';
import type { Said } from '../harness/rest.ts';
import { directChat, group, signUp, type User } from '../harness/users.ts';

let postgres: ArchivedPostgres;
const nodes: ParleyNode[] = [];

function nodeOn(url: string, data?: string): ParleyNode {
  const args = [`--storage=${url}`, '--node-id=3'];
  const node = new ParleyNode(data === undefined ? { args } : { args, data });
  nodes.push(node);
  return node;
}

beforeAll(async () => {
  postgres = await ArchivedPostgres.start();
});

afterAll(async () => {
  for (const node of nodes) await node.dispose();
  await postgres?.dispose();
});

async function everything(user: User, chatId: string): Promise<Said[]> {
  const entries: Said[] = [];
  for (let after = 0; ; ) {
    const page = await user.get(`/chats/${chatId}/messages?after=${after}&limit=100`);
    entries.push(...page.messages);
    after = page.toSeq;
    if (!page.hasMore) return entries;
  }
}

const facts = (message: Said) => [message.seq, message.id, message.content];

test('a store on PostgreSQL goes back to a time, and everything of before is there', async () => {
  const before = await nodeOn(postgres.url).start(60_000);
  const [ann, bo, cy] = [
    await signUp(before, 'ann'),
    await signUp(before, 'bo'),
    await signUp(before, 'cy'),
  ];
  const chats: string[] = [(await directChat(ann, bo)).id, (await group(ann, [bo, cy])).id];
  const acked = new Map<string, Said[]>(chats.map((chat) => [chat, []]));
  const write = async (text: string) => {
    for (const chat of chats) acked.get(chat)?.push(await ann.send(chat, text));
  };
  for (let i = 0; i < 20; i++) await write(`before the base backup ${i}`);
  await postgres.baseBackup();
  for (let i = 0; i < 20; i++) await write(`after it ${i}`);
  await bo.post(`/chats/${chats[0]}/read`, { seq: 7 });
  const time = await postgres.sql('SELECT clock_timestamp()');

  // What came later is the harm: more of it, and less.
  const later: Said[] = [];
  for (let i = 0; i < 10; i++) later.push(await ann.send(chats[0] as string, `later ${i}`));
  const stranger = await signUp(before, 'stranger');
  const sync = await bo.get('/sync');
  await postgres.sql('DELETE FROM messages WHERE seq < 30; DELETE FROM participants');
  const harmed = await parley(['backup', 'verify', postgres.url, '--data', before.data]);
  expect(harmed).toMatchObject({ code: 1, stdout: '' });
  expect(harmed.stderr).toMatch(/chat \d+ begins at seq 1/);
  await postgres.archiveAll();
  await before.stop();
  await postgres.stop();

  const url = await postgres.recover(time);
  const verified = await parley(['backup', 'verify', url, '--data', before.data]);
  expect(verified).toMatchObject({ code: 0, stderr: '' });
  expect(verified.stdout).toMatch(/The database is whole: 3 users, 2 chats/);

  const after = await nodeOn(url, before.data).start(60_000);
  const people = { ann: ann.at(after), bo: bo.at(after) };
  for (const chat of chats) {
    const entries = await everything(people.bo, chat);
    expect(entries.map((entry) => entry.seq)).toEqual(entries.map((_, i) => i + 1));
    expect(entries.filter((entry) => entry.kind === 'message').map(facts)).toEqual(
      acked.get(chat)?.map(facts),
    );
  }
  expect(await people.bo.get(`/chats/${chats[0]}`)).toMatchObject({ readSeq: 7, lastSeq: 40 });
  expect((await people.ann.call('GET', `/users/${stranger.username}`)).status).toBe(404);

  // Who had seen more than there is now is told to start over, and is told everything.
  const again = await people.bo.get(`/sync?cursor=${sync.cursor}`);
  expect(again.epoch).not.toBe(sync.epoch);
  expect(again.chats.map((chat: Said) => chat.id).sort()).toEqual([...chats].sort());

  // Ids of what was lost are never given out again, though seqs are.
  const next = await people.ann.send(chats[0] as string, 'and on it goes');
  expect(next.seq).toBe(41);
  const greatest = BigInt((later.at(-1) as Said).id);
  expect(BigInt(next.id)).toBeGreaterThan(greatest);
  expect(BigInt((await signUp(after, 'dan')).id)).toBeGreaterThan(greatest);
});
