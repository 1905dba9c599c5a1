import { createServer, type Server, type Socket } from 'node:net';
import { freePort } from './ports.ts';

// Stand-ins for releases of engines that are not installed: each speaks just enough of its protocol
// for a client to learn how old it is, and knows nothing else.

type Speaks = (socket: Socket, bytes: Buffer) => void;

// A server that answers what comes, piece by piece: what it is sent here fits into one.
export class OldEngine {
  readonly #server: Server;
  readonly #open = new Set<Socket>();

  private constructor(
    readonly port: number,
    speaks: Speaks,
  ) {
    this.#server = createServer((socket) => {
      this.#open.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => this.#open.delete(socket));
      socket.on('data', (bytes) => speaks(socket, bytes));
    });
  }

  static async start(speaks: Speaks): Promise<OldEngine> {
    const engine = new OldEngine(await freePort(), speaks);
    await new Promise<void>((done) => engine.#server.listen(engine.port, '127.0.0.1', done));
    return engine;
  }

  async stop(): Promise<void> {
    for (const socket of this.#open) socket.destroy();
    await new Promise((done) => this.#server.close(done));
  }
}

const NO_ENCRYPTION = [80877103, 80877104]; // what asks for TLS, and for GSSAPI

// PostgreSQL's messages after the start-up packet: anybody may come in, and the version is told.
export function oldPostgres(version: string): Speaks {
  const message = (type: string, ...parts: Buffer[]) => {
    const body = Buffer.concat(parts);
    const head = Buffer.alloc(5);
    head.write(type);
    head.writeInt32BE(body.length + 4, 1);
    return Buffer.concat([head, body]);
  };
  const welcome = Buffer.concat([
    message('R', Buffer.alloc(4)),
    message('S', Buffer.from(`server_version\0${version}\0`)),
    message('S', Buffer.from('client_encoding\0UTF8\0')),
    message('K', Buffer.alloc(8)),
    message('Z', Buffer.from('I')),
  ]);
  return (socket, bytes) => {
    if (bytes.length === 8 && NO_ENCRYPTION.includes(bytes.readInt32BE(4))) socket.write('N');
    else if (bytes.length > 8 && bytes.readInt32BE(4) === 0x30000) socket.write(welcome);
  };
}

// Redis: `version` is undefined for one that does not know HELLO yet.
export function oldRedis(version: string | undefined): Speaks {
  const hello =
    version === undefined
      ? '-ERR unknown command `HELLO`, with args beginning with: \r\n'
      : `*4\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$${version.length}\r\n${version}\r\n`;
  const answers: Record<string, string> = { HELLO: hello, PING: '+PONG\r\n' };
  return (socket, bytes) => {
    // Commands are arrays of texts; the first text of each is its name.
    for (const [, name = ''] of bytes.toString().matchAll(/\*\d+\r\n\$\d+\r\n(\w+)\r\n/g)) {
      socket.write(answers[name] ?? '+OK\r\n');
    }
  };
}

// RabbitMQ, from connection.start to connection.open-ok (AMQP 0-9-1).
export function oldRabbit(version: string): Speaks {
  const short = (text: string) => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);
  const long = (text: string | Buffer) => {
    const size = Buffer.alloc(4);
    size.writeUInt32BE(text.length);
    return Buffer.concat([size, Buffer.from(text)]);
  };
  const method = (id: number, ...parts: Buffer[]) => {
    const body = Buffer.concat([Buffer.from([0, 10, 0, id]), ...parts]);
    return Buffer.concat([Buffer.from([1, 0, 0]), long(body), Buffer.from([0xce])]);
  };
  const properties = ['product', 'RabbitMQ', 'version', version];
  const table = properties.map((text, i) =>
    i % 2 === 0 ? short(text) : Buffer.concat([Buffer.from('S'), long(text)]),
  );
  const start = [Buffer.from([0, 9]), long(Buffer.concat(table)), long('PLAIN'), long('en_US')];
  const tune = Buffer.from([0, 100, 0, 2, 0, 0, 0, 60]);
  return (socket, bytes) => {
    if (bytes.toString('latin1', 0, 4) === 'AMQP') return void socket.write(method(10, ...start));
    for (let rest = bytes; rest.length > 11; rest = rest.subarray(8 + rest.readUInt32BE(3))) {
      const id = rest.readUInt16BE(9);
      if (id === 11) socket.write(method(30, tune));
      if (id === 40) socket.write(method(41, short('')));
    }
  };
}
