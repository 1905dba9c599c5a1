// `parley backup`, `parley backup verify`, `parley restore`, and the backups a server makes by
// itself.
import { execFileSync, spawn } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { metric } from './cluster/says.ts';
import { CHECKS } from './crash/checker.ts';
import type { Happening } from './crash/history.ts';
import { Load } from './crash/load.ts';
import { Random } from './crash/random.ts';
import { parley } from './harness/cli.ts';
import { PARLEY_BIN } from './harness/node.ts';
import { SmallDisk } from './harness/small-disk.ts';
import { directChat, eventually, ParleyNode, type Said, signUp } from './harness.ts';

// A folder that goes with the test.
function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'parley-backup-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

// A server on a data directory of ours, also when other stories are told on PostgreSQL.
async function started(data: string, ...args: string[]): Promise<ParleyNode> {
  const node = new ParleyNode({ data, args });
  await node.start();
  onTestFinished(() => node.dispose());
  return node;
}

const restore = (backup: string, data: string, ...args: string[]) =>
  parley(['restore', backup, '--data', data, ...args]);
const backUp = (data: string, file: string) => parley(['backup', file, '--data', data]);
const verify = (file: string) => parley(['backup', 'verify', file]);
const sqlite = (file: string, sql: string) => execFileSync('sqlite3', [file, sql]).toString();

test('a backup of a server under load holds all that was acknowledged before it', async () => {
  const home = folder();
  const node = await started(join(home, 'data'));
  const load = await Load.on(node, new Random(20261121));
  await load.goesOn(150);
  const begun = load.now();
  const file = join(home, 'copy.db');
  const made = await backUp(node.data, file);
  expect(made).toMatchObject({ code: 0, stderr: '' });
  expect(made.stdout).toMatch(/copy\.db\n\d+ bytes in [\d.]+ s, read again and whole: 6 users, 8 /);
  await load.goesOn(50); // nobody was in anybody's way
  const history = await load.finish();
  expect(statSync(file).mode & 0o777).toBe(0o600);

  const back = await restore(file, join(home, 'back'));
  expect(back).toMatchObject({ code: 0, stderr: '' });
  const restored = await started(join(home, 'back'));
  // Tokens of before are good: the keys came back as well.
  const read = await load.readAt(restored);
  const known = history.filter((happening: Happening) => {
    if (happening.kind === 'acked' || happening.kind === 'marked') return happening.at < begun;
    return happening.kind === 'drafted' || happening.kind === 'member-changed';
  });
  const names = ['nothing lost', 'nothing doubled', 'no gaps', 'nothing altered', 'in order'];
  names.push('marks kept', 'unread right', 'list is log');
  const checks = CHECKS.filter((check) => names.includes(check.name));
  expect(checks).toHaveLength(names.length);
  for (const check of checks) expect(check.violations([...known, ...read]), check.name).toEqual([]);
  const entries = read.flatMap((r) => (r.kind === 'log-read' ? r.entries : []));
  expect(entries.length).toBeGreaterThan(150);
});

test('whoever has seen more than was restored starts over', async () => {
  const home = folder();
  const node = await started(join(home, 'data'));
  const [ann, bo] = [await signUp(node, 'ann'), await signUp(node, 'bo')];
  const { id: chat } = await directChat(ann, bo);
  await ann.send(chat, 'kept');
  expect(await backUp(node.data, home)).toMatchObject({ code: 0 });
  const lost = [await ann.send(chat, 'lost'), await ann.send(chat, 'lost too')];
  const seen = await bo.get('/sync');
  const file = join(home, readdirSync(home).find((name) => name.endsWith('.db')) as string);
  expect(file).toMatch(/parley-\d{8}T\d{6}Z\.db$/);

  expect(await restore(file, join(home, 'back'))).toMatchObject({ code: 0 });
  const again = await started(join(home, 'back'));
  const synced = await bo.at(again).get(`/sync?cursor=${seen.cursor}`);
  expect(synced.epoch).not.toBe(seen.epoch);
  expect(synced.chats).toMatchObject([{ id: chat, lastSeq: 1 }]);
  // What is asked for beyond the end is not there, and no error.
  const beyond = await bo.at(again).get(`/chats/${chat}/messages?after=3`);
  expect(beyond).toMatchObject({ messages: [], hasMore: false });
  const next = await ann.at(again).send(chat, 'and on it goes');
  expect(next.seq).toBe(2);
  expect(BigInt(next.id)).toBeGreaterThan(BigInt((lost[1] as Said).id));
  // Nothing more to tell, under the new epoch.
  const later = await bo.at(again).get(`/sync?cursor=${synced.cursor}`);
  expect(later).toMatchObject({ epoch: synced.epoch, chats: [{ id: chat, lastSeq: 2 }] });
});

