import { beforeEach, describe, expect, test, vi } from 'vitest';
import { FakeBrowser, FakeNote, KEY } from '../notifications/fake-browser.test-values';
import { clicked, type Page, pushed, resubscribed, type Surroundings } from './woken';

let browser: FakeBrowser;
let note: FakeNote;
let pages: Page[];
let around: Surroundings;
const showNotification = vi.fn(async () => undefined);
const openWindow = vi.fn(async () => undefined);
const badge = vi.fn(async () => undefined);
const fetched = vi.fn<typeof fetch>();

const PUSH = JSON.stringify({
  kind: 'message',
  badge: 2,
  chatId: 'c1',
  seq: 7,
  tag: 't',
  title: 'Ada',
  body: 'Hello',
});

const page = (change: Partial<Page> = {}, answers: unknown = false) => {
  const postMessage = vi.fn((message: { type: string }, ports: MessagePort[] = []) => {
    if (message.type === 'is-chat-shown' && answers !== undefined) ports[0]?.postMessage(answers);
  });
  const focus = vi.fn(async () => undefined);
  return { focused: false, visibilityState: 'visible' as const, focus, postMessage, ...change };
};

beforeEach(() => {
  for (const mock of [showNotification, openWindow, badge, fetched]) mock.mockReset();
  badge.mockResolvedValue(undefined);
  browser = new FakeBrowser();
  note = new FakeNote();
  note.kept = {
    userId: 'ada',
    endpoint: browser.subscribeNow().endpoint,
    deviceId: 'd-1',
    key: KEY,
    registeredAt: 0,
  };
  pages = [];
  around = {
    note,
    pages: async () => pages,
    openWindow,
    showNotification,
    subscription: browser.subscription,
    subscribe: browser.subscribe,
    badge,
    cookies: async () => 'a=b; parley_csrf=token',
    fetch: fetched,
  };
});

describe('a push', () => {
  test('is shown, with how far to read, and counted', async () => {
    await pushed(around, PUSH);
    expect(showNotification).toHaveBeenCalledWith(
      'Ada',
      expect.objectContaining({ body: 'Hello', tag: 't', data: { chatId: 'c1', seq: 7 } }),
    );
    expect(badge).toHaveBeenCalledWith(2);
  });

  test('is shown when its count cannot be drawn', async () => {
    badge.mockRejectedValue(new Error('no icon'));
    await pushed(around, PUSH);
    expect(showNotification).toHaveBeenCalledOnce();
  });

  test('for nobody who is signed in here is not shown, and there will be no more', async () => {
    const { current } = browser;
    note.kept = null;
    await pushed(around, PUSH);
    expect(showNotification).not.toHaveBeenCalled();
    expect(badge).not.toHaveBeenCalled();
    expect(current?.ended).toBe(true);
  });

  test('of a chat that a window shows is not shown, but counted', async () => {
    pages = [page({}, false), page({}, true)];
    await pushed(around, PUSH);
    expect(showNotification).not.toHaveBeenCalled();
    expect(badge).toHaveBeenCalledWith(2);
  });

  test.each([
    ['shows another chat', page({}, false)],
    ['is hidden', page({ visibilityState: 'hidden' }, true)],
    ['does not answer', page({}, undefined)],
    ['answers something else', page({}, 'yes')],
  ])('is shown when the window %s', async (_, one) => {
    pages = [one];
    await pushed(around, PUSH);
    expect(showNotification).toHaveBeenCalledOnce();
  });

  test('without a chat asks no window', async () => {
    const one = page({}, true);
    pages = [one];
    await pushed(around, '{"kind":"test"}');
    expect(one.postMessage).not.toHaveBeenCalled();
    expect(showNotification).toHaveBeenCalledOnce();
  });
});

describe('a click', () => {
  test('opens the chat where there is no window', async () => {
    await clicked(around, 'c1');
    expect(openWindow).toHaveBeenCalledWith('/chats/c1');
    await clicked(around, undefined);
    expect(openWindow).toHaveBeenLastCalledWith('/');
  });

  test('goes to the window somebody looks at', async () => {
    const [hidden, visible] = [page({ visibilityState: 'hidden' }), page()];
    pages = [hidden, visible];
    await clicked(around, 'c1');
    expect(visible.postMessage).toHaveBeenCalledWith({ type: 'open-chat', chatId: 'c1' });
    expect(visible.focus).toHaveBeenCalled();
    expect(hidden.postMessage).not.toHaveBeenCalled();
    expect(openWindow).not.toHaveBeenCalled();
  });

  test('opens the chat in a window that cannot come to the front', async () => {
    const one = page({ focus: () => Promise.reject(new Error('not allowed')) });
    pages = [one];
    await clicked(around, 'c1');
    expect(one.postMessage).toHaveBeenCalledOnce();
  });
});

describe('another subscription', () => {
  const answer = (body: object, status = 200) => new Response(JSON.stringify(body), { status });

  test('is told to the server with the cookie of the session', async () => {
    browser.current = null;
    fetched
      .mockResolvedValueOnce(answer({ accessToken: 'fresh', expiresIn: 900 }))
      .mockResolvedValueOnce(answer({ id: 'd-2' }, 201))
      .mockResolvedValueOnce(new Response(null, { status: 204 }));
    await resubscribed(around);
    const [[renewed, renewal] = [], [registered, registration] = []] = fetched.mock.calls;
    expect(renewed).toBe('/api/v1/auth/refresh-token');
    expect(renewal?.headers).toMatchObject({ 'X-CSRF-Token': 'token' });
    expect(registered).toBe('/api/v1/devices');
    expect(registration?.headers).toMatchObject({ Authorization: 'Bearer fresh' });
    expect(JSON.parse(String(registration?.body))).toMatchObject({
      service: 'web',
      token: 'https://push.example/2',
    });
    expect(note.kept).toMatchObject({ deviceId: 'd-2', endpoint: 'https://push.example/2' });
    expect(fetched).toHaveBeenLastCalledWith(
      '/api/v1/devices/d-1',
      expect.objectContaining({ method: 'DELETE' }),
    );
  });

  test('that cannot be told is left to the next start', async () => {
    browser.current = null;
    fetched.mockResolvedValue(answer({ code: 'invalid_refresh_token' }, 401));
    await expect(resubscribed(around)).rejects.toMatchObject({ code: 'invalid_refresh_token' });
    expect(note.kept).toMatchObject({ deviceId: 'd-1' });
  });

  test('of nobody, or the same one, is not told', async () => {
    await resubscribed(around);
    note.kept = null;
    browser.current = null;
    await resubscribed(around);
    expect(fetched).not.toHaveBeenCalled();
    expect(browser.subscribed).toBe(1);
  });
});
