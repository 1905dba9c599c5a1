// Clients that are slow, greedy or deaf: they are cut off, others do not notice,
// and memory stays bounded.
import { beforeAll, describe, expect, test } from 'vitest';
import { frame, PING, RawSocket, TEXT } from './harness/raw-socket.ts';
import {
  directChat,
  eventually,
  freshId,
  pause,
  type Socket,
  signUp,
  takesLess,
  USUAL,
  type User,
  useNode,
} from './harness.ts';

describe('A slow client', () => {
  const node = useNode({ args: ['--request-timeout=2'] });
  let alice: User;

  beforeAll(async () => {
    alice = await signUp(node, 'alice');
  });

  // Sends `bytes` one at a time until the server has had enough; gives the milliseconds it took.
  async function drip(socket: RawSocket, bytes: string): Promise<number> {
    const start = Date.now();
    for (let i = 0; socket.open && Date.now() - start < USUAL; i++) {
      socket.write(bytes[i % bytes.length] ?? 'x');
      await pause(100);
    }
    const said = await socket.ended(100);
    if (said !== '') {
      expect(said).toMatch(/^HTTP\/1\.1 408 /);
      expect(said).toContain('"request_timeout"');
    }
    const took = Date.now() - start;
    expect(took).toBeGreaterThan(1_000);
    return took;
  }

  test('whose headers never end is cut off by the request timeout', async () => {
    await takesLess(6_000, async () => {
      const socket = await RawSocket.connect(node.port);
      socket.write('GET /health HTTP/1.1\r\nHost: x\r\nX-Slow: ');
      return drip(socket, 'a');
    });
  });

  test('whose body never ends is cut off by the request timeout', async () => {
    await takesLess(6_000, async () => {
      const socket = await RawSocket.connect(node.port);
      socket.write(
        'POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n',
      );
      return drip(socket, ' ');
    });
  });

  test('that says nothing at all is cut off', async () => {
    const socket = await RawSocket.connect(node.port);
    await socket.ended();
  });

  test('in five hundred copies does not keep others from being served', async () => {
    await takesLess(2_000, async () => {
      const slow = await Promise.all(
        Array.from({ length: 500 }, async () => {
          const socket = await RawSocket.connect(node.port);
          socket.write('POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Le');
          return socket;
        }),
      );
      const start = Date.now();
      for (let i = 0; i < 20; i++) {
        expect((await alice.call('GET', '/users/profile')).status).toBe(200);
      }
      const took = Date.now() - start;
      await Promise.all(slow.map((socket) => socket.ended()));
      return took;
    });
  });

  test('on a socket is not hurried: sockets may be silent', async () => {
    const socket = await alice.connect();
    await pause(4_000);
    expect((await socket.ask('user:profile')).id).toBe(alice.id);
    await socket.close();
  });
});

describe('A silent connection', () => {
  const node = useNode({ args: ['--ping-interval=2'] });

  test('is pinged, and lives as long as it answers', async () => {
    const alice = await signUp(node, 'alice');
    const socket = await RawSocket.upgraded(node.port, alice.accessToken);
    for (let i = 0; i < 3; i++) {
      const ping = await socket.frame();
      expect(ping.opcode).toBe(PING);
      socket.write(frame({ opcode: 10, payload: ping.payload }));
    }
    socket.drop();
  });
});

describe('A frame flood', () => {
  const node = useNode();

  test.each([
    ['pings', () => frame({ opcode: PING, payload: 'p'.repeat(100) })],
    [
      'requests',
      () =>
        frame({ opcode: TEXT, payload: JSON.stringify({ id: 1, op: 'user:profile', data: {} }) }),
    ],
    [
      'unknown operations',
      () =>
        frame({ opcode: TEXT, payload: JSON.stringify({ id: 1, op: 'x'.repeat(500), data: {} }) }),
    ],
  ])('of %s whose answers are never read stops being read itself', async (_, make) => {
    const [alice, bob] = [await signUp(node, 'alice'), await signUp(node, 'bob')];
    const bobs = await bob.connect();
    await bobs.ask('user:profile');
    const before = node.rssAnonKiB();
    const flood = await RawSocket.upgraded(node.port, alice.accessToken);
    flood.stopReading();
    const block = Buffer.concat(Array.from({ length: 500 }, make));
    // Writes until the server no longer takes anything for a while, or has hung up.
    let written = 0;
    let stuckSince = Date.now();
    let unsent = 0;
    const end = Date.now() + 10_000;
    while (flood.open && Date.now() < end && Date.now() - stuckSince < 1_000) {
      if (flood.unsent < 4 * block.length) {
        flood.write(block);
        written += block.length;
      }
      if (flood.unsent !== unsent) stuckSince = Date.now();
      unsent = flood.unsent;
      await pause(1);
      expect(node.rssAnonKiB() - before).toBeLessThan(48 * 1024);
    }
    expect(written).toBeGreaterThan(block.length);
    await takesLess(1_000, async () => {
      expect((await bobs.ask('user:profile')).id).toBe(bob.id);
    });
    flood.drop();
    await bobs.close();
  });
});

