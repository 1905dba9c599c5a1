import { execFileSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectRefusal } from './harness/errors.ts';
import { linkIn, type Mail, Mailbox } from './harness/mailbox.ts';
import {
  directChat,
  eventually,
  PASSWORD,
  ParleyNode,
  rest,
  signUp,
  type User,
} from './harness.ts';

// Who has been away for a while is mailed that messages wait: once, without a word of them, and
// with a way to get no more of these mails that needs no sign-in.

const AWAY = 3; // seconds that count as a long time here
const SOON = 60_000;
const mailbox = await Mailbox.start();
const PUBLIC_URL = 'https://chat.example.org';
const args = [...mailbox.settings, `--digest-after=${AWAY}s`, `--public-url=${PUBLIC_URL}`];
const node = new ParleyNode({ args });
beforeAll(async () => {
  await node.start();
});
afterAll(async () => {
  await node.dispose();
  await mailbox.stop();
});

// Somebody, and where their mails go; verified, unless told otherwise.
async function withAddress(name: string, verify = true): Promise<{ user: User; email: string }> {
  const email = `${name}.${Math.random().toString(36).slice(2)}@example.org`;
  const user = await signUp(node, name, { email, displayName: `The ${name}` });
  const token = linkIn(await mailbox.next(email)).split('#')[1];
  if (verify) await rest(node.url, 'POST', '/auth/verify-email', { token });
  return { user, email };
}

async function pair(verify = true) {
  const anna = await signUp(node, 'anna', { displayName: 'The anna' });
  const { user: bob, email } = await withAddress('bob', verify);
  const { id: chat } = await directChat(anna, bob);
  return { anna, bob, email, chat: chat as string };
}

// Somebody to whom nothing is special: when their mail is there, others would be as well.
async function digestOfSomebodyElse(): Promise<Mail> {
  const { anna, email, chat } = await pair();
  await anna.send(chat, 'hello');
  return mailbox.next(email, SOON);
}

const mailsTo = (email: string) => mailbox.mails.filter(({ to }) => to.includes(email));

// The address of the one-click link, below /api/v1.
function unsubscribePath(mail: Mail): string {
  const url = /^<(.+)>$/.exec(mail.headers['list-unsubscribe'] ?? '')?.[1] ?? '';
  const path = url.split(`${PUBLIC_URL}/api/v1`)[1];
  if (path === undefined) throw new Error(`No link in ${JSON.stringify(mail.headers)}`);
  return path;
}

// What a mail program sends (RFC 8058 §3.2).
const oneClick = (path: string) =>
  rest(node.url, 'POST', path, undefined, {
    raw: 'List-Unsubscribe=One-Click',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });

describe('Somebody who is away', () => {
  test('is mailed how much waits for them, once, and again after the next absence', async () => {
    const { anna, bob, email, chat } = await pair();
    // While he is there nothing is mailed, however long the second takes.
    const there = await bob.connect();
    for (const text of ['the secret plan', 'its second part']) await anna.send(chat, text);
    await there.close();
    const mail = await mailbox.next(email, SOON);
    expect(mail.subject).toBe('2 unread messages in 1 chat');
    expect(linkIn(mail)).toBe(`${PUBLIC_URL}/`);
    for (const part of [mail.text, mail.html]) {
      expect(part).toContain('2 unread messages in 1 chat');
      expect(part).not.toContain('secret');
      expect(part).not.toContain('The anna');
      expect(part).toContain(unsubscribePath(mail));
    }
    expect(mail.headers['list-unsubscribe-post']).toBe('List-Unsubscribe=One-Click');

    await anna.send(chat, 'more of it');
    await digestOfSomebodyElse();
    expect(mailsTo(email)).toEqual([]);

    await (await bob.connect()).close();
    expect((await mailbox.next(email, SOON)).subject).toBe('3 unread messages in 1 chat');
  }, 240_000);

  test('is told who wrote when they allow previews', async () => {
    const { anna, bob, email, chat } = await pair();
    await bob.put('/notifications/settings', { preview: true });
    await anna.send(chat, 'the secret plan');
    const mail = await mailbox.next(email, SOON);
    expect(mail.text).toContain('1 unread message in 1 chat came for you: The anna (1).');
    expect(mail.text + mail.html).not.toContain('secret');
  }, 240_000);

  test('is not mailed when there is no reason, or one against it', async () => {
    const unverified = await pair(false);
    const off = await pair();
    await off.bob.put('/notifications/settings', { emailDigest: false });
    const quiet = await pair();
    await quiet.bob.put('/notifications/settings', { quietUntil: '2999-01-01T00:00:00.000Z' });
    const there = await pair();
    const connection = await there.bob.connect();
    // These are there until nothing is unread, or nobody is left to read it.
    const reader = await pair();
    const reading = await reader.bob.connect();
    const gone = await pair();
    const leaving = await gone.bob.connect();
    for (const { anna, chat } of [unverified, off, quiet, there, reader, gone])
      await anna.send(chat, 'hello');
    await reader.bob.post(`/chats/${reader.chat}/read`, { seq: 1 });
    await reading.close();
    await gone.bob.post('/users/profile/delete', { password: PASSWORD });
    expect((await leaving.closed()).code).toBe(4401);
    await digestOfSomebodyElse();
    await digestOfSomebodyElse();
    for (const { email } of [unverified, off, quiet, there, reader, gone])
      expect(mailsTo(email)).toEqual([]);
    await connection.close();
    // They went away just now, and the message is still unread.
    await mailbox.next(there.email, SOON);
  }, 240_000);
});

