import { beforeEach, describe, expect, test } from 'vitest';
import {
  chatsDescribed,
  entryHeard,
  iRead,
  participantsRead,
  receiptHeard,
  stretchRead,
} from './apply';
import { chat, message, messages, participant, profile } from './make.test-values';
import { createParley, EMPTY, type Store } from './store';

let store: Store;

const receipt = (userId: string, seq: number) => ({ chatId: 'c1', userId, seq, at: '' });
const current = () => store.getState().chats.c1;

beforeEach(() => {
  store = createParley();
  store.setState({ ...EMPTY, phase: 'signed-in', me: profile('me') });
});

describe('a direct chat', () => {
  beforeEach(() => store.setState((state) => chatsDescribed(state, [chat({ lastSeq: 3 })])));

  test('its peer moves the ticks, in any order', () => {
    store.setState((state) => receiptHeard(state, 'read', receipt('bob', 3)));
    store.setState((state) => receiptHeard(state, 'delivered', receipt('bob', 2)));
    expect(current()).toMatchObject({ minReadSeq: 3, minDeliveredSeq: 3 });
  });

  test('who answers has read what came before', () => {
    store.setState((state) => entryHeard(state, message(4, 'me')));
    store.setState((state) => entryHeard(state, message(5, 'bob')));
    expect(current()).toMatchObject({ minReadSeq: 5, minDeliveredSeq: 5 });
  });

  test('my reading on another device clears the badge here', () => {
    store.setState((state) => entryHeard(state, message(4)));
    expect(current()?.unreadCount).toBe(1);
    store.setState((state) => receiptHeard(state, 'read', receipt('me', 4)));
    expect(current()).toMatchObject({ unreadCount: 0, readSeq: 4 });
  });

  test('knows its peer by name', () => {
    expect(store.getState().people.bob?.displayName).toBe('Bob Kahn');
  });

  test('a message ends the typing of its sender', () => {
    store.setState({ typists: { c1: { bob: Number.MAX_SAFE_INTEGER } } });
    store.setState((state) => entryHeard(state, message(4)));
    expect(store.getState().typists.c1).toEqual({});
  });
});

describe('a group', () => {
  beforeEach(() => {
    const described = chat({ type: 'group', lastSeq: 5, minDeliveredSeq: 2, minReadSeq: 1 });
    store.setState((state) => chatsDescribed(state, [described]));
  });

  test('its ticks move with the last of its participants', () => {
    const all = [participant('me'), participant('bob', { deliveredSeq: 5 }), participant('eve')];
    store.setState((state) => participantsRead(state, 'c1', all));
    store.setState((state) => receiptHeard(state, 'read', receipt('bob', 5)));
    expect(current()).toMatchObject({ minDeliveredSeq: 2, minReadSeq: 1 });
    store.setState((state) => receiptHeard(state, 'read', receipt('eve', 5)));
    expect(current()).toMatchObject({ minDeliveredSeq: 5, minReadSeq: 5, participantCount: 3 });
  });

  test('one receipt alone says nothing while its participants are not known', () => {
    store.setState((state) => receiptHeard(state, 'read', receipt('bob', 5)));
    expect(current()).toMatchObject({ minDeliveredSeq: 2, minReadSeq: 1 });
  });

  test('a settings entry renames it', () => {
    const entry = message(6, 'bob', { kind: 'settings', settings: { name: 'New name' } });
    store.setState((state) => entryHeard(state, entry));
    expect(current()).toMatchObject({ name: 'New name', lastSeq: 6, unreadCount: 0 });
  });
});

test('reading in a chat that is not known changes nothing', () => {
  expect(iRead(store.getState(), 'c9', 4)).toEqual({});
});

test('stretches of a log meet in the middle', () => {
  const stretch = (from: number, to: number) => ({
    entries: messages(from, to),
    from,
    to,
    complete: false,
  });
  store.setState((state) => stretchRead(state, 'c1', stretch(10, 20)));
  store.setState((state) => stretchRead(state, 'c1', stretch(1, 9)));
  expect(store.getState().logs.c1).toMatchObject({ from: 1, to: 20 });
});
