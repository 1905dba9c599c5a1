// That engines start, stop, die and come back as the other suites assume.
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
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

  test('say what is wrong in words', async () => {
    await engines.down('nginx');
    await expect(engines.up(['nginx'])).rejects.toThrow('PARLEY_NGINX_NODES');
    await expect(engines.up(['nginx'], { PARLEY_NGINX_NODES: 'no;such' })).rejects.toThrow(
      'it did not start; the end of its log',
    );
    await engines.down('nginx');
  });
});
