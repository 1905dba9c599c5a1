import type { ApiError, Events, Operations } from '../protocol';
import { Failure } from '../state/failure';
import { Backoff } from './backoff';
import { hasEnded } from './session';

/** What the socket needs to know, and whom it tells. */
export interface SocketOwner {
  /** A token to connect with; `fresh` when the last one seems to have been refused. */
  token(fresh: boolean): Promise<string>;
  /** Whether nobody is at this page; told from the beginning of a connection on. */
  away?(): boolean;
  /** Connected and accepted. */
  onReady(): void;
  onEvent<E extends keyof Events>(event: E, data: Events[E]): void;
  /** The connection went away, or an attempt has begun. Attempts go on by themselves. */
  onLost(): void;
  /** The session is over; no further attempt is made. */
  onSignedOut(): void;
}

export interface SocketOptions {
  url: string;
  WebSocket?: new (url: string, protocols: string[]) => WebSocket;
  random?: () => number;
}

interface Waiting {
  resolve(data: unknown): void;
  reject(failure: Failure): void;
  timer: ReturnType<typeof setTimeout>;
}

type Frame =
  | { re: number; data: unknown }
  | { re: number; error: ApiError }
  | { event: keyof Events; data: never };

const READY_WITHIN_MS = 15_000;
const ANSWER_WITHIN_MS = 15_000;
// A connection that held this long was a good one.
const PROVEN_AFTER_MS = 5_000;

const SIGNED_OUT = 4401;
const SLOW_DOWN = new Set([1013, 4409, 4429]);

/**
 * One live connection to the server, made again whenever it is lost, until
 * `stop`. Requests are answered on the connection they were sent on or fail with
 * `unreachable`; sending them again is the caller's affair.
 */
export class Socket {
  private socket: WebSocket | null = null;
  private ready = false;
  private proven = false;
  private saidAway = false;
  private running = false;
  private nextId = 1;
  private attempt = 0;
  private refusedHandshakes = 0;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private readyTimer: ReturnType<typeof setTimeout> | undefined;
  private provenTimer: ReturnType<typeof setTimeout> | undefined;
  private readonly waiting = new Map<number, Waiting>();
  private readonly backoff: Backoff;
  /** When the server was last heard of, in milliseconds. */
  heardAt = 0;

  constructor(
    private readonly owner: SocketOwner,
    private readonly options: SocketOptions,
  ) {
    this.backoff = new Backoff(500, 30_000, options.random);
  }

  get isReady(): boolean {
    return this.ready;
  }

  start(): void {
    if (this.running) return;
    this.running = true;
    this.backoff.reset();
    void this.connect();
  }

  stop(): void {
    this.running = false;
    this.drop();
  }

  /** Connects now if it is waiting for the next attempt. */
  nudge(): void {
    if (!this.running || this.socket || this.retryTimer === undefined) return;
    this.backoff.reset();
    void this.connect();
  }

  /** Gives the present connection up and makes another. */
  renew(): void {
    if (!this.running || !this.socket) return;
    this.lost(0);
  }

  /** Says whether somebody is at this page, unless the server has been told just that. */
  async sayAway(away: boolean): Promise<void> {
    if (!this.ready || this.saidAway === away) return;
    this.saidAway = away;
    await this.request('presence:away', { away });
  }

  request<O extends keyof Operations>(
    op: O,
    data: Operations[O]['request'],
  ): Promise<Operations[O]['reply']> {
    const { socket } = this;
    if (!socket || !this.ready) return Promise.reject(new Failure('unreachable'));
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        // Silence this long means that nobody is there: the others need not wait either.
        if (this.socket === socket) this.lost(0);
      }, ANSWER_WITHIN_MS);
      this.waiting.set(id, { resolve: resolve as (data: unknown) => void, reject, timer });
      socket.send(JSON.stringify({ id, op, data }));
    });
  }

  private async connect(): Promise<void> {
    clearTimeout(this.retryTimer);
    this.retryTimer = undefined;
    const attempt = ++this.attempt;
    let token: string;
    try {
      token = await this.owner.token(this.refusedHandshakes >= 2);
    } catch (failure) {
      if (attempt !== this.attempt || !this.running) return;
      if (hasEnded(failure)) {
        this.stop();
        this.owner.onSignedOut();
      } else {
        this.retryIn(this.backoff.nextMs());
      }
      return;
    }
    if (attempt !== this.attempt || !this.running) return;
    this.listen(token);
  }

  private listen(token: string): void {
    const Constructor = this.options.WebSocket ?? globalThis.WebSocket;
    this.saidAway = this.owner.away?.() ?? false;
    const url = this.saidAway ? `${this.options.url}?away=1` : this.options.url;
    const socket = new Constructor(url, ['parley.v1', `bearer.${token}`]);
    this.socket = socket;
    this.refusedHandshakes += 1;
    this.readyTimer = setTimeout(() => this.socket === socket && this.lost(0), READY_WITHIN_MS);
    socket.onopen = () => {
      this.refusedHandshakes = 0;
    };
    socket.onmessage = (message) => {
      if (this.socket === socket) this.hear(String(message.data));
    };
    socket.onclose = (closed) => {
      if (this.socket === socket) this.lost(closed.code);
    };
  }

  private hear(text: string): void {
    this.heardAt = Date.now();
    const frames = JSON.parse(text) as Frame | Frame[];
    for (const frame of Array.isArray(frames) ? frames : [frames]) this.take(frame);
  }

  private take(frame: Frame): void {
    if ('re' in frame) {
      const waiting = this.waiting.get(frame.re);
      if (!waiting) return;
      this.waiting.delete(frame.re);
      clearTimeout(waiting.timer);
      if ('error' in frame) waiting.reject(Failure.of(frame.error));
      else waiting.resolve(frame.data);
      return;
    }
    if (frame.event !== 'ready') {
      this.owner.onEvent(frame.event, frame.data);
      return;
    }
    clearTimeout(this.readyTimer);
    this.ready = true;
    this.provenTimer = setTimeout(() => {
      this.proven = true;
      this.backoff.reset();
    }, PROVEN_AFTER_MS);
    this.owner.onReady();
  }

  private lost(code: number): void {
    const { proven } = this;
    this.drop();
    if (!this.running) return;
    this.owner.onLost();
    if (code === SIGNED_OUT) {
      // The token may only be old. Asking for another one tells.
      this.refusedHandshakes = 2;
      this.retryIn(proven ? 0 : this.backoff.nextMs());
      return;
    }
    const delay = this.backoff.nextMs();
    this.retryIn(SLOW_DOWN.has(code) ? delay + 5_000 : delay);
  }

  private drop(): void {
    this.attempt += 1;
    clearTimeout(this.retryTimer);
    clearTimeout(this.readyTimer);
    clearTimeout(this.provenTimer);
    this.retryTimer = undefined;
    const { socket } = this;
    this.socket = null;
    this.ready = false;
    this.proven = false;
    socket?.close();
    const unanswered = [...this.waiting.values()];
    this.waiting.clear();
    for (const { reject, timer } of unanswered) {
      clearTimeout(timer);
      reject(new Failure('unreachable'));
    }
  }

  private retryIn(ms: number): void {
    clearTimeout(this.retryTimer);
    this.retryTimer = setTimeout(() => void this.connect(), ms);
  }
}
