// `parley storage copy`: an installation moves from its data directory to PostgreSQL, and people
// notice nothing but a short absence.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { isReady } from '../harness/cluster.ts';
import { within } from '../harness/deadline.ts';
import { Engines } from '../harness/engines.ts';
import { FaultProxy } from '../harness/fault-proxy.ts';
import { PARLEY_BIN, ParleyNode } from '../harness/node.ts';
import { rest, type Said } from '../harness/rest.ts';
import { directChat, freshId, group, signUp, type User } from '../harness/users.ts';

const engines = new Engines(inject('engines'));

beforeAll(async () => {
  await engines.up(['postgres']);
});

async function database(): Promise<string> {
  const name = `copy_${randomBytes(5).toString('hex')}`;
  await engines.sql(`CREATE DATABASE ${name}`);
  return engines.url('postgres').replace(/[^/]*$/, name);
}

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

// A command that may take its time, and that `watch` may kill when it has said something.
function command(
  args: string[],
  watch: (said: string, kill: () => void) => void = () => undefined,
): Promise<Ended> {
  const child = spawn(PARLEY_BIN, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended: Ended = { code: null, stdout: '', stderr: '' };
  child.stdout.on('data', (part) => {
    ended.stdout += part;
  });
  child.stderr.on('data', (part) => {
    ended.stderr += part;
    watch(ended.stderr, () => child.kill('SIGKILL'));
  });
  const end = new Promise<Ended>((done, reject) => {
    child.on('error', reject);
    child.on('close', (code) => done({ ...ended, code }));
  });
  return within(180_000, () => `parley ${args[0]} to end: ${ended.stderr}`, end);
}

const copy = (from: string, to: string, ...more: string[]) =>
  command(['storage', 'copy', `sqlite:${from}/parley.db`, to, ...more]);

// What somebody sees of everything that is kept.
async function seen(user: User): Promise<Said> {
  const { chats } = await user.get('/chats');
  const logs = [];
  for (const { id } of chats) logs.push(await user.get(`/chats/${id}/messages?limit=100`));
  return {
    chats,
    logs,
    sessions: (await user.get('/users/sessions')).sessions,
    contacts: (await user.get('/users/contacts')).contacts,
    profile: await user.get('/users/profile'),
    events: (await user.get('/users/security-events')).events,
  };
}

describe('An installation that moves to PostgreSQL', () => {
  const before = new ParleyNode();
  let after: ParleyNode | undefined;

  afterAll(async () => {
    await after?.dispose();
    await before.dispose();
  });

  test('has everything there, and goes on with the next seq', async () => {
    await before.start();
    const alice = await signUp(before, 'alice', { displayName: 'Alïce 🧗' });
    const bob = await signUp(before, 'bob');
    const carol = await signUp(before, 'carol');
    const { id: direct } = await directChat(alice, bob);
    const { id: climbers } = await group(alice, [bob, carol], 'Klettern ⛰');
    await alice.post('/users/contacts', { userId: bob.id, name: 'Bobby' });
    const drafts = Array.from({ length: 30 }, (_, i) => ({
      content: `${i}: "quoted"\t\\N\r\n🙂`,
      clientMessageId: freshId(),
    }));
    const sent: Said[] = [];
    for (const draft of drafts)
      sent.push(await alice.send(direct, draft.content, draft.clientMessageId));
    await carol.send(climbers, 'bye');
    await carol.post(`/groups/${climbers}/leave`);
    await bob.post(`/chats/${direct}/read`, { seq: sent[9]?.seq });
    const told = { alice: await seen(alice), bob: await seen(bob) };
    const synced = await bob.get('/sync');

    const url = await database();
    const early = await copy(before.data, url);
    expect(early).toMatchObject({ code: 1, stdout: '' });
    expect(early.stderr).toContain('stop it first');
    await before.stop();
    const ran = await copy(before.data, url);
    expect(ran).toMatchObject({ code: 0 });
    expect(ran.stdout).toMatch(/^messages +\d+ +\d+ +[0-9a-f]{16} +[0-9a-f]{16} +the same$/m);
    expect(ran.stdout).not.toContain('DIFFERENT');
    expect(ran.stdout).toMatch(/^All \d+ rows of \d+ tables are in /m);
    expect(`${ran.stdout}${ran.stderr}`).not.toContain(`:${new URL(url).password}@`);

    // The data directory stays, with the keys in it; so do access tokens.
    const node = new ParleyNode({ data: before.data, args: [`--storage=${url}`] });
    after = node;
    await node.start(60_000);
    await isReady(node);
    const [anna, bert] = [alice.at(node), bob.at(node)];
    expect({ alice: await seen(anna), bob: await seen(bert) }).toEqual(told);

    // A device sends again what it had no answer to, and then something new.
    const last = drafts[29];
    const again = await anna.send(direct, last?.content ?? '', last?.clientMessageId);
    expect([again.id, again.seq]).toEqual([sent[29]?.id, sent[29]?.seq]);
    const next = await anna.send(direct, 'on PostgreSQL');
    expect(next.seq).toBe(sent[29]?.seq + 1);
    expect(BigInt(next.id)).toBeGreaterThan(BigInt(again.id));

    // The cursor of the other store is not taken for one of this: everything is told again.
    const over = await bert.get(`/sync?cursor=${encodeURIComponent(synced.cursor)}`);
    expect(over.epoch).not.toBe(synced.epoch);
    expect(over.chats.map((c: Said) => c.id).sort()).toEqual([direct, climbers].sort());

    const renewed = await rest(node.url, 'POST', '/auth/refresh-token', {
      refreshToken: bob.refreshToken,
    });
    expect(renewed.status).toBe(200);

    // Nothing is left to do, and nothing is done.
    await node.stop();
    const twice = await copy(before.data, url);
    expect(twice.code).toBe(0);
    expect(twice.stdout).toContain('nothing is left to do');
  });
});

test('A copy that was killed again and again is complete in the end', async () => {
  const data = mkdtempSync(join(tmpdir(), 'parley-copy-'));
  try {
    const seeded = await command(
      ['seed', '--users', '2000', '--group', '500', '--out', join(data, 'users')].concat([
        `--data=${data}`,
        '--bcrypt-cost=4',
      ]),
    );
    expect(seeded.code).toBe(0);
    const url = await database();
    const copying = (to: string) => [
      ...['storage', 'copy', `sqlite:${data}/parley.db`, to, '--batch-rows=20'],
    ];
    // So far away that it cannot be done before we have read what it says.
    const far = await FaultProxy.to(engines.port('postgres'));
    await far.delay(20);
    // It says how far it is at once, and then every second: it is killed at the first word, then at
    // the second, and so on, until it is done before.
    let killed = 0;
    for (let lines = 1; lines <= 3; lines++) {
      const half = await command(copying(far.through(url)), (said, kill) => {
        if ((said.match(/ rows$/gm) ?? []).length >= lines) kill();
      });
      if (half.code === 0) break;
      expect(half).toMatchObject({ code: null, stdout: '' });
      const marker = "SELECT count(*) FROM store_meta WHERE name = 'copying'";
      if ((await engines.sql(marker, url)) === '0') break; // it was done, and had not said so
      killed++;
      const early = new ParleyNode({ args: [`--storage=${url}`] });
      await expect(early.start(60_000)).rejects.toThrow('not copied completely');
      await early.dispose();
    }
    await far.dispose();
    expect(killed).toBeGreaterThan(0);
    const ran = await command(copying(url));
    // The last of them may have been killed, or ended, when everything was compared.
    expect(ran.code).toBe(0);
    expect(ran.stdout).toMatch(/^(users +2000 +2000 .* the same|.* nothing is left to do\.)$/m);
    expect(await engines.sql('SELECT count(*) FROM users', url)).toBe('2000');
    expect(await engines.sql('SELECT count(*) FROM participants', url)).toBe('2500');
    expect(
      await engines.sql("SELECT count(*) FROM store_meta WHERE name LIKE 'copying%'", url),
    ).toBe('0');
    // And somebody whose token the old store gave out reads their chats.
    const token = readFileSync(join(data, 'users'), 'utf8').split(' ')[2] ?? '';
    const node = new ParleyNode({ data, args: [`--storage=${url}`] });
    try {
      await node.start(60_000);
      const { body } = await rest(node.url, 'GET', '/chats', undefined, { token });
      expect(body.chats).toHaveLength(2);
    } finally {
      await node.dispose();
    }
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
});

describe('`parley storage copy` refuses', () => {
  test('what is no source or no target, with a sentence', async () => {
    const data = mkdtempSync(join(tmpdir(), 'parley-copy-'));
    try {
      const url = await database();
      expect(await copy(join(data, 'none'), url)).toMatchObject({
        code: 1,
        stderr: `parley: there is no store at ${data}/none/parley.db\n`,
      });
      expect((await command(['migrate', '--data', data])).code).toBe(0);
      expect((await copy(data, 'mysql://u:p@h/d')).stderr).toContain('is copied to postgres://');
      const closed = await copy(data, url.replace(/:[^:@]*@/, ':wrong-secret@'));
      expect(closed.code).toBe(1);
      expect(closed.stderr).toContain('cannot reach PostgreSQL');
      expect(closed.stderr).not.toContain('wrong-secret');
      await engines.sql('CREATE TABLE cats (name TEXT)', url);
      expect((await copy(data, url)).stderr).toContain("it has 'cats'");
      expect((await command(['storage', 'copy'])).code).toBe(2);
    } finally {
      rmSync(data, { recursive: true, force: true });
    }
  });
});

describe('`parley migrate --distribute`', () => {
  test('changes nothing where there is no Citus', async () => {
    const url = await database();
    const ran = await command(['migrate', '--distribute', `--storage=${url}`]);
    expect(ran).toMatchObject({ code: 1, stdout: '' });
    expect(ran.stderr).toContain("the extension 'citus' is not in this database");
    const tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'";
    expect(await engines.sql(tables, url)).toBe('0');
    expect((await command(['migrate', `--storage=${url}`])).code).toBe(0);
    expect(await engines.sql(tables, url)).not.toBe('0');
  });

  test('shows its statements without asking anybody', async () => {
    const ran = await command(['migrate', '--distribute', '--dry-run']);
    expect(ran.code).toBe(0);
    expect(ran.stdout).toContain(
      "SELECT create_distributed_table('messages', 'chat_id', colocate_with => 'chats');",
    );
    expect(ran.stdout).toContain("SELECT create_reference_table('blocks');");
  });
});
