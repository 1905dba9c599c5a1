import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parley } from './harness/cli.ts';
import { expectRefusal } from './harness/errors.ts';
import { linkIn, Mailbox } from './harness/mailbox.ts';
import { SmsProvider } from './harness/sms.ts';
import { eventually, ParleyNode, rest, signUp } from './harness.ts';

// What the server sends by mail and by text message, as a mail server and a provider receive it.

const mailbox = await Mailbox.start({
  tls: 'starttls',
  account: { user: 'parley', password: 'a pass:wörd' },
});
const provider = await SmsProvider.start();
const node = new ParleyNode({
  args: [...mailbox.settings, ...provider.settings, '--public-url=https://chat.example.org'],
  env: { SSL_CERT_FILE: mailbox.certificateFile },
});
beforeAll(async () => {
  await node.start();
});
afterAll(async () => {
  await node.dispose();
  await mailbox.stop();
  await provider.stop();
});

let count = 0;
const freshAddress = () => `anna.${++count}@example.org`;
const freshNumber = () => `+4915112345${String(100 + ++count)}`;

const metric = async (line: string) => {
  const { text } = await node.get('/metrics');
  return Number(
    text
      .split('\n')
      .find((l) => l.startsWith(line))
      ?.split(' ')
      .at(-1),
  );
};

