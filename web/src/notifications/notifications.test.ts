import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Device, Operations } from '../protocol';
import { eventually } from '../state/eventually.test-values';
import { Failure } from '../state/failure';
import { createParley, type Store } from '../state/store';
import { FakeBrowser, FakeNote, KEY, OTHER_KEY } from './fake-browser.test-values';
import { Notifications } from './notifications';

const DAY_MS = 86_400_000;

let store: Store;
let browser: FakeBrowser;
let note: FakeNote;
let notifications: Notifications;
// The server: what it has of this user, and what it refuses.
let devices: Device[];
let web: string | undefined;
let refusals: Partial<Record<keyof Operations, string>>;
let asked: [op: string, data: unknown][];

const device = (id: string): Device => ({
  id,
  service: 'web',
  name: 'Chromium on Linux',
  platform: 'Linux',
  registeredAt: '2026-11-21T00:00:00.000Z',
  current: true,
});

const replies: { [O in keyof Operations]?: (data: never) => unknown } = {
  'device:services': () => ({ ...(web ? { web } : {}), fcm: false, apns: false }),
  'device:list': () => ({ devices }),
  'device:register': ({ token }: { token: string }) => {
    const added = device(`d-${token.split('/').at(-1)}`);
    devices = [...devices.filter(({ id }) => id !== added.id), added];
    return added;
  },
  'device:remove': ({ deviceId }: { deviceId: string }) => {
    if (!devices.some(({ id }) => id === deviceId)) throw new Failure('device_not_found');
    devices = devices.filter(({ id }) => id !== deviceId);
    return {};
  },
};

const request = async (op: keyof Operations, data: unknown) => {
  asked.push([op, data]);
  const code = refusals[op];
  if (code) throw new Failure(code as Failure['code']);
  return replies[op]?.(data as never);
};

// As a page that is opened anew in the same browser.
function opened(): Notifications {
  store = createParley();
  notifications = new Notifications({
    store,
    browser,
    note,
    request: request as never,
    exclusively: (_, act) => act(),
  });
  return notifications;
}

const here = () => store.getState().notifications;
const turnOn = () => notifications.actions.turnOnNotifications();
const times = (op: string) => asked.filter(([one]) => one === op).length;

async function startedBy(user: string): Promise<void> {
  await opened().arrived(user);
  await notifications.online();
}

beforeEach(async () => {
  vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  browser = new FakeBrowser();
  note = new FakeNote();
  devices = [];
  web = KEY;
  refusals = {};
  asked = [];
  await startedBy('ada');
});

