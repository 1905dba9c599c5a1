import { createServer } from 'node:net';

// A port of 127.0.0.1 nobody listens on.
//
// It is none of those the kernel gives to outgoing connections: while its server is down, somebody
// who tries to reach it could be given that port, and even find themselves there.
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 10_000);
    const server = createServer();
    const free = await new Promise<boolean>((done) => {
      server.once('error', () => done(false));
      server.listen(port, '127.0.0.1', () => done(true));
    });
    if (!free) continue;
    await new Promise((done) => server.close(done));
    return port;
  }
}
