import { createHash, randomBytes } from 'node:crypto';
import { connect, type Socket as TcpSocket } from 'node:net';
import { type Deadline, USUAL, within } from './deadline.ts';

// A frame as RFC 6455 §5.2 draws it. Everything a client must not do can be asked for.
export interface FrameOptions {
  opcode: number;
  payload?: Buffer | string;
  fin?: boolean;
  rsv?: number; // the three reserved bits, as 0..7
  masked?: boolean;
  lengthBytes?: 0 | 2 | 8; // how the length is written; the shortest form unless told
  announced?: bigint; // a length other than the payload's
}

export interface Frame {
  fin: boolean;
  rsv: number;
  opcode: number;
  masked: boolean;
  payload: Buffer;
}

export interface HttpAnswer {
  status: number;
  headers: Map<string, string>;
  body: string;
}

export const TEXT = 1;
export const BINARY = 2;
export const CONTINUATION = 0;
export const CLOSE = 8;
export const PING = 9;
export const PONG = 10;

export function frame(options: FrameOptions): Buffer {
  const payload = Buffer.from(options.payload ?? '');
  const length = options.announced ?? BigInt(payload.length);
  const lengthBytes = options.lengthBytes ?? (length < 126n ? 0 : length < 65_536n ? 2 : 8);
  const masked = options.masked ?? true;
  const head = Buffer.alloc(2 + lengthBytes);
  head[0] = (options.fin === false ? 0 : 0x80) | ((options.rsv ?? 0) << 4) | options.opcode;
  head[1] =
    (masked ? 0x80 : 0) | (lengthBytes === 0 ? Number(length) : lengthBytes === 2 ? 126 : 127);
  if (lengthBytes === 2) head.writeUInt16BE(Number(length), 2);
  if (lengthBytes === 8) head.writeBigUInt64BE(length, 2);
  if (!masked) return Buffer.concat([head, payload]);
  const mask = randomBytes(4);
  return Buffer.concat([head, mask, payload.map((byte, i) => byte ^ (mask[i % 4] ?? 0))]);
}

export function closePayload(code: number, reason: string | Buffer = ''): Buffer {
  const head = Buffer.alloc(2);
  head.writeUInt16BE(code);
  return Buffer.concat([head, Buffer.from(reason)]);
}

// RawSocket is a TCP connection whose bytes the test writes and reads itself.
export class RawSocket {
  #received = Buffer.alloc(0);
  #ended = false;
  #wake: (() => void)[] = [];

  static async connect(port: number): Promise<RawSocket> {
    const tcp = connect({ port, host: '127.0.0.1', noDelay: true });
    await within(
      USUAL,
      'a TCP connection',
      new Promise((done, reject) => {
        tcp.once('connect', done);
        tcp.once('error', reject);
      }),
    );
    return new RawSocket(tcp);
  }

  // A connection that has been upgraded and has heard `ready`.
  static async upgraded(port: number, token: string): Promise<RawSocket> {
    const socket = await RawSocket.connect(port);
    const key = randomBytes(16).toString('base64');
    socket.write(upgradeRequest({ key, token }));
    const answer = await socket.http();
    const accept = createHash('sha1')
      .update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest('base64');
    if (answer.status !== 101 || answer.headers.get('sec-websocket-accept') !== accept) {
      throw new Error(`The upgrade was answered with ${JSON.stringify([...answer.headers])}`);
    }
    const ready = await socket.frame();
    if (ready.opcode !== TEXT || !ready.payload.includes('"ready"')) {
      throw new Error(`The first frame is ${ready.payload}`);
    }
    return socket;
  }

  constructor(private readonly tcp: TcpSocket) {
    tcp.on('data', (bytes: Buffer) => {
      this.#received = Buffer.concat([this.#received, bytes]);
      this.#woken();
    });
    const ended = () => {
      this.#ended = true;
      this.#woken();
    };
    tcp.on('end', ended);
    tcp.on('close', ended);
    tcp.on('error', ended);
  }

  get open(): boolean {
    return !this.#ended;
  }

  write(bytes: Buffer | string): void {
    if (!this.tcp.destroyed) this.tcp.write(bytes);
  }

  // Resolves when the kernel has taken everything written so far.
  async flushed(deadline: Deadline = USUAL): Promise<void> {
    if (this.tcp.writableLength === 0) return;
    const drained = new Promise<void>((done) => {
      this.tcp.once('drain', done);
      this.tcp.once('close', done);
    });
    await within(deadline, 'the bytes to leave', drained);
  }

  get unsent(): number {
    return this.tcp.writableLength;
  }

  stopReading(): void {
    this.tcp.pause();
  }

