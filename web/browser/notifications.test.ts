import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { PushService } from '../../tests/harness/push-service.ts';
import {
  DESKTOP,
  expectNoComplaints,
  launch,
  PASSWORD,
  PATIENCE_MS,
  Person,
  PHONE,
  Server,
} from './harness';
import { PushBrowser } from './push-browser';
import { shoot } from './shoot';

let service: PushService;
let server: Server;
let browser: Browser;
let people: Person[] = [];
let count = 0;

beforeAll(async () => {
  service = await PushService.start();
  server = await Server.start('--push-to-loopback=on');
  browser = await launch();
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await service?.stop();
});

afterEach(async () => {
  expectNoComplaints(...people);
  for (const person of people) await person.leave();
  people = [];
});

type Options = Parameters<typeof Person.join>[3];

async function join(username: string, options: Options = {}): Promise<Person> {
  const person = await Person.join(browser, server, username, options);
  people.push(person);
  return person;
}

/** Bob, in whose browser notifications can be turned on. */
async function alone(options: Options = {}): Promise<{ bob: Person; push: PushBrowser }> {
  count += 1;
  const push = new PushBrowser(service, server.url);
  const prepare = push.prepare.bind(push);
  const bob = await join(`bob${count}`, { displayName: 'Bob Kahn', prepare, ...options });
  return { bob, push };
}

/** And Ada, who is about to write to him. */
async function pair(): Promise<{ ada: Person; bob: Person; push: PushBrowser }> {
  const { bob, push } = await alone();
  const ada = await join(`ada${count}`, { displayName: 'Ada Lovelace' });
  await ada.startChat(bob);
  return { ada, bob, push };
}

async function turnOn(bob: Person): Promise<void> {
  await bob.openSettings('Notifications');
  await bob.page.getByRole('button', { name: 'Turn on notifications' }).click();
  await bob.page.getByText('Notifications are on').waitFor();
}

const toChats = (page: Page) => page.getByRole('button', { name: 'Back to chats' }).click();
const idOfChat = (page: Page) => new URL(page.url()).pathname.split('/').at(-1) ?? '';

/** The same account in a program of its own. */
// Lets notifications say who wrote, and what.
async function showWhat(page: Page): Promise<void> {
  const preview = { name: 'Show who wrote, and what' };
  await page.getByRole('switch', preview).click();
  await page.getByRole('switch', { ...preview, checked: true }).waitFor();
}

async function program(username: string) {
  const call = async (method: string, path: string, body?: object, token = '') => {
    const response = await fetch(`${server.url}/api/v1${path}`, {
      method,
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
      body: body ? JSON.stringify(body) : null,
    });
    expect(response.ok, path).toBe(true);
    const text = await response.text();
    return text ? JSON.parse(text) : {};
  };
  const { accessToken } = await call('POST', '/auth/login', { username, password: PASSWORD });
  return {
    get: (path: string) => call('GET', path, undefined, accessToken),
    post: (path: string, body: object) => call('POST', path, body, accessToken),
    delete: (path: string) => call('DELETE', path, undefined, accessToken),
  };
}

test('who is away is notified, and a click leads to the chat', async () => {
  const { ada, bob, push } = await pair();
  await turnOn(bob);
  await showWhat(bob.page);
  const subscription = push.current;
  if (!subscription) throw new Error('nothing was subscribed');
  await push.deliverShown(bob.context, { kind: 'test' }, 'Parley');
  await expect
    .poll(() => push.shown(bob.context))
    .toEqual([{ title: 'Parley', body: 'Test notification', tag: '', data: {} }]);
  await bob.page.close();

  await ada.send('Are you there?');
  await expect.poll(() => subscription.pushes.length).toBe(1);
  const [told] = subscription.pushes;
  const chatId = idOfChat(ada.page);
  expect(told?.data).toMatchObject({ title: 'Ada Lovelace', body: 'Are you there?', chatId });

  await push.deliverShown(bob.context, told?.data, 'Ada Lovelace');
  const shown = async () =>
    (await push.shown(bob.context)).filter(({ title }) => title === 'Ada Lovelace');
  await expect.poll(shown).toEqual([
    {
      title: 'Ada Lovelace',
      body: 'Are you there?',
      tag: told?.data.tag,
      data: { chatId, seq: 1 },
    },
  ]);

  const address = await push.click(bob.context, 'Ada Lovelace', PATIENCE_MS);
  expect(address).toBe(`/chats/${chatId}`);
  bob.page = await bob.context.newPage();
  await bob.page.goto(server.url + address);
  await bob.said('Are you there?').waitFor();
  await ada.ticks('Are you there?', 'read');
  await expect.poll(shown).toEqual([]);
});

