// Requests that are broken before anybody looks at their members.
import { beforeAll, describe, expect, test } from 'vitest';
import { type Code, ERRORS, expectError, expectRefusal } from './harness/errors.ts';
import { plain } from './harness/http.ts';
import { RawSocket } from './harness/raw-socket.ts';
import { makeWorld, snapshot, type World } from './harness/world.ts';
import { freshId, rest, type Said, useNode } from './harness.ts';

const node = useNode();
let world: World;
let before: Said;

beforeAll(async () => {
  world = await makeWorld(node);
  before = await snapshot(world);
});

const BROKEN: [string, string | Uint8Array][] = [
  ['nothing', ''],
  ['blanks', '  \n'],
  ['an open brace', '{'],
  ['an open string', '{"content":"x'],
  ['a missing value', '{"content":}'],
  ['a trailing comma', '{"content":"x",}'],
  ['single quotes', "{'content':'x'}"],
  ['a comment', '{/* */}'],
  ['two objects', '{}{}'],
  ['something after the object', '{} x'],
  ['a list', '[]'],
  ['a string', '"content"'],
  ['a number', '7'],
  ['null', 'null'],
  ['NaN', '{"content":NaN}'],
  ['a bare control character', '{"content":"a\u0001b","clientMessageId":"c"}'],
  ['a wrong escape', '{"content":"\\x41","clientMessageId":"c"}'],
  ['a lone high surrogate', '{"content":"\\ud800","clientMessageId":"c"}'],
  ['a lone low surrogate', '{"content":"\\udc00x","clientMessageId":"c"}'],
  ['a thousand open lists', '['.repeat(1_000)],
  ['a hundred thousand open lists', '['.repeat(100_000)],
  ['deep nesting', `{"content":${'['.repeat(5_000)}${']'.repeat(5_000)}}`],
  ['a byte order mark', '\ufeff{"content":"x","clientMessageId":"c"}'],
  ['UTF-16', Buffer.from('{"content":"x","clientMessageId":"c"}', 'utf16le')],
  [
    'bytes that are not UTF-8',
    Buffer.from('{"content":"\xff\xfe","clientMessageId":"c"}', 'latin1'),
  ],
  ['an overlong slash', Buffer.from('{"content":"\xc0\xaf","clientMessageId":"c"}', 'latin1')],
  [
    'an encoded surrogate',
    Buffer.from('{"content":"\xed\xa0\x80","clientMessageId":"c"}', 'latin1'),
  ],
];

describe('A body that is not the JSON of an object', () => {
  test.each(BROKEN)('%s is malformed_request', async (_, raw) => {
    const path = `/chats/${world.group.id}/messages`;
    const answer = await world.alice.call('POST', path, undefined, { raw });
    expectRefusal(answer, 'malformed_request');
  });

  test.each(BROKEN)('%s is malformed_request to those without a token as well', async (_, raw) => {
    const answer = await rest(node.url, 'POST', '/auth/login', undefined, { raw });
    expectRefusal(answer, 'malformed_request');
  });
});

describe('A path or method', () => {
  test('that does not exist is route_not_found, under /api', async () => {
    for (const path of [
      '',
      '/',
      '/nothing',
      '/chats/1/nothing',
      '/users',
      '/groups',
      '/users/1/2/3',
    ]) {
      const answer = await world.alice.call('GET', path);
      if (path === '/groups') expectRefusal(answer, 'route_not_found', 'method_not_allowed');
      else expectRefusal(answer, 'route_not_found');
    }
    for (const path of ['/api', '/api/', '/api/v2/chats']) {
      const answer = await node.get(path);
      expect(answer.status, path).toBe(404);
      expectError(answer.body, 'route_not_found');
    }
  });

  test.each([
    ['DELETE', '/chats', ['GET', 'POST']],
    ['GET', '/auth/login', ['POST']],
    ['PUT', '/auth/register', ['POST']],
    ['POST', '/users/profile', ['GET', 'PUT']],
    ['PATCH', '/users/profile', ['GET', 'PUT']],
    ['PUT', '/sync', ['GET']],
    ['DELETE', '/chats/1/messages', ['GET', 'POST']],
    ['GET', '/chats/1/read', ['POST']],
  ])('%s %s is 405 and says what is allowed', async (method, path, allowed) => {
    const answer = await world.alice.call(method, path);
    expectRefusal(answer, 'method_not_allowed');
    const said = (answer.headers.get('allow') ?? '').split(/, */);
    expect(said).toEqual(expect.arrayContaining(allowed));
    expect(said).not.toContain(method);
  });

  test('encoded oddly means nothing else', async () => {
    for (const path of ['/chats/%2e%2e/users/profile', '/users/profile%00', '/users/%ff', '/%zz']) {
      const headers = { authorization: `Bearer ${world.alice.accessToken}` };
      const answer = await plain(node.url, `/api/v1${path}`, headers);
      expect([400, 404, 422], path).toContain(answer.status);
      const codes: Code[] = ['route_not_found', 'malformed_request', 'validation_failed'];
      const error = JSON.parse(answer.bytes.toString());
      expectError(error, ...codes, 'user_not_found', 'chat_not_found');
    }
  });
});

