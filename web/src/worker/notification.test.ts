import { expect, test } from 'vitest';
import { addressOf, chatAskedAbout, chatToOpen, notificationOf } from './notification';

const payload = (told: object) => notificationOf(JSON.stringify(told));

test('a message with a preview is shown as it is told', () => {
  expect(
    payload({
      kind: 'message',
      badge: 3,
      chatId: 'c_1',
      seq: 7,
      tag: 'c_1',
      title: 'Ada',
      body: 'Hello',
    }),
  ).toEqual({
    title: 'Ada',
    body: 'Hello',
    tag: 'c_1',
    renotify: true,
    chatId: 'c_1',
    seq: 7,
    badge: 3,
  });
});

test('without a preview it says no more than that there is something', () => {
  expect(payload({ kind: 'message', badge: 0, chatId: 'c1', tag: 'c1' })).toMatchObject({
    title: 'Parley',
    body: 'New message',
    badge: 0,
  });
  expect(payload({ kind: 'test', badge: 1 })).toMatchObject({
    title: 'Parley',
    body: 'Test notification',
    chatId: undefined,
  });
});

test.each([
  ['nothing', undefined],
  ['no words', ''],
  ['no JSON', '{"kind":'],
  ['null', 'null'],
  ['a list', '["message"]'],
  ['a number', '7'],
  ['wrong types', '{"kind":1,"badge":"3","chatId":{},"tag":[],"title":9,"body":null}'],
  ['blanks', '{"title":"  ","body":"\\n","tag":" ","chatId":""}'],
])('junk still shows a notification: %s', (_, junk) => {
  expect(notificationOf(junk)).toEqual({
    title: 'Parley',
    body: 'New message',
    tag: undefined,
    // With no tag a browser would throw on it.
    renotify: false,
    chatId: undefined,
    seq: undefined,
    badge: undefined,
  });
});

test.each([-1, 1.5, 1e300])('%s is no count', (count) => {
  expect(payload({ badge: count, seq: count })).toMatchObject({ badge: undefined, seq: undefined });
});

test('words without end are cut', () => {
  const { title, body } = payload({ title: 'x'.repeat(5000), body: 'y'.repeat(5000) });
  expect([title.length, body.length]).toEqual([200, 1000]);
});

test('only an id becomes part of an address', () => {
  for (const chatId of ['../settings', '//elsewhere.example', 'a/b', 'a?b', 'x'.repeat(65)]) {
    expect(payload({ chatId }).chatId).toBeUndefined();
    expect(chatToOpen({ type: 'open-chat', chatId })).toBeNull();
  }
  expect(addressOf('c1')).toBe('/chats/c1');
  expect(addressOf(undefined)).toBe('/');
});

test('a window listens to what asks for a chat, and to nothing else', () => {
  expect(chatToOpen({ type: 'open-chat', chatId: 'c1' })).toBe('c1');
  for (const other of [null, undefined, 'open-chat', 3, {}, { type: 'close', chatId: 'c1' }])
    expect(chatToOpen(other)).toBeNull();
  expect(chatToOpen({ type: 'is-chat-shown', chatId: 'c1' })).toBeNull();
  expect(chatAskedAbout({ type: 'is-chat-shown', chatId: 'c1' })).toBe('c1');
  expect(chatAskedAbout({ type: 'is-chat-shown', chatId: '../c1' })).toBeNull();
});
