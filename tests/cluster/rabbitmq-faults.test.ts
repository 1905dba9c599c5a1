// RabbitMQ without memory, without what was declared there, and with what nobody can read: people
// chat on, /ready says it, and everything arrives in the end.
import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { isReady } from '../harness/cluster.ts';
import { eventually, takesLess } from '../harness/deadline.ts';
import { Engines } from '../harness/engines.ts';
import { Mailbox } from '../harness/mailbox.ts';
import { ParleyNode } from '../harness/node.ts';
import { type Heard, RabbitQueue } from '../harness/rabbit-queue.ts';
import { directChat, signUp } from '../harness/users.ts';

const engines = new Engines(inject('engines'));
let mailbox: Mailbox;
let node: ParleyNode;
let vhost: string;
let rabbitmq: string;

beforeAll(async () => {
  await engines.up();
  mailbox = await Mailbox.start({ tls: 'none' });
  rabbitmq = (await engines.fresh()).rabbitmq;
  vhost = new URL(rabbitmq).pathname.slice(1);
  node = new ParleyNode({
    args: [...mailbox.settings, `--rabbitmq=${rabbitmq}`, '--publish-messages=all'],
  });
  await node.start(60_000);
  await isReady(node);
  await saysOfRabbit(/^ok$/);
});

afterEach(() => watermark('{absolute, "1GB"}'));

afterAll(async () => {
  await node?.dispose();
  await mailbox?.stop();
});

const watermark = (limit: string) =>
  engines.rabbit(`vm_memory_monitor:set_vm_memory_high_watermark(${limit})`);

const resource = (kind: 'queue' | 'exchange', name: string) =>
  `rabbit_misc:r(<<"${vhost}">>, ${kind}, <<"${name}">>)`;

// Waits until /ready, which never fails because of RabbitMQ, says so of it.
async function saysOfRabbit(what: RegExp): Promise<void> {
  await eventually(
    `/ready says ${what}`,
    async () => {
      const { status, body, text } = await node.get('/ready');
      if (status !== 200 || !what.test(body.parts.rabbitmq)) throw new Error(text);
      return true;
    },
    60_000,
  );
}

async function metric(line: string): Promise<number> {
  const { text } = await node.get('/metrics');
  const found = text.split('\n').find((l) => l.startsWith(line));
  return Number(found?.split(' ').at(-1));
}

const deadLetters = async () =>
  Number(
    /messages,\s*(\d+)/.exec(
      await engines.rabbit(
        `begin {ok, Q} = rabbit_amqqueue:lookup(${resource('queue', 'parley.dead')}), ` +
          'rabbit_amqqueue:info(Q, [messages]) end',
      ),
    )?.[1],
  );

async function chat() {
  const [ann, bo] = [await signUp(node, 'ann'), await signUp(node, 'bo')];
  const { id } = await directChat(ann, bo);
  return { send: (text: string) => ann.send(id, text), bo };
}

// The ids of the messages that `queue` is told of, when so many have come.
async function hear(queue: RabbitQueue, count: number): Promise<string[]> {
  const all: Heard[] = [];
  await eventually(
    `${count} events`,
    async () => {
      all.push(...(await queue.take()));
      return all.length >= count;
    },
    60_000,
  );
  return all.map((event) => (event.body.data as { messageId: string }).messageId);
}

describe('RabbitMQ', () => {
  test('low on memory takes nothing; messages are acknowledged, and all of it arrives later', async () => {
    const queue = await RabbitQueue.bound(
      engines,
      rabbitmq,
      [['message.events', 'message.sent']],
      'alarm',
    );
    const { send, bo } = await chat();
    await watermark('0.0001');
    const sent: string[] = [(await send('the first publish is told')).id];
    await saysOfRabbit(/^degraded: RabbitMQ takes nothing.*memory.*; work waits in the store$/);
    expect(await metric('parley_rabbitmq_up')).toBe(0);
    const socket = await bo.connect();
    for (let i = 0; i < 20; i++) {
      await takesLess(2_000, async () => {
        sent.push((await send(`number ${i}`)).id);
      });
    }
    await socket.until('message:receive', (m) => m.id === sent.at(-1));
    await signUp(node, 'carol', { email: 'carol@example.org' });
    await socket.close();
    const away = node.logs.filter((line) => line.event === 'RabbitMQ is away');
    expect(away.some((line) => /memory/.test(String(line.why)))).toBe(true);
    const { pid } = node;

    await watermark('{absolute, "1GB"}');
    await saysOfRabbit(/^ok$/);
    const heard = await hear(queue, sent.length);
    expect([...new Set(heard)]).toEqual(sent);
    expect((await mailbox.next('carol@example.org', 60_000)).subject).toContain('Verify');
    expect(node.pid).toBe(pid);
  });

  test('without an exchange that somebody deleted gets it again, and no work is lost', async () => {
    const exchanges = ['parley.work', 'message.events', 'user.events'];
    for (const name of exchanges)
      await engines.rabbit(
        `rabbit_exchange:delete(${resource('exchange', name)}, false, <<"app">>)`,
      );
    const { send } = await chat();
    await signUp(node, 'dora', { email: 'dora@example.org' });
    await send('nobody is bound to hear it');
    expect((await mailbox.next('dora@example.org', 60_000)).subject).toContain('Verify');
    expect(node.logs.some((line) => /no exchange/.test(String(line.why)))).toBe(true);
    await saysOfRabbit(/^ok$/);
    for (const name of exchanges)
      await eventually(`${name} is there`, async () =>
        /ok/.test(
          await engines.rabbit(`element(1, rabbit_exchange:lookup(${resource('exchange', name)}))`),
        ),
      );
    // Who binds anew hears again.
    const queue = await RabbitQueue.bound(
      engines,
      rabbitmq,
      [['message.events', 'message.sent']],
      'again',
    );
    const { id } = await send('and this is heard');
    expect(await hear(queue, 1)).toContain(id);
  });

  test('with garbage in its queues has dead letters, and the rest goes on', async () => {
    const before = await deadLetters();
    const kinds = ['mail', 'sms', 'push'];
    const garbage = [
      Buffer.alloc(0),
      randomBytes(64),
      Buffer.from('{"truncated":'),
      Buffer.from('{"id":"not a number","kind":[]}'),
      Buffer.from('null'),
    ];
    for (const kind of kinds)
      for (const bytes of garbage)
        await engines.rabbit(
          `rabbit_basic:publish(${resource('exchange', 'parley.work')}, <<"${kind}">>, [], ` +
            `base64:decode(<<"${bytes.toString('base64')}">>))`,
        );
    await signUp(node, 'emil', { email: 'emil@example.org' });
    await mailbox.next('emil@example.org', 60_000);
    const all = kinds.length * garbage.length;
    await eventually('dead letters', async () => (await deadLetters()) - before === all, 60_000);
    expect(await metric('parley_rabbitmq_jobs_total{outcome="dead"}')).toBeGreaterThanOrEqual(all);
    const lines = node.logs.filter((line) => line.event === 'a message is no job of ours');
    expect(new Set(lines.map((line) => line.queue))).toEqual(
      new Set(kinds.map((kind) => `parley.work.${kind}`)),
    );
    for (const line of lines) expect(String(line.why)).not.toBe('');
    await saysOfRabbit(/^ok$/);
  });
});
