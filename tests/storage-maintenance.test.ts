// `parley storage check` and `parley storage compact`, and what a server tells of its disk.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { metric } from './cluster/says.ts';
import { parley } from './harness/cli.ts';
import { directChat, eventually, ParleyNode, type Said, signUp } from './harness.ts';

const home = mkdtempSync(join(tmpdir(), 'parley-maintenance-'));
const node = new ParleyNode({ data: join(home, 'data') });
const ask = (command: string) => parley(['storage', command, '--data', node.data]);
const bytes = (part: string) => metric(node, `parley_store_bytes{part="${part}"}`);

beforeAll(async () => {
  await node.start();
  const [ann, bo] = [await signUp(node, 'ann'), await signUp(node, 'bo')];
  const { id } = await directChat(ann, bo);
  for (let i = 0; i < 100; i++) await ann.send(id, 'x'.repeat(20_000));
});
afterAll(async () => {
  await node.dispose();
  rmSync(home, { recursive: true, force: true });
});

test('a running server tells what it takes, and is not compacted', async () => {
  const log = () => statSync(join(node.data, 'parley.db-wal')).size;
  await eventually('the log is told', async () => (await bytes('log')) === log());
  expect(await bytes('log')).toBeGreaterThan(2_000_000);
  const database = () => statSync(join(node.data, 'parley.db')).size;
  await eventually('the database is told', async () => (await bytes('database')) === database());
  expect(await bytes('free')).toBeLessThanOrEqual(await bytes('database'));
  const checked = await ask('check');
  expect(checked).toMatchObject({ code: 0, stderr: '' });
  expect(checked.stdout).toMatch(/^TABLE +BYTES\nmessages +\d{7}\n/);
  expect(checked.stdout).toMatch(/\d+ bytes, \d+ of them free, and \d+ in the log\.\n$/);
  const refused = await ask('compact');
  expect(refused).toMatchObject({ code: 1, stdout: '' });
  expect(refused.stderr).toContain('another parley is using');
});

// Whoever closes the store last takes the log away. A server that told its size once must still be
// there for others, or all that is in the log is gone with the next one who looks.
test('a running server still holds its store after it told what it takes', async () => {
  const [ann, bo] = [await signUp(node, 'ann'), await signUp(node, 'bo')];
  const { id } = await directChat(ann, bo);
  await ann.send(id, 'before');
  await bytes('free');
  const look = ['parley.db', 'SELECT count(*) FROM messages'];
  const seen = () => Number(execFileSync('sqlite3', look, { cwd: node.data }));
  expect(seen()).toBe(101);
  await ann.send(id, 'after');
  expect(seen()).toBe(102);
  await node.kill();
  await node.start();
  const { messages } = await bo.at(node).get(`/chats/${id}/messages`);
  expect(messages.map((m: Said) => m.content)).toEqual(['before', 'after']);
});

test('a stopped one is', async () => {
  await node.stop();
  const compacted = await ask('compact');
  expect(compacted).toMatchObject({ code: 0, stderr: '' });
  expect(compacted.stdout).toMatch(/^The store has \d+ bytes; it had \d+\.\n$/);
  expect((await parley(['backup', 'verify', join(node.data, 'parley.db')])).code).toBe(0);
  await node.start();
  const nowhere = await parley(['storage', 'check', '--data', join(home, 'nowhere')]);
  expect(nowhere.stderr).toContain('there is no store in');
});
