import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { within } from './deadline.ts';
import { type Answer, read } from './rest.ts';

export const PARLEY_BIN = resolve(
  process.env.PARLEY_BIN ?? join(import.meta.dirname, '../../build/release/parley'),
);

export interface LogLine {
  level: string;
  event: string;
  [key: string]: unknown;
}

export interface NodeOptions {
  args?: string[]; // further options, after (so above) the usual ones
  env?: Record<string, string>;
  data?: string; // a directory of the caller's; otherwise a fresh one, removed at the end
  port?: number; // any free one unless told
  wrap?: (argv: string[]) => string[]; // turns the command line into another
}

// A PostgreSQL server to keep everything on, as postgres://user:password@host:port/, whose user may
// make databases. Without one, nodes keep it in their data directories.
const POSTGRES = process.env.PARLEY_TEST_STORAGE;

function onPostgres(sql: string): void {
  execFileSync('psql', [new URL('postgres', POSTGRES).href, '-qc', sql], { stdio: 'ignore' });
}

const alive = new Set<ParleyNode>();
process.on('exit', () => {
  for (const node of alive) node.abandon();
});
// As vitest ends those in which a test took too long: nothing of theirs is to stay.
process.once('SIGTERM', () => process.exit(143));

// ParleyNode is one server process with its data directory and what it logged.
//
// It keeps its port over restarts, so clients can come back to the same url.
export class ParleyNode {
  readonly data: string;
  readonly logs: LogLine[] = [];
  readonly unparsed: string[] = []; // stderr lines that are not JSON: there should be none
  url = '';
  startedInMs = 0;
  #child: ChildProcess | undefined;
  #exit: Promise<{ code: number | null; signal: string | null }> | undefined;
  readonly #options: NodeOptions;
  readonly #ownsData: boolean;
  #database: string | undefined; // of its own, when the stories are told on PostgreSQL

  constructor(options: NodeOptions = {}) {
    this.#options = options;
    this.#ownsData = options.data === undefined;
    this.data = options.data ?? mkdtempSync(join(tmpdir(), 'parley-test-'));
    const given = options.args?.some((option) => option.startsWith('--storage'));
    if (this.#ownsData && POSTGRES !== undefined && !given)
      this.#database = `parley_e2e_${randomBytes(6).toString('hex')}`;
    if (this.#database !== undefined) onPostgres(`CREATE DATABASE ${this.#database}`);
  }

  get pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error('The node is not running');
    return pid;
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  get running(): boolean {
    return this.#child !== undefined;
  }

  // Where it keeps everything, as an option, unless that is its data directory.
  get storage(): string[] {
    if (this.#database === undefined) return [];
    return [`--storage=${new URL(this.#database, POSTGRES).href}`];
  }

  argv(): string[] {
    const listen = `127.0.0.1:${this.url === '' ? (this.#options.port ?? 0) : this.port}`;
    // biome-ignore format: one option a line
    const usual = [
      PARLEY_BIN, 'serve',
      '--data', this.data,
      '--listen', listen,
      '--log-format=json',
    ];
    const defaults = ['--rate-limits=off', '--bcrypt-cost=4'];
    const further = this.#options.args ?? [];
    const chosen = defaults.filter(
      (o) => !further.some((f) => f.split('=')[0] === o.split('=')[0]),
    );
    const argv = [...usual, ...this.storage, ...chosen, ...further];
    return this.#options.wrap?.(argv) ?? argv;
  }

  // Starts the process and waits until it says it is ready.
  start(deadline = 30_000): Promise<this> {
    const begun = performance.now();
    const ready = this.launch();
    return this.#within(deadline, ready, begun);
  }

  // Starts the process; it may have to wait for something before it is ready, which is what the
  // promise is for. A node with a port of the caller's can be asked at once.
  launch(): Promise<LogLine> {
    const [command = '', ...args] = this.argv();
    if (this.url === '' && this.#options.port !== undefined)
      this.url = `http://127.0.0.1:${this.#options.port}`;
    const child = spawn(command, args, {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, ...this.#options.env },
    });
    this.#child = child;
    alive.add(this);
    if (child.stderr === null) throw new Error('stderr is not a pipe');
    const lines = createInterface({ input: child.stderr });
    const ready = new Promise<LogLine>((done) => {
      lines.on('line', (line) => {
        const said = this.#keep(line);
        if (said?.event === 'ready' && typeof said.url === 'string') done(said);
      });
    });
    // What it said may arrive after it has gone.
    const silent = new Promise<void>((done) => lines.on('close', done));
    this.#exit = new Promise((done) => {
      child.on('exit', (code, signal) => {
        this.#child = undefined;
        alive.delete(this);
        void silent.then(() => done({ code, signal }));
      });
      child.on('error', () => done({ code: -1, signal: null }));
    });

    const gone = this.#exit.then(({ code, signal }) => {
      throw new Error(
        `${command} ended with ${code ?? signal} before it was ready: ${this.tail()}`,
      );
    });
    gone.catch(() => undefined);
    const first = Promise.race([ready, gone]);
    first.catch(() => undefined);
    return first;
  }

  async #within(deadline: number, ready: Promise<LogLine>, begun: number): Promise<this> {
    const said = () => `the ready line. Said so far: ${this.tail()}`;
    const line = await within(deadline, said, ready);
    this.startedInMs = performance.now() - begun;
    this.url = String(line.url);
    return this;
  }

  // Asks the server to stop. It must close everything and exit with 0 soon.
  async stop(): Promise<void> {
    if (this.#child === undefined) return;
    this.#child.kill('SIGTERM');
    const { code, signal } = await this.exited();
    if (code !== 0) throw new Error(`SIGTERM ended it with ${code ?? signal}: ${this.tail()}`);
  }

  // Pulls the plug.
  async kill(): Promise<void> {
    if (this.#child === undefined) return;
    this.#child.kill('SIGKILL');
    await this.exited();
  }

  async restart(): Promise<this> {
    await this.stop();
    return this.start();
  }

  async exited(deadline = 30_000): Promise<{ code: number | null; signal: string | null }> {
    if (this.#exit === undefined) throw new Error('The node was never started');
    return within(deadline, () => `the server to exit. Last words: ${this.tail()}`, this.#exit);
  }

  // Stops the server and removes its directory; fails when it did not stop cleanly.
  async dispose(): Promise<void> {
    try {
      await this.stop();
    } finally {
      this.abandon();
      if (this.#ownsData) rmSync(this.data, { recursive: true, force: true });
      if (this.#database !== undefined)
        onPostgres(`DROP DATABASE IF EXISTS ${this.#database} WITH (FORCE)`);
    }
  }

  abandon(): void {
    this.#child?.kill('SIGKILL');
  }

  // Any path of the server, outside of /api/v1.
  async get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return read(await fetch(`${this.url}${path}`, { headers, redirect: 'manual' }));
  }

  // Memory of the process that no file stands behind, in KiB.
  rssAnonKiB(): number {
    const status = readFileSync(`/proc/${this.pid}/status`, 'utf8');
    return Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN);
  }

  tail(lines = 8): string {
    const said = [...this.logs.map((l) => JSON.stringify(l)), ...this.unparsed];
    return said.slice(-lines).join('\n');
  }

  #keep(line: string): LogLine | undefined {
    try {
      const said = JSON.parse(line) as LogLine;
      this.logs.push(said);
      return said;
    } catch {
      this.unparsed.push(line);
      return undefined;
    }
  }
}
