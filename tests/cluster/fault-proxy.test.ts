// The bad network that other tests rely on is itself seen to be as bad as it says.
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually, pause, USUAL, within } from '../harness/deadline.ts';
import { FaultProxy } from '../harness/fault-proxy.ts';
import { freePort } from '../harness/ports.ts';

// Answers every line with itself and keeps the pieces it got.
class Echo {
  readonly pieces: string[] = [];
  readonly clients = new Set<Socket>();
  #server: Server | undefined;

  async listen(): Promise<number> {
    const port = await freePort();
    const server = createServer({ allowHalfOpen: true }, (client) => {
      this.clients.add(client);
      client.on('data', (piece) => {
        this.pieces.push(piece.toString());
        client.write(piece);
      });
      client.on('error', () => this.clients.delete(client));
      client.on('end', () => client.end());
      client.on('close', () => this.clients.delete(client));
    });
    this.#server = server;
    await new Promise<void>((done) => server.listen(port, '127.0.0.1', done));
    return port;
  }

  close(): void {
    this.#server?.close();
    for (const client of this.clients) client.destroy();
  }
}

// A client that keeps what it heard and how its connection ended.
class Line {
  heard = '';
  ending: string | undefined;
  readonly #socket: Socket;
  readonly #opened: Promise<void>;

  constructor(port: number) {
    this.#socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
    this.#opened = new Promise((done) => this.#socket.once('connect', done));
    this.#socket.on('data', (piece) => {
      this.heard += piece.toString();
    });
    this.#socket.on('error', (failure: NodeJS.ErrnoException) => {
      this.ending = failure.code ?? failure.message;
    });
    this.#socket.on('end', () => {
      this.ending ??= 'end';
    });
  }

  opened(): Promise<void> {
    return within(USUAL, 'the connection', this.#opened);
  }

  say(text: string): void {
    this.#socket.write(text);
  }

  finish(): void {
    this.#socket.end();
  }

  hears(text: string): Promise<unknown> {
    return eventually(`hearing ${text}, not ${this.heard}`, () => this.heard === text);
  }

  ends(how: string): Promise<unknown> {
    return eventually(`the end ${how}`, () => this.ending === how);
  }
}

let echo: Echo;
let proxy: FaultProxy;

beforeEach(async () => {
  echo = new Echo();
  proxy = await FaultProxy.to(await echo.listen());
});

afterEach(async () => {
  await proxy.dispose();
  echo.close();
});

const opened = async () => {
  const line = new Line(proxy.port);
  await line.opened();
  return line;
};

describe('A bad network', () => {
  test('passes everything in good weather, the end of a connection too', async () => {
    const line = await opened();
    line.say('hello');
    await line.hears('hello');
    line.finish();
    await line.ends('end');
    await eventually('the connection is forgotten', () => proxy.open === 0);
    expect(proxy.accepted).toBe(1);
  });

  test('carries a megabyte unchanged through every weather that passes', async () => {
    const text = Array.from({ length: 100_000 }, (_, i) => String(i).padStart(10)).join('');
    for (const weather of [
      { kind: 'pass' } as const,
      { kind: 'halve' } as const,
      { kind: 'delay', ms: 3 } as const,
    ]) {
      await proxy.be(weather);
      const line = await opened();
      line.say(text);
      await eventually(weather.kind, () => line.heard.length === text.length, 60_000);
      expect(line.heard === text, weather.kind).toBe(true);
    }
  });

  test('delays each way', async () => {
    await proxy.delay(150);
    const line = await opened();
    const begun = performance.now();
    line.say('slow');
    await line.hears('slow');
    expect(performance.now() - begun).toBeGreaterThanOrEqual(295);
  });

  test('halves what is said, and loses nothing of it', async () => {
    await proxy.halve();
    const line = await opened();
    line.say('twofold');
    await line.hears('twofold');
    expect(echo.pieces).toEqual(['two', 'fold']);
  });

  test('drops: nobody is told, and what was said arrives when it heals', async () => {
    const line = await opened();
    line.say('one ');
    await line.hears('one ');
    await proxy.drop();
    line.say('two');
    const late = await opened();
    late.say('late');
    // Time itself is the subject: for a while nothing gets through.
    await pause(300);
    expect(echo.pieces).toEqual(['one ']);
    expect([line.heard, line.ending]).toEqual(['one ', undefined]);
    expect([late.heard, late.ending]).toEqual(['', undefined]);

    await proxy.heal();
    await line.hears('one two');
    await late.hears('late');
  });

  test('cuts: connections are reset, new ones refused until it heals', async () => {
    const line = await opened();
    line.say('one');
    await line.hears('one');
    await proxy.cut();
    await line.ends('ECONNRESET');
    await new Line(proxy.port).ends('ECONNREFUSED');
    await eventually('the server lost its client', () => echo.clients.size === 0);
    expect(proxy.open).toBe(0);

    await proxy.heal();
    const again = await opened();
    again.say('two');
    await again.hears('two');
  });

  test('cuts what it was dropping', async () => {
    await proxy.drop();
    const line = await opened();
    line.say('lost');
    await proxy.cut();
    await line.ends('ECONNRESET');
    await proxy.heal();
    const again = await opened();
    again.say('kept');
    await again.hears('kept');
    expect(echo.pieces).toEqual(['kept']);
  });

  test('tells a client that nobody is behind it', async () => {
    echo.close();
    const line = await opened();
    await line.ends('ECONNRESET');
  });

  test('names its own port in a url, and only there', () => {
    const url = `postgres://app:secret@127.0.0.1:${proxy.target}/db`;
    expect(proxy.through(url)).toBe(`postgres://app:secret@127.0.0.1:${proxy.port}/db`);
    expect(() => proxy.through('redis://127.0.0.1:1/0')).toThrow('does not name port');
  });
});
