import { expect, test } from 'vitest';
import {
  heardTyping,
  stateOf,
  stillTyping,
  stoppedTyping,
  TYPING_LASTS_MS,
  wentOffline,
  wentOnline,
  withStatus,
  withWatched,
} from './presence';

const typing = (userId: string, is = true) => ({ chatId: 'c1', userId, typing: is });

test('somebody types until they stop', () => {
  let typists = heardTyping({}, typing('bob'), 0);
  expect(Object.keys(typists.c1 ?? {})).toEqual(['bob']);
  typists = heardTyping(typists, typing('bob', false), 10);
  expect(Object.keys(typists.c1 ?? {})).toEqual([]);
});

test('typing is forgotten when no word of its end arrives', () => {
  const typists = heardTyping(heardTyping({}, typing('bob'), 0), typing('eve'), 1_000);
  expect(stillTyping(typists, TYPING_LASTS_MS - 1)).toBe(typists);
  expect(Object.keys(stillTyping(typists, TYPING_LASTS_MS).c1 ?? {})).toEqual(['eve']);
  expect(stillTyping(typists, TYPING_LASTS_MS + 1_000)).toEqual({});
});

test('a message ends the typing of its sender only', () => {
  const typists = heardTyping(heardTyping({}, typing('bob'), 0), typing('eve'), 0);
  expect(Object.keys(stoppedTyping(typists, 'c1', 'bob').c1 ?? {})).toEqual(['eve']);
  expect(stoppedTyping(typists, 'other', 'bob')).toBe(typists);
});

const at = '2026-11-21T04:00:00.000Z';

test('going offline keeps when they were last seen', () => {
  const online = wentOnline({}, { userId: 'bob', state: 'busy', busyUntil: at });
  const presences = wentOffline(online, { userId: 'bob', lastSeenAt: at });
  expect(presences.bob).toEqual({
    online: false,
    state: 'offline',
    busyUntil: null,
    lastSeenAt: at,
  });
  expect(stateOf(presences.bob, 0)).toBe('offline');
  expect(stateOf(undefined, 0)).toBe('offline');
});

test('who is there is shown as they were told last', () => {
  let presences = wentOnline({}, { userId: 'bob' });
  expect(stateOf(presences.bob, 0)).toBe('online');
  for (const state of ['away', 'busy', 'online'] as const) {
    presences = wentOnline(presences, { userId: 'bob', state });
    expect(stateOf(presences.bob, 0)).toBe(state);
  }
});

test('busy is over when its time has come, though nobody said so', () => {
  const { bob } = wentOnline({}, { userId: 'bob', state: 'busy', busyUntil: at });
  expect(stateOf(bob, Date.parse(at) - 1)).toBe('busy');
  expect(stateOf(bob, Date.parse(at))).toBe('online');
  const { eve } = withStatus({}, { userId: 'eve', online: true, state: 'busy', lastSeenAt: at });
  expect(stateOf(eve, Number.MAX_SAFE_INTEGER)).toBe('busy');
  expect(eve?.lastSeenAt).toBe(at);
});

test('looking at a group tells who of its members is away or busy', () => {
  const before = wentOnline({}, { userId: 'eve', state: 'busy', busyUntil: at });
  const presences = withWatched(before, {
    online: ['bob', 'eve', 'cy'],
    away: ['bob'],
    busy: ['eve'],
  });
  expect(stateOf(presences.bob, 0)).toBe('away');
  expect(stateOf(presences.cy, 0)).toBe('online');
  expect(presences.eve?.busyUntil).toBe(at);
});
