import { beforeAll, describe, expect, test } from 'vitest';
import { expectRefusal } from './harness/errors.ts';
import * as shape from './harness/shapes.ts';
import { expectShape } from './harness/shapes.ts';
import {
  directChat,
  freshId,
  group,
  PASSWORD,
  rest,
  type Said,
  signUp,
  type User,
  useNode,
} from './harness.ts';

const node = useNode();
let alice: User;
let bob: User;

beforeAll(async () => {
  alice = await signUp(node, 'alice');
  bob = await signUp(node, 'bob');
});

describe('Accounts by REST', () => {
  test('registering answers 201 with the user and the tokens of a first session', async () => {
    const answer = await rest(node.url, 'POST', '/auth/register', {
      username: 'Carol.K',
      password: PASSWORD,
      displayName: 'Carol Köhler',
      email: 'Carol@example.org',
      phoneNumber: '+4915112345678',
    });
    expect(answer.status).toBe(201);
    const { user, expiresIn } = expectShape(answer.body, shape.signedIn);
    expect(user).toMatchObject({
      username: 'carol.k',
      displayName: 'Carol Köhler',
      about: '',
      avatarId: null,
      phoneNumber: '+4915112345678',
    });
    expect(user.email.toLowerCase()).toBe('carol@example.org');
    expect(expiresIn).toBe(86_400);
  });

  test.each(['carol.k', 'CAROL.K', 'carol@example.org', '+4915112345678'])(
    'signing in as %s answers 200 with a new session',
    async (username) => {
      const answer = await rest(node.url, 'POST', '/auth/login', { username, password: PASSWORD });
      expect(answer.status).toBe(200);
      expect(expectShape(answer.body, shape.signedIn).user.username).toBe('carol.k');
    },
  );

  test('a display name not given is the user name', async () => {
    expect((await alice.get('/users/profile')).displayName).toBe(alice.username);
  });

  test.each([
    ['username', { username: 'CAROL.k' }, 'username_taken'],
    ['email', { username: 'carol2', email: 'carol@EXAMPLE.org' }, 'email_taken'],
    ['phone number', { username: 'carol3', phoneNumber: '+4915112345678' }, 'phone_taken'],
  ] as const)('a %s that is taken answers 409', async (_, wanted, code) => {
    const body = { password: PASSWORD, ...wanted };
    expectRefusal(await rest(node.url, 'POST', '/auth/register', body), code);
  });

  test('a wrong password and an unknown name get the same answer', async () => {
    const wrong = await rest(node.url, 'POST', '/auth/login', {
      username: 'carol.k',
      password: 'Wrong-horse-7',
    });
    const unknown = await rest(node.url, 'POST', '/auth/login', {
      username: 'nobody.k',
      password: 'Wrong-horse-7',
    });
    expectRefusal(wrong, 'invalid_credentials');
    expect(unknown.body).toEqual(wrong.body);
    expect(unknown.status).toBe(wrong.status);
  });

  test('a refresh token buys new tokens', async () => {
    const session = await alice.signInAgain();
    const answer = await rest(node.url, 'POST', '/auth/refresh-token', {
      refreshToken: session.refreshToken,
    });
    expect(answer.status).toBe(200);
    const { accessToken } = expectShape(answer.body, shape.refreshed);
    const mine = await rest(node.url, 'GET', '/users/profile', undefined, { token: accessToken });
    expect(mine.body.id).toBe(alice.id);
  });

  test('signing out answers 204 and ends that session only', async () => {
    const session = await alice.signInAgain();
    const answer = await session.call('POST', '/auth/logout');
    expect(answer.status).toBe(204);
    expect(answer.text).toBe('');
    expectRefusal(await session.call('GET', '/users/profile'), 'token_revoked');
    expect((await alice.call('GET', '/users/profile')).status).toBe(200);
  });
});

