// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen, within } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { NotificationSettings as Choices, Device, PushRecord } from '../protocol';
import { type Actions, provideActions } from '../state/actions';
import { Failure } from '../state/failure';
import { NotificationFailure, type NotificationsHere } from '../state/notifications';
import { EMPTY, parley } from '../state/store';
import '../ui/texts';
import { eventually } from '../state/eventually.test-values';
import { NotificationSettings } from './NotificationSettings';

const DEVICE: Device = {
  id: 'd1',
  service: 'web',
  name: 'Chromium on Linux',
  platform: 'Linux',
  registeredAt: '2026-11-20T10:00:00.000Z',
  current: true,
};
const PHONE: Device = {
  ...DEVICE,
  id: 'd2',
  service: 'fcm',
  name: '',
  platform: 'Android',
  current: false,
};
const push = (id: string, change: Partial<PushRecord> = {}): PushRecord => ({
  id,
  deviceId: 'd1',
  service: 'web',
  reason: 'message',
  outcome: 'sent',
  at: '2026-11-21T10:00:00.000Z',
  ...change,
});

let settings: Choices;
const pushServices = vi.fn<Actions['pushServices']>();
const devices = vi.fn<Actions['devices']>();
const pushLog = vi.fn<Actions['pushLog']>();
const turnOnNotifications = vi.fn<Actions['turnOnNotifications']>();
const turnOffNotifications = vi.fn<Actions['turnOffNotifications']>();
const removeDevice = vi.fn<Actions['removeDevice']>();
const testNotification = vi.fn<Actions['testNotification']>();
const changeNotificationSettings = vi.fn<Actions['changeNotificationSettings']>();

const provided = {
  pushServices,
  devices,
  pushLog,
  turnOnNotifications,
  turnOffNotifications,
  removeDevice,
  testNotification,
  changeNotificationSettings,
  notificationSettings: async () => settings,
};

const standing = (change: Partial<NotificationsHere>) =>
  parley.setState(({ notifications }) => ({ notifications: { ...notifications, ...change } }));
const button = (name: string) => screen.findByRole('button', { name });
const press = async (name: string) => fireEvent.click(await button(name));
const choice = (name: RegExp) => screen.findByRole<HTMLInputElement>('switch', { name });
const shown = (text: string | RegExp) => screen.findByText(text);

beforeEach(() => {
  for (const mock of Object.values(provided)) if ('mockReset' in mock) mock.mockReset();
  settings = { preview: false, emailDigest: true };
  pushServices.mockResolvedValue({ web: 'key', fcm: false, apns: false });
  devices.mockResolvedValue([]);
  pushLog.mockResolvedValue([]);
  changeNotificationSettings.mockImplementation(async (change) => {
    settings = { ...settings, ...change };
    return settings;
  });
  provideActions(provided as Partial<Actions> as Actions);
  parley.setState({ ...EMPTY, phase: 'signed-in', link: 'online' });
  standing({ possible: 'yes' });
});

afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

describe('in this browser', () => {
  test.each([
    [{ possible: 'insecure' }, 'Notifications need a secure connection'],
    [{ possible: 'unsupported' }, 'This browser cannot be notified'],
    [{ permission: 'denied' }, 'Your browser blocks notifications'],
  ] as const)('%o is told, and nothing can be turned on', async (change, text) => {
    standing(change);
    render(<NotificationSettings />);
    await shown(text);
    expect(screen.queryByRole('button', { name: 'Turn on notifications' })).toBeNull();
  });

  test('a server without a key is told', async () => {
    pushServices.mockResolvedValue({ fcm: true, apns: true });
    render(<NotificationSettings />);
    await shown('This server has no notifications for browsers');
    expect(screen.queryByRole('button', { name: 'Turn on notifications' })).toBeNull();
  });

  test('they are turned on and off', async () => {
    turnOnNotifications.mockImplementation(async () => {
      standing({ permission: 'granted', on: true });
    });
    turnOffNotifications.mockImplementation(async () => standing({ on: false }));
    render(<NotificationSettings />);
    await shown(/Your browser will ask you/);
    devices.mockResolvedValue([DEVICE]);
    await press('Turn on notifications');
    await shown('Notifications are on');
    await shown('Chromium on Linux');
    await press('Turn off notifications');
    await shown('Notifications are off');
  });

  test.each([
    [new NotificationFailure('notifications_not_answered'), /has not been told whether/],
    [new NotificationFailure('notifications_no_service'), /could not reach its push service/],
    [new NotificationFailure('notifications_no_worker'), /In a private window/],
    [new Failure('push_not_configured'), /does not send notifications of this kind/],
    [new Failure('rate_limited'), /Too many attempts/],
    [new Failure('unreachable'), /server cannot be reached/],
    [new TypeError('a mistake'), /Something went wrong/],
  ])('it is told why not: %s', async (failure, text) => {
    turnOnNotifications.mockRejectedValueOnce(failure);
    render(<NotificationSettings />);
    await press('Turn on notifications');
    expect((await screen.findByRole('alert')).textContent).toMatch(text);
    await button('Turn on notifications');
  });

  test('what the browser blocks is told once', async () => {
    turnOnNotifications.mockImplementation(async () => {
      standing({ permission: 'denied' });
      throw new NotificationFailure('notifications_denied');
    });
    render(<NotificationSettings />);
    await press('Turn on notifications');
    await shown('Your browser blocks notifications');
    expect(screen.queryByRole('alert')).toBeNull();
  });

  test('being taken off the list is told, and can be undone', async () => {
    standing({ permission: 'granted', removed: true });
    render(<NotificationSettings />);
    await shown('Notifications have been turned off');
    await press('Turn on notifications');
    expect(turnOnNotifications).toHaveBeenCalledOnce();
  });
});