describe('A mail', () => {
  test('comes encrypted, from our account, readable as text and as HTML', async () => {
    const email = freshAddress();
    await signUp(node, 'anna', { email, displayName: 'Anna Žižka <b>' });
    const mail = await mailbox.next(email);
    expect(mail).toMatchObject({
      from: 'parley@example.org',
      to: [email],
      encrypted: true,
      user: 'parley',
      subject: 'Verify your e-mail address',
      headers: { from: expect.stringContaining('parley@example.org'), to: email },
    });
    expect(mail.text).toContain('Hello Anna Žižka <b>,');
    expect(mail.html).toContain('Hello Anna Žižka &lt;b&gt;,');
    expect(linkIn(mail)).toMatch(/^https:\/\/chat\.example\.org\/verify-email#[\w-]{32,}$/);
    expect(mail.html).toContain(`href="${linkIn(mail)}"`);
    expect(new Date(mail.headers.date ?? '').getTime()).toBeGreaterThan(Date.now() - 60_000);
    expect(mail.headers['message-id']).toMatch(/^<[^<>@\s]+@example\.org>$/);
    expect(Math.max(...mail.raw.split('\r\n').map((line) => line.length))).toBeLessThan(999);
  });

  test('brings a link that works once', async () => {
    const email = freshAddress();
    const anna = await signUp(node, 'anna', { email });
    const token = linkIn(await mailbox.next(email)).split('#')[1];
    const verify = () => rest(node.url, 'POST', '/auth/verify-email', { token });
    expect((await anna.get('/users/profile')).emailVerified).toBe(false);
    expect((await verify()).status).toBe(204);
    expect((await anna.get('/users/profile')).emailVerified).toBe(true);
    expectRefusal(await verify(), 'invalid_link');
  });

  test('is tried again when the mail server cannot take it yet', async () => {
    const email = freshAddress();
    mailbox.refusals.push('451 Try later');
    const before = await metric('parley_jobs_total{kind="mail",outcome="postponed"}');
    await signUp(node, 'anna', { email });
    expect((await mailbox.next(email, 30_000)).subject).toBe('Verify your e-mail address');
    expect(await metric('parley_jobs_total{kind="mail",outcome="postponed"}')).toBe(before + 1);
  });

  test('survives the server that was to send it', async () => {
    const email = freshAddress();
    mailbox.refusals.push('451 Try later');
    const postponed = 'parley_jobs_total{kind="mail",outcome="postponed"}';
    const before = await metric(postponed);
    await signUp(node, 'anna', { email });
    await eventually('the refusal', async () => (await metric(postponed)) > before);
    await node.kill();
    await node.start();
    expect((await mailbox.next(email, 30_000)).to).toEqual([email]);
  });

  test('cannot be told by a forgotten password whether somebody has an account', async () => {
    const email = freshAddress();
    await signUp(node, 'anna', { email });
    const token = linkIn(await mailbox.next(email)).split('#')[1];
    await rest(node.url, 'POST', '/auth/verify-email', { token });
    const ask = (address: string) =>
      rest(node.url, 'POST', '/auth/forgot-password', { email: address });
    expect((await ask('nobody@example.org')).status).toBe(204);
    expect((await ask(email)).status).toBe(204);
    expect((await mailbox.next(email)).subject).toBe('Choose a new password');
    expect(mailbox.mails.filter(({ to }) => to.includes('nobody@example.org'))).toEqual([]);
  });
});

describe('A text message', () => {
  const requestCode = async (phoneNumber: string) => {
    const { status } = await rest(node.url, 'POST', '/auth/request-otp', { phoneNumber });
    expect(status).toBe(200);
  };

  test('brings a code that signs in', async () => {
    const phoneNumber = freshNumber();
    await requestCode(phoneNumber);
    const message = await provider.next(phoneNumber);
    expect(message.from).toBe('+15550100');
    const code = /^(\d{6}) is your Parley code/.exec(message.text)?.[1];
    const { status, body } = await rest(node.url, 'POST', '/auth/verify-otp', {
      phoneNumber,
      code,
      username: `by.phone.${count}`,
    });
    expect(status, JSON.stringify(body)).toBe(200);
    expect(body.user.username).toBe(`by.phone.${count}`);
  });

  test('is tried again when the provider is busy, and given up when it refuses', async () => {
    const [busy, refused] = [freshNumber(), freshNumber()];
    provider.refusals.push({ to: busy, status: 429, retryAfter: 1 });
    await requestCode(busy);
    await eventually('the first try', () => provider.refusals.length === 0);
    provider.refusals.push({ to: refused, status: 400 });
    const dead = await metric('parley_jobs_total{kind="sms",outcome="dead"}');
    await requestCode(refused);
    await eventually(
      'the refused one to be given up',
      async () => (await metric('parley_jobs_total{kind="sms",outcome="dead"}')) === dead + 1,
    );
    expect((await provider.next(busy, 30_000)).to).toBe(busy);
    expect(provider.messages).toEqual([]);
  });
});

test('Neither codes, links, addresses nor numbers get into the log', async () => {
  const [email, phoneNumber] = [freshAddress(), freshNumber()];
  mailbox.refusals.push('550 No such mailbox');
  const dead = await metric('parley_jobs_total{kind="mail",outcome="dead"}');
  await signUp(node, 'anna', { email, phoneNumber });
  await eventually(
    'the mail to be given up',
    async () => (await metric('parley_jobs_total{kind="mail",outcome="dead"}')) > dead,
  );
  const said = () => JSON.stringify(node.logs) + node.unparsed.join('\n');
  await eventually('the log tells of it', () => said().includes('cannot be sent'));
  const log = said();
  for (const secret of ['example.org/verify', 'anna.', '+4915', 'is your Parley code'])
    expect(log).not.toContain(secret);
});

describe('Whoever is at the other end', () => {
  // A server with these settings, for as long as `act` takes.
  async function withNode(
    args: string[],
    env: Record<string, string>,
    act: (n: ParleyNode) => Promise<void>,
  ) {
    const other = await new ParleyNode({ args, env }).start();
    try {
      await act(other);
    } finally {
      await other.dispose();
    }
  }
  const postponed = async (other: ParleyNode) =>
    /^parley_jobs_total\{kind="mail",outcome="postponed"\} [1-9]/m.test(
      (await other.get('/metrics')).text,
    );

  test('is spoken to by TLS from the start with smtps://', async () => {
    const always = await Mailbox.start({ tls: 'always' });
    const env = { SSL_CERT_FILE: always.certificateFile };
    await withNode(always.settings, env, async (other) => {
      const email = freshAddress();
      await signUp(other, 'anna', { email });
      expect(await always.next(email)).toMatchObject({ encrypted: true, user: undefined });
    });
    await always.stop();
  });

  test('gets nothing when its certificate is not trusted', async () => {
    for (const tls of ['starttls', 'always'] as const) {
      const stranger = await Mailbox.start({ tls });
      await withNode(stranger.settings, {}, async (other) => {
        await signUp(other, 'anna', { email: freshAddress() });
        await eventually('the mail to be put off', () => postponed(other));
        expect(stranger.mails).toEqual([]);
      });
      await stranger.stop();
    }
  });

  test('is left alone while nobody answers, and /ready says so without failing', async () => {
    const gone = await Mailbox.start();
    await gone.stop();
    await withNode([...gone.settings], {}, async (other) => {
      for (let i = 0; i < 5; i++) await signUp(other, 'anna', { email: freshAddress() });
      const breakerIsOpen = async () => (await other.get('/ready')).body.parts.mail !== 'ok';
      await eventually('the breaker to open', breakerIsOpen);
      const ready = await other.get('/ready');
      expect(ready.status).toBe(200);
      expect(ready.body).toMatchObject({
        status: 'ready',
        parts: { mail: expect.stringMatching(/^degraded/), sms: 'ok' },
      });
    });
  });
});

describe('Settings that do not go together', () => {
  test.each([
    [['--smtp-url=http://mail.example.org'], 'smtp-url'],
    [['--smtp-url=smtp://me:secret@mail.example.org'], 'smtp-url'],
    [['--smtp-url=smtp://mail.example.org'], 'smtp-from'],
    [['--smtp-url=smtp://mail.example.org', '--smtp-from=me'], 'smtp-from'],
    [['--smtp-user=me'], 'smtp-password'],
    [['--sms-url=mail.example.org', '--sms-from=1'], 'sms-url'],
    [['--sms-url=https://sms.example.org/'], 'sms-from'],
    [['--sms-password=secret'], 'sms-user'],
  ])('%j is refused, naming %s', async (args, named) => {
    const { code, stderr } = await parley(['check-config', ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain(named);
    expect(stderr).not.toContain('secret');
  });
});