test('a restore signs everybody out when it is told to', async () => {
  const home = folder();
  const node = await started(join(home, 'data'));
  const ann = await signUp(node, 'ann');
  const file = join(home, 'copy.db');
  await backUp(node.data, file);
  const said = await restore(file, join(home, 'back'), '--sign-out');
  expect(said.stdout).toContain('Everybody has to sign in again.');
  const again = await started(join(home, 'back'));
  expect((await ann.at(again).call('GET', '/users/profile')).status).toBe(401);
  const body = { refreshToken: ann.refreshToken };
  expect((await ann.at(again).call('POST', '/auth/refresh-token', body)).status).toBe(401);
  expect((await ann.at(again).signInAgain()).username).toBe(ann.username);
});

test('a backup that is killed leaves nothing under its name', async () => {
  const home = folder();
  const node = await started(join(home, 'data'));
  const [ann, bo] = [await signUp(node, 'ann'), await signUp(node, 'bo')];
  const { id: chat } = await directChat(ann, bo);
  const text = 'x'.repeat(60_000);
  let sent = 0;
  const fill = async () => {
    while (sent < 600) await ann.send(chat, `${sent++} ${text}`);
  };
  await Promise.all(Array.from({ length: 8 }, fill));
  const kept = join(home, 'kept');
  mkdirSync(kept);
  const file = join(kept, 'copy.db');
  // While we stood still it may have come to its end: then the next is killed.
  for (let tries = 1; ; tries++) {
    const child = spawn(PARLEY_BIN, ['backup', file, '--data', node.data], { stdio: 'ignore' });
    const gone = new Promise((done) => child.on('exit', (_, signal) => done(signal)));
    await eventually('it has begun', () =>
      readdirSync(kept).some((name) => statSync(join(kept, name)).size > 1 << 20),
    );
    child.kill('SIGKILL');
    const signal = await gone;
    if (signal === null && tries < 5) {
      rmSync(file);
      continue;
    }
    expect(signal).toBe('SIGKILL');
    break;
  }
  expect(existsSync(file)).toBe(false);
  expect(readdirSync(kept).every((name) => name.startsWith('copy.db.'))).toBe(true);
  expect(await backUp(node.data, file)).toMatchObject({ code: 0 });
  expect((await verify(file)).stdout).toMatch(/^messages +600$/m);
});

