// What moderators and admins do, and what is written down of it.
import { beforeAll, describe, expect, test } from 'vitest';
import { expectRefusal } from './harness/errors.ts';
import { audit, operated, signUpAs } from './harness/operators.ts';
import * as shape from './harness/shapes.ts';
import { expectShape } from './harness/shapes.ts';
import { freshName } from './harness/world.ts';
import {
  directChat,
  group,
  PASSWORD,
  rest,
  type Said,
  signUp,
  type User,
  useNode,
} from './harness.ts';

const node = useNode();
let root: User;
let mod: User;

const entry = shape.exactly({
  id: shape.id,
  at: shape.time,
  actorId: shape.id,
  actorName: shape.filled,
  action: shape.filled,
  subjectId: shape.maybe(shape.id),
  address: shape.filled,
  detail: shape.maybe(shape.text),
});
const account = (value: unknown) =>
  expect(value).toMatchObject({
    id: expect.any(String),
    role: expect.any(String),
    suspended: expect.any(Boolean),
    sessionCount: expect.any(Number),
  });

beforeAll(async () => {
  root = await signUpAs(node, 'root', 'admin');
  mod = await signUpAs(node, 'mod', 'moderator');
});

const signIn = (username: string, password: string) =>
  rest(node.url, 'POST', '/auth/login', { username, password });

describe('An admin', () => {
  test('makes an account that works, and is seen to have done so', async () => {
    const username = freshName();
    const email = `${username}@example.org`;
    const made = await root.call('POST', '/admin/users', { username, password: PASSWORD, email });
    expect(made.status).toBe(201);
    account(made.body);
    expect(made.body).toMatchObject({ username, email, role: 'user', suspended: false });
    expect((await signIn(username, PASSWORD)).status).toBe(200);
    const [said] = await audit(root, `&subjectId=${made.body.id}`);
    expectShape(said, entry);
    expect(said).toMatchObject({
      action: 'admin:user-create',
      actorId: root.id,
      actorName: root.username,
      address: '127.0.0.1',
    });
    expect(JSON.stringify(said)).not.toContain(PASSWORD);
    expectRefusal(await root.call('POST', '/admin/users', { username }), 'username_taken');
  });

  test('gives a new password, which ends every session and is told once', async () => {
    const user = await signUp(node, 'user');
    const socket = await user.connect();
    const { password } = await root.post(`/admin/users/${user.id}/reset-password`);
    expect((await socket.closed()).code).toBe(4401);
    expectRefusal(await user.call('GET', '/users/profile'), 'token_revoked');
    expectRefusal(await signIn(user.username, PASSWORD), 'invalid_credentials');
    expect((await signIn(user.username, password)).status).toBe(200);
    const chosen = await root.call('POST', `/admin/users/${user.id}/reset-password`, {
      password: 'Another-horse-8',
    });
    expect(chosen.body ?? {}).toEqual({});
    expect(JSON.stringify(await audit(root))).not.toContain(password);
  });

  test('changes roles, and the new one counts from the next sign-in on', async () => {
    const user = await signUp(node, 'user');
    expectRefusal(await user.call('GET', '/admin/users'), 'forbidden');
    await root.put(`/admin/users/${user.id}/role`, { role: 'moderator' });
    expectRefusal(await user.call('GET', '/users/profile'), 'token_revoked');
    const again = await user.signInAgain();
    expect(again.profile.role).toBe('moderator');
    account((await again.get('/admin/users')).users[0]);
    await root.put(`/admin/users/${user.id}/role`, { role: 'user' });
    expectRefusal(await again.call('GET', '/admin/users'), 'token_revoked');
    expectRefusal(
      await root.call('PUT', `/admin/users/${root.id}/role`, { role: 'user' }),
      'forbidden',
    );
  });

  test('deletes an account: nothing stays of it but what it said', async () => {
    const [gone, friend] = [await signUp(node, 'gone'), await signUp(node, 'friend')];
    const direct = await directChat(gone, friend);
    const said = await gone.send(direct.id, 'remember me');
    const together = await group(friend, [gone]);
    const [theirs, friends] = [await gone.connect(), await friend.connect()];
    await root.delete(`/admin/users/${gone.id}`);

    expect((await theirs.closed()).code).toBe(4401);
    const left = await friends.until('chat:member-removed', (e) => e.chatId === together.id);
    expect(left).toMatchObject({ userIds: [gone.id], action: 'left' });
    expectRefusal(await signIn(gone.username, PASSWORD), 'invalid_credentials');
    expectRefusal(await friend.call('GET', `/users/${gone.username}`), 'user_not_found');
    expectRefusal(await root.call('GET', `/admin/users/${gone.id}`), 'user_not_found');
    const seen = await friend.get(`/chats/${direct.id}`);
    expect(seen.peer.username).toBe(`deleted.${gone.id}`);
    expect(seen.peer.displayName).toBe('Deleted account');
    const { messages } = await friend.get(`/chats/${direct.id}/messages`);
    expect(messages.map((m: Said) => m.id)).toEqual([said.id]);
    expect((await friend.get(`/chats/${together.id}`)).participantCount).toBe(1);
    await friends.close();
  });
});

