// RFC 6455, case by case, on a TCP socket whose frames the test writes itself.
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  BINARY,
  CLOSE,
  CONTINUATION,
  closePayload,
  type FrameOptions,
  frame,
  PING,
  PONG,
  RawSocket,
  TEXT,
} from './harness/raw-socket.ts';
import { signUp, type User, useNode } from './harness.ts';

const node = useNode();
let alice: User;
let socket: RawSocket;

beforeAll(async () => {
  alice = await signUp(node, 'alice');
});

afterEach(() => socket?.drop());

async function upgraded(): Promise<RawSocket> {
  socket = await RawSocket.upgraded(node.port, alice.accessToken);
  return socket;
}

const ask = (id: number) => JSON.stringify({ id, op: 'user:profile', data: {} });

// Waits for the answers to these requests, which may overtake each other; the connection works as
// it should when it answers.
async function reply(...ids: number[]): Promise<void> {
  const missing = new Set(ids);
  while (missing.size > 0) {
    const next = await socket.frame();
    if (next.opcode !== TEXT) continue;
    const said = JSON.parse(next.payload.toString());
    if (!missing.delete(said.re)) continue;
    expect(said.data.id).toBe(alice.id);
    expect(next).toMatchObject({ fin: true, rsv: 0, masked: false });
  }
}

async function stillWorks(): Promise<void> {
  socket.write(frame({ opcode: TEXT, payload: ask(99) }));
  await reply(99);
}

async function expectClose(code: number): Promise<void> {
  expect((await socket.closeCode()).code).toBe(code);
}

describe('Messages and lengths', () => {
  test.each([
    ['7 bits', 0],
    ['16 bits', 2],
    ['64 bits', 8],
  ] as const)(
    'a length written in %s is understood or, when needlessly long, refused',
    async (_, lengthBytes) => {
      await upgraded();
      socket.write(frame({ opcode: TEXT, payload: ask(1), lengthBytes }));
      // §5.2: "the minimal number of bytes MUST be used"; both ways are met in practice.
      if (lengthBytes === 0) await reply(1);
      else await Promise.race([reply(1), expectClose(1002)]);
    },
  );

  test.each([125, 126, 127, 128, 65_535, 65_536, 65_537])(
    'a request of %d bytes is answered',
    async (size) => {
      await upgraded();
      const payload = ask(size);
      socket.write(frame({ opcode: TEXT, payload: payload + ' '.repeat(size - payload.length) }));
      await reply(size);
    },
  );

  test('a request written one byte at a time is answered', async () => {
    await upgraded();
    for (const byte of frame({ opcode: TEXT, payload: ask(2) })) {
      socket.write(Buffer.from([byte]));
      await new Promise((next) => setImmediate(next));
    }
    await reply(2);
  });

  test('many requests in one write are all answered, in order of their start', async () => {
    await upgraded();
    const frames = Array.from({ length: 200 }, (_, i) => frame({ opcode: TEXT, payload: ask(i) }));
    socket.write(Buffer.concat(frames));
    const ids: number[] = [];
    while (ids.length < 200) ids.push(JSON.parse((await socket.frame()).payload.toString()).re);
    expect(ids.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, i) => i));
  });

  test('two frames cut at every place between two writes are answered', async () => {
    await upgraded();
    const both = Buffer.concat([
      frame({ opcode: TEXT, payload: ask(1) }),
      frame({ opcode: TEXT, payload: ask(2) }),
    ]);
    for (let cut = 1; cut < both.length; cut++) {
      socket.write(both.subarray(0, cut));
      await new Promise((next) => setImmediate(next));
      socket.write(both.subarray(cut));
      await reply(1, 2);
    }
  });

  test('a frame announced larger than allowed is refused at its head with 1009', async () => {
    await upgraded();
    socket.write(frame({ opcode: TEXT, payload: 'x', announced: 1_048_577n }));
    await expectClose(1009);
  });

  test('fragments that add up to more than allowed are refused with 1009', async () => {
    await upgraded();
    const payload = Buffer.alloc(400_000, 0x20);
    socket.write(frame({ opcode: TEXT, payload, fin: false }));
    socket.write(frame({ opcode: CONTINUATION, payload, fin: false }));
    socket.write(frame({ opcode: CONTINUATION, payload, fin: false }));
    await expectClose(1009);
  });

  test('a 64-bit length with its highest bit set is refused', async () => {
    await upgraded();
    socket.write(frame({ opcode: TEXT, payload: 'x', announced: 1n << 63n, lengthBytes: 8 }));
    expect([1002, 1009]).toContain((await socket.closeCode()).code);
  });

  test('an empty text is not a request', async () => {
    await upgraded();
    socket.write(frame({ opcode: TEXT, payload: '' }));
    await expectClose(4400);
  });

  test.each([
    ['one frame', [frame({ opcode: BINARY, payload: Buffer.from([0, 1, 2]) })]],
    ['an empty frame', [frame({ opcode: BINARY })]],
  ])('binary data in %s is refused with 1003', async (_, frames) => {
    await upgraded();
    for (const bytes of frames) socket.write(bytes);
    await expectClose(1003);
  });
});