describe('A file is refused, with a sentence and exit code 1,', () => {
  const home = mkdtempSync(join(tmpdir(), 'parley-backup-'));
  const node = new ParleyNode({ data: join(home, 'data') });
  const good = join(home, 'good.db');
  const bad = join(home, 'bad.db');

  beforeAll(async () => {
    await node.start();
    const [ann, bo] = [await signUp(node, 'ann'), await signUp(node, 'bo')];
    const { id: chat } = await directChat(ann, bo);
    for (let i = 0; i < 30; i++) await ann.send(chat, `message ${i}`);
    await backUp(node.data, good);
  });
  afterAll(async () => {
    await node.dispose();
    rmSync(home, { recursive: true, force: true });
  });

  test.each<[string, () => void, RegExp]>([
    ['half of one', () => truncateSync(bad, statSync(bad).size / 2), /damaged|no backup/],
    ['an empty one', () => truncateSync(bad, 0), /no store of parley in it/],
    [
      'with a message taken out',
      () => void sqlite(bad, 'DELETE FROM messages WHERE seq = 9;'),
      /chat \d+ .* entries/,
    ],
    ['with nobody left', () => void sqlite(bad, 'DELETE FROM users;'), /2 participants are of/],
    [
      'of a newer release',
      () => void sqlite(bad, "INSERT INTO schema_version VALUES (999, 'later', 'x', 0);"),
      /run a newer parley/,
    ],
    [
      'of another program',
      () => {
        rmSync(bad);
        sqlite(bad, 'CREATE TABLE t (x);');
      },
      /no store of parley in it/,
    ],
    [
      'that is no database',
      () => writeFileSync(bad, 'a letter '.repeat(100)),
      /file is not a database/,
    ],
    ['that is not there', () => rmSync(bad), /there is no file/],
  ])('%s', async (_, harm, sentence) => {
    copyFileSync(good, bad);
    harm();
    const said = await verify(bad);
    expect(said).toMatchObject({ code: 1, stdout: '' });
    expect(said.stderr).toMatch(/^parley: /);
    expect(said.stderr).toMatch(sentence);
    const data = join(home, 'never');
    expect(await restore(bad, data)).toMatchObject({ code: 1, stdout: '' });
    expect(existsSync(data)).toBe(false);
  });

  test('but a good one is counted, and so is a store that is in use', async () => {
    for (const file of [good, join(node.data, 'parley.db')]) {
      const said = await verify(file);
      expect(said).toMatchObject({ code: 0, stderr: '' });
      expect(said.stdout).toMatch(/^messages +30$/m);
      expect(said.stdout).toMatch(
        /is whole: 2 users, 1 chats, 30 entries; the newest entry is of /,
      );
    }
  });

  test('and nothing is put where something is', async () => {
    const taken = await backUp(node.data, good);
    expect(taken).toMatchObject({ code: 1, stdout: '' });
    expect(taken.stderr).toContain('File exists');
    const running = await restore(good, node.data);
    expect(running.code).toBe(1);
    expect(running.stderr).toMatch(/is not empty, .* is in it/);
    const other = join(home, 'other');
    mkdirSync(other);
    writeFileSync(join(other, 'notes.txt'), 'mine');
    expect((await restore(good, other)).stderr).toContain('notes.txt');
    expect(readdirSync(other)).toEqual(['notes.txt']);
    const nowhere = await backUp(join(home, 'nowhere'), join(home, 'x.db'));
    expect(nowhere).toMatchObject({ code: 1 });
    expect(nowhere.stderr).toContain('there is no store in');
    expect((await parley(['backup', '--data', node.data])).stderr).toContain('name the file');
  });
});

const backupsOf = async (node: ParleyNode) => (await node.get('/ready')).body.parts.backups;

