import { connect, createServer, type Server, type Socket } from 'node:net';
import { pause } from './deadline.ts';
import { freePort } from './ports.ts';

// What happens to bytes on their way, in both directions.
export type Weather =
  | { kind: 'pass' }
  | { kind: 'delay'; ms: number } // each piece arrives that much later, in order
  | { kind: 'halve' } // each piece arrives in two, the second a moment later
  | { kind: 'drop' } // nothing arrives, nobody is told; new connections are accepted and hear nothing
  | { kind: 'cut' }; // connections are reset, new ones refused

const MOMENT = 5;

// FaultProxy stands between a node and an engine, and plays a bad network.
//
// Every byte that was accepted arrives in the end, once and in order, unless the connection is
// reset: that is what TCP promises, so what is dropped arrives after `heal`, as retransmitted.
export class FaultProxy {
  readonly port: number;
  #server: Server | undefined;
  #weather: Weather = { kind: 'pass' };
  #changed: () => void = () => undefined; // ends the waiting of pieces that are held back
  #change: Promise<void> = new Promise(() => undefined);
  readonly #pairs = new Set<Pair>();
  #accepted = 0;

  // Between whoever connects to its port, any free one unless told, and `target`, both of this
  // machine.
  static async to(target: number, port?: number): Promise<FaultProxy> {
    const proxy = new FaultProxy(port ?? (await freePort()), target);
    proxy.#expectChange();
    await proxy.#listen();
    return proxy;
  }

  private constructor(
    port: number,
    readonly target: number,
  ) {
    this.port = port;
  }

  // Connections that are open now.
  get open(): number {
    return this.#pairs.size;
  }

  // Connections that were accepted so far.
  get accepted(): number {
    return this.#accepted;
  }

  // The url, with our port in place of the engine's.
  through(url: string): string {
    const through = url.replace(`:${this.target}`, `:${this.port}`);
    if (through === url) throw new Error(`${url} does not name port ${this.target}`);
    return through;
  }

  heal(): Promise<void> {
    return this.be({ kind: 'pass' });
  }

  delay(ms: number): Promise<void> {
    return this.be({ kind: 'delay', ms });
  }

  halve(): Promise<void> {
    return this.be({ kind: 'halve' });
  }

  drop(): Promise<void> {
    return this.be({ kind: 'drop' });
  }

  cut(): Promise<void> {
    return this.be({ kind: 'cut' });
  }

  // Resets the connections there are; new ones are served.
  reset(): void {
    for (const pair of this.#pairs) pair.reset();
  }

  async be(weather: Weather): Promise<void> {
    this.#weather = weather;
    const changed = this.#changed;
    this.#expectChange();
    changed();
    if (weather.kind === 'cut') {
      await this.#close();
      this.reset();
    } else {
      await this.#listen();
    }
  }

  async dispose(): Promise<void> {
    await this.be({ kind: 'cut' });
  }

  #expectChange(): void {
    this.#change = new Promise((done) => {
      this.#changed = done;
    });
  }

  async #listen(): Promise<void> {
    if (this.#server !== undefined) return;
    const server = createServer({ allowHalfOpen: true }, (client) => this.#accept(client));
    this.#server = server;
    await new Promise<void>((done, reject) => {
      server.once('error', reject);
      server.listen(this.port, '127.0.0.1', done);
    });
  }

  async #close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    // Its connections are ended by `reset`; that it listens no more is true at once.
    server?.close();
  }

  #accept(client: Socket): void {
    this.#accepted += 1;
    const pair = new Pair(client, () => this.#pairs.delete(pair));
    this.#pairs.add(pair);
    void pair.join(
      this.target,
      () => this.#passable(),
      (piece, write) => this.#carry(piece, write),
    );
  }

  // Resolves as soon as something gets through.
  async #passable(): Promise<void> {
    while (this.#weather.kind === 'drop') await this.#change;
  }

  // Brings one piece across, in today's weather.
  async #carry(piece: Buffer, write: (part: Buffer) => Promise<void>): Promise<void> {
    await this.#passable();
    if (this.#weather.kind === 'delay') await pause(this.#weather.ms);
    if (this.#weather.kind !== 'halve' || piece.length < 2) return write(piece);
    const half = piece.length >> 1;
    await write(piece.subarray(0, half));
    await pause(MOMENT);
    // After we stood still the moment is over at once: who is in our process has its turn to read.
    await new Promise((done) => setImmediate(done));
    await this.#passable();
    await write(piece.subarray(half));
  }
}

type Carry = (piece: Buffer, write: (part: Buffer) => Promise<void>) => Promise<void>;

// Pair is one connection: the side of the client and that of the engine.
class Pair {
  #engine: Socket | undefined;
  #over = false;

  constructor(
    private readonly client: Socket,
    private readonly ended: () => void,
  ) {
    client.setNoDelay(true);
    client.on('error', () => this.reset());
  }

  // Joins the two sides once something gets through. Never throws: a failure of one side is told
  // to the other by a reset.
  async join(target: number, passable: () => Promise<void>, carry: Carry): Promise<void> {
    await passable();
    if (this.#over) return;
    const engine = connect({ host: '127.0.0.1', port: target, allowHalfOpen: true });
    engine.setNoDelay(true);
    this.#engine = engine;
    engine.on('error', () => this.reset());
    try {
      await new Promise<void>((done, reject) => {
        engine.once('connect', done);
        engine.once('close', () => reject(new Error('refused')));
      });
      await Promise.all([flow(this.client, engine, carry), flow(engine, this.client, carry)]);
      this.#end();
    } catch {
      this.reset();
    }
  }

  reset(): void {
    if (this.#over) return;
    this.#end();
    this.client.resetAndDestroy();
    this.#engine?.resetAndDestroy();
  }

  #end(): void {
    this.#over = true;
    this.ended();
  }
}

// Carries everything from one side to the other, and its end after that.
async function flow(from: Socket, to: Socket, carry: Carry): Promise<void> {
  const write = (part: Buffer) =>
    new Promise<void>((done, reject) => {
      to.write(part, (failure) => (failure ? reject(failure) : done()));
    });
  for await (const piece of from) await carry(piece as Buffer, write);
  await new Promise<void>((done) => to.end(done));
}