test('What comes into a muted chat is not mailed about', async () => {
  const data = join(mailbox.certificateFile, '..', 'muted');
  const own = new ParleyNode({ data, args });
  await own.start();
  try {
    const anna = await signUp(own, 'anna');
    const email = `muted.${Date.now()}@example.org`;
    const bob = await signUp(own, 'bob', { email });
    const token = linkIn(await mailbox.next(email)).split('#')[1];
    await rest(own.url, 'POST', '/auth/verify-email', { token });
    const { id: muted } = await directChat(anna, bob);
    const carol = await signUp(own, 'carol');
    const { id: other } = await directChat(carol, bob);
    await own.stop();
    execFileSync('sqlite3', [
      join(data, 'parley.db'),
      `UPDATE participants SET muted_until = ${Date.now() + 3_600_000} WHERE chat_id = ${muted}`,
    ]);
    await own.start();
    for (let i = 0; i < 3; ++i) await anna.at(own).send(muted, 'not so important');
    await carol.at(own).send(other, 'important');
    expect((await mailbox.next(email, SOON)).subject).toBe('1 unread message in 1 chat');
  } finally {
    await own.dispose();
  }
}, 240_000);

describe('The link in it', () => {
  let mail: Mail;
  let bob: User;
  let anna: User;
  let chat: string;
  let email: string;
  const wantsDigests = async () => (await bob.get('/notifications/settings')).emailDigest;

  beforeAll(async () => {
    ({ anna, bob, email, chat } = await pair());
    await bob.put('/notifications/settings', { preview: true });
    await anna.send(chat, 'hello');
    mail = await mailbox.next(email, SOON);
  }, 240_000);

  test('shows a page that asks, and changes nothing', async () => {
    const page = await rest(node.url, 'GET', unsubscribePath(mail));
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect(page.text).toContain('<form method="post">');
    expect(await wantsDigests()).toBe(true);
  });

  test('is refused when it is forged, or too old', async () => {
    const token = unsubscribePath(mail).split('/').at(-1) ?? '';
    const bytes = Buffer.from(token, 'base64url');
    const another = Buffer.from(bytes);
    another.writeBigUInt64BE(BigInt(anna.id));
    // Signed as the server would have, but a while ago.
    const key = execFileSync('sqlite3', [
      join(node.data, 'parley.db'),
      "SELECT value FROM store_meta WHERE name = 'unsubscribe_key'",
    ]);
    const signed = (claim: Buffer) =>
      Buffer.concat([
        claim,
        createHmac('sha256', key.toString().trim())
          .update('parley unsubscribe v1')
          .update(claim)
          .digest(),
      ]).toString('base64url');
    expect(signed(bytes.subarray(0, 16))).toBe(token);
    const old = Buffer.from(bytes.subarray(0, 16));
    old.writeBigUInt64BE(BigInt(Date.now() - 1000), 8);
    const forgeries = [signed(old), another.toString('base64url'), `${token.slice(0, -4)}AAAA`];
    for (const forged of [...forgeries, 'x', token.slice(4)]) {
      const path = `/notifications/unsubscribe/${forged}`;
      expectRefusal(await oneClick(path), 'invalid_link');
      expectRefusal(await rest(node.url, 'GET', path), 'invalid_link');
    }
    expect(await wantsDigests()).toBe(true);
    expect((await anna.get('/notifications/settings')).emailDigest).toBe(true);
  });

  test('of somebody else changes nothing for us', async () => {
    const theirs = await digestOfSomebodyElse();
    expect((await oneClick(unsubscribePath(theirs))).status).toBe(200);
    expect(await wantsDigests()).toBe(true);
  }, 240_000);

  test('ends them by one click, twice as well, and leaves the other settings', async () => {
    for (let i = 0; i < 2; ++i) {
      const answer = await oneClick(unsubscribePath(mail));
      expect(answer.status, answer.text).toBe(200);
      expect(answer.text).toContain('no more of them');
    }
    expect(await bob.get('/notifications/settings')).toMatchObject({
      emailDigest: false,
      preview: true,
    });
    await (await bob.connect()).close();
    await anna.send(chat, 'hello again');
    await digestOfSomebodyElse();
    expect(mailsTo(email)).toEqual([]);

    // They may want them again.
    await bob.put('/notifications/settings', { emailDigest: true });
    await (await bob.connect()).close();
    await mailbox.next(email, SOON);
  }, 240_000);
});

test('A crash neither loses a digest nor sends it twice', async () => {
  const left = async () => {
    const { text } = await node.get('/metrics');
    return Number(/^parley_digests_left_total (\d+)/m.exec(text)?.[1]);
  };
  const waiting = () =>
    execFileSync('sqlite3', [
      join(node.data, 'parley.db'),
      "SELECT count(*) FROM jobs WHERE kind = 'mail' AND attempt > 0 AND taken = 0 AND dead = 0",
    ])
      .toString()
      .trim();
  const before = await left();
  const pairs = [await pair(), await pair(), await pair()];
  // The mail server takes none of them yet, so that all are between two tries at the crash.
  mailbox.refusals.push(...Array.from({ length: 30 }, () => '451 Try later'));
  for (const { anna, chat } of pairs) await anna.send(chat, 'hello');
  await eventually('all to be put off', () => waiting() === '3', SOON);
  expect(await left()).toBe(before + 3);
  await node.kill();
  mailbox.refusals.length = 0;
  await node.start();
  // The second try may be the next one, or the third half a minute later; what was being tried at
  // that very moment is only taken up again when its lease of two minutes is over.
  for (const { email } of pairs) await mailbox.next(email, 180_000);
  for (const { anna, chat } of pairs) await anna.at(node).send(chat, 'hello again');
  await digestOfSomebodyElse();
  for (const { email } of pairs) expect(mailsTo(email)).toEqual([]);
}, 400_000);
