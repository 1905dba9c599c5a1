import 'fake-indexeddb/auto';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Message } from '../protocol';
import { eventually } from '../state/eventually.test-values';
import { Failure } from '../state/failure';
import { Database } from './database';
import { Outbox, type OutboxOwner } from './outbox';

let database: Database;
let outbox: Outbox;
let ready: boolean;
let accepted: Message[];
const send = vi.fn<OutboxOwner['send']>();
let seq: number;

const owner = (): OutboxOwner => ({
  canSend: () => ready,
  send,
  myId: () => 'me',
  onAccepted: async (message) => {
    accepted.push(message);
  },
  onChange: () => undefined,
});

const kept = () => database.outbox.toArray();
const contents = () => send.mock.calls.map(([request]) => request.content);

beforeEach(() => {
  database = new Database(`outbox-${Math.random()}`);
  outbox = new Outbox(database, owner());
  ready = true;
  accepted = [];
  seq = 0;
  send.mockReset();
  send.mockImplementation(async () => ({ id: `m${++seq}`, seq, createdAt: '' }));
});

afterEach(() => {
  outbox.stop();
  database.close();
});

describe('a message', () => {
  test('is kept before it is sent and until it is accepted', async () => {
    let keptWhileSending = 0;
    send.mockImplementationOnce(async () => {
      keptWhileSending = (await kept()).length;
      return { id: 'm1', seq: 1, createdAt: '' };
    });
    await outbox.add('c1', 'hello');
    await eventually(async () => expect(await kept()).toEqual([]));
    expect(keptWhileSending).toBe(1);
    expect(accepted).toMatchObject([{ seq: 1, content: 'hello', senderId: 'me', kind: 'message' }]);
  });

  test('written without a connection waits for one', async () => {
    ready = false;
    await outbox.add('c1', 'hello');
    expect(send).not.toHaveBeenCalled();
    ready = true;
    outbox.pump();
    await eventually(async () => expect(await kept()).toEqual([]));
  });

  test('left by a page that was closed is sent by the next, under the same id', async () => {
    ready = false;
    await outbox.add('c1', 'hello');
    const before = (await kept())[0]?.clientMessageId;
    ready = true;
    new Outbox(database, owner()).pump();
    await eventually(() => expect(send).toHaveBeenCalledOnce());
    expect(send.mock.calls[0]?.[0].clientMessageId).toBe(before);
  });

  test('whose answer was lost is sent again under the same id', async () => {
    send.mockRejectedValueOnce(new Failure('unreachable'));
    await outbox.add('c1', 'hello');
    await eventually(async () => expect(await kept()).toEqual([]));
    const [first, second] = send.mock.calls.map(([request]) => request.clientMessageId);
    expect(second).toBe(first);
  });

  test('that is refused for good stays, is not sent again, and can be retried or discarded', async () => {
    send.mockRejectedValueOnce(new Failure('message_too_long'));
    await outbox.add('c1', 'long');
    await eventually(async () => expect((await kept())[0]?.refusal).toBe('message_too_long'));
    outbox.pump();
    await outbox.add('c1', 'next');
    await eventually(() => expect(accepted).toHaveLength(1));
    expect(contents()).toEqual(['long', 'next']);

    const id = (await kept())[0]?.clientMessageId ?? '';
    send.mockRejectedValueOnce(new Failure('message_too_long'));
    await outbox.resend(id);
    await eventually(() => expect(contents()).toEqual(['long', 'next', 'long']));
    await outbox.discard(id);
    expect(await kept()).toEqual([]);
  });
});

describe('several messages', () => {
  test('of one chat leave in order, each after the answer to the one before', async () => {
    ready = false;
    for (const text of ['1', '2', '3', '4']) await outbox.add('c1', text);
    let underWay = 0;
    send.mockImplementation(async () => {
      expect(++underWay).toBe(1);
      await new Promise((resolve) => setTimeout(resolve, 1));
      underWay -= 1;
      return { id: `m${++seq}`, seq, createdAt: '' };
    });
    ready = true;
    outbox.pump();
    await eventually(async () => expect(await kept()).toEqual([]));
    expect(contents()).toEqual(['1', '2', '3', '4']);
  });

  test('are sent by one tab at a time, each once', async () => {
    ready = false;
    for (const text of ['1', '2', '3']) await outbox.add('c1', text);
    ready = true;
    const other = new Outbox(database, owner());
    outbox.pump();
    other.pump();
    await eventually(async () => expect(await kept()).toEqual([]));
    expect(contents()).toEqual(['1', '2', '3']);
  });
});
