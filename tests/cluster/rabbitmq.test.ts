// A node with RabbitMQ: work goes by its queues, other systems hear what happens, and without it
// people chat on and nothing is lost.
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { isReady } from '../harness/cluster.ts';
import { eventually } from '../harness/deadline.ts';
import { Engines } from '../harness/engines.ts';
import { Mailbox } from '../harness/mailbox.ts';
import { ParleyNode } from '../harness/node.ts';
import { type Heard, RabbitQueue } from '../harness/rabbit-queue.ts';
import type { Said } from '../harness/rest.ts';
import { directChat, PASSWORD, signUp, type User } from '../harness/users.ts';

const EVERYTHING: [string, string][] = [
  ['user.events', '#'],
  ['message.events', '#'],
];

const engines = new Engines(inject('engines'));
let mailbox: Mailbox;
let node: ParleyNode | undefined;

beforeAll(async () => {
  await engines.up();
  mailbox = await Mailbox.start({ tls: 'none' });
});

afterEach(async () => {
  await node?.dispose();
  node = undefined;
  await engines.up(['rabbitmq']);
});

afterAll(async () => {
  await mailbox.stop();
});

async function started(
  mode: string,
  on: 'SQLite' | 'PostgreSQL' = 'SQLite',
  further: string[] = [],
) {
  const urls = await engines.fresh();
  const storage = on === 'PostgreSQL' ? [`--storage=${urls.postgres}`] : [];
  const its = new ParleyNode({
    args: [
      ...storage,
      ...mailbox.settings,
      `--rabbitmq=${urls.rabbitmq}`,
      `--publish-messages=${mode}`,
      ...further,
    ],
  });
  node = its;
  await its.start(60_000);
  await isReady(its);
  await eventually('RabbitMQ is reached', async () => (await part(its)) === 'ok', 60_000);
  return { node: its, rabbitmq: urls.rabbitmq };
}

// What /ready says of RabbitMQ.
async function part(of: ParleyNode): Promise<string> {
  return JSON.parse((await of.get('/ready')).text).parts.rabbitmq;
}

async function metric(of: ParleyNode, line: string): Promise<number> {
  const { text } = await of.get('/metrics');
  return Number(
    text
      .split('\n')
      .find((l) => l.startsWith(line))
      ?.split(' ')
      .at(-1),
  );
}

// What arrives at `queue`, when so much has.
async function hear(queue: RabbitQueue, count: number): Promise<Heard[]> {
  const all: Heard[] = [];
  await eventually(
    `${count} events arrive`,
    async () => {
      all.push(...(await queue.take()));
      if (all.length < count) throw new Error(all.map((e) => e.routingKey).join(' '));
      return true;
    },
    60_000,
  );
  return all;
}

async function friends(of: ParleyNode): Promise<{ alice: User; bob: User; chatId: string }> {
  const [alice, bob] = [await signUp(of, 'alice'), await signUp(of, 'bob')];
  return { alice, bob, chatId: (await directChat(alice, bob)).id };
}

const keys = (events: Heard[]) => events.map((event) => event.routingKey);
const data = (events: Heard[], key: string) =>
  events.filter((event) => event.routingKey === key).map((event) => event.body.data);

