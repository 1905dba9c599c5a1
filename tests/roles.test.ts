// What a node says to roles and peers that do not go together, and that a node without a secret
// takes nothing from others.
import { describe, expect, test } from 'vitest';
import { parley } from './harness/cli.ts';
import { expectRefusal } from './harness/errors.ts';
import { read } from './harness/rest.ts';
import { eventually, useNode } from './harness.ts';

const node = useNode();

const STORAGE = '--storage=postgres://parley@127.0.0.1:5432/parley';
const CLUSTER = `--cluster-secret=${'c'.repeat(32)}`;
const TOKEN = `--token-secret=${'t'.repeat(32)}`;
const PEERS = ['user', 'chat', 'notification'].map((role) => `${role}=http://127.0.0.1:8081`);
const ALL = [STORAGE, CLUSTER, TOKEN];

async function complaint(...args: string[]): Promise<string> {
  const { code, stderr } = await parley(['check-config', ...args]);
  expect(code, stderr).toBe(2);
  return stderr;
}

describe('A node with some of the roles', () => {
  test('is right with all that nodes share', async () => {
    for (const args of [
      ['--roles=chat', ...ALL],
      ['--roles=processor,notification', ...ALL],
      ['--roles=gateway', ...ALL, `--peers=${PEERS.join(',')}`],
      ['--roles=gateway,user,chat', ...ALL, `--peers=${PEERS[2]}`],
      ['--roles=gateway', ...ALL, '--redis=redis://127.0.0.1:6379/0'],
      ['--roles=gateway,user,chat,processor,notification'],
    ]) {
      const { code, stderr } = await parley(['check-config', ...args]);
      expect([args, code, stderr]).toEqual([args, 0, '']);
    }
  });

  test('is told what it lacks', async () => {
    for (const lacking of ALL) {
      const option = /--([a-z-]+)/.exec(lacking)?.[1] ?? '';
      const rest = ALL.filter((o) => o !== lacking);
      expect(await complaint('--roles=chat', ...rest)).toContain(option);
    }
    expect(await complaint('--roles=gateway', ...ALL)).toContain('the role user');
    const some = `--peers=${PEERS[0]},${PEERS[1]}`;
    expect(await complaint('--roles=gateway', ...ALL, some)).toContain('the role notification');
    expect(await complaint('--roles=waiter')).toContain('roles');
  });
});

describe('Peers', () => {
  test('are roles and addresses', async () => {
    for (const wrong of [
      'http://127.0.0.1:8081',
      'user',
      'user=',
      'waiter=http://127.0.0.1:8081',
      'user=https://127.0.0.1:8081',
      'user=http://127.0.0.1',
      'user=http://127.0.0.1:0',
      'user=http://127.0.0.1:8081/path',
    ])
      expect(await complaint(CLUSTER, `--peers=${wrong}`)).toContain(`peers: '${wrong}'`);
    expect(await complaint('--peers=user=http://127.0.0.1:8081')).toContain('cluster-secret');
  });
});

describe('A node without a cluster-secret', () => {
  test('takes nothing from others, and says so', async () => {
    for (const header of ['', 'v1 e30.AAAA']) {
      const answer = await fetch(`${node.url}/internal/v1/operations/message:send`, {
        method: 'POST',
        headers: { 'parley-cluster': header },
        body: '{}',
      });
      expect(answer.headers.get('parley-refused')).toBe('no_secret');
      expectRefusal(await read(answer), 'forbidden');
    }
    const huge = await fetch(`${node.url}/internal/v1/operations/message:send`, {
      method: 'POST',
      body: 'x'.repeat(2_000),
    });
    expectRefusal(await read(huge), 'payload_too_large');
    // Logged once a minute, however often it comes.
    const logged = () => node.logs.filter((l) => l.event === 'forwarded operation refused');
    await eventually('it is logged', () => logged().length > 0);
    const { text } = await node.get('/metrics');
    expect(text).toContain('parley_internal_requests_total{outcome="no_secret"} 2');
    expect(logged()).toHaveLength(1);
  });

  test('tells the health of every part', async () => {
    for (const part of ['auth', 'users', 'messaging', 'realtime']) {
      const { status, body } = await node.get(`/health/${part}`);
      expect([part, status, body]).toEqual([part, 200, { status: 'ok', nodes: 1, ready: 1 }]);
    }
    expectRefusal(await node.get('/health/everything'), 'route_not_found');
    const posted = await fetch(`${node.url}/health/auth`, { method: 'POST' });
    expectRefusal(await read(posted), 'method_not_allowed');
  });
});
