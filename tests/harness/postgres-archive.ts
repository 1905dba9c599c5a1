import { execFile } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from './ports.ts';

const PG = '/usr/lib/postgresql/15/bin';
const run = promisify(execFile);
const IS_ROOT = process.getuid?.() === 0;

// ArchivedPostgres is a PostgreSQL of nobody else's that archives its log, and every server that is
// recovered from it: what docs/operations.md tells an operator to do, line by line.
export class ArchivedPostgres {
  readonly folder = mkdtempSync(join(tmpdir(), 'parley-pitr-'));
  readonly wal = join(this.folder, 'wal');
  readonly base = join(this.folder, 'base');
  readonly #user: { uid?: number; gid?: number } = {};
  readonly #running = new Set<string>();
  #port = 0;

  static async start(): Promise<ArchivedPostgres> {
    const archived = new ArchivedPostgres();
    try {
      await archived.#begin();
    } catch (failure) {
      await archived.dispose();
      throw failure;
    }
    return archived;
  }

  get url(): string {
    return urlOf(this.#port);
  }

  // What the server says to a statement; rows as lines.
  async sql(statement: string, url = this.url): Promise<string> {
    const flags = ['-X', '-q', '-t', '-A', '-v', 'ON_ERROR_STOP=1', '-c', statement, url];
    return (await run(`${PG}/psql`, flags)).stdout.trim();
  }

  // What a recovery begins with.
  async baseBackup(): Promise<void> {
    const server = urlOf(this.#port, 'postgres');
    await this.#as(
      `${PG}/pg_basebackup`,
      '-d',
      server,
      '-D',
      this.base,
      '-X',
      'none',
      '-c',
      'fast',
      '--no-sync',
    );
  }

  // Everything that was written so far is in the archive.
  async archiveAll(): Promise<void> {
    const file = await this.sql('SELECT pg_walfile_name(pg_switch_wal())');
    for (let tries = 0; tries < 2_400; tries++) {
      const done = await this.sql('SELECT last_archived_wal FROM pg_stat_archiver');
      if (done >= file) return;
      await new Promise((later) => setTimeout(later, 50));
    }
    throw new Error(`${file} was never archived: ${await this.sql('TABLE pg_stat_archiver')}`);
  }

  async stop(): Promise<void> {
    await this.#stop(join(this.folder, 'data'));
  }

  // A server as the first one was at `time`; answers where it is.
  async recover(time: string): Promise<string> {
    const data = join(this.folder, 'recovered');
    await this.#as('cp', '-a', this.base, data);
    const port = await freePort();
    appendFileSync(
      join(data, 'postgresql.auto.conf'),
      [
        '',
        `port = ${port}`,
        'archive_mode = off',
        `restore_command = 'cp ${this.wal}/%f %p'`,
        `recovery_target_time = '${time}'`,
        `recovery_target_action = 'promote'`,
        '',
      ].join('\n'),
    );
    writeFileSync(join(data, 'recovery.signal'), '');
    await this.#start(data);
    const url = urlOf(port);
    for (let tries = 0; tries < 2_400; tries++) {
      if ((await this.sql('SELECT pg_is_in_recovery()', url)) === 'f') return url;
      await new Promise((later) => setTimeout(later, 50));
    }
    throw new Error('the server did not come out of recovery');
  }

  async dispose(): Promise<void> {
    for (const data of this.#running) await this.#stop(data);
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #begin(): Promise<void> {
    if (IS_ROOT) {
      this.#user.uid = Number((await run('id', ['-u', 'postgres'])).stdout);
      this.#user.gid = Number((await run('id', ['-g', 'postgres'])).stdout);
      chownSync(this.folder, this.#user.uid, this.#user.gid);
    }
    chmodSync(this.folder, 0o755);
    await this.#as('mkdir', this.wal);
    const data = join(this.folder, 'data');
    await this.#as(
      `${PG}/initdb`,
      '-D',
      data,
      '-U',
      'app',
      '-A',
      'trust',
      '-E',
      'UTF8',
      '--locale=C.UTF-8',
      '--no-sync',
    );
    this.#port = await freePort();
    appendFileSync(
      join(data, 'postgresql.conf'),
      [
        '',
        "listen_addresses = '127.0.0.1'",
        `port = ${this.#port}`,
        "unix_socket_directories = ''",
        'wal_level = replica',
        'archive_mode = on',
        "archive_library = 'basic_archive'",
        `basic_archive.archive_directory = '${this.wal}'`,
        'archive_timeout = 60s',
        '',
      ].join('\n'),
    );
    await this.#start(data);
    await this.sql('CREATE DATABASE parley', urlOf(this.#port, 'postgres'));
  }

  async #start(data: string): Promise<void> {
    this.#running.add(data);
    await this.#as(`${PG}/pg_ctl`, '-D', data, '-l', `${data}.log`, '-w', '-t', '60', 'start');
  }

  async #stop(data: string): Promise<void> {
    this.#running.delete(data);
    await this.#as(`${PG}/pg_ctl`, '-D', data, '-w', '-m', 'fast', 'stop').catch(() => undefined);
  }

  // PostgreSQL does not run as root.
  async #as(command: string, ...args: string[]): Promise<void> {
    // pg_ctl's child would keep a pipe open for as long as it runs.
    const shell = `exec "$0" "$@" >>'${this.folder}/out' 2>&1 </dev/null`;
    if (IS_ROOT) mkdirSync(this.folder, { recursive: true });
    await run('sh', ['-c', shell, command, ...args], { cwd: this.folder, ...this.#user });
  }
}

const urlOf = (port: number, database = 'parley') => `postgres://app@127.0.0.1:${port}/${database}`;