describe('A node with RabbitMQ', () => {
  test('sends mails by the queue', async () => {
    const its = await started('none');
    await signUp(its.node, 'anna', { email: 'anna@example.org' });
    const mail = await mailbox.next('anna@example.org');
    expect(mail.subject).toBe('Verify your e-mail address');
    await eventually(
      'the mail is acked',
      async () => (await metric(its.node, 'parley_rabbitmq_deliveries_total{outcome="acked"}')) > 0,
    );
    expect(await metric(its.node, 'parley_jobs_relayed_total')).toBeGreaterThan(0);
    expect(await metric(its.node, 'parley_rabbitmq_up')).toBe(1);
  });

  test('tells of accounts in the documented form', async () => {
    const its = await started('none');
    const queue = await RabbitQueue.bound(engines, its.rabbitmq, [['user.events', 'user.*']]);
    const alice = await signUp(its.node, 'alice');
    await alice.put('/users/profile', { displayName: 'Alice', about: 'climbs' });
    await alice.post('/users/profile/delete', { password: PASSWORD });
    const events = await hear(queue, 3);
    expect(keys(events)).toEqual(['user.created', 'user.updated', 'user.deleted']);
    expect(events[1]).toEqual({
      exchange: 'user.events',
      routingKey: 'user.updated',
      messageId: expect.stringMatching(/^\d+$/),
      type: 'parley.user.updated',
      contentType: 'application/json',
      deliveryMode: 2,
      appId: 'parley',
      body: {
        id: events[1]?.messageId,
        event: 'user.updated',
        schema: 'parley.user.updated',
        version: 1,
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        data: { userId: alice.id, fields: ['displayName', 'about'] },
      },
    });
    expect(data(events, 'user.deleted')).toEqual([{ userId: alice.id }]);
  });

  test.each(['SQLite', 'PostgreSQL'] as const)(
    'tells of every message and mark in the mode all, on %s',
    async (store) => {
      const its = await started('all', store);
      const queue = await RabbitQueue.bound(engines, its.rabbitmq, [['message.events', '#']]);
      const { alice, bob, chatId } = await friends(its.node);
      const message: Said = await alice.send(chatId, 'the secret');
      await bob.post(`/chats/${chatId}/read`, { seq: message.seq });
      const events = await hear(queue, 3);
      expect(keys(events).sort()).toEqual(['message.delivered', 'message.read', 'message.sent']);
      expect(data(events, 'message.sent')).toEqual([
        {
          messageId: message.id,
          chatId,
          seq: message.seq,
          senderId: alice.id,
          type: 'text',
          awayUserIds: [],
        },
      ]);
      const mark = { chatId, userId: bob.id, seq: message.seq };
      expect(data(events, 'message.read')).toEqual([mark]);
      expect(data(events, 'message.delivered')).toEqual([mark]);
      expect(JSON.stringify(events)).not.toContain('secret');
    },
  );

  test('tells in the mode away of what somebody was not there to get, and of nothing else', async () => {
    const its = await started('away');
    const queue = await RabbitQueue.bound(engines, its.rabbitmq, [['message.events', '#']]);
    const { alice, bob, chatId } = await friends(its.node);
    const there = await bob.connect();
    const got: Said = await alice.send(chatId, 'one');
    await bob.post(`/chats/${chatId}/read`, { seq: got.seq });
    await there.close();
    const missed: Said = await alice.send(chatId, 'two');
    const [event, ...more] = await hear(queue, 1);
    expect(event?.routingKey).toBe('message.sent');
    expect(event?.body.data).toMatchObject({ messageId: missed.id, awayUserIds: [bob.id] });
    expect(more).toEqual([]);
  });

  test('tells of no message in the mode none', async () => {
    const its = await started('none');
    const queue = await RabbitQueue.bound(engines, its.rabbitmq, EVERYTHING);
    const { alice, bob, chatId } = await friends(its.node);
    const message: Said = await alice.send(chatId, 'hello');
    await bob.post(`/chats/${chatId}/read`, { seq: message.seq });
    await alice.put('/users/profile', { about: 'the last event' });
    expect(keys(await hear(queue, 3))).toEqual(['user.created', 'user.created', 'user.updated']);
  });

  test('keeps everything while RabbitMQ is away, and says so', async () => {
    const its = await started('all');
    const queue = await RabbitQueue.bound(engines, its.rabbitmq, [['message.events', '#']]);
    const { alice, chatId } = await friends(its.node);
    await engines.stop('rabbitmq');
    await eventually('/ready names RabbitMQ', async () =>
      /^degraded: .*; work waits in the store$/.test(await part(its.node)),
    );
    expect((await its.node.get('/ready')).status).toBe(200);
    const ids: string[] = [];
    for (let i = 0; i < 20; i++) ids.push((await alice.send(chatId, `message ${i}`)).id);
    await signUp(its.node, 'carol', { email: 'carol@example.org' });
    await engines.up(['rabbitmq']);
    const sent = data(await hear(queue, 20), 'message.sent') as { messageId: string }[];
    expect(sent.map((event) => event.messageId)).toEqual(ids);
    await mailbox.next('carol@example.org', 60_000);
    await eventually('RabbitMQ is well', async () => (await part(its.node)) === 'ok', 60_000);
  });

  test.each(['SQLite', 'PostgreSQL'] as const)(
    'drops the oldest events of too many while RabbitMQ is away, and no message, on %s',
    async (store) => {
      const its = await started('all', store, ['--outbox-limit=100']);
      const queue = await RabbitQueue.bound(engines, its.rabbitmq, [['message.events', '#']]);
      const { alice, bob, chatId } = await friends(its.node);
      await eventually(
        'the accounts are told of',
        async () => (await metric(its.node, 'parley_events_published_total')) === 2,
      );
      await engines.stop('rabbitmq');
      const ids: string[] = [];
      for (let i = 0; i < 130; i++) ids.push((await alice.send(chatId, `message ${i}`)).id);
      await eventually(
        'the oldest are dropped',
        async () => (await metric(its.node, 'parley_events_dropped_total')) === 30,
        60_000,
      );
      expect(await part(its.node)).toMatch(/more than 100 events wait, so the oldest are dropped/);
      expect((await its.node.get('/ready')).status).toBe(200);
      expect(await metric(its.node, 'parley_events_waiting')).toBe(100);
      const page = await bob.get(`/chats/${chatId}/messages?limit=100`);
      expect(page.messages.map((message: Said) => message.id)).toEqual(ids.slice(30));
      await engines.up(['rabbitmq']);
      const sent = data(await hear(queue, 100), 'message.sent') as { messageId: string }[];
      expect(sent.map((event) => event.messageId)).toEqual(ids.slice(30));
      await eventually('RabbitMQ is well', async () => (await part(its.node)) === 'ok', 60_000);
    },
  );

  test('says of an event which request it is of', async () => {
    const its = await started('all');
    const queue = await RabbitQueue.bound(engines, its.rabbitmq, EVERYTHING);
    const { alice, chatId } = await friends(its.node);
    const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
    const headers = { traceparent: `00-${trace}-00f067aa0ba902b7-01` };
    const message = { content: 'traced', clientMessageId: 'traced' };
    await alice.call('POST', `/chats/${chatId}/messages`, message, { headers });
    await alice.call('PUT', '/users/profile', { about: 'traced' }, { headers });
    await alice.send(chatId, 'not traced');
    const events = await hear(queue, 5);
    const traces = events.map((event) => [event.routingKey, event.body.traceparent]);
    const ours = expect.stringMatching(new RegExp(`^00-${trace}-[0-9a-f]{16}-01$`));
    expect(traces).toEqual([
      ['user.created', undefined],
      ['user.created', undefined],
      ['message.sent', ours],
      ['user.updated', ours],
      ['message.sent', undefined],
    ]);
  });

  test('tells nobody what people have read who hide it', async () => {
    const its = await started('all');
    const queue = await RabbitQueue.bound(engines, its.rabbitmq, [['message.events', '#']]);
    const { alice, bob, chatId } = await friends(its.node);
    await bob.put('/users/privacy', { readReceipts: false });
    const first: Said = await alice.send(chatId, 'one');
    await bob.post(`/chats/${chatId}/read`, { seq: first.seq });
    await bob.put('/users/privacy', { readReceipts: true });
    const second: Said = await alice.send(chatId, 'two');
    await bob.post(`/chats/${chatId}/read`, { seq: second.seq });
    const events = await hear(queue, 5);
    expect(data(events, 'message.delivered')).toHaveLength(2);
    expect(data(events, 'message.read')).toEqual([{ chatId, userId: bob.id, seq: second.seq }]);
  });

  test('tells who comes and goes, of those who let others know', async () => {
    const its = await started('none', 'SQLite', ['--publish-status=on']);
    const status: [string, string][] = [['user.events', 'user.status.changed']];
    const queue = await RabbitQueue.bound(engines, its.rabbitmq, status);
    const { alice, bob } = await friends(its.node);
    await bob.put('/users/privacy', { lastSeen: 'nobody' });
    const hidden = await bob.connect();
    const [one, two] = [await alice.connect(), await alice.connect()];
    const [came] = await hear(queue, 1);
    expect(came?.body.data).toEqual({ userId: alice.id, online: true, state: 'online' });
    await alice.put('/users/status', { availability: 'busy' });
    const [busy] = await hear(queue, 1);
    expect(busy?.body.data).toEqual({ userId: alice.id, online: true, state: 'busy' });
    await alice.put('/users/status', { availability: 'available' });
    await hear(queue, 1);
    for (const socket of [one, two]) await socket.ask('presence:away', { away: true });
    const [away] = await hear(queue, 1);
    expect(away?.body.data).toEqual({ userId: alice.id, online: true, state: 'away' });
    await Promise.all([one.close(), two.close(), hidden.close()]);
    const [went, ...more] = await hear(queue, 1);
    expect(went?.body.data).toEqual({
      userId: alice.id,
      online: false,
      state: 'offline',
      lastSeenAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    });
    expect(more).toEqual([]);
  });
});
