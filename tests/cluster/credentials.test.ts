// Engines that are named wrongly. What cannot be right is refused before anything starts; what a
// person can put right elsewhere is waited for, said without the password, and needs no restart.
import { randomBytes } from 'node:crypto';
import { afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { parley } from '../harness/cli.ts';
import { isReady } from '../harness/cluster.ts';
import { eventually } from '../harness/deadline.ts';
import { Engines, type EngineUrls } from '../harness/engines.ts';
import { ParleyNode } from '../harness/node.ts';
import { freePort } from '../harness/ports.ts';
import { directChat, signUp } from '../harness/users.ts';

const WRONG = 'Hush-wrong-1';
const SECRETS = [`--token-secret=${'t'.repeat(48)}`, `--cluster-secret=${'c'.repeat(48)}`];

const engines = new Engines(inject('engines'));
let urls: EngineUrls;
let node: ParleyNode | undefined;

beforeAll(async () => {
  await engines.up();
  urls = await engines.fresh();
});

afterEach(async () => {
  await node?.dispose();
  node = undefined;
});

async function launched(args: string[]): Promise<ParleyNode> {
  const its = new ParleyNode({ port: await freePort(), args: [...SECRETS, ...args] });
  node = its;
  its.launch().catch(() => undefined);
  await eventually('the port is taken', () => its.get('/health'));
  return its;
}

// Waits until /ready says so of a part; gives the status.
async function says(of: ParleyNode, part: string, what: RegExp): Promise<number> {
  const { status } = await eventually(
    `/ready says ${what} of ${part}`,
    async () => {
      const ready = await of.get('/ready');
      if (!what.test(ready.body.parts[part])) throw new Error(ready.text);
      return ready;
    },
    60_000,
  );
  return status;
}

function keepsItSecret(of: ParleyNode): void {
  expect(JSON.stringify([of.logs, of.unparsed])).not.toContain(WRONG);
}

async function works(of: ParleyNode, pid: number): Promise<void> {
  await isReady(of);
  const [ann, bo] = [await signUp(of, 'ann'), await signUp(of, 'bo')];
  await ann.send((await directChat(ann, bo)).id, 'hello');
  expect(of.pid).toBe(pid);
  keepsItSecret(of);
}

const withUser = (url: string, user: string, password: string) =>
  url.replace(/\/\/[^@]*@/, `//${user}:${password}@`);

describe('A URL that cannot be read is refused with a sentence', () => {
  test.each([
    ['storage', `postgres://app:${WRONG}@host:54x32/parley`, /storage: .*host or port/],
    ['storage', `postgres://app:${WRONG}/x@host/parley`, /storage: .*percent-encode/],
    ['storage', `postgres://app:a@${WRONG}@host/parley`, /storage: .*percent-encode/],
    ['storage', `mysql://app:${WRONG}@host/parley`, /storage must be a URL/],
    ['redis', `redis://:${WRONG}@host:port`, /redis: the URL of Redis/],
    ['redis', `http://:${WRONG}@host`, /redis: the URL of Redis/],
    ['rabbitmq', `amqp://app:${WRONG}@host:port/`, /rabbitmq: the URL of RabbitMQ/],
    ['rabbitmq', `amqp://app:${WRONG}%zz@host/`, /rabbitmq: the URL of RabbitMQ/],
  ])('%s %s', async (option, url, sentence) => {
    const other = option === 'storage' ? {} : { PARLEY_STORAGE: 'postgres://host/parley' };
    const env = { ...other, [`PARLEY_${option.toUpperCase()}`]: url };
    for (const command of ['serve', 'check-config']) {
      const ran = await parley([command, '--listen=127.0.0.1:0', ...SECRETS], env);
      expect(ran.code, command).toBe(2);
      expect(ran.stderr).toMatch(sentence);
      expect(ran.stderr + ran.stdout).not.toContain(WRONG);
      expect(ran.stderr.trim().split('\n')).toHaveLength(1);
    }
  });
});

describe('PostgreSQL', () => {
  const role = `late_${randomBytes(4).toString('hex')}`;

  test('with a wrong password is waited for, and goes with the password, too', async () => {
    await engines.sql(`CREATE ROLE ${role} LOGIN PASSWORD 'another'`);
    await engines.sql(`CREATE DATABASE ${role} OWNER ${role}`);
    const url = withUser(urls.postgres, role, WRONG).replace(/[^/]*$/, role);
    const its = await launched([`--storage=${url}`]);
    const { pid } = its;
    expect(await says(its, 'store', /password authentication failed/)).toBe(503);
    await engines.sql(`ALTER ROLE ${role} PASSWORD '${WRONG}'`);
    await works(its, pid);

    // The same while it runs: the password changes, and its connections are ended.
    await engines.sql(`ALTER ROLE ${role} PASSWORD 'changed'`);
    const theirs = `FROM pg_stat_activity WHERE usename = '${role}'`;
    await engines.sql(`SELECT pg_terminate_backend(pid) ${theirs}`);
    expect(await says(its, 'store', /password authentication failed/)).toBe(503);
    await engines.sql(`ALTER ROLE ${role} PASSWORD '${WRONG}'`);
    await works(its, pid);
  });

  test('without the database is waited for until somebody makes it', async () => {
    const name = `later_${randomBytes(4).toString('hex')}`;
    const its = await launched([`--storage=${urls.postgres.replace(/[^/]*$/, name)}`]);
    const { pid } = its;
    expect(await says(its, 'store', /database "later_.*" does not exist/)).toBe(503);
    await engines.sql(`CREATE DATABASE ${name}`);
    await works(its, pid);
  });

  test('at a host nobody knows is named as such', async () => {
    const its = await launched([`--storage=postgres://app:${WRONG}@nowhere.invalid:5432/x`]);
    expect(await says(its, 'store', /nowhere\.invalid/)).toBe(503);
    keepsItSecret(its);
  });
});

describe('Redis', () => {
  const args = (url: string) => [`--storage=${urls.postgres}`, `--redis=${url}`, '--node-id=3'];

  test('with a wrong password is waited for, until it is the right one', async () => {
    const its = await launched(args(urls.redis.replace(/\/\/[^@]*@/, `//:${WRONG}@`)));
    const { pid } = its;
    expect(await says(its, 'nodes', /WRONGPASS/)).toBe(503);
    await engines.redis('CONFIG', 'SET', 'requirepass', WRONG);
    try {
      await works(its, pid);
    } finally {
      await engines.redis(
        '--pass',
        WRONG,
        '--no-auth-warning',
        'CONFIG',
        'SET',
        'requirepass',
        'secret',
      );
    }
    // Who is known stays; who comes anew is not, and it is degraded, not gone.
    await engines.redis('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    expect(await says(its, 'nodes', /^degraded/)).toBe(200);
    await engines.redis('CONFIG', 'SET', 'requirepass', WRONG);
    try {
      expect(await says(its, 'nodes', /^ok$/)).toBe(200);
    } finally {
      await engines.redis(
        '--pass',
        WRONG,
        '--no-auth-warning',
        'CONFIG',
        'SET',
        'requirepass',
        'secret',
      );
    }
    keepsItSecret(its);
  });

  test('at a host nobody knows is named as such', async () => {
    const its = await launched(args(`redis://:${WRONG}@nowhere.invalid:6379`));
    expect(await says(its, 'nodes', /nowhere\.invalid/)).toBe(503);
    keepsItSecret(its);
  });
});

describe('RabbitMQ', () => {
  const user = `late_${randomBytes(4).toString('hex')}`;
  const binary = (text: string) => `<<"${text}">>`;
  const setPassword = (password: string) =>
    engines.rabbit(
      `rabbit_auth_backend_internal:change_password(${binary(user)}, ${binary(password)}, <<"app">>)`,
    );

  test('with a wrong password is asked again, while people chat', async () => {
    const vhost = new URL(urls.rabbitmq).pathname.slice(1);
    await engines.rabbit(
      `begin rabbit_auth_backend_internal:add_user(${binary(user)}, <<"another">>, <<"app">>), ` +
        `rabbit_auth_backend_internal:set_permissions(${binary(user)}, ${binary(vhost)}, ` +
        '<<".*">>, <<".*">>, <<".*">>, <<"app">>) end',
    );
    const its = await launched([`--rabbitmq=${withUser(urls.rabbitmq, user, WRONG)}`]);
    const { pid } = its;
    expect(await says(its, 'rabbitmq', /^degraded: .*ACCESS_REFUSED.*waits in the store/)).toBe(
      200,
    );
    await works(its, pid);
    await setPassword(WRONG);
    expect(await says(its, 'rabbitmq', /^ok$/)).toBe(200);
    const away = its.logs.filter((line) => line.event === 'RabbitMQ is away');
    expect(away.length).toBeGreaterThan(0);
    expect(away.length).toBeLessThan(6); // by each of two connections, not for every try
    keepsItSecret(its);
  });

  test('without the virtual host, or at a host nobody knows, is named as such', async () => {
    const its = await launched([`--rabbitmq=${urls.rabbitmq}_not`]);
    expect(await says(its, 'rabbitmq', /vhost .*_not not found/)).toBe(200);
    await its.dispose();
    const lost = await launched([`--rabbitmq=amqp://app:${WRONG}@nowhere.invalid:5672/`]);
    expect(await says(lost, 'rabbitmq', /nowhere\.invalid.*there is no such host/)).toBe(200);
    keepsItSecret(lost);
  });
});
