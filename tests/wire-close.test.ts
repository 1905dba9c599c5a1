// RFC 6455 on closing and on UTF-8, case by case.
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  CLOSE,
  CONTINUATION,
  closePayload,
  frame,
  PING,
  RawSocket,
  TEXT,
} from './harness/raw-socket.ts';
import { directChat, freshId, signUp, type User, useNode } from './harness.ts';

const node = useNode();
let alice: User;
let bob: User;
let socket: RawSocket;

beforeAll(async () => {
  [alice, bob] = [await signUp(node, 'alice'), await signUp(node, 'bob')];
});

afterEach(() => socket?.drop());

async function upgraded(): Promise<void> {
  socket = await RawSocket.upgraded(node.port, alice.accessToken);
}

async function expectClose(code: number): Promise<void> {
  expect((await socket.closeCode()).code).toBe(code);
}

describe('Closing', () => {
  test.each([
    1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999,
  ])('the code %d is echoed, then the connection ends', async (code) => {
    await upgraded();
    socket.write(frame({ opcode: CLOSE, payload: closePayload(code) }));
    await expectClose(code);
  });

  test('a close without a payload is echoed without one', async () => {
    await upgraded();
    socket.write(frame({ opcode: CLOSE }));
    expect([1000, 1005]).toContain((await socket.closeCode()).code);
  });

  test.each([
    ['a short reason', 'bye'],
    ['a reason in Greek', 'αντίο'],
    ['the longest reason', 'r'.repeat(123)],
  ])('%s is fine', async (_, reason) => {
    await upgraded();
    socket.write(frame({ opcode: CLOSE, payload: closePayload(1000, reason) }));
    await expectClose(1000);
  });

  test.each([0, 1, 500, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535])(
    'the code %d may not be sent: 1002',
    async (code) => {
      await upgraded();
      socket.write(frame({ opcode: CLOSE, payload: closePayload(code) }));
      await expectClose(1002);
    },
  );

  test('a payload of one byte is no code: 1002', async () => {
    await upgraded();
    socket.write(frame({ opcode: CLOSE, payload: Buffer.from([3]) }));
    await expectClose(1002);
  });

  test('a reason that is not UTF-8 is refused with 1007', async () => {
    await upgraded();
    const reason = Buffer.from([0xce, 0xba, 0xe1, 0xbd, 0xb9, 0xed, 0xa0, 0x80]);
    socket.write(frame({ opcode: CLOSE, payload: closePayload(1000, reason) }));
    await expectClose(1007);
  });

  test('what comes after a close is ignored', async () => {
    const { id: chatId } = await directChat(alice, bob);
    const { lastSeq } = await alice.get(`/chats/${chatId}`);
    await upgraded();
    const data = { chatId, content: 'after the close', clientMessageId: freshId() };
    const late = JSON.stringify({ id: 1, op: 'message:send', data });
    socket.write(
      Buffer.concat([
        frame({ opcode: CLOSE, payload: closePayload(1000) }),
        frame({ opcode: TEXT, payload: late }),
        frame({ opcode: PING, payload: 'after' }),
        frame({ opcode: CLOSE, payload: closePayload(1001) }),
      ]),
    );
    const first = await socket.frame();
    expect([first.opcode, first.payload.readUInt16BE(0)]).toEqual([CLOSE, 1000]);
    expect(await socket.ended()).toBe('');
    expect((await alice.get(`/chats/${chatId}`)).lastSeq).toBe(lastSeq);
  });

  test('a connection cut without a word harms nobody', async () => {
    await upgraded();
    socket.write(frame({ opcode: TEXT, payload: '{"id":1', fin: false }));
    socket.drop();
    expect((await alice.call('GET', '/users/profile')).status).toBe(200);
  });
});