test('a click leads the window that is open to the chat, and reading takes notifications away', async () => {
  const { ada, bob, push } = await pair();
  await turnOn(bob);
  const chatId = idOfChat(ada.page);
  await ada.send('First');
  const badge = () =>
    bob.page.evaluate(() => (Reflect.get(globalThis, 'testBadges') as number[]).at(-1));
  await expect.poll(badge).toBe(1);

  const told = { kind: 'message', badge: 1, chatId, tag: 'one', title: 'Ada' };
  await push.deliverShown(bob.context, { ...told, seq: 1, body: 'First' }, 'Ada');
  const later = { ...told, seq: 9, tag: 'two', title: 'Ada, later', body: 'Not here yet' };
  await push.deliverShown(bob.context, later, 'Ada, later');
  const bodies = async () => (await push.shown(bob.context)).map(({ body }) => body).sort();
  await expect.poll(bodies).toEqual(['First', 'Not here yet']);

  expect(await push.click(bob.context, 'Ada')).toBeNull();
  await bob.said('First').waitFor();
  expect(idOfChat(bob.page)).toBe(chatId);
  await ada.ticks('First', 'read');
  await expect.poll(bodies).toEqual(['Not here yet']);
  await expect.poll(badge).toBe(0);
});

test('a chat that is on the screen is not notified, others are', async () => {
  const { ada, bob, push } = await pair();
  await turnOn(bob);
  await ada.send('Hello');
  await toChats(bob.page);
  await bob.open('Ada Lovelace');
  await bob.said('Hello').waitFor();
  const told = { kind: 'message', badge: 0, seq: 1 };
  const titles = async () => (await push.shown(bob.context)).map(({ title }) => title);
  // A window that does not answer within a second is not looked at, and this may be such a second.
  for (let tries = 1; ; tries++) {
    // The window is asked about both, in this order.
    await push.deliver(bob.context, {
      ...told,
      chatId: idOfChat(bob.page),
      tag: 'here',
      title: 'Ada',
    });
    const there = { ...told, chatId: '77', tag: 'there', title: 'Eve' };
    await push.deliverShown(bob.context, there, 'Eve');
    if (tries === 5 || !(await titles()).includes('Ada')) break;
    await push.clear(bob.context);
  }
  expect(await titles()).toEqual(['Eve']);

  // Without a connection the window does not have what the push tells of.
  await bob.context.setOffline(true);
  await bob.page.getByText('Waiting for network').waitFor();
  const here = { ...told, chatId: idOfChat(bob.page), tag: 'here', title: 'Ada' };
  await push.deliverShown(bob.context, here, 'Ada');
  await expect.poll(async () => (await titles()).sort()).toEqual(['Ada', 'Eve']);
  await bob.context.setOffline(false);
});

describe('nobody is shown what was meant for somebody else', () => {
  const told = { kind: 'message', badge: 1, chatId: '1', seq: 1, tag: 't', title: 'Ada' };

  // Whatever is pushed now is not shown: a push for who is signed in shows that it has been handled.
  async function expectSilence(bob: Person, push: PushBrowser, next: string): Promise<void> {
    await expect.poll(() => push.shown(bob.context)).toEqual([]);
    await push.deliver(bob.context, told);
    await bob.page.getByRole('link', { name: 'Create an account' }).click();
    await bob.page.getByLabel('Your name').fill(next);
    await bob.page.getByLabel('Username').fill(next);
    await bob.page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await bob.page.getByRole('button', { name: 'Create account' }).click();
    await bob.online();
    await push.deliver(bob.context, told);
    await turnOn(bob);
    await push.deliverShown(bob.context, { ...told, tag: 'mine', title: 'Mine' }, 'Mine');
    await expect
      .poll(async () => (await push.shown(bob.context)).map(({ title }) => title))
      .toEqual(['Mine']);
  }

  test('after signing out', async () => {
    const { bob, push } = await alone();
    await turnOn(bob);
    await push.deliverShown(bob.context, told, 'Ada');
    const former = push.current?.endpoint ?? '';
    await bob.signOut();
    await expect.poll(() => push.ended).toEqual([former]);
    const again = await program(bob.username);
    await expect.poll(() => again.get('/devices')).toEqual({ devices: [] });
    await expectSilence(bob, push, `eve${count}`);
    expect(push.current?.endpoint).not.toBe(former);
  });

  test('after the session was ended somewhere else', async () => {
    const { bob, push } = await alone();
    await turnOn(bob);
    await push.deliverShown(bob.context, told, 'Ada');
    const former = push.current?.endpoint ?? '';
    const elsewhere = await program(bob.username);
    await elsewhere.post('/auth/logout-all', { keepCurrent: true });
    await bob.page.getByRole('heading', { name: 'Welcome back' }).waitFor();
    await expect.poll(() => push.ended).toEqual([former]);
    await expect.poll(() => elsewhere.get('/devices')).toEqual({ devices: [] });
    await expectSilence(bob, push, `fred${count}`);
  });
});

test('another subscription is told to the server by the worker, without a page', async () => {
  const { ada, bob, push } = await pair();
  await turnOn(bob);
  const elsewhere = await program(bob.username);
  const { web } = await elsewhere.get('/devices/services');
  const [{ id: former }] = (await elsewhere.get('/devices')).devices;
  await push.deliverShown(bob.context, { kind: 'test' }, 'Parley');
  await bob.page.close();
  await push.renew(bob.context, web);
  const ids = async () =>
    (await elsewhere.get('/devices')).devices.map((d: { id: string }) => d.id);
  await expect.poll(ids).toEqual([expect.not.stringMatching(former)]);
  await ada.send('Do you hear me?');
  await expect.poll(() => push.current?.pushes.length).toBe(1);
});