describe('what is shown, and when', () => {
  test('the preview is switched', async () => {
    render(<NotificationSettings />);
    const preview = await choice(/^Show who wrote/);
    expect(preview.checked).toBe(false);
    fireEvent.click(preview);
    await eventually(() => expect(preview.checked).toBe(true));
    expect(changeNotificationSettings).toHaveBeenCalledWith({ preview: true });
  });

  test('mails about a longer absence are turned off', async () => {
    render(<NotificationSettings />);
    const digest = await choice(/^Mail me/);
    expect(digest.checked).toBe(true);
    fireEvent.click(digest);
    await eventually(() => expect(digest.checked).toBe(false));
    expect(changeNotificationSettings).toHaveBeenCalledWith({ emailDigest: false });
  });

  test('a change that is refused is taken back and told', async () => {
    changeNotificationSettings.mockRejectedValueOnce(new Failure('unreachable'));
    render(<NotificationSettings />);
    const preview = await choice(/^Show who wrote/);
    fireEvent.click(preview);
    await screen.findByRole('alert');
    expect(preview.checked).toBe(false);
  });

  test('quiet is begun and ended', async () => {
    render(<NotificationSettings />);
    fireEvent.change(await screen.findByLabelText('Quiet time'), { target: { value: 'hour' } });
    await shown(/^No notifications before/);
    const until = Date.parse(settings.quietUntil ?? '') - Date.now();
    expect(until).toBeGreaterThan(3_500_000);
    expect(until).toBeLessThanOrEqual(3_600_000);
    await press('End the quiet time');
    await screen.findByLabelText('Quiet time');
    expect(Date.parse(settings.quietUntil ?? '')).toBe(0);
  });
});

describe('the devices', () => {
  test('none is said, and there is nothing to test', async () => {
    render(<NotificationSettings />);
    await shown('None of your devices is notified yet.');
    expect(screen.queryByRole('button', { name: 'Send me a test notification' })).toBeNull();
  });

  test('are listed anew when this browser turns out to be off', async () => {
    standing({ permission: 'denied', on: true });
    devices.mockResolvedValue([DEVICE]);
    render(<NotificationSettings />);
    await shown('Chromium on Linux');
    devices.mockResolvedValue([]);
    standing({ on: false });
    await shown('None of your devices is notified yet.');
  });

  test('are listed and removed', async () => {
    devices.mockResolvedValue([DEVICE, PHONE]);
    render(<NotificationSettings />);
    const list = await screen.findByRole('list', { name: 'Your devices' });
    expect(within(list).getAllByText(/^This browser · /)).toHaveLength(1);
    removeDevice.mockRejectedValueOnce(new Failure('device_not_found'));
    devices.mockResolvedValue([DEVICE]);
    await press('Remove Android');
    expect(removeDevice).toHaveBeenCalledWith(PHONE);
    await shown('This device is woken no more already.');
    await eventually(() => expect(within(list).queryByText('Android')).toBeNull());
  });

  test('are tested, and the log tells how it went', async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    devices.mockResolvedValue([DEVICE]);
    testNotification.mockResolvedValue(1);
    render(<NotificationSettings />);
    await shown('Nothing has been sent yet.');
    await press('Send me a test notification');
    await shown(/^On its way to one device/);
    pushLog.mockResolvedValue([push('p1', { reason: 'test' })]);
    await vi.advanceTimersByTimeAsync(600);
    const list = await screen.findByRole('list', { name: 'Deliveries' });
    expect(list.textContent).toMatch(/Handed to the push service.*Test · Chromium on Linux · /);
  });
});

describe('the deliveries', () => {
  test('are told in plain words, with what the service said', async () => {
    pushLog.mockResolvedValue([
      push('p4', { outcome: 'postponed', why: 'push.example answers 503' }),
      push('p3', { outcome: 'refused' }),
      push('p2', { outcome: 'gone', deviceId: 'd9' }),
    ]);
    render(<NotificationSettings />);
    await shown('Not taken yet, will be tried again');
    await shown('It said: push.example answers 503');
    await shown('Refused by the push service');
    await shown('The device is gone, and was taken off your list');
  });

  test('many are shown when asked for', async () => {
    pushLog.mockResolvedValue(Array.from({ length: 30 }, (_, i) => push(`p${i}`)));
    render(<NotificationSettings />);
    const list = await screen.findByRole('list', { name: 'Deliveries' });
    expect(within(list).getAllByRole('listitem')).toHaveLength(8);
    await press('Show all');
    expect(within(list).getAllByRole('listitem')).toHaveLength(30);
  });
});

test('what cannot be loaded can be asked for again', async () => {
  devices.mockRejectedValueOnce(new Failure('storage_unavailable'));
  render(<NotificationSettings />);
  const alert = await screen.findByRole('alert');
  expect(alert.textContent).toBe('This could not be loaded.');
  await press('Try again');
  await shown('None of your devices is notified yet.');
});

test('without a connection it says so, and loads when there is one', async () => {
  parley.setState({ link: 'offline' });
  render(<NotificationSettings />);
  await shown(/^You are not connected/);
  expect(pushServices).not.toHaveBeenCalled();
  parley.setState({ link: 'online' });
  await shown('Notifications are off');
  expect(screen.queryByText(/^You are not connected/)).toBeNull();
});