describe('Users by REST', () => {
  test('the own profile shows what others do not see', async () => {
    const dora = await signUp(node, 'dora', { email: 'dora@example.org' });
    const own = expectShape(await dora.get('/users/profile'), shape.ownUser);
    expect(own.email).toBe('dora@example.org');
    const seen = expectShape(await alice.get(`/users/${dora.username}`), shape.user);
    expect({ ...own, ...seen }).toEqual(own);
    expect(JSON.stringify(seen)).not.toContain('dora@example.org');
  });

  test('a profile changes member by member', async () => {
    const eve = await signUp(node, 'eve');
    const named = await eve.put('/users/profile', { displayName: 'Ève 🌱' });
    expect(expectShape(named, shape.ownUser)).toMatchObject({ displayName: 'Ève 🌱', about: '' });
    const about = await eve.put('/users/profile', { about: 'Away until Monday' });
    expect(about).toMatchObject({ displayName: 'Ève 🌱', about: 'Away until Monday' });
    expect(await alice.get(`/users/${eve.username}`)).toMatchObject({
      displayName: 'Ève 🌱',
      about: 'Away until Monday',
    });
  });

  test('a user is found by name in any case', async () => {
    const found = await alice.get(`/users/${bob.username.toUpperCase()}`);
    expect(found.id).toBe(bob.id);
  });

  test('an unknown name is not found', async () => {
    expectRefusal(await alice.call('GET', '/users/nobody.here'), 'user_not_found');
  });

  test('the status of a stranger tells nothing', async () => {
    const stranger = await signUp(node, 'stranger');
    const socket = await stranger.connect();
    const status = await alice.get(`/users/${stranger.id}/status`);
    expect(expectShape(status, shape.userStatus)).toEqual({
      userId: stranger.id,
      online: false,
      state: 'offline',
      lastSeenAt: null,
    });
    await socket.close();
  });

  test('the status of somebody I chat with tells whether they are online', async () => {
    const peer = await signUp(node, 'peer');
    await directChat(alice, peer);
    const socket = await peer.connect();
    const status = await alice.get(`/users/${peer.id}/status`);
    expect(expectShape(status, shape.userStatus)).toMatchObject({ userId: peer.id, online: true });
    await socket.close();
  });
});