describe('A client that never reads', () => {
  const node = useNode();

  test('costs bounded memory, is told to resync, is given up in the end, and misses nothing', async () => {
    const [alice, bob, carol] = (await Promise.all(
      ['alice', 'bob', 'carol'].map((name) => signUp(node, name)),
    )) as [User, User, User];
    const { id: chatId } = await alice.post('/groups', {
      name: 'Loud',
      members: [bob.username, carol.username],
    });
    const quiet = await directChat(alice, carol);
    const [a, reading] = [await alice.connect(), await carol.connect()];
    const deaf = await Promise.all(Array.from({ length: 5 }, () => bob.connect()));
    const content = 'z'.repeat(60_000);
    const say = () =>
      a.ask('message:send', { chatId, content, clientMessageId: freshId() }, 60_000);
    for (let i = 0; i < 100; i++) await say(); // lets caches fill first
    const before = node.rssAnonKiB();
    for (const socket of deaf) socket.stopReading();
    // 60 MB for each of them; a queue without bounds would show.
    for (let i = 0; i < 1_000; i += 10) {
      await Promise.all(Array.from({ length: 10 }, say));
      expect(node.rssAnonKiB() - before).toBeLessThan(32 * 1024);
    }
    await reading.until('message:receive', (m) => m.seq === 1_101, 60_000);
    await takesLess(1_000, async () => {
      const fence = await alice.send(quiet.id, 'still quick?');
      await reading.until('message:receive', (m) => m.id === fence.id);
    });
    // Those who listen again are told that they missed something, or are gone already.
    const [deafest, ...others] = deaf as [Socket, ...Socket[]];
    for (const socket of others) {
      socket.resumeReading();
      await eventually(
        'a resync or the end',
        () => socket.events('resync').length > 0 || !socket.isOpen,
      );
      if (socket.isOpen) await socket.close();
      else expect([4408, 1006]).toContain((await socket.closed()).code);
    }
    // Who never listens is closed as too slow.
    await eventually(
      'the deaf client is given up',
      async () => {
        const { text } = await node.get('/metrics');
        return Number(/^parley_slow_consumers_closed_total (\d+)$/m.exec(text)?.[1]) > 0;
      },
      90_000,
    );
    deafest.resumeReading();
    // Its close frame may have stood behind what it did not read.
    expect([4408, 1006]).toContain((await deafest.closed()).code);
    expect(await bob.get(`/chats/${chatId}`)).toMatchObject({ lastSeq: 1_101, unreadCount: 1_100 });
    await a.close();
    await reading.close();
  }, 240_000);

  test('who is only slow is told to resync when something was left out', async () => {
    const [alice, bob] = [await signUp(node, 'alice'), await signUp(node, 'bob')];
    const { id: chatId } = await directChat(alice, bob);
    const [a, slow] = [await alice.connect(), await bob.connect()];
    slow.stopReading();
    const sends = Array.from({ length: 60 }, (_, i) =>
      a.ask('message:send', { chatId, content: 'y'.repeat(60_000), clientMessageId: `r${i}` }),
    );
    await Promise.all(sends);
    slow.resumeReading();
    // Either everything comes, or the client is told that it does not.
    await eventually('all messages, a resync or the end', () => {
      const heard = new Set(slow.events('message:receive').map((m) => m.seq));
      return heard.size === 60 || slow.events('resync').length > 0 || !slow.isOpen;
    });
    if (!slow.isOpen) expect([4408, 1006]).toContain((await slow.closed()).code);
    await a.close();
    slow.drop();
  });
});
