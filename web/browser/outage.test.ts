import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { expectNoComplaints, launch, Person, Server } from './harness';

let server: Server;
let browser: Browser;
let ada: Person;
let bob: Person;

beforeAll(async () => {
  server = await Server.start();
  browser = await launch();
  ada = await Person.join(browser, server, 'ada', { displayName: 'Ada Lovelace' });
  bob = await Person.join(browser, server, 'bob', { displayName: 'Bob Kahn' });
  await ada.startChat(bob);
  await ada.send('Before');
  await bob.open('Ada Lovelace');
  await ada.ticks('Before', 'read');
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

test('a server killed while somebody sends loses nothing and doubles nothing', async () => {
  const before = ['during 1', 'during 2', 'during 3'];
  const killed = server.kill();
  for (const text of before) await ada.send(text);
  await killed;
  await ada.send('while down');
  await ada.ticks('while down', 'sending');
  await ada.page.getByText('Connecting…').waitFor();

  await server.restart();
  for (const text of [...before, 'while down']) {
    await ada.ticks(text, 'read');
    expect(await bob.said(text).count(), text).toBe(1);
    expect(await ada.said(text).count(), text).toBe(1);
  }
  await expect.poll(() => bob.texts()).toEqual(['Before', ...before, 'while down']);
});

test('a message written while the server is down survives a reload and is sent once', async () => {
  await server.kill();
  await ada.send('kept over a reload');
  await ada.ticks('kept over a reload', 'sending');
  // The page itself comes from the server, so the reload happens as it comes back.
  await server.restart();
  await ada.page.reload();
  await ada.ticks('kept over a reload', 'read');
  expect(await bob.said('kept over a reload').count()).toBe(1);
  expect(await ada.said('kept over a reload').count()).toBe(1);
});

test('without network the chats stay readable, messages wait, and are sent afterwards', async () => {
  await ada.context.setOffline(true);
  await ada.page.getByText('Waiting for network').waitFor();
  await ada.said('Before').waitFor();
  await ada.send('from a tunnel');
  await ada.ticks('from a tunnel', 'sending');
  await bob.send('are you there?');
  await ada.context.setOffline(false);
  await ada.ticks('from a tunnel', 'read');
  await ada.said('are you there?').waitFor();
  await bob.ticks('are you there?', 'read');
  expect(await bob.said('from a tunnel').count()).toBe(1);
});

test('somebody away finds all that was said, more than two hundred messages, in order', async () => {
  await bob.context.setOffline(true);
  await bob.page.locator('[data-link="offline"]').waitFor({ state: 'attached' });
  await ada.sendAll(Array.from({ length: 230 }, (_, i) => `away ${i + 1}`));
  await ada.ticks('away 230', 'sent');
  await bob.context.setOffline(false);
  await ada.ticks('away 230', 'read');
  await bob.said('away 230').waitFor();
  const seen = new Set<string>();
  await expect
    .poll(
      async () => {
        for (const text of await bob.texts()) seen.add(text);
        await bob.scrollUp(300);
        return bob.said('away 1').count();
      },
      { timeout: 180_000, interval: 20 },
    )
    .toBe(1);
  for (const text of await bob.texts()) seen.add(text);
  const missing = Array.from({ length: 230 }, (_, i) => `away ${i + 1}`).filter(
    (t) => !seen.has(t),
  );
  expect(missing).toEqual([]);
});

test('two tabs of one person send each message once and show the same', async () => {
  await ada.page.reload();
  await ada.online();
  const other = await ada.anotherTab();
  await ada.online(other);
  await other.goto(ada.page.url());
  await ada.online(other);
  await bob.page.reload();
  await bob.online();
  await Promise.all([ada.send('from one tab'), ada.send('from the other', other)]);
  for (const text of ['from one tab', 'from the other']) {
    await bob.said(text).waitFor();
    expect(await bob.said(text).count()).toBe(1);
    for (const page of [ada.page, other]) {
      await ada.said(text, page).locator('[data-progress="read"]').waitFor({ state: 'attached' });
      expect(await ada.said(text, page).count()).toBe(1);
    }
  }
  // Each of the tabs needs a token of its own after a reload: they take turns.
  await Promise.all([ada.page.reload(), other.reload(), ada.anotherTab()]);
  await Promise.all(ada.context.pages().map((page) => ada.online(page)));
});

test('nothing broke on the way', () => {
  expectNoComplaints(ada, bob);
});