describe('Chats by REST', () => {
  test('opening a direct chat answers 201, opening it again 200 with the same chat', async () => {
    const peer = await signUp(node, 'peer');
    const body = { type: 'direct', username: peer.username };
    const first = await alice.call('POST', '/chats', body);
    expect(first.status).toBe(201);
    const chat = expectShape(first.body, shape.chat);
    expect(chat).toMatchObject({
      type: 'direct',
      name: '',
      role: 'member',
      participantCount: 2,
      lastMessage: null,
      unreadCount: 0,
      archived: false,
      pinned: false,
      mutedUntil: null,
    });
    expect(chat.peer.id).toBe(peer.id);

    const again = await alice.call('POST', '/chats', body);
    expect(again.status).toBe(200);
    expect(again.body.id).toBe(chat.id);

    const fromPeer = await peer.call('POST', '/chats', { type: 'direct', userId: alice.id });
    expect(fromPeer.status).toBe(200);
    expect(expectShape(fromPeer.body, shape.chat)).toMatchObject({ id: chat.id });
    expect(fromPeer.body.peer.id).toBe(alice.id);
  });

  test('a direct chat with oneself keeps notes', async () => {
    const me = await signUp(node, 'me');
    const chat = expectShape(await directChat(me, me), shape.chat);
    expect(chat).toMatchObject({ participantCount: 1, unreadCount: 0 });
    expect(chat.peer.id).toBe(me.id);
    const note = await me.send(chat.id, 'buy bread');
    expect(await me.get(`/chats/${chat.id}`)).toMatchObject({ unreadCount: 0, lastSeq: note.seq });
    expect((await directChat(me, me)).id).toBe(chat.id);
  });

  test('people are named in any case', async () => {
    const peer = await signUp(node, 'peer');
    const username = peer.username.toUpperCase();
    const direct = await alice.post('/chats', { type: 'direct', username });
    expect(direct.peer.id).toBe(peer.id);
    const { id } = await group(alice, [bob]);
    const answer = await alice.post(`/groups/${id}/members`, { members: [username] });
    expect(answer.added).toEqual([peer.id]);
  });

  test('two people who open their direct chat at once get one chat', async () => {
    const [a, b] = [await signUp(node, 'a1'), await signUp(node, 'b1')];
    const opened = await Promise.all([
      ...Array.from({ length: 4 }, () => directChat(a, b)),
      ...Array.from({ length: 4 }, () => directChat(b, a)),
    ]);
    expect(new Set(opened.map((chat) => chat.id)).size).toBe(1);
  });

  test.each(['/chats', '/groups'])('a group is created by POST %s', async (path) => {
    const answer = await alice.call('POST', path, {
      ...(path === '/chats' ? { type: 'group' } : {}),
      name: 'Sunday hike',
      description: 'Boots and bread',
      members: [bob.username],
    });
    expect(answer.status).toBe(201);
    const chat = expectShape(answer.body, shape.chat);
    expect(chat).toMatchObject({
      type: 'group',
      name: 'Sunday hike',
      description: 'Boots and bread',
      role: 'admin',
      participantCount: 2,
      firstSeq: 1,
      lastSeq: 1,
      unreadCount: 0,
      lastMessage: null,
    });
    const seen = await bob.get(`/groups/${chat.id}`);
    expect(expectShape(seen, shape.chat)).toMatchObject({ id: chat.id, role: 'member' });
    expect(await bob.get(`/chats/${chat.id}`)).toEqual(seen);
  });

  test('an admin changes name and description, each by itself', async () => {
    const { id } = await group(alice, [bob]);
    const renamed = expectShape(await alice.put(`/chats/${id}`, { name: 'Climbing' }), shape.chat);
    expect(renamed).toMatchObject({ name: 'Climbing', description: '' });
    const described = await alice.put(`/groups/${id}`, { description: 'Indoors' });
    expect(described).toMatchObject({ name: 'Climbing', description: 'Indoors' });
    expect(described.lastSeq).toBe(renamed.lastSeq + 1);
  });

  test('the chat list is newest activity first, in pages', async () => {
    const me = await signUp(node, 'me');
    const opened: string[] = [];
    for (let i = 0; i < 5; i++) {
      const peer = await signUp(node, `p${i}`);
      opened.push((await directChat(me, peer)).id);
    }
    await me.send(opened[1] as string, 'up you go');
    const expected = [1, 4, 3, 2, 0].map((i) => opened[i]);

    const seen: Said[] = [];
    let cursor = '';
    for (let pages = 1; ; pages++) {
      const next = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const page = expectShape(await me.get(`/chats?limit=2${next}`), shape.chats);
      seen.push(...page.chats);
      if (page.nextCursor === null) {
        expect(pages).toBe(3);
        break;
      }
      expect(page.chats).toHaveLength(2);
      cursor = page.nextCursor;
    }
    expect(seen.map((chat) => chat.id)).toEqual(expected);
    expect(seen[0].lastMessage.content).toBe('up you go');
  });

  test('the participants come in pages', async () => {
    const others = await Promise.all([1, 2, 3, 4].map((i) => signUp(node, `m${i}`)));
    const { id } = await group(alice, others);
    const first = expectShape(
      await alice.get(`/chats/${id}/participants?limit=3`),
      shape.participants,
    );
    expect(first.participants).toHaveLength(3);
    const cursor = encodeURIComponent(first.nextCursor);
    const second = expectShape(
      await alice.get(`/chats/${id}/participants?limit=3&cursor=${cursor}`),
      shape.participants,
    );
    expect(second.nextCursor).toBeNull();
    const all = [...first.participants, ...second.participants];
    expect(all.map((p) => p.userId).sort()).toEqual([alice, ...others].map((u) => u.id).sort());
    expect(all.filter((p) => p.role === 'admin').map((p) => p.userId)).toEqual([alice.id]);
  });
});