describe('What a client must never send', () => {
  const wrong: [string, FrameOptions][] = [
    ...[1, 2, 3, 4, 5, 6, 7].map((rsv): [string, FrameOptions] => [
      `a text with reserved bits ${rsv}`,
      { opcode: TEXT, payload: ask(1), rsv },
    ]),
    ['a ping with a reserved bit', { opcode: PING, rsv: 4 }],
    ['a close with a reserved bit', { opcode: CLOSE, payload: closePayload(1000), rsv: 2 }],
    ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode): [string, FrameOptions] => [
      `the reserved opcode ${opcode}`,
      { opcode },
    ]),
    ['the reserved opcode 3 with a payload', { opcode: 3, payload: 'abc' }],
    ['the reserved opcode 11 with a payload', { opcode: 11, payload: 'abc' }],
    ['an unmasked text', { opcode: TEXT, payload: ask(1), masked: false }],
    ['an unmasked ping', { opcode: PING, masked: false }],
    ['an unmasked close', { opcode: CLOSE, payload: closePayload(1000), masked: false }],
    ['a fragmented ping', { opcode: PING, fin: false }],
    ['a fragmented pong', { opcode: PONG, fin: false }],
    ['a fragmented close', { opcode: CLOSE, payload: closePayload(1000), fin: false }],
    ['a ping of 126 bytes', { opcode: PING, payload: 'p'.repeat(126) }],
    ['a pong of 126 bytes', { opcode: PONG, payload: 'p'.repeat(126) }],
    ['a close of 126 bytes', { opcode: CLOSE, payload: closePayload(1000, 'r'.repeat(124)) }],
    ['a ping of 70,000 bytes', { opcode: PING, payload: 'p'.repeat(70_000) }],
    ['a continuation of nothing', { opcode: CONTINUATION, payload: ask(1) }],
    ['an unfinished continuation of nothing', { opcode: CONTINUATION, fin: false }],
  ];

  test.each(wrong)('%s is refused with 1002', async (_, options) => {
    await upgraded();
    socket.write(frame(options));
    await expectClose(1002);
  });

  test.each(wrong.slice(0, 3))(
    '%s is refused with 1002 after a good request, too',
    async (_, options) => {
      await upgraded();
      await stillWorks();
      socket.write(frame(options));
      await expectClose(1002);
    },
  );

  test.each([
    ['a text', TEXT],
    ['a binary', BINARY],
  ])('%s inside a fragmented message is refused with 1002', async (_, opcode) => {
    await upgraded();
    socket.write(frame({ opcode: TEXT, payload: '{"id":1,', fin: false }));
    socket.write(frame({ opcode, payload: ask(1) }));
    await expectClose(1002);
  });

  test('a continuation after a finished fragmented message is refused with 1002', async () => {
    await upgraded();
    const text = ask(1);
    socket.write(frame({ opcode: TEXT, payload: text.slice(0, 5), fin: false }));
    socket.write(frame({ opcode: CONTINUATION, payload: text.slice(5) }));
    await reply(1);
    socket.write(frame({ opcode: CONTINUATION, payload: 'more' }));
    await expectClose(1002);
  });
});

