import { expect, test } from 'vitest';
import {
  heardTyping,
  stillTyping,
  stoppedTyping,
  TYPING_LASTS_MS,
  wentOffline,
  wentOnline,
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

test('going offline keeps when they were last seen', () => {
  const at = '2026-11-21T04:00:00.000Z';
  const presences = wentOffline(wentOnline({}, 'bob'), { userId: 'bob', lastSeenAt: at });
  expect(presences.bob).toEqual({ online: false, lastSeenAt: at });
});