describe('A server makes backups by itself,', () => {
  test('which can be restored, and says when it did', async () => {
    const home = folder();
    const kept = join(home, 'kept');
    mkdirSync(kept);
    for (const day of ['01', '02', '03'])
      writeFileSync(join(kept, `parley-202601${day}T000000Z.db`), '');
    const node = await started(
      join(home, 'data'),
      '--backup-every=1h',
      '--backup-keep=2',
      `--backup-directory=${kept}`,
    );
    const begun = Date.now() / 1000;
    await eventually(
      'one was made',
      async () => (await metric(node, 'parley_backups_total{outcome="made"}')) === 1,
      60_000,
    );
    const [older, newer, ...others] = readdirSync(kept).sort();
    expect(others).toEqual([]);
    expect(older).toBe('parley-20260103T000000Z.db');
    expect(await verify(join(kept, newer as string))).toMatchObject({ code: 0 });
    expect(await backupsOf(node)).toBe('ok');
    const last = await metric(node, 'parley_backup_last_success_timestamp_seconds');
    expect(Math.abs(last - begun)).toBeLessThan(60);
    expect(await metric(node, 'parley_backup_interval_seconds')).toBe(3600);
    expect(await metric(node, 'parley_backup_bytes')).toBe(
      statSync(join(kept, newer as string)).size,
    );
    const told = () =>
      node.logs.filter((line) => line.event === 'a backup was made and read again');
    await eventually('it is logged', () => told().length > 0);
    expect(told()).toHaveLength(1);

    // A restart makes none before its time.
    await node.restart();
    const bytes = () => metric(node, 'parley_backup_bytes');
    await eventually('it found what there is', async () => (await bytes()) > 0);
    expect(readdirSync(kept)).toHaveLength(2);
  });

  test('and on a full disk it says that it could not, and goes on', async () => {
    const disk = await SmallDisk.mount(2);
    if (typeof disk === 'string') throw new Error(disk);
    onTestFinished(() => disk.dispose());
    disk.fill();
    const home = folder();
    const node = new ParleyNode({
      data: join(home, 'data'),
      args: ['--backup-every=1h', `--backup-directory=${disk.folder}`],
      wrap: (argv) => disk.enter(argv),
    });
    await node.start();
    onTestFinished(() => node.dispose());
    await eventually(
      'it failed',
      async () => (await metric(node, 'parley_backups_total{outcome="failed"}')) === 1,
      60_000,
    );
    const ready = await node.get('/ready');
    expect(ready.status).toBe(200);
    expect(ready.body.parts.backups).toMatch(/^degraded: no backup could be made: /);
    await eventually('it is logged', () =>
      node.logs.some(
        ({ level, event }) => level === 'error' && event === 'no backup could be made',
      ),
    );
    expect(await metric(node, 'parley_backup_last_success_timestamp_seconds')).toBe(0);
    expect(readdirSync(disk.inside('.')).sort()).toEqual(['ballast', 'mounted']);
    // People notice nothing.
    const [ann, bo] = [await signUp(node, 'ann'), await signUp(node, 'bo')];
    const { id: chat } = await directChat(ann, bo);
    expect((await ann.send(chat, 'hello')).seq).toBe(1);

    disk.empty();
    await node.restart();
    await eventually(
      'one was made',
      async () =>
        (await backupsOf(node)) === 'ok' &&
        (await metric(node, 'parley_backups_total{outcome="made"}')) === 1,
      60_000,
    );
    expect(readdirSync(disk.inside('.'))).toHaveLength(2);
  });

  test('but not of a PostgreSQL, and not every second', async () => {
    const check = (...args: string[]) => parley(['check-config', ...args]);
    const url = '--storage=postgres://a:b@localhost/c';
    expect(await check('--backup-every=24h', url)).toMatchObject({ code: 2 });
    expect((await check('--backup-every=24h', url)).stderr).toContain('backups of its own');
    expect((await check('--backup-every=5s')).stderr).toContain('at least 1m');
    expect(await check('--backup-every=24h', '--backup-keep=0')).toMatchObject({ code: 2 });
    expect(await check('--backup-every=24h')).toMatchObject({ code: 0 });
    const made = await parley(['backup', join(tmpdir(), 'never.db'), url]);
    expect(made.stderr).toContain('see docs/operations.md');
  });
});

test('a copy that sqlite3 made is restored as well, without keys', async () => {
  const home = folder();
  const node = await started(join(home, 'data'));
  await signUp(node, 'ann');
  await node.stop();
  const db = join(node.data, 'parley.db');
  const copy = join(home, 'by-hand.db');
  sqlite(db, `.backup '${copy}'`);
  const said = await restore(copy, join(home, 'back'));
  expect(said).toMatchObject({ code: 0, stderr: '' });
  expect(said.stdout).toContain('No signing keys were in it');
  const again = await started(join(home, 'back'));
  expect((await again.get('/ready')).status).toBe(200);
});