// Sequences that are no UTF-8, after Markus Kuhn's stress test and RFC 3629.
const NOT_UTF8: [string, number[]][] = [
  ['a lone continuation byte', [0x80]],
  ['a lone start byte', [0xc3, 0x28]],
  ['a three-byte sequence cut short', [0xe2, 0x82, 0x20]],
  ['a four-byte sequence cut short', [0xf0, 0x9f, 0x98, 0x20]],
  ['an overlong slash in two bytes', [0xc0, 0xaf]],
  ['an overlong slash in three bytes', [0xe0, 0x80, 0xaf]],
  ['an overlong slash in four bytes', [0xf0, 0x80, 0x80, 0xaf]],
  ['an overlong NUL', [0xc0, 0x80]],
  ['a high surrogate', [0xed, 0xa0, 0x80]],
  ['a low surrogate', [0xed, 0xbf, 0xbf]],
  ['a code point above 10FFFF', [0xf4, 0x90, 0x80, 0x80]],
  ['a five-byte sequence', [0xf8, 0x88, 0x80, 0x80, 0x80]],
  ['the byte FE', [0xfe]],
  ['the byte FF', [0xff]],
];

describe('UTF-8', () => {
  test.each(NOT_UTF8)('%s in a text is refused with 1007', async (_, bytes) => {
    await upgraded();
    const payload = Buffer.concat([
      Buffer.from('{"id":1,"op":"'),
      Buffer.from(bytes),
      Buffer.from('","data":{}}'),
    ]);
    socket.write(frame({ opcode: TEXT, payload }));
    await expectClose(1007);
  });

  test.each(NOT_UTF8)('%s is refused in whichever fragments it comes', async (_, bytes) => {
    await upgraded();
    const payload = Buffer.concat([Buffer.from('{"id":"'), Buffer.from(bytes), Buffer.from('"}')]);
    for (const [i, byte] of payload.entries()) {
      const opcode = i === 0 ? TEXT : CONTINUATION;
      const fin = i === payload.length - 1;
      socket.write(frame({ opcode, payload: Buffer.from([byte]), fin }));
    }
    await expectClose(1007);
  });

  test('a text that ends inside a character is refused with 1007', async () => {
    await upgraded();
    socket.write(frame({ opcode: TEXT, payload: Buffer.from([0x7b, 0xf0, 0x9f, 0x98]) }));
    await expectClose(1007);
  });

  test('a fragmented text is refused before its end, as soon as it cannot be UTF-8', async () => {
    await upgraded();
    const start = Buffer.concat([Buffer.from('{"id":1,"op":"'), Buffer.from([0xed, 0xa0, 0x80])]);
    socket.write(frame({ opcode: TEXT, payload: start, fin: false }));
    await expectClose(1007);
  });

  test('characters cut at every byte by fragments and writes arrive whole', async () => {
    const { id: chatId } = await directChat(alice, bob);
    const bobs = await bob.connect();
    const content = `κόσμε 😀 日本語 \u{10ffff} ${freshId()}`;
    await upgraded();
    const data = { chatId, content, clientMessageId: freshId() };
    const text = Buffer.from(JSON.stringify({ id: 1, op: 'message:send', data }));
    for (let i = 0; i < text.length; i++) {
      const payload = text.subarray(i, i + 1);
      const opcode = i === 0 ? TEXT : CONTINUATION;
      socket.write(frame({ opcode, payload, fin: i === text.length - 1 }));
    }
    const heard = await bobs.until('message:receive', (m) => m.content === content);
    expect(Buffer.from(heard.content).equals(Buffer.from(content))).toBe(true);
    await bobs.close();
  });

  test('noncharacters are characters', async () => {
    const { id: chatId } = await directChat(alice, bob);
    await upgraded();
    const content = '\ufffe\uffff\u{1fffe}\ufffd';
    const data = { chatId, content, clientMessageId: freshId() };
    socket.write(
      frame({ opcode: TEXT, payload: JSON.stringify({ id: 1, op: 'message:send', data }) }),
    );
    const sent = JSON.parse((await socket.frame()).payload.toString());
    expect(sent.re).toBe(1);
    const { messages } = await bob.get(`/chats/${chatId}/messages?limit=1`);
    expect(messages[0].content).toBe(content);
  });
});
