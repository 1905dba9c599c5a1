import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DESKTOP, expectNoComplaints, launch, Person, PHONE, Server } from './harness';
import { shoot } from './shoot';
import { totp } from './totp';

let server: Server;
let browser: Browser;

beforeAll(async () => {
  server = await Server.startAtLocalhost();
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
  const name = `ada.${device}.${colorScheme}`;
  const options = { viewport, colorScheme, displayName: 'Ada Lovelace' };
  const shot = (page: Page, what: string) => shoot(page, `${device}-${colorScheme}-${what}`);

  test('before one is signed in', async () => {
    const stranger = await Person.arrive(browser, server, 'stranger', options);
    const { page } = stranger;
    const screen = (what: string) => shot(page, what);
    await page.getByRole('button', { name: 'Sign in with a phone number' }).click();
    await page.getByLabel('Country').selectOption({ label: 'Germany (+49)' });
    await page.getByLabel('Phone number').pressSequentially('0151123');
    await expect.poll(() => page.getByLabel('Phone number').inputValue()).toBe('01511 23');
    await page.getByLabel('Phone number').fill('015');
    await page.getByRole('button', { name: 'Send the code' }).click();
    await page.getByText('This is no phone number of that country.').waitFor();
    await screen('phone-number');
    await page.getByRole('link', { name: 'Sign in with a password' }).click();
    await page.getByRole('link', { name: 'Forgot your password?' }).click();
    await page.getByLabel('E-mail address').fill('ada@example.org');
    await screen('forgot-password');
    await page.getByRole('button', { name: 'Send the link' }).click();
    await page.getByRole('heading', { name: 'Look into your mail' }).waitFor();
    await screen('forgot-password-sent');
    await page.goto(`${server.url}/reset-password#token`);
    await page.getByLabel('New password').fill('Correct');
    await screen('reset-password');
    await page.goto(`${server.url}/verify-email#token`);
    await page.getByRole('alert').waitFor();
    await screen('verify-email');
    await page.goto(`${server.url}/sign-in/provider?code=c&state=s`);
    await page.getByRole('alert').waitFor();
    await screen('provider');

    expectNoComplaints(stranger);
    await stranger.leave();
  });

  test('settings', async () => {
    const ada = await Person.join(browser, server, name, options);
    const { page } = ada;
    const screen = (what: string) => shot(page, what);
    await ada.openSettings('Profile');
    await screen('settings-profile');
    await page.getByRole('link', { name: 'Account' }).click();
    await page.getByRole('textbox', { name: 'E-mail address' }).fill(`${name}@example.org`);
    await page.getByLabel('Your password').fill('Correct-horse-7');
    await page.getByRole('button', { name: 'Save the address' }).click();
    await page.getByText('Not verified yet').waitFor();
    await screen('settings-account');

    await page.getByRole('link', { name: 'Security' }).click();
    await page.getByRole('button', { name: 'Turn on' }).click();
    await page.getByLabel('Your password').fill('Correct-horse-7');
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByRole('img', { name: 'QR code' }).waitFor();
    await screen('second-factor-secret');
    const secret = (await page.getByTestId('secret').textContent())?.replaceAll(' ', '') ?? '';
    await page.getByRole('textbox', { name: 'Code' }).fill(totp(secret));
    await page.getByRole('button', { name: 'Confirm the code' }).click();
    await page.getByRole('list', { name: 'Recovery codes' }).waitFor();
    await screen('recovery-codes');
    await page.getByRole('button', { name: 'I have kept them' }).click();
    await page.getByText('Turned on').waitFor();
    await page.getByText('This browser').waitFor();

    const other = await Person.arrive(browser, server, name, options);
    await other.givePassword();
    await other.page.getByRole('heading', { name: 'Confirm that it is you' }).waitFor();
    await shot(other.page, 'second-factor');
    await other.leave();
    await screen('settings-security');
    await page.getByRole('heading', { name: 'Recent activity' }).scrollIntoViewIfNeeded();
    await screen('settings-security-end');
    await page.getByRole('button', { name: 'Sign out everywhere' }).click();
    await screen('sign-out-everywhere');
    expectNoComplaints(ada);
    await ada.leave();
  });
});
