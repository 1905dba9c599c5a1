// The opening handshake of RFC 6455 §4, case by case.
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { expectError } from './harness/errors.ts';
import { frame, RawSocket, TEXT, type Upgrade, upgradeRequest } from './harness/raw-socket.ts';
import { signUp, type User, useNode } from './harness.ts';

const node = useNode();
let alice: User;
let socket: RawSocket;

beforeAll(async () => {
  alice = await signUp(node, 'alice');
});

afterEach(() => socket?.drop());

async function shake(wanted: Upgrade) {
  socket = await RawSocket.connect(node.port);
  socket.write(upgradeRequest({ token: alice.accessToken, ...wanted }));
  return socket.http();
}

describe('A handshake', () => {
  test('is accepted with the sample key of the RFC', async () => {
    const answer = await shake({});
    expect(answer.status).toBe(101);
    expect(answer.headers.get('sec-websocket-accept')).toBe('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
    expect(answer.headers.get('upgrade')?.toLowerCase()).toBe('websocket');
    expect(answer.headers.get('connection')?.toLowerCase()).toBe('upgrade');
    expect(answer.headers.get('sec-websocket-protocol')).toBe('parley.v1');
    expect(answer.headers.has('sec-websocket-extensions')).toBe(false);
  });

  test('is understood in other letters and among other tokens', async () => {
    const answer = await shake({ upgrade: 'WebSocket', connection: 'keep-alive, UPGRADE' });
    expect(answer.status).toBe(101);
  });

  test('that asks for no subprotocol gets none and works', async () => {
    const answer = await shake({ protocol: undefined });
    expect(answer.status).toBe(101);
    expect(answer.headers.has('sec-websocket-protocol')).toBe(false);
    expect((await socket.frame()).payload.toString()).toContain('"ready"');
  });

  test('never gets its token back as the subprotocol', async () => {
    const answer = await shake({ protocol: `parley.v1, bearer.${alice.accessToken}` });
    expect(answer.headers.get('sec-websocket-protocol')).toBe('parley.v1');
  });

  test('may be followed by its first frame in the same write', async () => {
    socket = await RawSocket.connect(node.port);
    const request = JSON.stringify({ id: 3, op: 'user:profile' });
    socket.write(
      Buffer.concat([
        Buffer.from(upgradeRequest({ token: alice.accessToken })),
        frame({ opcode: TEXT, payload: request }),
      ]),
    );
    expect((await socket.http()).status).toBe(101);
    expect((await socket.frame()).payload.toString()).toContain('"ready"');
    expect(JSON.parse((await socket.frame()).payload.toString()).re).toBe(3);
  });

  test('may come in single bytes', async () => {
    socket = await RawSocket.connect(node.port);
    for (const byte of Buffer.from(upgradeRequest({ token: alice.accessToken }))) {
      socket.write(Buffer.from([byte]));
      await new Promise((next) => setImmediate(next));
    }
    expect((await socket.http()).status).toBe(101);
  });

  test.each(['8', '12', '14', '0', 'abc'])(
    'of version %s is answered with 426 and the version spoken here',
    async (version) => {
      const answer = await shake({ version });
      expect(answer.status).toBe(426);
      expect(answer.headers.get('sec-websocket-version')).toBe('13');
    },
  );

  test.each([
    ['without a version', { version: undefined }],
    ['without a key', { key: undefined }],
    ['with an empty key', { key: '' }],
    ['with a key of 15 bytes', { key: Buffer.alloc(15).toString('base64') }],
    ['with a key of 17 bytes', { key: Buffer.alloc(17).toString('base64') }],
    ['with a key that is not base64', { key: '!!!!!!!!!!!!!!!!!!!!!!==' }],
  ] as [string, Upgrade][])('%s is refused', async (_, wanted) => {
    const answer = await shake(wanted);
    expect([400, 426]).toContain(answer.status);
    expectError(JSON.parse(answer.body), 'malformed_request');
  });

  test.each([
    ['without an Upgrade header', { upgrade: undefined }],
    ['to another protocol', { upgrade: 'h2c' }],
    ['without a Connection header', { connection: undefined }],
    ['that wants to keep the connection as it is', { connection: 'keep-alive' }],
  ] as [string, Upgrade][])('%s is told to upgrade', async (_, wanted) => {
    const answer = await shake(wanted);
    expect([400, 426]).toContain(answer.status);
    expectError(JSON.parse(answer.body), 'malformed_request');
  });

  test('by another method is refused with 405', async () => {
    const answer = await shake({ method: 'POST' });
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toContain('GET');
  });

  test('for a subprotocol not spoken here is refused', async () => {
    const answer = await shake({ protocol: 'chat.v9' });
    // RFC 6455 lets a server go on without one; the client then fails by itself.
    expect([101, 400]).toContain(answer.status);
    if (answer.status === 101) expect(answer.headers.has('sec-websocket-protocol')).toBe(false);
  });

  test('elsewhere than at /ws finds nothing', async () => {
    for (const target of ['/ws/', '/ws/x', '/websocket', '/api/v1/ws']) {
      expect([400, 404, 426], target).toContain((await shake({ target })).status);
      socket.drop();
    }
  });

  test('in HTTP/1.0 is refused', async () => {
    socket = await RawSocket.connect(node.port);
    const request = upgradeRequest({ token: alice.accessToken }).replace('HTTP/1.1', 'HTTP/1.0');
    socket.write(request);
    expect([400, 426, 505]).toContain((await socket.http()).status);
  });

  test('with an endless header is cut off', async () => {
    socket = await RawSocket.connect(node.port);
    socket.write('GET /ws HTTP/1.1\r\nHost: x\r\nX-Long: ');
    for (let i = 0; i < 64 && socket.open; i++) {
      socket.write('a'.repeat(16_384));
      await new Promise((next) => setImmediate(next));
    }
    const said = await socket.ended();
    if (said !== '') expect(said).toMatch(/^HTTP\/1\.1 4(00|13|31) /);
  });
});