afterEach(() => {
  notifications.stop();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe('turning on', () => {
  test('asks, subscribes with the key of the server, and tells it', async () => {
    expect(here()).toEqual({ possible: 'yes', permission: 'default', on: false, removed: false });
    expect(browser.install).toHaveBeenCalled();
    await turnOn();
    expect(browser.subscribe).toHaveBeenCalledWith(KEY);
    expect(asked.at(-1)).toEqual([
      'device:register',
      { service: 'web', token: 'https://push.example/1', p256dh: 'cDI1NmRo', auth: 'YXV0aA' },
    ]);
    expect(note.kept).toMatchObject({ userId: 'ada', deviceId: 'd-1', key: KEY });
    expect(here()).toMatchObject({ permission: 'granted', on: true });
  });

  test.each([
    ['denied', 'notifications_denied'],
    ['default', 'notifications_not_answered'],
  ] as const)('with the answer %s does nothing more', async (answer, code) => {
    browser.answer = answer;
    asked = [];
    await expect(turnOn()).rejects.toMatchObject({ code });
    expect(asked).toEqual([]);
    expect(browser.subscribe).not.toHaveBeenCalled();
    expect(here()).toMatchObject({ permission: answer, on: false });
  });

  test('is refused by a server without a key', async () => {
    web = undefined;
    await expect(turnOn()).rejects.toMatchObject({ code: 'push_not_configured' });
    expect(browser.subscribe).not.toHaveBeenCalled();
  });

  test('fails when the browser does not reach its push service', async () => {
    browser.subscribe.mockRejectedValueOnce(new DOMException('push service', 'AbortError'));
    await expect(turnOn()).rejects.toMatchObject({ code: 'notifications_no_service' });
    expect(times('device:register')).toBe(0);
    expect(here().on).toBe(false);
    await turnOn();
    expect(here().on).toBe(true);
  });

  test('does not wait for ever for a push service that does not answer', async () => {
    vi.useFakeTimers();
    browser.subscribe.mockImplementationOnce(() => new Promise(() => undefined));
    const refused = expect(turnOn()).rejects.toMatchObject({ code: 'notifications_no_service' });
    await vi.advanceTimersByTimeAsync(20_000);
    await refused;
  });

  test.each(['push_not_configured', 'rate_limited', 'unreachable'])(
    'leaves nothing behind when the server says %s',
    async (code) => {
      refusals['device:register'] = code;
      await expect(turnOn()).rejects.toMatchObject({ code });
      expect(browser.current).toBeNull();
      expect(note.kept).toBeNull();
      expect(here().on).toBe(false);
    },
  );

  test('leaves nothing behind when this browser keeps nothing', async () => {
    note.write = async () => {
      throw new DOMException('full', 'QuotaExceededError');
    };
    await expect(turnOn()).rejects.toMatchObject({ name: 'QuotaExceededError' });
    expect(browser.current).toBeNull();
    expect(here().on).toBe(false);
  });

  test('whoever signs out meanwhile is not noted', async () => {
    const register = replies['device:register'];
    replies['device:register'] = (data) => {
      notifications.stop();
      return register?.(data);
    };
    await expect(turnOn()).rejects.toThrow();
    replies['device:register'] = register as never;
    expect(note.kept).toBeNull();
    expect(browser.current).toBeNull();
  });
});

describe('turning off', () => {
  beforeEach(turnOn);

  test('unsubscribes, and the server knows the device no more', async () => {
    const { current } = browser;
    const close = browser.show({ chatId: 'c1' });
    await notifications.actions.turnOffNotifications();
    expect(current?.ended).toBe(true);
    expect(close).toHaveBeenCalled();
    expect(devices).toEqual([]);
    expect(note.kept).toBeNull();
    expect(here().on).toBe(false);
  });

  test('goes without the server, too', async () => {
    refusals['device:remove'] = 'unreachable';
    await notifications.actions.turnOffNotifications();
    expect(browser.current).toBeNull();
    expect(here().on).toBe(false);
  });

  test('is what removing this device from the list means', async () => {
    devices.push(device('phone'));
    await notifications.actions.removeDevice(device('phone'));
    expect(here().on).toBe(true);
    await notifications.actions.removeDevice(device('d-1'));
    expect(browser.current).toBeNull();
    expect(here().on).toBe(false);
  });
});

describe('a start', () => {
  beforeEach(async () => {
    await turnOn();
    asked = [];
  });

  test('with everything as it was asks for nothing but how it stands', async () => {
    await startedBy('ada');
    expect(asked.map(([op]) => op)).toEqual(['device:services', 'device:list']);
    expect(here().on).toBe(true);
    await notifications.online();
    expect(asked).toHaveLength(2);
  });

  test('tells the server of another subscription of this browser', async () => {
    browser.subscribeNow();
    await startedBy('ada');
    expect(devices.map(({ id }) => id)).toEqual(['d-2']);
    expect(note.kept).toMatchObject({ deviceId: 'd-2', endpoint: 'https://push.example/2' });
  });

  test('subscribes anew when the browser has lost its subscription', async () => {
    browser.current = null;
    await startedBy('ada');
    expect(devices.map(({ id }) => id)).toEqual(['d-2']);
    expect(here().on).toBe(true);
  });

  test('subscribes anew when the server has another key', async () => {
    const before = browser.current;
    web = OTHER_KEY;
    await startedBy('ada');
    expect(before?.ended).toBe(true);
    expect(browser.subscribe).toHaveBeenLastCalledWith(OTHER_KEY);
    expect(devices.map(({ id }) => id)).toEqual(['d-2']);
  });

  test('is off when somebody took the device off the list, or added too many', async () => {
    devices = [];
    await startedBy('ada');
    expect(browser.current).toBeNull();
    expect(times('device:register')).toBe(0);
    expect(here()).toMatchObject({ on: false, removed: true });
    await turnOn();
    expect(here()).toMatchObject({ on: true, removed: false });
  });

  test('after a long time tells the server again, which may have forgotten', async () => {
    if (note.kept) note.kept.registeredAt -= 55 * DAY_MS;
    devices = [];
    await startedBy('ada');
    expect(devices.map(({ id }) => id)).toEqual(['d-1']);
    expect(Date.now() - (note.kept?.registeredAt ?? 0)).toBeLessThan(DAY_MS);
  });

  test('is off when the permission was taken away', async () => {
    browser.allowed = 'denied';
    await startedBy('ada');
    expect(devices).toEqual([]);
    expect(here()).toMatchObject({ permission: 'denied', on: false });
  });

  test('is off when the server has no key any more', async () => {
    web = undefined;
    await startedBy('ada');
    expect(browser.current).toBeNull();
    expect(here().on).toBe(false);
  });

  test('compares later when the server does not answer', async () => {
    refusals['device:list'] = 'unreachable';
    browser.subscribeNow();
    await startedBy('ada');
    expect(devices.map(({ id }) => id)).toEqual(['d-1']);
    refusals = {};
    await notifications.online();
    expect(devices.map(({ id }) => id)).toEqual(['d-2']);
  });

  test('does without a browser that refuses the worker', async () => {
    browser.install.mockRejectedValueOnce(new DOMException('no', 'SecurityError'));
    await startedBy('ada');
    expect(here().on).toBe(true);
  });
});

test('a permission that is taken away while the page is open turns it off', async () => {
  await turnOn();
  browser.allowed = 'denied';
  browser.changed();
  await eventually(() => expect(here()).toMatchObject({ permission: 'denied', on: false }));
  await eventually(() => expect(devices).toEqual([]));
});

describe('nobody is shown what was meant for somebody else', () => {
  beforeEach(turnOn);

  test('after signing out', async () => {
    const { current } = browser;
    const close = browser.show({ chatId: 'c1' });
    await notifications.forget();
    expect(current?.ended).toBe(true);
    expect(note.kept).toBeNull();
    expect(close).toHaveBeenCalled();
    expect(browser.badge).toHaveBeenLastCalledWith(0);
  });

  test('also when the push service does not hear of it', async () => {
    vi.useFakeTimers();
    if (browser.current) browser.current.unsubscribe = () => new Promise(() => undefined);
    const forgotten = notifications.forget();
    await vi.advanceTimersByTimeAsync(3_000);
    await forgotten;
    expect(note.kept).toBeNull();
  });

  test('when another user signs in: the address is another one', async () => {
    const { current } = browser;
    const close = browser.show({ chatId: 'c1' });
    await startedBy('bob');
    expect(current?.ended).toBe(true);
    expect(close).toHaveBeenCalled();
    expect(here().on).toBe(false);
    await turnOn();
    expect(note.kept).toMatchObject({ userId: 'bob', endpoint: 'https://push.example/2' });
  });

  test('when the former subscription is still there', async () => {
    note.kept = null;
    const { current } = browser;
    await opened().arrived('bob');
    await turnOn();
    expect(current?.ended).toBe(true);
    expect(browser.current?.endpoint).toBe('https://push.example/2');
  });

  test('when the former subscription cannot be ended it is not taken over', async () => {
    note.kept = null;
    if (browser.current) browser.current.unsubscribe = () => Promise.reject(new Error('no'));
    await opened().arrived('bob');
    await expect(turnOn()).rejects.toThrow('no');
    expect(note.kept).toBeNull();
    expect(times('device:register')).toBe(1);
  });
});

test.each(['insecure', 'unsupported'] as const)(
  'a browser that is %s is left alone',
  async (is) => {
    browser.is = is;
    browser.install.mockClear();
    asked = [];
    await startedBy('ada');
    expect(browser.install).not.toHaveBeenCalled();
    expect(asked).toEqual([]);
    expect(here()).toMatchObject({ possible: is, on: false });
    await notifications.forget();
  },
);