  // The next HTTP answer, its body by Content-Length.
  async http(deadline: Deadline = USUAL): Promise<HttpAnswer> {
    const end = await this.#until(deadline, 'an HTTP answer', (bytes) => {
      const at = bytes.indexOf('\r\n\r\n');
      return at < 0 ? undefined : at + 4;
    });
    const [first = '', ...lines] = this.#take(end).toString('latin1').trimEnd().split('\r\n');
    const headers = new Map(
      lines.map((line) => {
        const at = line.indexOf(':');
        return [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()];
      }),
    );
    const length = Number(headers.get('content-length') ?? 0);
    const status = Number(first.split(' ')[1]);
    if (status === 101) return { status, headers, body: '' };
    await this.#until(deadline, 'the body', (bytes) =>
      bytes.length >= length ? length : undefined,
    );
    return { status, headers, body: this.#take(length).toString() };
  }

  // The next WebSocket frame from the server.
  async frame(deadline: Deadline = USUAL): Promise<Frame> {
    const size = await this.#until(deadline, 'a frame', frameSize);
    const bytes = this.#take(size);
    const payload = bytes.subarray(size - payloadLength(bytes));
    const [first = 0, second = 0] = bytes;
    return {
      fin: (first & 0x80) !== 0,
      rsv: (first >> 4) & 7,
      opcode: first & 15,
      masked: (second & 0x80) !== 0,
      payload,
    };
  }

  // The code of the close frame; frames before it are passed over. It is echoed
  // as a client does, and the server must then close the TCP connection too.
  async closeCode(deadline: Deadline = USUAL): Promise<{ code: number; reason: string }> {
    for (;;) {
      const next = await this.frame(deadline);
      if (next.opcode !== CLOSE) continue;
      this.write(frame({ opcode: CLOSE, payload: next.payload }));
      await this.ended(deadline);
      if (next.payload.length === 0) return { code: 1005, reason: '' };
      return { code: next.payload.readUInt16BE(0), reason: next.payload.subarray(2).toString() };
    }
  }

  // Waits until the server has closed the connection; gives what it said before.
  async ended(deadline: Deadline = USUAL): Promise<string> {
    await this.#until(deadline, 'the end of the connection', () => (this.#ended ? 0 : undefined));
    return this.#received.toString();
  }

  drop(): void {
    this.tcp.destroy();
  }

  #take(size: number): Buffer {
    const bytes = this.#received.subarray(0, size);
    this.#received = this.#received.subarray(size);
    return bytes;
  }

  #woken(): void {
    const wake = this.#wake;
    this.#wake = [];
    for (const call of wake) call();
  }

  async #until(
    deadline: Deadline,
    what: string,
    found: (bytes: Buffer) => number | undefined,
  ): Promise<number> {
    const arrival = (async () => {
      for (;;) {
        const size = found(this.#received);
        if (size !== undefined) return size;
        if (this.#ended) throw new Error(`The connection ended while waiting for ${what}`);
        await new Promise<void>((done) => this.#wake.push(done));
      }
    })();
    return within(deadline, what, arrival);
  }
}

export interface Upgrade {
  method?: string;
  target?: string;
  version?: string | undefined;
  key?: string | undefined;
  token?: string;
  protocol?: string | undefined;
  upgrade?: string | undefined;
  connection?: string | undefined;
}

// A handshake request; a member given as undefined leaves its header out.
export function upgradeRequest(wanted: Upgrade): string {
  const given = {
    version: '13',
    key: 'dGhlIHNhbXBsZSBub25jZQ==',
    protocol: 'parley.v1',
    upgrade: 'websocket',
    connection: 'Upgrade',
    ...wanted,
  };
  const headers: [string, string | undefined][] = [
    ['Host', '127.0.0.1'],
    ['Upgrade', given.upgrade],
    ['Connection', given.connection],
    ['Sec-WebSocket-Key', given.key],
    ['Sec-WebSocket-Version', given.version],
    ['Sec-WebSocket-Protocol', given.protocol],
    ['Authorization', given.token === undefined ? undefined : `Bearer ${given.token}`],
  ];
  const lines = headers.filter(([, value]) => value !== undefined).map(([n, v]) => `${n}: ${v}`);
  return `${[`${given.method ?? 'GET'} ${given.target ?? '/ws'} HTTP/1.1`, ...lines].join('\r\n')}\r\n\r\n`;
}

function payloadLength(bytes: Buffer): number {
  const short = (bytes[1] ?? 0) & 0x7f;
  if (short < 126) return short;
  return short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
}

function frameSize(bytes: Buffer): number | undefined {
  if (bytes.length < 2) return undefined;
  const short = (bytes[1] ?? 0) & 0x7f;
  const head = 2 + (short < 126 ? 0 : short === 126 ? 2 : 8) + ((bytes[1] ?? 0) & 0x80 ? 4 : 0);
  if (bytes.length < head) return undefined;
  const size = head + payloadLength(bytes);
  return bytes.length < size ? undefined : size;
}