describe('A content type', () => {
  const draft = () => JSON.stringify({ content: 'x', clientMessageId: freshId() });
  const post = (type: string) =>
    world.alice.call('POST', `/chats/${world.direct.id}/messages`, undefined, {
      raw: draft(),
      headers: { 'content-type': type },
    });

  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonp',
    'text/json',
    'application/octet-stream',
  ])('%s is refused with 415', async (type) => {
    expectRefusal(await post(type), 'unsupported_media_type');
  });

  test('must be said', async () => {
    const socket = await RawSocket.connect(node.port);
    const body = draft();
    socket.write(
      `POST /api/v1/chats/${world.direct.id}/messages HTTP/1.1\r\nHost: x\r\n` +
        `Authorization: Bearer ${world.alice.accessToken}\r\n` +
        `Content-Length: ${body.length}\r\n\r\n${body}`,
    );
    const answer = await socket.http();
    expect(answer.status).toBe(415);
    expectError(JSON.parse(answer.body), 'unsupported_media_type');
    socket.drop();
  });

  test.each(['application/json; charset=utf-8', 'Application/JSON'])(
    '%s is welcome',
    async (type) => {
      expect((await post(type)).status).toBe(201);
      before = await snapshot(world);
    },
  );
});

describe('A body too large', () => {
  const head = (length: string) =>
    `POST /api/v1/chats/${world.direct.id}/messages HTTP/1.1\r\nHost: x\r\n` +
    `Authorization: Bearer ${world.alice.accessToken}\r\n` +
    `Content-Type: application/json\r\n${length}\r\n\r\n`;

  test.each(['524289', '10000000000', '9223372036854775807'])(
    'of %s bytes is refused at its announcement, without reading it',
    async (length) => {
      const socket = await RawSocket.connect(node.port);
      socket.write(head(`Content-Length: ${length}`));
      const answer = await socket.http();
      expect(answer.status).toBe(413);
      expectError(JSON.parse(answer.body), 'payload_too_large');
      socket.drop();
    },
  );

  test('that comes in chunks without end is cut off', async () => {
    const socket = await RawSocket.connect(node.port);
    socket.write(head('Transfer-Encoding: chunked'));
    const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`;
    for (let i = 0; i < 40 && socket.open; i++) {
      socket.write(chunk);
      await new Promise((next) => setImmediate(next));
    }
    const answer = await socket.http();
    expect(answer.status).toBe(413);
    expectError(JSON.parse(answer.body), 'payload_too_large');
    socket.drop();
  });

  test('by one byte in a real request is refused, the largest is not', async () => {
    const wrap = (size: number) => {
      const body = JSON.stringify({ content: 'x', clientMessageId: freshId() });
      return body + ' '.repeat(size - body.length);
    };
    const path = `/chats/${world.direct.id}/messages`;
    const fits = await world.alice.call('POST', path, undefined, { raw: wrap(524_288) });
    expect(fits.status, fits.text).toBe(201);
    const over = await world.alice.call('POST', path, undefined, { raw: wrap(524_289) });
    expectRefusal(over, 'payload_too_large');
    before = await snapshot(world);
  });

  test.each(['-1', 'abc', '1e3', '99999999999999999999999'])(
    'of the length %s is malformed',
    async (length) => {
      const socket = await RawSocket.connect(node.port);
      socket.write(head(`Content-Length: ${length}`));
      expect([400, 413]).toContain((await socket.http()).status);
      socket.drop();
    },
  );
});

describe('HTTP that is none', () => {
  test.each([
    ['noise', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n'],
    ['words', 'HELLO PARLEY\r\n\r\n'],
    ['another version', 'GET / HTTP/9.9\r\n\r\n'],
    ['a header without a colon', 'GET / HTTP/1.1\r\nHost x\r\n\r\n'],
    ['a NUL in a header', 'GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n'],
    [
      'length and chunks at once',
      'POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\n0\r\n\r\n',
    ],
    [
      'two lengths',
      'POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\nContent-Type: application/json\r\n\r\n{}x',
    ],
  ])('%s is answered with 400 or hung up on', async (_, bytes) => {
    const socket = await RawSocket.connect(node.port);
    socket.write(Buffer.from(bytes, 'latin1'));
    const said = await socket.ended();
    if (said !== '') expect(said).toMatch(/^HTTP\/1\.[01] (400|505) /);
  });

  test('requests in a row on one connection are answered in a row', async () => {
    const socket = await RawSocket.connect(node.port);
    const ask = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
    socket.write(ask('/health') + ask('/api/v1/chats') + ask('/health'));
    expect((await socket.http()).status).toBe(200);
    expect((await socket.http()).status).toBe(401);
    expect((await socket.http()).status).toBe(200);
    socket.drop();
  });
});

describe('A frame that is not a request', () => {
  test.each([
    ['broken JSON', '{"id":1,'],
    ['words', 'hello'],
    ['a list', '[]'],
    ['a list of requests', '[{"id":1,"op":"sync","data":{}}]'],
    ['null', 'null'],
    ['a number', '7'],
    ['no id', '{"op":"sync","data":{}}'],
    ['no op', '{"id":1,"data":{}}'],
    ['an id that is a string', '{"id":"1","op":"sync","data":{}}'],
    ['a negative id', '{"id":-1,"op":"sync","data":{}}'],
    ['a broken id', '{"id":1.5,"op":"sync","data":{}}'],
    ['an id above 2^53', '{"id":9007199254740993,"op":"sync","data":{}}'],
    ['an empty op', '{"id":1,"op":"","data":{}}'],
    ['an op that is a number', '{"id":1,"op":7,"data":{}}'],
    ['two objects', '{"id":1,"op":"sync"}{"id":2,"op":"sync"}'],
    ['a hundred thousand open lists', '['.repeat(100_000)],
  ])('%s closes the connection with 4400', async (_, text) => {
    const socket = await world.alice.connect();
    socket.send(text);
    expect((await socket.closed()).code).toBe(4400);
  });

  test.each([
    ['data that is a list', { data: [] }],
    ['data that is a string', { data: 'x' }],
    ['data that is null', { data: null }],
  ])('%s is refused in a reply', async (_, more) => {
    const socket = await world.alice.connect();
    socket.send(JSON.stringify({ id: 5, op: 'message:send', ...more }));
    const reply = await socket.reply(5);
    expectError(reply.error, 'malformed_request');
    await socket.close();
  });

  test.each(['nonsense', 'message:sent', 'Message:Send', 'auth:verify', '__proto__'])(
    'the operation %j is unknown, which is only a reply',
    async (op) => {
      const socket = await world.alice.connect();
      expectError(await socket.refusal(op), 'unknown_operation');
      expect((await socket.ask('user:profile')).id).toBe(world.alice.id);
      await socket.close();
    },
  );

  test('a content beyond the limit of JSON is refused and the connection goes on', async () => {
    const socket = await world.alice.connect();
    const data = { chatId: world.direct.id, content: 'x'.repeat(300_000), clientMessageId: 'big' };
    const error = await socket.refusal('message:send', data);
    expectError(error, 'message_too_long', 'payload_too_large');
    expect(ERRORS[error.code as Code][1]).toBe('ValidationError');
    await socket.close();
  });
});

test('Nothing of all this was stored', async () => {
  expect(await snapshot(world)).toEqual(before);
});
