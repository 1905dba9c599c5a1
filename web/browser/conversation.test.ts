import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectNoComplaints, launch, PASSWORD, Person, Server } from './harness';

let server: Server;
let browser: Browser;
let ada: Person;
let bob: Person;

beforeAll(async () => {
  server = await Server.start();
  browser = await launch();
  ada = await Person.join(browser, server, 'ada', { displayName: 'Ada Lovelace' });
  bob = await Person.join(browser, server, 'bob', { displayName: 'Bob Kahn' });
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

describe('registering', () => {
  test('says what is wrong beside the field, and forgets it when the field is edited', async () => {
    const stranger = await Person.arrive(browser, server, 'ada');
    const { page } = stranger;
    await page.getByRole('link', { name: 'Create an account' }).click();
    await page.getByRole('heading', { name: 'Create your account' }).waitFor();
    await page.getByLabel('Username').fill('ada');
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.getByRole('button', { name: 'Create account' }).click();
    const taken = page.getByText('Somebody has this username already.');
    await taken.waitFor();
    expect(await page.getByLabel('Username').getAttribute('aria-invalid')).toBe('true');
    await page.getByLabel('Username').fill('ada2');
    await taken.waitFor({ state: 'detached' });

    await page.getByLabel('Password', { exact: true }).fill('short');
    await page.getByRole('button', { name: 'Create account' }).click();
    await page.getByRole('alert').first().waitFor();
    expect(await page.getByLabel('Password', { exact: true }).getAttribute('aria-invalid')).toBe(
      'true',
    );
    expectNoComplaints(stranger);
    await stranger.leave();
  });

  test('a wrong password is refused without saying which half was wrong', async () => {
    const stranger = await Person.arrive(browser, server, 'ada');
    await stranger.page.getByLabel('Username').fill('ada');
    await stranger.page.getByLabel('Password', { exact: true }).fill('Wrong-horse-7');
    await stranger.page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await stranger.page.getByText('Username and password do not match.').waitFor();
    await stranger.leave();
  });
});

describe('a direct chat', () => {
  test('ticks move from sent to delivered to read', async () => {
    await ada.startChat(bob);
    await ada.send('Hello Bob');
    await bob.listed('Ada Lovelace').waitFor();
    await ada.ticks('Hello Bob', 'delivered');

    await expect.poll(() => bob.listed('Ada Lovelace').textContent()).toContain('1 unread message');
    await bob.open('Ada Lovelace');
    await ada.ticks('Hello Bob', 'read');
    await expect.poll(() => bob.listed('Ada Lovelace').textContent()).not.toContain('unread');
  });

  test('typing is shown and ends', async () => {
    await bob.typesFor(ada.page.getByTestId('status').filter({ hasText: 'typing…' }), 'Hi Ad');
    await bob.send('Hi Ada');
    await ada.said('Hi Ada').waitFor();
    await ada.page
      .getByTestId('status')
      .filter({ hasText: 'typing…' })
      .waitFor({ state: 'detached' });
    await ada.page.getByTestId('status').filter({ hasText: 'online' }).waitFor();
  });

  test('text comes back as it was written: lines, emoji, right to left, markup, links', async () => {
    const odd = ['two\nlines', 'مرحبا بالعالم', '👩‍👩‍👧‍👦🏳️‍🌈', '<img src=x onerror=alert(1)>'];
    for (const text of odd) {
      await ada.composer.fill(text);
      await ada.composer.press('Enter');
      const heard = bob.page.locator('[data-message]').last();
      await expect.poll(() => heard.locator('p > span').first().textContent()).toBe(text);
    }
    await ada.send('see https://example.org/a_(b). now');
    const link = bob.page.getByRole('link', { name: 'https://example.org/a_(b)', exact: true });
    await link.waitFor();
    expect(await link.getAttribute('rel')).toContain('noopener');
  });

  test('Shift+Enter makes a line, and a draft is kept when the chat is left and the page reloaded', async () => {
    await ada.composer.fill('first');
    await ada.composer.press('Shift+Enter');
    await ada.composer.pressSequentially('second');
    expect(await ada.composer.inputValue()).toBe('first\nsecond');
    await ada.page.goBack();
    await ada.listed('Bob Kahn').filter({ hasText: 'Draft: first second' }).waitFor();
    await expect
      .poll(() => keptBy(ada.page))
      .toContainEqual(expect.objectContaining({ text: 'first\nsecond' }));
    await ada.page.reload();
    await ada.open('Bob Kahn');
    await expect.poll(() => ada.composer.inputValue()).toBe('first\nsecond');
    await ada.composer.fill('');
  });

  test('a message that is too long is refused, kept, and can be deleted', async () => {
    const long = 'x'.repeat(65_537);
    await ada.composer.fill(long);
    await ada.composer.press('Enter');
    await ada.page.getByText('Not sent. The message is too long').waitFor();
    await ada.send('Shorter then');
    await ada.ticks('Shorter then', 'read');
    await ada.page.getByRole('button', { name: 'Delete' }).click();
    await ada.page.getByText('Not sent. The message is too long').waitFor({ state: 'detached' });
  });

  test('older messages load on the way up, and newer ones are counted meanwhile', async () => {
    await ada.sendAll(Array.from({ length: 130 }, (_, i) => `line ${i + 1}`));
    await ada.ticks('line 130', 'read');
    const carol = await Person.arrive(browser, server, 'bob');
    await carol.signIn();
    await carol.open('Ada Lovelace');
    await carol.said('line 130').waitFor();
    await watchMovement(carol.page);
    await expect
      .poll(
        async () => {
          await carol.scrollUp(WHEEL);
          // One turn of the wheel a frame, however slowly they come.
          await nextFrame(carol.page);
          return carol.said('Hello Bob').count();
        },
        { timeout: 120_000 },
      )
      .toBe(1);
    // What is on the screen moves with the wheel, and not when older messages come in above it.
    expect(await furthestMove(carol.page)).toBeLessThanOrEqual(2 * WHEEL);
    await ada.send('meanwhile');
    const jump = carol.page.getByRole('button', { name: '1 new message, jump to it' });
    await jump.waitFor();
    await jump.click();
    await carol.said('meanwhile').waitFor();
    expectNoComplaints(carol);
    await carol.leave();
  });
});

describe('a group', () => {
  let eve: Person;

  beforeAll(async () => {
    eve = await Person.join(browser, server, 'eve', { displayName: 'Eve Moss' });
  });

  afterAll(() => eve?.leave());

  test('a message is read when everybody has read it, and its info says who', async () => {
    await ada.createGroup('Analytical Engine', [bob, eve]);
    await ada.page.getByText('You created the group').waitFor();
    await ada.send('Welcome all');
    await ada.ticks('Welcome all', 'delivered');
    await bob.open('Analytical Engine');
    await bob.said('Welcome all').waitFor();

    await ada.said('Welcome all').hover();
    await ada.said('Welcome all').getByRole('button', { name: 'Message actions' }).click();
    await ada.page.getByRole('menuitem', { name: 'Message info' }).click();
    const info = ada.page.getByRole('dialog', { name: 'Message info' });
    const readBy = info.locator('section').filter({ hasText: 'Read by' });
    await readBy.getByText('Bob Kahn').waitFor();
    await info
      .locator('section')
      .filter({ hasText: 'Delivered to' })
      .getByText('Eve Moss')
      .waitFor();
    await ada.page.keyboard.press('Escape');

    await eve.open('Analytical Engine');
    await ada.ticks('Welcome all', 'read');
  });

  test('typing names the person', async () => {
    const status = ada.page.getByTestId('status');
    await eve.typesFor(status.filter({ hasText: 'Eve is typing…' }), 'I th');
    await eve.composer.fill('');
  });

  test('an admin renames it, promotes, removes; each is told in the conversation', async () => {
    await ada.page.getByRole('button', { name: 'Group info' }).click();
    await ada.page.getByRole('button', { name: 'Edit group' }).click();
    await ada.page.getByLabel('Group name').fill('Difference Engine');
    await ada.page.getByRole('button', { name: 'Save' }).click();
    await bob.page.getByText('Ada Lovelace named the group “Difference Engine”').waitFor();
    await bob.listed('Difference Engine').waitFor();

    await ada.page.getByRole('button', { name: 'Actions for Bob Kahn' }).click();
    await ada.page.getByRole('menuitem', { name: 'Make admin' }).click();
    await bob.page.getByText('Ada Lovelace made you admin').waitFor();

    await ada.page.getByRole('button', { name: 'Actions for Eve Moss' }).click();
    await ada.page.getByRole('menuitem', { name: 'Remove from group' }).click();
    await eve.page.getByText('You are no longer in this group. What was written').waitFor();
    await bob.page.getByText('Ada Lovelace removed Eve Moss').waitFor();
    await ada.page.keyboard.press('Escape');
  });

  test('a member leaves and keeps what was written', async () => {
    await bob.page.getByRole('button', { name: 'Group info' }).click();
    await bob.page.getByRole('button', { name: 'Leave group' }).click();
    await bob.page.getByRole('dialog').getByRole('button', { name: 'Leave group' }).click();
    await bob.page.getByText('You are no longer in this group. What was written').waitFor();
    await bob.said('Welcome all').waitFor();
    await ada.page.getByText('Bob Kahn left').waitFor();
  });
});

test('signing out wipes the device and other tabs follow', async () => {
  const other = await bob.anotherTab();
  await bob.online(other);
  await bob.page.getByRole('button', { name: 'Profile and settings' }).click();
  await bob.page.getByRole('button', { name: 'Sign out' }).click();
  await bob.page.getByRole('heading', { name: 'Welcome back' }).waitFor();
  await other.getByRole('heading', { name: 'Welcome back' }).waitFor();
  await expect.poll(() => keptBy(bob.page)).toEqual([]);
});

test('nothing broke and no security rule was bent on the way', () => {
  expectNoComplaints(ada, bob);
});

const WHEEL = 150;

// Follows, frame by frame, how far the bubbles on the screen move.
function watchMovement(page: Page): Promise<void> {
  return page.evaluate(() => {
    let before = new Map<string, number>();
    const watch = () => {
      const now = new Map<string, number>();
      for (const bubble of document.querySelectorAll<HTMLElement>('[data-message]')) {
        const { top, bottom } = bubble.getBoundingClientRect();
        if (bottom > 0 && top < innerHeight) now.set(bubble.dataset.message ?? '', top);
      }
      const moves = [...now].map(([key, top]) => Math.abs(top - (before.get(key) ?? top)));
      // A frame that has nothing in common with the one before moved further than the screen.
      const lost =
        before.size > 0 && now.size > 0 && ![...now.keys()].some((key) => before.has(key));
      const known = Number(document.body.dataset.moved ?? 0);
      document.body.dataset.moved = String(Math.max(known, ...moves, lost ? innerHeight : 0));
      if (now.size > 0) before = now;
      requestAnimationFrame(watch);
    };
    watch();
  });
}

/** Every row that this browser keeps of Parley. */
function keptBy(page: Page): Promise<unknown[]> {
  return page.evaluate(async () => {
    const opened = await new Promise<IDBDatabase>((done, failed) => {
      const request = indexedDB.open('parley');
      request.onsuccess = () => done(request.result);
      request.onerror = () => failed(request.error);
    });
    const rows = (name: string) =>
      new Promise<unknown[]>((done) => {
        const request = opened.transaction(name).objectStore(name).getAll();
        request.onsuccess = () => done(request.result);
      });
    const all = await Promise.all([...opened.objectStoreNames].map(rows));
    opened.close();
    return all.flat();
  });
}

function nextFrame(page: Page): Promise<void> {
  return page.evaluate(
    () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done()))),
  );
}

function furthestMove(page: Page): Promise<number> {
  return page.evaluate(() => Number(document.body.dataset.moved));
}
