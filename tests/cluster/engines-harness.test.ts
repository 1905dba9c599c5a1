// That engines start, stop, die and come back as the other suites assume.
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { eventually } from '../harness/deadline.ts';
import { Engines } from '../harness/engines.ts';

let engines: Engines;

beforeAll(async () => {
  engines = await new Engines(inject('engines')).up();
});

afterAll(async () => {
  await engines.up();
});

describe('The engines', () => {
  test('keep their port and what they have to keep when their plug is pulled', async () => {
    const { postgres } = await engines.fresh();
    const port = engines.port('postgres');
    await engines.sql('CREATE TABLE kept (x int); INSERT INTO kept VALUES (7)', postgres);
    await engines.kill('postgres');
    await expect(engines.sql('SELECT 1', postgres)).rejects.toThrow('refused');
    await engines.up(['postgres']);
    expect(engines.port('postgres')).toBe(port);
    expect(await engines.sql('SELECT x FROM kept', postgres)).toBe('7');
  });

  test('lose what is in Redis with it', async () => {
    await engines.redis('SET', 'a', 'b');
    await engines.restart('redis');
    expect(await engines.redis('GET', 'a')).toBe('');
  });

  test('give every suite a database, a virtual host and an empty Redis', async () => {
    await engines.redis('SET', 'a', 'b');
    const one = await engines.fresh();
    const two = await engines.fresh();
    expect(one.postgres).not.toBe(two.postgres);
    expect(one.rabbitmq).not.toBe(two.rabbitmq);
    expect(await engines.redis('DBSIZE')).toBe('0');
    expect(await engines.sql('SELECT current_database()', one.postgres)).toBe(
      one.postgres.split('/').at(-1),
    );
    const hosts = await engines.rabbit('[binary_to_list(X) || X <- rabbit_vhost:list_names()]');
    expect(hosts).toContain(one.rabbitmq.split('/').at(-1));
    await expect(engines.rabbit('no_such:thing()')).rejects.toThrow('RabbitMQ said');
  });

  test('have a replica that follows, only reads, and keeps what it has', async () => {
    const { postgres } = await engines.fresh();
    await engines.sql('CREATE TABLE kept (x int)', postgres);
    await engines.up(['replica']);
    const replica = engines.readUrl('replica', postgres);
    await engines.sql('INSERT INTO kept VALUES (7)', postgres);
    const rows = () =>
      engines.sql('SELECT string_agg(x::text, $$,$$ ORDER BY x) FROM kept', replica);
    await eventually('it follows', async () => (await rows()) === '7');
    await expect(engines.sql('INSERT INTO kept VALUES (8)', replica)).rejects.toThrow('read-only');
    await engines.kill('replica');
    await engines.sql('INSERT INTO kept VALUES (9)', postgres);
    await engines.up(['replica']);
    await eventually('it goes on', async () => (await rows()) === '7,9');
    await engines.down('replica');
    expect(() => engines.url('replica')).toThrow('never started');
  });

  test('say what is wrong in words', async () => {
    await engines.down('nginx');
    await expect(engines.up(['nginx'])).rejects.toThrow('PARLEY_NGINX_NODES');
    await expect(engines.up(['nginx'], { PARLEY_NGINX_NODES: 'no;such' })).rejects.toThrow(
      'it did not start; the end of its log',
    );
    await engines.down('nginx');
  });
});
