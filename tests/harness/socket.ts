import { WebSocket } from 'ws';
import { type Deadline, USUAL, within } from './deadline.ts';
import type { Said } from './rest.ts';

export interface ConnectOptions {
  token?: string;
  auth?: 'header' | 'protocol' | 'query'; // where the token goes; header unless told
  batch?: boolean;
  away?: boolean; // nobody is at it
  headers?: Record<string, string>;
}

export interface Closed {
  code: number;
  reason: string;
}

// The server said no: `error` is its error object.
export class Refused extends Error {
  constructor(
    readonly op: string,
    readonly error: Said,
  ) {
    super(`${op} was refused: ${JSON.stringify(error)}`);
  }
}

interface Waiter {
  wants(frame: Said): boolean;
  done(frame: Said): void;
}

// Socket is one client connection, spoken with the `ws` package.
//
// Everything that arrives is kept in order in `frames`, so a test may ask for
// an event that has come already.
export class Socket {
  readonly frames: Said[] = []; // replies and events, one each, arrays taken apart
  readonly raw: string[] = []; // the texts as they came
  readonly #ws: WebSocket;
  readonly #closed: Promise<Closed>;
  #waiters: Waiter[] = [];
  #nextId = 1;
  #end: Closed | undefined;

  // A connection that has been accepted and has heard `ready`.
  static async connect(url: string, options: ConnectOptions = {}): Promise<Socket> {
    const socket = new Socket(open(url, options));
    await Promise.race([
      socket.until('ready'),
      socket.closed().then((end) => {
        throw new Error(`Closed before ready: ${end.code} ${end.reason}`);
      }),
      new Promise((_, reject) => socket.#ws.once('error', reject)),
    ]);
    return socket;
  }

  constructor(ws: WebSocket) {
    this.#ws = ws;
    ws.on('message', (bytes, binary) => {
      if (!binary) this.#take(bytes.toString());
    });
    ws.on('error', () => undefined); // told by `closed`
    this.#closed = new Promise((done) => {
      ws.once('close', (code, reason) => {
        this.#end = { code, reason: reason.toString() };
        done(this.#end);
      });
    });
  }

  get ready(): Said {
    return this.frames.find((frame) => frame.event === 'ready')?.data;
  }

  get isOpen(): boolean {
    return this.#end === undefined && this.#ws.readyState === WebSocket.OPEN;
  }

  get protocol(): string {
    return this.#ws.protocol;
  }

  // Asks, and gives the reply's data; throws Refused when the server refuses.
  async ask(op: string, data: Said = {}, deadline: Deadline = USUAL): Promise<Said> {
    const frame = await this.askFor(op, data, deadline);
    if (frame.error !== undefined) throw new Refused(op, frame.error);
    return frame.data;
  }

  // Asks for what must be refused, and gives the error.
  async refusal(op: string, data: Said = {}, deadline: Deadline = USUAL): Promise<Said> {
    const frame = await this.askFor(op, data, deadline);
    if (frame.error === undefined) {
      throw new Error(`${op} was not refused: ${JSON.stringify(frame.data)}`);
    }
    return frame.error;
  }

  // Asks, and gives the whole reply frame.
  async askFor(op: string, data: Said, deadline: Deadline = USUAL): Promise<Said> {
    const id = this.#nextId++;
    const reply = this.#next(deadline, `the reply to ${op}`, (frame) => frame.re === id);
    this.send(JSON.stringify({ id, op, data }));
    return reply;
  }

  // The reply to a request the caller wrote by itself.
  async reply(id: number): Promise<Said> {
    const wants = (frame: Said) => frame.re === id;
    return this.frames.find(wants) ?? this.#next(USUAL, `the reply to ${id}`, wants);
  }

