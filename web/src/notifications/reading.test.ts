import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { chat } from '../state/make.test-values';
import { createParley, type Store } from '../state/store';
import { FakeBrowser } from './fake-browser.test-values';
import { followReading } from './reading';

let store: Store;
let browser: FakeBrowser;
let stop: () => void;

const unread = (readSeq: number, unreadCount: number, id = 'c1') =>
  chat({ id, readSeq, unreadCount, lastSeq: readSeq + unreadCount });
const put = (...chats: ReturnType<typeof unread>[]) =>
  store.setState({ chats: Object.fromEntries(chats.map((one) => [one.id, one])), loaded: true });
const aMoment = () => vi.advanceTimersByTimeAsync(250);

beforeEach(() => {
  vi.useFakeTimers();
  store = createParley();
  browser = new FakeBrowser();
  stop = followReading(store, browser);
});

afterEach(() => {
  stop();
  vi.useRealTimers();
});

test('the number on the icon is that of all chats, once it is known', async () => {
  await aMoment();
  expect(browser.badge).not.toHaveBeenCalled();
  put(unread(3, 2), unread(0, 5, 'c2'));
  await aMoment();
  expect(browser.badge.mock.calls).toEqual([[7]]);
  put(unread(5, 0), unread(0, 5, 'c2'));
  await aMoment();
  put(unread(6, 0), unread(0, 5, 'c2'));
  await aMoment();
  expect(browser.badge.mock.calls).toEqual([[7], [5]]);
});

test('a notification goes away when its chat has been read so far, and no sooner', async () => {
  const [one, two, other] = [
    browser.show({ chatId: 'c1', seq: 4 }),
    browser.show({ chatId: 'c1', seq: 6 }),
    browser.show({ chatId: 'c2', seq: 1 }),
  ];
  put(unread(3, 3), unread(0, 1, 'c2'));
  await aMoment();
  expect(one).not.toHaveBeenCalled();
  put(unread(4, 2), unread(0, 1, 'c2'));
  await aMoment();
  expect(one).toHaveBeenCalled();
  expect(two).not.toHaveBeenCalled();
  expect(other).not.toHaveBeenCalled();
});

test('one that does not say how far goes when nothing is unread; one of no chat stays', async () => {
  const old = browser.show({ chatId: 'c1' });
  const foreign = [{ chatId: 'elsewhere' }, { chatId: 7 }, null].map((data) => browser.show(data));
  put(unread(3, 1));
  await aMoment();
  expect(old).not.toHaveBeenCalled();
  put(unread(4, 0));
  await aMoment();
  expect(old).toHaveBeenCalled();
  for (const close of foreign) expect(close).not.toHaveBeenCalled();
});

test('ends when it is told to, and bears a browser that shows nothing', async () => {
  browser.shown = () => Promise.reject(new Error('no worker'));
  put(unread(3, 1));
  await aMoment();
  put(unread(3, 2));
  stop();
  await aMoment();
  expect(browser.badge.mock.calls).toEqual([[1]]);
});
