import { expect, test } from 'vitest';
import type { Message } from '../protocol';
import { message } from '../state/make.test-values';
import { systemText } from './names';
import '../ui/texts';

const PEOPLE = {
  me: { username: 'me', displayName: 'Mine' },
  bob: { username: 'bob', displayName: 'Bob Kahn' },
  eve: { username: 'eve', displayName: '' },
};

const say = (senderId: string, change: Partial<Message>) =>
  systemText(message(1, senderId, { kind: 'membership', ...change }), PEOPLE, 'me');

test.each([
  ['bob', { action: 'created', userIds: ['bob', 'me'] }, 'Bob Kahn created the group'],
  ['me', { action: 'created', userIds: ['me', 'bob'] }, 'You created the group'],
  ['bob', { action: 'added', userIds: ['me', 'eve'] }, 'Bob Kahn added you and eve'],
  ['me', { action: 'removed', userIds: ['bob'] }, 'You removed Bob Kahn'],
  ['bob', { action: 'removed', userIds: ['bob'] }, 'Bob Kahn left'],
  ['stranger', { action: 'left', userIds: ['stranger'] }, 'Someone left'],
  ['bob', { action: 'role', userIds: ['me'], role: 'admin' }, 'Bob Kahn made you admin'],
] as const)('%s: %o', (senderId, membership, text) => {
  expect(say(senderId, { membership: { ...membership, userIds: [...membership.userIds] } })).toBe(
    text,
  );
});

test('a new name is told, and taken literally', () => {
  const settings = { name: '<b>{{actor}}</b>' };
  expect(say('me', { kind: 'settings', settings })).toBe('You named the group “<b>{{actor}}</b>”');
});
