// Pictures of people: uploaded, drawn anew, fetched, removed.
import { request } from 'node:http';
import { deflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { expectRefusal } from './harness/errors.ts';
import { rest, signUp, type User, useNode } from './harness.ts';

// A PNG of one colour.
function png(width: number, height: number): Buffer {
  const crc = (bytes: Buffer) => {
    let sum = ~0;
    for (const byte of bytes) {
      sum ^= byte;
      for (let i = 0; i < 8; i++) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
    }
    return ~sum >>> 0;
  };
  const chunk = (name: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(name), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc(body));
    return Buffer.concat([length, body, sum]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2], 8); // 8 bits, RGB
  const row = Buffer.concat([Buffer.from([0]), Buffer.alloc(width * 3, 120)]);
  const data = deflateSync(Buffer.concat(Array(height).fill(row)));
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', data),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

describe('An avatar', () => {
  const node = useNode();

  async function put(user: User, bytes: Buffer, type = 'image/png') {
    const answer = await fetch(`${node.url}/api/v1/users/avatar`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${user.accessToken}`, 'content-type': type },
      body: new Uint8Array(bytes),
    });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, text, body: JSON.parse(text) };
  }
  // The status of an upload that is announced and not sent.
  function announce(user: User, length: number): Promise<number | undefined> {
    return new Promise((done, reject) => {
      const upload = request(`${node.url}/api/v1/users/avatar`, {
        method: 'PUT',
        headers: {
          authorization: `Bearer ${user.accessToken}`,
          'content-type': 'image/png',
          'content-length': length,
        },
      });
      upload.on('response', (response) => {
        done(response.statusCode);
        upload.destroy();
      });
      upload.on('error', reject);
      upload.flushHeaders();
    });
  }
  const get = (reader: User, path: string) =>
    fetch(`${node.url}/api/v1${path}`, {
      headers: { authorization: `Bearer ${reader.accessToken}` },
    });

  test('is drawn anew, shown to others and taken away again', async () => {
    const [alice, bob] = [await signUp(node, 'alice'), await signUp(node, 'bob')];
    const socket = await alice.connect();
    const { status, body } = await put(alice, png(500, 400));
    expect(status).toBe(200);
    expect(body.avatarId).toMatch(/^\d+$/);
    expect((await socket.until('user:updated', () => true)).avatarId).toBe(body.avatarId);

    const picture = await get(bob, `/users/${alice.id}/avatar?avatarId=${body.avatarId}`);
    expect(picture.status).toBe(200);
    expect(picture.headers.get('content-type')).toBe('image/webp');
    expect(picture.headers.get('x-content-type-options')).toBe('nosniff');
    expect(picture.headers.get('cache-control')).toBe('private, max-age=86400');
    const bytes = Buffer.from(await picture.arrayBuffer());
    expect(bytes.subarray(0, 4).toString()).toBe('RIFF');
    expect(bytes.subarray(8, 12).toString()).toBe('WEBP');
    const unnamed = await get(bob, `/users/${alice.id}/avatar`);
    expect(unnamed.headers.get('cache-control')).toBe('no-store');

    expect((await alice.delete('/users/avatar')).avatarId).toBeNull();
    expect((await get(bob, `/users/${alice.id}/avatar`)).status).toBe(404);
    await socket.close();
  });

  test.each([
    ['text', Buffer.from('hello')],
    ['nothing', Buffer.alloc(0)],
    ['half a picture', png(300, 300).subarray(0, 200)],
    ['a small file that claims to be huge', png(20_000, 2)],
    ['a program', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>')],
  ])('is refused when it is %s', async (_, bytes) => {
    const alice = await signUp(node, 'alice');
    const answer = await put(alice, bytes);
    expectRefusal(answer, 'invalid_image');
    expect((await alice.get('/users/profile')).avatarId).toBeNull();
  });

  test('is bounded in bytes, and other requests stay bounded as before', async () => {
    const alice = await signUp(node, 'alice');
    expect(await announce(alice, (4 << 20) + 1)).toBe(413);
    const { status } = await rest(node.url, 'PUT', '/users/profile', undefined, {
      token: alice.accessToken,
      raw: JSON.stringify({ about: 'x'.repeat(3 << 20) }),
    });
    expect(status).toBe(413);
  });

  test('cannot be asked for on a socket', async () => {
    const alice = await signUp(node, 'alice');
    const socket = await alice.connect();
    const refused = await socket.refusal('user:set-avatar', {});
    expect(refused.code).toBe('unknown_operation');
    await socket.close();
  });
});
