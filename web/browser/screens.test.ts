import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DESKTOP, expectNoComplaints, launch, Person, PHONE, Server } from './harness';
import { shoot as shootPage } from './shoot';

let server: Server;
let browser: Browser;

beforeAll(async () => {
  server = await Server.start();
  browser = await launch();
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

describe.each([
  ['desktop', 'light', DESKTOP],
  ['desktop', 'dark', DESKTOP],
  ['phone', 'light', PHONE],
  ['phone', 'dark', PHONE],
] as const)('%s, %s', (device, colorScheme, viewport) => {
  let ada: Person;
  let bob: Person;
  let eve: Person;
  const phone = device === 'phone';
  const name = (who: string) => `${who}.${device}.${colorScheme}`;

  beforeAll(async () => {
    bob = await Person.join(browser, server, name('bob'), { displayName: 'Bob Kahn' });
    eve = await Person.join(browser, server, name('eve'), { displayName: 'Eve Moss' });
  });

  const shoot = (screen: string) => shootPage(ada.page, `${device}-${colorScheme}-${screen}`);

  const back = async () => {
    if (phone) await ada.page.getByRole('button', { name: 'Back' }).click();
  };

  afterAll(async () => {
    for (const person of [ada, bob, eve]) await person?.leave();
  });

  test('signing in and registering', async () => {
    const options = { viewport, colorScheme, displayName: 'Ada Lovelace' };
    ada = await Person.arrive(browser, server, name('ada'), options);
    await ada.page.getByRole('heading', { name: 'Welcome back' }).waitFor();
    await shoot('sign-in');
    await ada.page.getByRole('link', { name: 'Create an account' }).click();
    await ada.page.getByRole('heading', { name: 'Create your account' }).waitFor();
    await ada.page.getByLabel('Username').fill('Ada!');
    await ada.page.getByLabel('Password', { exact: true }).fill('Correct7');
    await ada.page.getByRole('button', { name: 'Create account' }).click();
    await ada.page.getByRole('alert').first().waitFor();
    await shoot('register');
    await ada.page.goto(server.url);
    await ada.register();
    await ada.page.getByText('No chats yet').waitFor();
    await shoot('empty');
  });

  test('starting a chat and a group', async () => {
    await ada.page.getByRole('button', { name: 'New chat' }).click();
    await shoot('menu');
    await ada.page.getByRole('menuitem', { name: 'Start a chat' }).click();
    await ada.page.getByLabel('Username').fill('nobody.here');
    await ada.page.getByRole('button', { name: 'Start chat' }).click();
    await ada.page.getByText('Nobody has this username.').waitFor();
    await shoot('new-chat');
    await ada.page.keyboard.press('Escape');
    await ada.startChat(bob);
    await ada.page.getByText('Nothing here yet').waitFor();
    await shoot('conversation-empty');
    await back();
    await ada.page.getByRole('button', { name: 'New chat' }).click();
    await ada.page.getByRole('menuitem', { name: 'Create a group' }).click();
    await ada.page.getByLabel('Group name').fill('Walking on Sundays');
    for (const member of [bob, eve]) {
      await ada.page.getByLabel('Members').fill(member.username);
      await ada.page.getByLabel('Members').press('Enter');
      await ada.page.getByRole('button', { name: `Remove ${member.displayName}` }).waitFor();
    }
    await shoot('new-group');
    await ada.page.getByRole('button', { name: 'Create group' }).click();
    await ada.composer.waitFor();
    await ada.page.getByText('You created the group').waitFor();
    await ada.send('Shall we take the river path this week? The weather looks kind.');
    await back();
  });

  test('conversations', async () => {
    await bob.listed('Walking on Sundays').click();
    await bob.said('Shall we take the river path this week? The weather looks kind.').waitFor();
    await bob.send('Yes please! 🌤️ I can bring the thermos.');
    await bob.send('And the dog, if nobody minds.');

    await ada.open('Bob Kahn');
    await eve.listed('Walking on Sundays').click();
    await eve.send('The dog is the reason I come. Map: https://example.org/river-path');
    await ada.send('Morning Bob. Did you get the drafts I left with the porter?');
    await ada.send('They are in the blue folder.');
    await bob.page.goto(server.url);
    await bob.listed('Ada Lovelace').click();
    await bob.said('They are in the blue folder.').waitFor();
    await bob.send('I did, thank you! Reading them tonight.');
    await bob.send('صباح الخير، كيف حالك اليوم؟');
    await bob.send(
      'One question about the third note: when the cards are read backwards, does the store keep what the mill has not yet taken, or is it lost? I could not tell from the table, and it matters for the proof.',
    );
    await ada.ticks('They are in the blue folder.', 'read');
    await ada.send('It keeps it. 😊');
    await ada.send('I should have said so');
    await ada.ticks('I should have said so', 'read');
    const typing = ada.page.getByTestId('status').filter({ hasText: 'typing…' });
    await bob.typesFor(typing, 'Of c');
    await shoot('direct');
    await bob.composer.fill('');

    await back();
    await ada.listed('Walking on Sundays').getByText('unread').waitFor({ state: 'attached' });
    await shoot('list');
    await ada.open('Walking on Sundays');
    const messages = ada.page.getByRole('region', { name: 'Messages', exact: true });
    await messages.getByText('The dog is the reason I come.').waitFor();
    await shoot('group');
    await ada.page.getByRole('button', { name: 'Group info' }).click();
    await ada.page.getByRole('button', { name: 'Actions for Bob Kahn' }).waitFor();
    await shoot('group-info');
    await ada.page.keyboard.press('Escape');
    const mine = ada.said('Shall we take the river path this week? The weather looks kind.');
    await mine.hover();
    await mine.getByRole('button', { name: 'Message actions' }).click();
    await shoot('message-menu');
    await ada.page.getByRole('menuitem', { name: 'Message info' }).click();
    await ada.page.getByRole('dialog').getByText('Eve Moss').waitFor();
    await shoot('message-info');
    await ada.page.keyboard.press('Escape');
  });

  test('without network, and the theme', async () => {
    await ada.context.setOffline(true);
    await ada.page.locator('[data-link="offline"]').waitFor({ state: 'attached' });
    await ada.send('This one waits.');
    await ada.ticks('This one waits.', 'sending');
    if (!phone) await ada.page.getByText('Waiting for network').waitFor();
    await shoot('offline');
    await back();
    await ada.context.setOffline(false);
    await ada.online();
    await ada.page.getByRole('button', { name: 'Profile and settings' }).click();
    await ada.page.getByRole('heading', { name: 'Your profile' }).waitFor();
    await shoot('settings-profile');
    await ada.page.getByText('Dark', { exact: true }).click();
    await expect.poll(() => scheme(ada.page)).toBe('dark');
    await ada.page.getByText('Light', { exact: true }).click();
    await expect.poll(() => scheme(ada.page)).toBe('light');
    expectNoComplaints(ada);
  });
});

function scheme(page: Page): Promise<string> {
  return page.evaluate(() => getComputedStyle(document.documentElement).colorScheme);
}
