import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { DESKTOP, expectNoComplaints, launch, Person, PHONE, Server } from './harness';
import { shoot } from './shoot';

let server: Server;
let browser: Browser;
let people: Person[] = [];
let count = 0;

beforeAll(async () => {
  server = await Server.start();
  browser = await launch();
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

afterEach(async () => {
  expectNoComplaints(...people);
  for (const person of people) await person.leave();
  people = [];
});

type Options = Parameters<typeof Person.join>[3];

async function join(username: string, options: Options): Promise<Person> {
  const person = await Person.join(browser, server, username, options);
  people.push(person);
  return person;
}

/** Ada, who looks at the chat with Bob, and Bob, whose clock can be moved. */
async function pair(look: Options = {}): Promise<{ ada: Person; bob: Person }> {
  count += 1;
  const bob = await join(`bob${count}`, {
    displayName: 'Bob Kahn',
    prepare: (context) => context.clock.install(),
    ...look,
  });
  const ada = await join(`ada${count}`, { displayName: 'Ada Lovelace', ...look });
  await ada.startChat(bob);
  await status(ada, /^online$/);
  return { ada, bob };
}

const status = (viewer: Person, says: RegExp) =>
  viewer.page.getByTestId('status').filter({ hasText: says }).waitFor({ timeout: 30_000 });

const mark = (viewer: Person, presence: string) =>
  viewer.page.locator(`header [data-presence="${presence}"]`).last().waitFor();

async function beBusy(person: Person, ends: string): Promise<void> {
  await person.openSettings('Profile');
  await person.page.getByLabel('Busy ends').selectOption(ends);
  await person.page.getByRole('button', { name: 'I am busy' }).click();
  await person.page.getByText('You are busy until').waitFor();
}

test('who leaves the page alone is away after five minutes, and back at the first input', async () => {
  const { ada, bob } = await pair();
  await bob.page.clock.fastForward(4 * 60_000);
  await bob.page.mouse.move(20, 20);
  await bob.page.clock.fastForward(4 * 60_000);
  await bob.page.mouse.move(30, 30);
  await bob.page.clock.fastForward(5 * 60_000 + 1_000);
  await status(ada, /^away$/);
  await mark(ada, 'away');
  await shoot(ada.page, 'presence-away');
  await bob.page.mouse.move(40, 40);
  await status(ada, /^online$/);
  await mark(ada, 'online');
});

test('who is busy is shown so, on all of their devices, until they say otherwise', async () => {
  const { ada, bob } = await pair();
  await beBusy(bob, 'In an hour');
  await status(ada, /^busy until .*\d:\d\d/); // after eleven in the evening with the day
  await mark(ada, 'busy');
  await ada.page.getByRole('link', { name: /Bob Kahn.*busy/ }).waitFor();
  await shoot(bob.page, 'presence-availability');

  // Another tab of his learns of it, and of the end.
  const tab = await bob.anotherTab();
  await bob.online(tab);
  const settings = tab.getByRole('button', { name: 'Profile and settings (you are busy)' });
  await settings.waitFor();
  await bob.page.getByRole('button', { name: 'I am available' }).click();
  await bob.page.getByText('You are available.').waitFor();
  await settings.waitFor({ state: 'detached' });
  await status(ada, /^online$/);
});

test('looks right on small screens and in the dark', async () => {
  for (const viewport of [PHONE, DESKTOP]) {
    const size = viewport === PHONE ? 'phone' : 'desktop';
    for (const colorScheme of ['light', 'dark'] as const) {
      const { ada, bob } = await pair({ viewport, colorScheme });
      await beBusy(bob, 'When today is over');
      await status(ada, /^busy/);
      await shoot(ada.page, `presence-busy-${size}-${colorScheme}`);
      await shoot(bob.page, `presence-settings-${size}-${colorScheme}`);
      if (viewport === PHONE) {
        await ada.page.getByRole('button', { name: 'Back', exact: true }).click();
        await shoot(ada.page, `presence-list-${size}-${colorScheme}`);
      }
      expect(await ada.page.locator('[data-presence="busy"]').count()).toBeGreaterThan(0);
    }
  }
});