describe('Fragments', () => {
  test('a request in two, three and as many fragments as bytes is answered', async () => {
    await upgraded();
    const text = Buffer.from(ask(5));
    for (const size of [text.length - 1, Math.ceil(text.length / 3), 1]) {
      for (let at = 0; at < text.length; at += size) {
        const opcode = at === 0 ? TEXT : CONTINUATION;
        const fin = at + size >= text.length;
        socket.write(frame({ opcode, payload: text.subarray(at, at + size), fin }));
      }
      await reply(5);
    }
  });

  test('empty fragments add nothing', async () => {
    await upgraded();
    socket.write(frame({ opcode: TEXT, fin: false }));
    socket.write(frame({ opcode: CONTINUATION, fin: false }));
    socket.write(frame({ opcode: CONTINUATION, payload: ask(6), fin: false }));
    socket.write(frame({ opcode: CONTINUATION }));
    await reply(6);
  });

  test('control frames between fragments are answered at once', async () => {
    await upgraded();
    const text = ask(7);
    socket.write(frame({ opcode: TEXT, payload: text.slice(0, 9), fin: false }));
    socket.write(frame({ opcode: PING, payload: 'between' }));
    const pong = await socket.frame();
    expect([pong.opcode, pong.payload.toString()]).toEqual([PONG, 'between']);
    socket.write(frame({ opcode: PONG, payload: 'unasked' }));
    socket.write(frame({ opcode: CONTINUATION, payload: text.slice(9) }));
    await reply(7);
  });

  test('a close between fragments is answered, the message forgotten', async () => {
    await upgraded();
    socket.write(frame({ opcode: TEXT, payload: ask(8).slice(0, 9), fin: false }));
    socket.write(frame({ opcode: CLOSE, payload: closePayload(1000) }));
    await expectClose(1000);
  });
});

describe('Pings and pongs', () => {
  test.each([
    ['no payload', Buffer.alloc(0)],
    ['a text', Buffer.from('hello')],
    ['bytes that are no text', Buffer.from([0x00, 0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0x00, 0xff])],
    ['125 bytes', Buffer.alloc(125, 0xfe)],
  ])('a ping with %s is answered with the same', async (_, payload) => {
    await upgraded();
    socket.write(frame({ opcode: PING, payload }));
    const pong = await socket.frame();
    expect(pong).toMatchObject({ opcode: PONG, fin: true, rsv: 0, masked: false });
    expect(pong.payload.equals(payload)).toBe(true);
  });

  test('a ping of 125 bytes sent byte by byte is answered with the same', async () => {
    await upgraded();
    for (const byte of frame({ opcode: PING, payload: Buffer.alloc(125, 0xfe) })) {
      socket.write(Buffer.from([byte]));
    }
    expect((await socket.frame()).payload.length).toBe(125);
  });

  test('ten pings are answered in their order', async () => {
    await upgraded();
    for (let i = 0; i < 10; i++) socket.write(frame({ opcode: PING, payload: `p${i}` }));
    for (let i = 0; i < 10; i++) expect((await socket.frame()).payload.toString()).toBe(`p${i}`);
  });

  test('pongs nobody asked for are ignored', async () => {
    await upgraded();
    socket.write(frame({ opcode: PONG }));
    socket.write(frame({ opcode: PONG, payload: 'unasked' }));
    await stillWorks();
  });
});