describe('Messages by REST', () => {
  test('sending answers 201 with the message, repeating 200 with the same', async () => {
    const { id } = await directChat(alice, await signUp(node, 'peer'));
    const draft = { content: ' Hello,\n\tworld  ', clientMessageId: freshId(), type: 'text' };
    const first = await alice.call('POST', `/chats/${id}/messages`, draft);
    expect(first.status).toBe(201);
    const message = expectShape(first.body, shape.message);
    expect(message).toMatchObject({
      chatId: id,
      seq: 1,
      senderId: alice.id,
      content: draft.content,
      clientMessageId: draft.clientMessageId,
    });
    const again = await alice.call('POST', `/chats/${id}/messages`, draft);
    expect(again.status).toBe(200);
    expect(again.body).toEqual(message);
    const other = { ...draft, content: 'changed my mind' };
    expect((await alice.call('POST', `/chats/${id}/messages`, other)).body).toEqual(message);
    expect((await alice.get(`/chats/${id}`)).lastSeq).toBe(1);
  });

  test('two people may use the same client message id', async () => {
    const { id } = await directChat(alice, bob);
    const clientMessageId = freshId();
    const a = await alice.send(id, 'mine', clientMessageId);
    const b = await bob.send(id, 'mine too', clientMessageId);
    expect(b.seq).toBe(a.seq + 1);
  });

  test('the largest content is kept and one byte more is refused', async () => {
    const { id } = await directChat(alice, await signUp(node, 'peer'));
    const largest = 'ß'.repeat(32_768);
    expect((await alice.send(id, largest)).content).toBe(largest);
    const body = { content: `${largest}.`, clientMessageId: freshId() };
    const refused = await alice.call('POST', `/chats/${id}/messages`, body);
    expect(expectRefusal(refused, 'message_too_long').fields).toHaveProperty('content');
    expect((await alice.get(`/chats/${id}`)).lastSeq).toBe(1);
  });

  test('history answers the newest page and pages in both directions', async () => {
    const { id } = await directChat(alice, await signUp(node, 'peer'));
    for (let i = 1; i <= 12; i++) await alice.send(id, `m${i}`);
    const pages: [string, number[], number, number, boolean][] = [
      ['?limit=5', [8, 9, 10, 11, 12], 8, 12, true],
      ['?before=8&limit=5', [3, 4, 5, 6, 7], 3, 7, true],
      ['?before=3&limit=5', [1, 2], 1, 2, false],
      ['?after=0&limit=5', [1, 2, 3, 4, 5], 1, 5, true],
      ['?after=10&limit=5', [11, 12], 11, 12, false],
      ['', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], 1, 12, false],
    ];
    for (const [query, seqs, from, to, more] of pages) {
      const page = expectShape(await alice.get(`/chats/${id}/messages${query}`), shape.page);
      const got = [page.messages.map((m: Said) => m.seq), page.fromSeq, page.toSeq, page.hasMore];
      expect(got, query).toEqual([seqs, from, to, more]);
      expect(page.messages.map((m: Said) => m.content)).toEqual(seqs.map((s) => `m${s}`));
    }
    const around = expectShape(
      await alice.get(`/chats/${id}/messages?around=6&limit=5`),
      shape.page,
    );
    expect(around.messages.map((m: Said) => m.seq)).toContain(6);
    expect(around.messages).toHaveLength(5);
    const end = expectShape(await alice.get(`/chats/${id}/messages?after=12`), shape.page);
    expect(end).toMatchObject({ messages: [], hasMore: false });
    expect(end.fromSeq).toBe(end.toSeq + 1);
  });

  test('after= shows every kind of entry, the other modes messages only', async () => {
    const { id } = await group(alice, [bob]);
    await alice.send(id, 'first');
    await alice.put(`/groups/${id}`, { name: 'Renamed' });
    await alice.put(`/groups/${id}/members/${bob.id}`, { role: 'admin' });
    await alice.send(id, 'second');
    const log = expectShape(await alice.get(`/chats/${id}/messages?after=0`), shape.page);
    expect(log.messages.map((m: Said) => [m.seq, m.kind])).toEqual([
      [1, 'membership'],
      [2, 'message'],
      [3, 'settings'],
      [4, 'membership'],
      [5, 'message'],
    ]);
    expect(log.messages[0].membership).toMatchObject({ action: 'created' });
    expect(log.messages[0].membership.userIds).toContain(bob.id);
    expect(log.messages[2].settings).toEqual({ name: 'Renamed' });
    expect(log.messages[3].membership).toEqual({
      action: 'role',
      userIds: [bob.id],
      role: 'admin',
    });
    const screen = expectShape(await alice.get(`/chats/${id}/messages`), shape.page);
    expect(screen.messages.map((m: Said) => m.content)).toEqual(['first', 'second']);
  });

  test('marks answer 204 and show in chat, participants and message info', async () => {
    const [carol, dan] = [await signUp(node, 'carol'), await signUp(node, 'dan')];
    const { id } = await group(alice, [carol, dan]);
    const message = await alice.send(id, 'who reads this?');
    const marks = [
      await carol.call('POST', `/chats/${id}/read`, { seq: message.seq }),
      await dan.call('POST', `/chats/${id}/delivered`, { seq: message.seq }),
    ];
    for (const mark of marks) {
      expect(mark.status).toBe(204);
      expect(mark.text).toBe('');
    }
    const info = await alice.get(`/chats/${id}/messages/${message.id}/info`);
    expectShape(info, shape.messageInfo);
    expect({ ...info, deliveredTo: info.deliveredTo.toSorted() }).toEqual({
      messageId: message.id,
      seq: message.seq,
      deliveredTo: [carol.id, dan.id].toSorted(),
      readBy: [carol.id],
    });
    const seen = await alice.get(`/chats/${id}`);
    expect(seen.minDeliveredSeq).toBe(message.seq);
    expect(seen.minReadSeq).toBeLessThan(message.seq);
    expect(await carol.get(`/chats/${id}`)).toMatchObject({ unreadCount: 0, readSeq: 2 });
    expect(await dan.get(`/chats/${id}`)).toMatchObject({ unreadCount: 1, deliveredSeq: 2 });
    const { participants } = await alice.get(`/chats/${id}/participants`);
    const mine = participants.find((p: Said) => p.userId === alice.id);
    expect(mine).toMatchObject({ deliveredSeq: 2, readSeq: 2 });
  });

  test('typing answers 204', async () => {
    const { id } = await directChat(alice, bob);
    expect((await alice.call('POST', `/chats/${id}/typing`, { typing: true })).status).toBe(204);
  });

  test('sync answers my chats, then only what changed', async () => {
    const me = await signUp(node, 'me');
    const quiet = await directChat(me, alice);
    const lively = await directChat(me, bob);
    const first = expectShape(await me.get('/sync'), shape.synced);
    expect(first.chats.map((c: Said) => c.id).sort()).toEqual([quiet.id, lively.id].sort());
    const none = await me.get(`/sync?cursor=${encodeURIComponent(first.cursor)}`);
    expect(none).toMatchObject({ chats: [], hasMore: false, epoch: first.epoch });
    await bob.send(lively.id, 'news');
    const second = await me.get(`/sync?cursor=${encodeURIComponent(none.cursor)}`);
    expect(expectShape(second, shape.synced).chats.map((c: Said) => c.id)).toEqual([lively.id]);
    expect(second.chats[0]).toMatchObject({ unreadCount: 1, lastSeq: 1 });
  });
});
