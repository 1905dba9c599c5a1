import { createHmac } from 'node:crypto';
import { copyFileSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parley } from './harness/cli.ts';
import { expectRefusal } from './harness/errors.ts';
import { eventually, freshId, ParleyNode, rest, signUp, useNode } from './harness.ts';

const node = useNode();
const keysOf = (data: string) => join(data, 'signing-keys');

function kidOf(token: string): string {
  const [header = ''] = token.split('.');
  return JSON.parse(Buffer.from(header, 'base64url').toString()).kid;
}

// What parley says of the keys: their names, the active one first.
async function list(data: string): Promise<string[]> {
  const ran = await parley(['keys', 'list', '--data', data]);
  expect(ran).toMatchObject({ code: 0, stderr: '' });
  return ran.stdout
    .trim()
    .split('\n')
    .map((line) => line.split(' ')[0] ?? '');
}

async function rotate(data: string): Promise<string> {
  const ran = await parley(['keys', 'rotate', '--data', data]);
  expect(ran).toMatchObject({ code: 0, stderr: '' });
  expect(ran.stdout).toMatch(/^[\w-]+ signs from now on\.\n$/);
  return ran.stdout.split(' ')[0] ?? '';
}

const works = async (token: string) =>
  (await rest(node.url, 'GET', '/users/profile', undefined, { token })).status === 200;

function forged(token: string, kid: string, key: string): string {
  const header = Buffer.from(JSON.stringify({ alg: 'HS256', kid, typ: 'JWT' }));
  const body = `${header.toString('base64url')}.${token.split('.')[1]}`;
  return `${body}.${createHmac('sha256', key).update(body).digest('base64url')}`;
}

describe('parley keys rotate, while the server runs', () => {
  test('makes a key that signs new tokens, and old ones work on', async () => {
    const alice = await signUp(node, 'alice');
    const old = alice.accessToken;
    const before = kidOf(old);
    expect(await list(node.data)).toEqual([before]);

    const made = await rotate(node.data);
    expect(made).not.toBe(before);
    expect(await list(node.data)).toEqual([made, before]);
    const fresh = await eventually('a token of the new key', async () => {
      const { accessToken } = await alice.signInAgain();
      return kidOf(accessToken) === made ? accessToken : undefined;
    });
    expect(await works(fresh)).toBe(true);
    expect(await works(old)).toBe(true);
    const read = await eventually('the log tells of it', () =>
      node.logs.find((line) => line.event === 'signing keys read' && line.active === made),
    );
    expect(read).toMatchObject({ level: 'info', keys: 2 });

    await node.restart();
    expect(await works(fresh)).toBe(true);
    expect(await works(old)).toBe(true);
  });

  test('leaves forgeries refused', async () => {
    const alice = await signUp(node, 'alice');
    const kids = [kidOf(alice.accessToken), 'config', '', '../../signing-keys', 'unknown'];
    for (const kid of kids)
      for (const key of ['', 'guess', kid]) {
        const token = forged(alice.accessToken, kid, key);
        expectRefusal(
          await rest(node.url, 'GET', '/users/profile', undefined, { token }),
          'unauthenticated',
        );
      }
  });

  test('keeps a broken file from doing harm', async () => {
    const alice = await signUp(node, 'alice');
    const file = keysOf(node.data);
    copyFileSync(file, `${file}.good`);
    writeFileSync(file, 'nonsense\n');
    await eventually('a line in the log', () =>
      node.logs.some((line) => line.event === 'signing keys not changed'),
    );
    expect(await works(alice.accessToken)).toBe(true);
    expect(await works((await alice.signInAgain()).accessToken)).toBe(true);
    const ran = await parley(['keys', 'rotate', '--data', node.data]);
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain('line 1 is no signing key');
    copyFileSync(`${file}.good`, file);
  });
});

describe('The file of the keys', () => {
  test('is for its owner alone, and no command shows its secrets', async () => {
    expect(statSync(keysOf(node.data)).mode & 0o777).toBe(0o600);
    await rotate(node.data);
    expect(statSync(keysOf(node.data)).mode & 0o777).toBe(0o600);
    const ran = await parley(['keys', 'list', '--data', node.data]);
    const lines = readFileSync(keysOf(node.data), 'utf8').trim().split('\n');
    const secrets = lines.filter((line) => !line.startsWith('#')).map((line) => line.split(' ')[2]);
    expect(secrets.length).toBeGreaterThan(1);
    for (const secret of secrets) expect(ran.stdout + ran.stderr).not.toContain(secret);
  });

  test('takes over the key of an earlier release', async () => {
    const earlier = new ParleyNode();
    const secret = 'k'.repeat(64);
    writeFileSync(join(earlier.data, 'token.key'), secret);
    try {
      await earlier.start();
      expect(existsSync(join(earlier.data, 'token.key'))).toBe(false);
      const alice = await signUp(earlier, 'alice');
      const own = forged(alice.accessToken, kidOf(alice.accessToken), secret);
      const answer = await rest(earlier.url, 'GET', '/users/profile', undefined, { token: own });
      expect(answer.status).toBe(200);
    } finally {
      await earlier.dispose();
    }
  });
});

test('parley keys refuses when it cannot help', async () => {
  const secret = 's'.repeat(32);
  const set = await parley(['keys', 'rotate', '--data', node.data], {
    PARLEY_TOKEN_SECRET: secret,
  });
  expect(set.code).toBe(1);
  expect(set.stderr).toContain('token-secret is set');
  const nowhere = await parley(['keys', 'list', '--data', `/nowhere/${freshId()}`]);
  expect(nowhere.code).toBe(1);
  expect(nowhere.stderr).toContain('There is no directory');
  expect((await parley(['keys'])).code).toBe(2);
  expect((await parley(['keys', 'melt'])).code).toBe(2);
});