describe('A moderator', () => {
  test('finds people, and every look is written down', async () => {
    const user = await signUp(node, 'needle');
    const { users } = await mod.get(`/admin/users?q=${user.username}`);
    expect(users.map((u: Said) => u.id)).toEqual([user.id]);
    expect((await mod.get(`/admin/users/${user.id}`)).sessionCount).toBe(1);
    const log = await audit(root, `&actorId=${mod.id}`);
    expect(log.slice(0, 2).map((e: Said) => e.action)).toEqual([
      'admin:user-get',
      'admin:user-list',
    ]);
    expect(log[1].detail).toContain(user.username);
  });

  test('suspends with a reason, and takes it back', async () => {
    const user = await signUp(node, 'user');
    const path = `/admin/users/${user.id}`;
    expectRefusal(await mod.call('POST', `${path}/suspend`, { reason: '' }), 'validation_failed');
    await mod.post(`${path}/suspend`, { reason: 'spam' });
    expectRefusal(await signIn(user.username, PASSWORD), 'account_suspended');
    expect(await mod.get(path)).toMatchObject({ suspended: true, suspendedReason: 'spam' });
    await mod.post(`${path}/unsuspend`);
    expect((await signIn(user.username, PASSWORD)).status).toBe(200);
  });

  test('handles reports, with the message as it read', async () => {
    const [victim, villain] = [await signUp(node, 'victim'), await signUp(node, 'villain')];
    const { id: chatId } = await directChat(victim, villain);
    const message = await villain.send(chatId, 'something awful');
    const report = { messageId: message.id, reason: 'abuse', comment: 'please look', block: true };
    const made = await victim.call('POST', '/reports', report);
    expect(made.status).toBe(201);
    expect((await victim.call('POST', '/reports', report)).status).toBe(200);
    const { users } = await victim.get('/users/blocked');
    expect(users.map((u: Said) => u.id)).toEqual([villain.id]);

    const { reports } = await mod.get('/admin/reports?state=open');
    expect(reports).toHaveLength(1);
    expect(reports[0]).toMatchObject({
      id: made.body.id,
      reporterId: victim.id,
      userId: villain.id,
      chatId,
      messageId: message.id,
      reason: 'abuse',
      evidence: 'something awful',
      state: 'open',
    });
    const resolved = await mod.post(`/admin/reports/${made.body.id}/resolve`, {
      action: 'resolve',
      note: 'warned',
    });
    expect(resolved).toMatchObject({ state: 'resolved', handledBy: mod.id, note: 'warned' });
    expect((await mod.get('/admin/reports?state=open')).reports).toEqual([]);
    expectRefusal(
      await mod.call('POST', '/admin/reports/1/resolve', { action: 'dismiss' }),
      'report_not_found',
    );
  });
});

describe('Registration', () => {
  const register = (url: string, more: object = {}) =>
    rest(url, 'POST', '/auth/register', { username: freshName(), password: PASSWORD, ...more });

  describe('by invite', () => {
    const invited = useNode({ args: ['--registration=invite'] });

    test('needs an invite that is good, and uses it up', async () => {
      expectRefusal(await register(invited.url), 'invite_required');
      const { token, id } = await operated(invited, 'invite', 'create', '--uses', '2');
      const accepted = () => register(invited.url, { inviteToken: token });
      expectRefusal(await register(invited.url, { inviteToken: `${token}x` }), 'invite_required');
      expect((await accepted()).status).toBe(201);
      // What is refused for another reason uses nothing up.
      expectRefusal(
        await register(invited.url, { inviteToken: token, password: 'weak' }),
        'weak_password',
      );
      const both = await Promise.all([accepted(), accepted()]);
      expect(both.map((answer) => answer.status).sort()).toEqual([201, 403]);
      expect(await operated(invited, 'invite', 'list')).toMatchObject([{ id, uses: 2, used: 2 }]);
    });
  });

  describe('closed', () => {
    const closed = useNode({ args: ['--registration=closed'] });

    test('is for operators alone', async () => {
      expectRefusal(await register(closed.url), 'registration_closed');
      const made = await operated(closed, 'user', 'create', 'first', '--role', 'admin');
      const { body } = await rest(closed.url, 'POST', '/auth/login', {
        username: 'first',
        password: made.password,
      });
      expect(body.user.role).toBe('admin');
    });
  });

  describe('of some domains', () => {
    const domains = useNode({ args: ['--email-domains=example.org,Example.com'] });

    test('needs an address of one of them', async () => {
      const email = (domain: string) => ({ email: `${freshName()}@${domain}` });
      expectRefusal(await register(domains.url), 'email_not_allowed');
      expectRefusal(await register(domains.url, email('example.net')), 'email_not_allowed');
      expectRefusal(await register(domains.url, email('x.example.org')), 'email_not_allowed');
      expect((await register(domains.url, email('EXAMPLE.com'))).status).toBe(201);
    });
  });
});
