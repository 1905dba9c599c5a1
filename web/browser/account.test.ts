import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { expectNoComplaints, launch, Person, Server } from './harness';
import { totp } from './totp';

let server: Server;
let browser: Browser;
let people: Person[] = [];

beforeAll(async () => {
  server = await Server.startAtLocalhost();
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

async function join(username: string): Promise<Person> {
  const person = await Person.join(browser, server, username);
  people.push(person);
  return person;
}

// The same account in a browser of its own.
async function elsewhere(username: string, userAgent = ''): Promise<Person> {
  const person = await Person.arrive(browser, server, username, { userAgent });
  people.push(person);
  return person;
}

// A code counts once; the next half minute's is taken early, as clocks may differ.
const nextTotp = (secret: string) => totp(secret, Date.now() + 30_000);

describe('sessions', () => {
  test('a new sign-in is told, and a session ended in one browser closes the other', async () => {
    const ada = await join('ada');
    const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
    const other = await elsewhere('ada', firefox);
    await other.signIn();

    await ada.page.getByText('New sign-in from Firefox on Linux').waitFor();
    await ada.page.getByRole('link', { name: 'Look at your sessions' }).click();
    const sessions = ada.page.getByRole('list', { name: 'Sessions' });
    await sessions.getByText('This browser').waitFor();
    await expect.poll(() => sessions.getByRole('listitem').count()).toBe(2);
    await sessions.getByRole('button', { name: 'End the session of Firefox on Linux' }).click();
    await other.page.getByRole('heading', { name: 'Welcome back' }).waitFor();
    await expect.poll(() => sessions.getByRole('listitem').count()).toBe(1);
    await ada.page.reload();
    await sessions.getByText('This browser').waitFor();
  });

  test('signing out everywhere ends the others, and then this one', async () => {
    const eve = await join('eve');
    const other = await elsewhere('eve');
    await other.signIn();
    await eve.openSettings('Security');
    await eve.page.getByRole('button', { name: 'Sign out everywhere' }).click();
    await eve.page.getByRole('button', { name: 'Everywhere but here' }).click();
    await other.page.getByRole('heading', { name: 'Welcome back' }).waitFor();
    await eve.page.getByRole('dialog').waitFor({ state: 'detached' });
    await eve.page.getByRole('button', { name: 'Sign out everywhere' }).click();
    await eve.page.getByRole('button', { name: 'Here too' }).click();
    await eve.page.getByRole('heading', { name: 'Welcome back' }).waitFor();
  });
});

test('a second factor is asked for, and a recovery code stands in for it', async () => {
  const bob = await join('bob');
  const { page } = bob;
  await bob.openSettings('Security');
  await page.getByRole('button', { name: 'Turn on' }).click();
  await page.getByLabel('Your password').fill('Wrong-horse-7');
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByText('This is not your password.').waitFor();
  await page.getByLabel('Your password').fill('Correct-horse-7');
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('img', { name: 'QR code' }).waitFor();
  const secret = (await page.getByTestId('secret').textContent())?.replaceAll(' ', '') ?? '';
  await page.getByRole('textbox', { name: 'Code' }).fill(totp(secret));
  await page.getByRole('button', { name: 'Confirm the code' }).click();

  const codes = page.getByRole('list', { name: 'Recovery codes' }).getByRole('listitem');
  await codes.first().waitFor();
  const recovery = await codes.allTextContents();
  expect(recovery).toHaveLength(10);
  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download' }).click();
  expect((await downloading).suggestedFilename()).toBe('parley-recovery-codes.txt');
  await page.getByRole('button', { name: 'I have kept them' }).click();
  await page.getByText('Turned on').waitFor();
  await bob.signOut();

  await bob.givePassword();
  await page.getByRole('heading', { name: 'Confirm that it is you' }).waitFor();
  await page.getByRole('textbox', { name: 'Code' }).fill('000000');
  await page.getByRole('button', { name: 'Confirm' }).click();
  await page.getByText('This code is wrong').waitFor();
  await page.getByRole('textbox', { name: 'Code' }).fill(nextTotp(secret));
  await page.getByRole('button', { name: 'Confirm' }).click();
  await bob.online();
  await bob.openSettings('Security');
  await page.getByText('The second factor was turned on').waitFor();
  await bob.signOut();

  await bob.givePassword();
  await page.getByRole('button', { name: 'Use a recovery code instead' }).click();
  await page.getByLabel('Recovery code').fill(recovery[0] ?? '');
  await page.getByRole('button', { name: 'Confirm' }).click();
  await bob.online();
});

describe('passkeys', () => {
  // An authenticator inside the device, with a finger always on it.
  async function authenticator(person: Person): Promise<void> {
    const device = await person.context.newCDPSession(person.page);
    await device.send('WebAuthn.enable');
    await device.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
  }

  const addPasskey = async ({ page }: Person) => {
    await page.getByRole('button', { name: 'Add a passkey' }).click();
    await page.getByText('The passkey has been added.').waitFor();
  };

  test('one is added, signs in, and is removed', async () => {
    const carl = await elsewhere('carl');
    const { page } = carl;
    await page.addInitScript(() => {
      PublicKeyCredential.isConditionalMediationAvailable = async () => false;
    });
    await page.reload();
    await carl.register();
    await authenticator(carl);
    await carl.openSettings('Security');
    await addPasskey(carl);
    await page.getByRole('button', { name: 'Add a passkey' }).click();
    await page.getByText('This device has a passkey for your account already.').waitFor();
    await carl.signOut();

    const signIn = page.getByRole('button', { name: 'Sign in with a passkey' });
    await signIn.click();
    await carl.online();
    await carl.openSettings('Security');
    const remove = page.getByRole('button', { name: 'Remove Chrom' });
    await remove.click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await remove.waitFor({ state: 'detached' });
    await carl.signOut();
    await signIn.click();
    await page.getByText('This passkey could not be verified.').waitFor();
  });

  test('one is offered where the username is typed', async () => {
    const fred = await join('fred');
    await authenticator(fred);
    await fred.openSettings('Security');
    await addPasskey(fred);
    const entered = fred.page.waitForResponse((answer) => answer.url().endsWith('/passkeys/login'));
    await fred.page.getByRole('button', { name: 'Sign out', exact: true }).click();
    // The finger that is always there takes the offer at once.
    expect((await entered).status()).toBe(200);
    await fred.online();
  });
});

test('what is said about oneself is kept', async () => {
  const dora = await join('dora');
  const { page } = dora;
  await dora.openSettings('Profile');
  await page.getByLabel('First name').fill('Dora');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Saved').waitFor();
  await page.getByRole('textbox', { name: 'Status' }).fill('At the mill');
  await page.getByLabel('Ends', { exact: true }).selectOption('In an hour');
  await page.getByRole('button', { name: 'Set status' }).click();
  await page.getByText('Ends by itself').waitFor();
  await page.getByRole('link', { name: 'Account' }).click();
  await page.getByRole('textbox', { name: 'E-mail address' }).fill('dora@example.org');
  await page.getByLabel('Your password').fill('Correct-horse-7');
  await page.getByRole('button', { name: 'Save the address' }).click();
  await page.getByText('Not verified yet').waitFor();
  await page.getByLabel('Current password').fill('Correct-horse-7');
  await page.getByLabel('New password').fill('Another-horse-8');
  await page.getByRole('button', { name: 'Change password' }).click();
  await page.getByText('Your password has been changed.').waitFor();
  await page.reload();
  await page.getByText('dora@example.org').waitFor();
  await page.getByRole('link', { name: 'Profile' }).click();
  await expect.poll(() => page.getByLabel('First name').inputValue()).toBe('Dora');
  const status = page.getByRole('textbox', { name: 'Status' });
  await expect.poll(() => status.inputValue()).toBe('At the mill');
});

test('the token of a link in a mail leaves the address bar', async () => {
  const stranger = await elsewhere('nobody');
  const { page } = stranger;
  for (const path of ['/verify-email', '/reset-password']) {
    await page.goto(`${server.url}${path}#wrong-token`);
    await page.waitForURL((url) => url.pathname === path && url.hash === '');
  }
  await page.getByLabel('New password').fill('Another-horse-8');
  await page.getByRole('button', { name: 'Set the password' }).click();
  await page.getByText('This link is wrong, has been used, or is too old.').waitFor();
  await page.goto(`${server.url}/verify-email#wrong-token`);
  await page.getByText('Your address could not be verified.').waitFor();
});