  // The first event of that name the predicate accepts, among those that came and those to come.
  async until(
    event: string,
    accepts: (data: Said) => boolean = () => true,
    deadline: Deadline = USUAL,
  ): Promise<Said> {
    const wants = (frame: Said) => frame.event === event && accepts(frame.data);
    const seen = this.frames.find(wants);
    const frame = seen ?? (await this.#next(deadline, `the event ${event}`, wants));
    return frame.data;
  }

  // The data of all events of that name so far.
  events(event: string): Said[] {
    return this.frames.filter((frame) => frame.event === event).map((frame) => frame.data);
  }

  send(text: string | Buffer): void {
    this.#ws.send(text);
  }

  ping(payload: string): Promise<string> {
    const answer = new Promise<string>((done) =>
      this.#ws.once('pong', (data) => done(data.toString())),
    );
    this.#ws.ping(payload);
    return within(USUAL, 'a pong', answer);
  }

  // Resolves when the server has pinged that often from now on.
  async pinged(times: number): Promise<void> {
    const heard = new Promise<void>((done) => {
      let left = times;
      this.#ws.on('ping', () => {
        left -= 1;
        if (left === 0) done();
      });
    });
    await within(USUAL, `${times} pings`, heard);
  }

  // How the connection ended.
  async closed(deadline: Deadline = USUAL): Promise<Closed> {
    return within(deadline, () => `the close. Last: ${this.#tail()}`, this.#closed);
  }

  async close(code = 1000): Promise<Closed> {
    if (this.#end === undefined) this.#ws.close(code);
    return this.closed();
  }

  // Drops the connection without a word, like a phone in a tunnel.
  drop(): void {
    this.#ws.terminate();
  }

  // Stops reading from the network, so that the server's queue fills.
  stopReading(): void {
    this.#ws.pause();
  }

  resumeReading(): void {
    this.#ws.resume();
  }

  #take(text: string): void {
    this.raw.push(text);
    const said = JSON.parse(text);
    for (const frame of Array.isArray(said) ? said : [said]) {
      this.frames.push(frame);
      const called = this.#waiters.filter((waiter) => waiter.wants(frame));
      this.#waiters = this.#waiters.filter((waiter) => !called.includes(waiter));
      for (const waiter of called) waiter.done(frame);
    }
  }

  #next(deadline: Deadline, what: string, wants: (frame: Said) => boolean): Promise<Said> {
    let waiter: Waiter | undefined;
    const arrival = new Promise<Said>((done) => {
      waiter = { wants, done };
      this.#waiters.push(waiter);
    });
    const end = this.#closed.then(({ code, reason }) => {
      throw new Error(`Closed with ${code} ${reason} while waiting for ${what}`);
    });
    end.catch(() => undefined);
    const waiting = within(
      deadline,
      () => `${what}. Last: ${this.#tail()}`,
      Promise.race([arrival, end]),
    );
    return waiting.finally(() => {
      this.#waiters = this.#waiters.filter((other) => other !== waiter);
    });
  }

  #tail(): string {
    return this.raw.slice(-4).join('\n').slice(-2_000);
  }
}

// Opens the client; whether the server accepts is for the caller to await.
export function open(url: string, options: ConnectOptions): WebSocket {
  const query = new URLSearchParams();
  const protocols = ['parley.v1'];
  const headers: Record<string, string> = { ...options.headers };
  if (options.batch) query.set('batch', '1');
  if (options.away) query.set('away', '1');
  if (options.token !== undefined) {
    const auth = options.auth ?? 'header';
    if (auth === 'header') headers.authorization = `Bearer ${options.token}`;
    if (auth === 'protocol') protocols.push(`bearer.${options.token}`);
    if (auth === 'query') query.set('access_token', options.token);
  }
  const search = query.size > 0 ? `?${query}` : '';
  return new WebSocket(`${url.replace('http', 'ws')}/ws${search}`, protocols, {
    headers,
    maxPayload: 64 * 1024 * 1024,
  });
}

// The HTTP answer to a handshake that is not accepted.
export async function refusedHandshake(
  url: string,
  options: ConnectOptions = {},
): Promise<{ status: number; body: Said }> {
  const ws = open(url, options);
  const answer = new Promise<{ status: number; body: Said }>((done, reject) => {
    ws.once('open', () => {
      ws.terminate();
      reject(new Error('The handshake was accepted'));
    });
    ws.on('error', reject);
    ws.once('unexpected-response', (_request, response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => {
        const text = Buffer.concat(parts).toString();
        done({
          status: response.statusCode ?? 0,
          body: text === '' ? undefined : JSON.parse(text),
        });
        ws.terminate();
      });
    });
  });
  return within(USUAL, 'the answer to the handshake', answer);
}
