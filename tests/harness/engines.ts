import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { within } from './deadline.ts';

const ROOT = resolve(import.meta.dirname, '../..');

export type SharedEngine = 'postgres' | 'redis' | 'rabbitmq';
// What may stand in for PostgreSQL where it is only read.
export type ReadEngine = 'pgbouncer' | 'replica';
export type Engine = SharedEngine | ReadEngine | 'nginx';

export const SHARED: SharedEngine[] = ['postgres', 'redis', 'rabbitmq'];

// Where a store of one suite's own is: nobody else's data is in it.
export type EngineUrls = Record<SharedEngine, string>;

// Engines is a set of real servers below one directory, run by `./dev engines`.
//
// They keep their ports when they are stopped, killed and started again. What they hold is kept by
// PostgreSQL and RabbitMQ, and lost by Redis.
export class Engines {
  readonly folder: string;
  readonly #owned: boolean;

  // A set of the caller's own unless the folder of another is named. `wrap` turns the command line
  // that runs them into another.
  constructor(
    folder?: string,
    private readonly wrap: (argv: string[]) => string[] = (argv) => argv,
  ) {
    this.#owned = folder === undefined;
    this.folder = folder ?? mkdtempSync(join(tmpdir(), 'parley-engines-'));
    // The engines run as users of their own.
    if (this.#owned) {
      chmodSync(this.folder, 0o755);
      process.on('exit', this.#abandon);
    }
  }

  // Starts those that are not running. Returns when they answer.
  async up(names: Engine[] = SHARED, env: Record<string, string> = {}): Promise<this> {
    await this.#dev('up', names, env);
    return this;
  }

  // Lets one shut down as an operator would.
  stop(name: Engine): Promise<void> {
    return this.#dev('stop', [name]);
  }

  // Pulls the plug of one.
  kill(name: Engine): Promise<void> {
    return this.#dev('kill', [name]);
  }

  async restart(name: Engine): Promise<void> {
    await this.stop(name);
    await this.up([name]);
  }

  // Stops one, or all of them, and throws away what it held.
  down(name?: Engine): Promise<void> {
    return this.#dev('down', name === undefined ? [] : [name]);
  }

  // Stops all and leaves nothing behind, unless they are somebody else's.
  async dispose(): Promise<void> {
    if (!this.#owned) return;
    await this.down();
    process.off('exit', this.#abandon);
    rmSync(this.folder, { recursive: true, force: true });
  }

  url(name: Engine): string {
    const line = new RegExp(`^PARLEY_TEST_${name.toUpperCase()}=(.*)$`, 'm');
    const found = line.exec(readFileSync(join(this.folder, 'urls.env'), 'utf8'))?.[1];
    if (found === undefined) throw new Error(`${name} was never started`);
    return found;
  }

  port(name: Engine): number {
    return Number(/:(\d+)(\/|$)/.exec(this.url(name))?.[1]);
  }

  // The page of nginx over TLS; its certificate is of nobody's trust.
  get tlsUrl(): string {
    return `https://127.0.0.1:${readFileSync(join(this.folder, 'nginx/tls.port'), 'utf8').trim()}`;
  }

  // A file an engine wrote.
  read(path: string): Promise<string> {
    return readFile(join(this.folder, path), 'utf8');
  }

  // A database, a virtual host and an emptied Redis: a suite begins on nothing.
  async fresh(): Promise<EngineUrls> {
    const postgres = await this.freshDatabase();
    const name = postgres.split('/').at(-1) as string;
    await this.redis('FLUSHALL');
    await this.rabbit(
      `rabbit_vhost:add(<<"${name}">>, <<"app">>), rabbit_auth_backend_internal:set_permissions(` +
        `<<"app">>, <<"${name}">>, <<".*">>, <<".*">>, <<".*">>, <<"app">>)`,
    );
    return {
      postgres,
      redis: this.url('redis'),
      rabbitmq: `${this.url('rabbitmq')}${name}`,
    };
  }

  // A database of nobody else's.
  async freshDatabase(): Promise<string> {
    const name = `suite_${randomBytes(5).toString('hex')}`;
    await this.sql(`CREATE DATABASE ${name}`);
    return this.url('postgres').replace(/[^/]*$/, name);
  }

  // Where another server has what is at `url`, a database of ours.
  readUrl(engine: ReadEngine, url: string): string {
    return this.url(engine).replace(/[^/]*$/, url.split('/').at(-1) as string);
  }

  // Asks PostgreSQL, past every proxy; gives rows as lines, fields divided by |.
  sql(statement: string, url = this.url('postgres')): Promise<string> {
    return run('psql', ['-X', '-q', '-t', '-A', '-v', 'ON_ERROR_STOP=1', '-c', statement, url]);
  }

  redis(...command: string[]): Promise<string> {
    return run('redis-cli', ['-h', '127.0.0.1', '-p', String(this.port('redis')), ...command], {
      REDISCLI_AUTH: 'secret',
    });
  }

  // Evaluates Erlang inside RabbitMQ. rabbitmqctl would do it too, and take seconds.
  async rabbit(expression: string): Promise<string> {
    const home = join(this.folder, 'rabbitmq');
    const kept = (file: string) => readFileSync(join(home, file), 'utf8').trim();
    const call = ['-n', 'rabbit@localhost', '-c', kept('home/.erlang.cookie'), '-e'];
    const env = { ERL_EPMD_PORT: kept('epmd.port') };
    const answer = await run('erl_call', call, env, `${expression}.\n`);
    const value = /^\{ok, (.*)\}$/s.exec(answer)?.[1];
    if (value === undefined) throw new Error(`RabbitMQ said ${answer} to ${expression}`);
    return value;
  }

  async #dev(verb: string, names: Engine[], env: Record<string, string> = {}): Promise<void> {
    const [command = '', ...args] = this.wrap([join(ROOT, 'dev'), 'engines', verb, ...names]);
    await run(command, args, { PARLEY_ENGINES: this.folder, ...env });
  }

  readonly #abandon = () => {
    const env = { ...process.env, PARLEY_ENGINES: this.folder };
    const [command = '', ...args] = this.wrap([join(ROOT, 'dev'), 'engines', 'down']);
    spawnSync(command, args, { env, stdio: 'ignore' });
  };
}

// What a program prints; throws with what it complained of when it fails.
async function run(
  command: string,
  args: string[],
  env: Record<string, string> = {},
  input = '',
): Promise<string> {
  const child = spawn(command, args, { cwd: ROOT, env: { ...process.env, ...env } });
  child.stdin.on('error', () => undefined); // it did not want to hear it; its end says why
  child.stdin.end(input);
  let printed = '';
  let complained = '';
  child.stdout.on('data', (part) => {
    printed += part;
  });
  child.stderr.on('data', (part) => {
    complained += part;
  });
  const end = new Promise<number | null>((done, reject) => {
    child.on('error', reject);
    child.on('close', done);
  });
  const told = `${command} ${args.join(' ')}`;
  const code = await within(600_000, () => `${told} to end: ${complained}`, end);
  if (code !== 0) throw new Error(`${told} ended with ${code}: ${complained}${printed}`);
  return printed.trim();
}
