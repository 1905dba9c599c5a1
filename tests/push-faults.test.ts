import { createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PushService, type Subscription } from './harness/push-service.ts';
import { eventually, ParleyNode, signUp, type User } from './harness.ts';

// Push services that answer nonsense, hang up, or want to be left alone for an hour: those who are
// away at another one, or at another device, are woken all the same.

// What a service says in place of HTTP, and whether it hangs up then.
const NONSENSE: Record<string, (socket: Socket) => void> = {
  'nothing, and hangs up': (socket) => void socket.end(),
  'what is no HTTP': (socket) => void socket.end('\u0000\u0001 come in, come in\r\n\r\n'),
  'half a header': (socket) => void socket.end('HTTP/1.1 201 Crea'),
  'a header without an end': (socket) => {
    socket.write('HTTP/1.1 201 Created\r\n');
    const more = setInterval(() => socket.write(`X-More: ${'m'.repeat(8_000)}\r\n`), 1);
    socket.on('close', () => clearInterval(more));
  },
  'a body without an end': (socket) => {
    socket.write('HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n');
    const more = setInterval(() => socket.write(`2000\r\n${'m'.repeat(8_192)}\r\n`), 1);
    socket.on('close', () => clearInterval(more));
  },
};

const sockets = new Set<Socket>();
let nonsense: (socket: Socket) => void = () => undefined;
let asked = 0;
const odd = createServer((socket) => {
  sockets.add(socket);
  socket.on('error', () => undefined);
  socket.on('close', () => sockets.delete(socket));
  socket.once('data', () => {
    asked += 1;
    nonsense(socket);
  });
});

const service = await PushService.start();
const node = new ParleyNode({ args: ['--push-to-loopback=on'] });

beforeAll(async () => {
  await new Promise<void>((done) => odd.listen(0, '127.0.0.1', done));
  await node.start();
});

afterAll(async () => {
  await node.dispose();
  await service.stop();
  for (const socket of sockets) socket.destroy();
  await new Promise((done) => odd.close(done));
});

// At the good service, or with the endpoint of another.
async function subscribe(user: User, endpoint?: string): Promise<Subscription> {
  const { web } = await user.get('/devices/services');
  const subscription = service.subscribe(web);
  await user.post('/devices', {
    service: 'web',
    token: endpoint ?? subscription.endpoint,
    p256dh: subscription.keys.p256dh,
    auth: subscription.keys.auth,
  });
  return subscription;
}

const outcomes = async (user: User): Promise<string[]> =>
  (await user.get('/devices/log')).pushes.map((p: { outcome: string }) => p.outcome);

describe('A push service that answers', () => {
  test.each(Object.keys(NONSENSE))('%s holds up nobody else, and costs no device', async (what) => {
    nonsense = NONSENSE[what] ?? nonsense;
    const { port } = odd.address() as { port: number };
    const [bob, carol] = [await signUp(node, 'bob'), await signUp(node, 'carol')];
    const before = asked;
    await subscribe(bob, `http://127.0.0.1:${port}/push/${bob.id}`);
    await bob.post('/devices/test');
    const good = await subscribe(carol);
    await carol.post('/devices/test');
    await eventually('she is woken', () => good.pushes.length > 0);
    await eventually('the service is asked', () => asked > before, 40_000);
    await eventually('the log', async () => (await outcomes(bob)).length > 0, 40_000);
    expect((await outcomes(bob)).at(-1)).toBe('postponed');
    // It is no reason to forget the device.
    expect((await bob.get('/devices')).devices).toHaveLength(1);
    expect(node.running).toBe(true);
  });
});

test('A push service that wants an hour of peace gets it, and others are served', async () => {
  const [bob, carol] = [await signUp(node, 'bob'), await signUp(node, 'carol')];
  const busy = await subscribe(bob);
  busy.refusals.push({ status: 429, retryAfter: 3_600 }, { status: 429, retryAfter: 3_600 });
  await bob.post('/devices/test');
  await eventually('it is postponed', async () => (await outcomes(bob)).length === 1);
  expect(await outcomes(bob)).toEqual(['postponed']);
  const good = await subscribe(carol);
  for (let i = 1; i <= 3; i++) {
    await carol.post('/devices/test');
    await eventually('she is woken', () => good.pushes.length === i, 40_000);
  }
  // The first try was the only one: the second refusal is still there.
  expect(busy.refusals).toHaveLength(1);
  expect(await outcomes(bob)).toEqual(['postponed']);
  expect((await bob.get('/devices')).devices).toHaveLength(1);
}, 180_000);
