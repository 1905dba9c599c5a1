// @vitest-environment happy-dom
import { cleanup, render, screen } from '@testing-library/react';
import { MemoryRouter } from 'react-router';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Chat } from '../protocol';
import { chat, message, profile } from '../state/make.test-values';
import { wentOffline, wentOnline } from '../state/presence';
import { EMPTY, parley } from '../state/store';
import '../ui/texts';
import { ChatRow } from './ChatRow';

const draw = (one: Chat, selected = false) =>
  render(
    <MemoryRouter>
      <ChatRow chat={one} selected={selected} />
    </MemoryRouter>,
  );
const text = () => screen.getByRole('link').textContent ?? '';
const group = (change: Partial<Chat>) => chat({ type: 'group', name: 'Walks', ...change });

beforeEach(() => {
  const people = { bob: { username: 'bob', displayName: 'Bob Kahn' } };
  parley.setState({ ...EMPTY, phase: 'signed-in', me: profile('me'), people }, true);
});

afterEach(cleanup);

test('a direct chat shows its peer, the last message and what is unread', () => {
  draw(chat({ lastMessage: message(4), unreadCount: 3 }));
  expect(text()).toContain('Bob Kahn');
  expect(text()).toContain('text 4');
  expect(text()).toContain('3 unread messages');
});

test('whether its peer is there is said in words as well', () => {
  const one = chat({});
  const peerId = one.peer?.id ?? '';
  for (const state of ['online', 'away', 'busy'] as const) {
    parley.setState({ presences: wentOnline({}, { userId: peerId, state }) });
    const { unmount } = draw(one);
    expect(text()).toContain(state);
    unmount();
  }
  parley.setState({ presences: wentOffline({}, { userId: peerId }) });
  draw(one);
  expect(text()).not.toMatch(/online|away|busy/);
});

test('a group says who wrote last, by first name', () => {
  draw(group({ lastMessage: message(4) }));
  expect(text()).toContain('Bob: text 4');
});

test('my last message has its ticks', () => {
  draw(chat({ lastMessage: message(4, 'me'), minDeliveredSeq: 4, minReadSeq: 3 }));
  expect(text()).toContain('Delivered');
});

test('what waits to be sent comes before what was said', () => {
  const entry = { clientMessageId: 'x', chatId: 'c1', content: 'later', createdAt: 0 };
  parley.setState({ outbox: [entry] });
  draw(group({ lastMessage: message(4) }));
  expect(text()).toContain('Waiting to be sent');
  expect(text()).toContain('later');
  expect(text()).not.toContain('Bob:');
});

test('typing comes before a draft, and a draft before the last message', () => {
  parley.setState({ drafts: { c1: 'half a' } });
  const { unmount } = draw(group({ lastMessage: message(4) }));
  expect(text()).toContain('Draft: half a');
  unmount();
  parley.setState({ typists: { c1: { bob: Number.MAX_SAFE_INTEGER } } });
  draw(group({ lastMessage: message(4) }));
  expect(text()).toContain('Bob is typing…');
});