test('a test notification is delivered, and the page tells how it went', async () => {
  const { bob, push } = await alone();
  await turnOn(bob);
  const { page } = bob;
  const deliveries = page.getByRole('list', { name: 'Deliveries' });
  await page.getByRole('button', { name: 'Send me a test notification' }).click();
  await page.getByText('On its way to one device').waitFor();
  await deliveries.getByText('Handed to the push service').waitFor();
  expect(push.current?.pushes[0]?.data).toMatchObject({ kind: 'test' });
  await push.deliverShown(bob.context, push.current?.pushes[0]?.data, 'Parley');
  await expect
    .poll(async () => (await push.shown(bob.context)).map(({ body }) => body))
    .toEqual(['Test notification']);

  if (push.current) push.current.gone = true;
  await page.getByRole('button', { name: 'Send me a test notification' }).click();
  await deliveries.getByText('The device is gone, and was taken off your list').waitFor();
  await page.getByText('None of your devices is notified yet.').waitFor();
});

test('the oldest of too many devices is off when it comes back', async () => {
  const { bob } = await alone();
  await turnOn(bob);
  const elsewhere = await program(bob.username);
  const { web } = await elsewhere.get('/devices/services');
  for (let i = 0; i < 20; ++i) {
    const { endpoint, keys } = service.subscribe(web);
    await elsewhere.post('/devices', { service: 'web', token: endpoint, ...keys });
  }
  await bob.page.reload();
  await bob.page.getByText('Notifications have been turned off').waitFor();
  await bob.page.getByRole('button', { name: 'Turn on notifications' }).click();
  await bob.page.getByText('Notifications are on').waitFor();
  expect((await elsewhere.get('/devices')).devices).toHaveLength(20);
});

test('a permission that is taken away is told, and the server forgets the device', async () => {
  const { bob, push } = await alone();
  await turnOn(bob);
  const elsewhere = await program(bob.username);
  expect((await elsewhere.get('/devices')).devices).toHaveLength(1);
  // Whatever is not among what is granted is denied.
  await bob.context.clearPermissions();
  await bob.context.grantPermissions(['geolocation'], { origin: server.url });
  await bob.page.reload();
  await bob.page.getByText('Your browser blocks notifications').waitFor();
  await expect.poll(async () => (await elsewhere.get('/devices')).devices).toEqual([]);
  await expect.poll(() => push.current).toBeNull();
  await bob.page.getByText('None of your devices is notified yet.').waitFor();
  await shoot(bob.page, 'notifications-denied');
});

test('Parley can be installed', async () => {
  const { bob } = await alone();
  const devtools = await bob.context.newCDPSession(bob.page);
  const { errors, url } = await devtools.send('Page.getAppManifest');
  expect(errors).toEqual([]);
  expect(url).toBe(`${server.url}/manifest.webmanifest`);
  const { installabilityErrors } = await devtools.send('Page.getInstallabilityErrors');
  const found = installabilityErrors.map(({ errorId }) => errorId);
  // Chromium installs nothing from a window of this kind, which every test has.
  expect(found.filter((id) => id !== 'in-incognito')).toEqual([]);
});

describe.each([
  ['desktop', 'light', DESKTOP],
  ['desktop', 'dark', DESKTOP],
  ['phone', 'light', PHONE],
  ['phone', 'dark', PHONE],
] as const)('%s, %s', (device, colorScheme, viewport) => {
  test('the page', async () => {
    const { bob, push } = await alone({ viewport, colorScheme });
    const { page } = bob;
    const screen = (what: string) => shoot(page, `${device}-${colorScheme}-notifications-${what}`);
    await bob.openSettings('Notifications');
    await page.getByText('Notifications are off').waitFor();
    await page.getByText('Nothing has been sent yet.').waitFor();
    await screen('off');
    await page.getByRole('button', { name: 'Turn on notifications' }).click();
    await page.getByText('Notifications are on').waitFor();
    await showWhat(page);
    await page.getByLabel('Quiet time').selectOption({ label: 'Until 8 in the morning' });
    await page.getByText('No notifications before').waitFor();
    const deliveries = page.getByRole('list', { name: 'Deliveries' });
    push.current?.refusals.push({ status: 400 });
    for (const outcome of ['Refused by the push service', 'Handed to the push service']) {
      await page.getByRole('button', { name: 'Send me a test notification' }).click();
      await deliveries.getByText(outcome).waitFor();
    }
    await page.getByRole('heading', { name: 'In this browser' }).scrollIntoViewIfNeeded();
    await screen('on');
    await page.getByRole('heading', { name: 'Your devices' }).scrollIntoViewIfNeeded();
    await deliveries.scrollIntoViewIfNeeded();
    await screen('on-end');
    await bob.context.setOffline(true);
    await page.getByText('You are not connected.').waitFor();
    await page.getByRole('button', { name: 'Turn off notifications' }).scrollIntoViewIfNeeded();
    await screen('offline');
    await bob.context.setOffline(false);
  });
});
