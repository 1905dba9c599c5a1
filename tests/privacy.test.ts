// What people let others know of them, wherever they are shown.
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { expectRefusal } from './harness/errors.ts';
import { directChat, group, type Said, signUp, type User, useNode } from './harness.ts';

const node = useNode();
let alice: User; // whom the others look at
let bob: User; // a contact of hers
let carol: User; // none
let chats: Map<User, Said>;
let shared: Said;

const OPEN = {
  lastSeen: 'everybody',
  online: 'everybody',
  avatar: 'everybody',
  about: 'everybody',
  groups: 'everybody',
  readReceipts: true,
  exceptUserIds: [],
};

beforeAll(async () => {
  alice = await signUp(node, 'alice');
  bob = await signUp(node, 'bob');
  carol = await signUp(node, 'carol');
  await alice.put('/users/profile', { about: 'climbing', statusText: 'away' });
  await alice.post('/users/contacts', { userId: bob.id });
  chats = new Map([
    [bob, await directChat(bob, alice)],
    [carol, await directChat(carol, alice)],
  ]);
  shared = await group(bob, [alice, carol], 'Shared');
});

beforeEach(async () => {
  for (const one of [alice, bob, carol]) await one.put('/users/privacy', OPEN);
});

// Everywhere `viewer` is shown Alice.
async function shown(viewer: User): Promise<Said[]> {
  const chat = chats.get(viewer) as Said;
  await viewer.post('/users/contacts', { userId: alice.id });
  const listed = (await viewer.get('/chats')).chats.find((c: Said) => c.id === chat.id);
  const synced = (await viewer.get('/sync')).chats.find((c: Said) => c.id === chat.id);
  const contacts = (await viewer.get('/users/contacts')).contacts;
  await viewer.delete(`/users/contacts/${alice.id}`);
  const suggested = (await viewer.get('/users/contacts/suggestions')).users;
  return [
    await viewer.get(`/users/${alice.username}`),
    (await viewer.get(`/users/search?q=${alice.username}`)).users[0],
    (await viewer.get(`/chats/${chat.id}`)).peer,
    listed.peer,
    synced.peer,
    contacts.find((c: Said) => c.user.id === alice.id).user,
    suggested.find((s: Said) => s.user.id === alice.id).user,
  ];
}

test('Everybody sees everything until told otherwise', async () => {
  expect(await alice.get('/users/privacy')).toEqual(OPEN);
  for (const seen of await shown(carol))
    expect(seen).toMatchObject({ about: 'climbing', statusText: 'away' });
});

test('What is for contacts is hidden from the others everywhere', async () => {
  await alice.put('/users/privacy', { about: 'contacts' });
  for (const seen of await shown(bob))
    expect(seen).toMatchObject({ about: 'climbing', statusText: 'away' });
  for (const seen of await shown(carol)) {
    expect(seen.about).toBe('');
    expect(seen.statusText).toBeUndefined();
    expect(seen.displayName).toBe(alice.profile.displayName);
  }
  expect((await alice.get('/users/profile')).about).toBe('climbing');
});

test('What is for nobody is hidden from contacts too, and exceptions from one alone', async () => {
  await alice.put('/users/privacy', { about: 'nobody' });
  for (const seen of await shown(bob)) expect(seen.about).toBe('');
  await alice.put('/users/privacy', { about: 'everybody', exceptUserIds: [bob.id] });
  for (const seen of await shown(bob)) expect(seen.about).toBe('');
  for (const seen of await shown(carol)) expect(seen.about).toBe('climbing');
});

describe('Presence', () => {
  const status = (viewer: User) => viewer.get(`/users/${alice.id}/status`);

  test('is told to whom one lets, by answer and by event', async () => {
    await alice.put('/users/privacy', { online: 'contacts', lastSeen: 'nobody' });
    const [bobs, carols] = [await bob.connect(), await carol.connect()];
    const alices = await alice.connect();
    await bobs.until('user:online', (u) => u.userId === alice.id);
    expect(await status(bob)).toMatchObject({ online: true, lastSeenAt: null });
    expect(await status(carol)).toMatchObject({ online: false, lastSeenAt: null });
    const watched = await carols.ask('presence:watch', { chatId: shared.id });
    expect(watched.online).toContain(bob.id);
    expect(watched.online).not.toContain(alice.id);
    const fence = await bob.send(shared.id, 'fence');
    await carols.until('message:receive', (m) => m.id === fence.id);
    expect(carols.frames.some((f) => f.event === 'user:online' && f.data.userId === alice.id)).toBe(
      false,
    );
    for (const socket of [alices, bobs, carols]) await socket.close();
  });
});

describe('Reading in a direct chat', () => {
  // Alice reads what Bob wrote; gives what Bob can know of it.
  async function whatBobKnows() {
    const chat = chats.get(bob) as Said;
    const bobs = await bob.connect();
    const message = await bob.send(chat.id, 'did you see?');
    await alice.post(`/chats/${chat.id}/read`, { seq: message.seq });
    const fence = await alice.send(shared.id, 'fence');
    await bobs.until('message:receive', (m) => m.id === fence.id);
    const event = bobs.frames.some(
      (f) => f.event === 'message:read' && f.data.chatId === chat.id && f.data.userId === alice.id,
    );
    await bobs.close();
    const info = await bob.get(`/chats/${chat.id}/messages/${message.id}/info`);
    const people = (await bob.get(`/chats/${chat.id}/participants`)).participants;
    return {
      event,
      chat: (await bob.get(`/chats/${chat.id}`)).minReadSeq === message.seq,
      info: info.readBy.includes(alice.id),
      people: people.find((p: Said) => p.userId === alice.id).readSeq === message.seq,
      delivered: info.deliveredTo.includes(alice.id),
      own: (await alice.get(`/chats/${chat.id}`)).readSeq >= message.seq,
    };
  }
  const hidden = { event: false, chat: false, info: false, people: false };
  const told = { event: true, chat: true, info: true, people: true };

  test('is not told by who switched it off; delivery is', async () => {
    await alice.put('/users/privacy', { readReceipts: false });
    expect(await whatBobKnows()).toEqual({ ...hidden, delivered: true, own: true });
  });

  test('is not told to who does not tell', async () => {
    await bob.put('/users/privacy', { readReceipts: false });
    expect(await whatBobKnows()).toEqual({ ...hidden, delivered: true, own: true });
  });

  test('is told when both tell again', async () => {
    await alice.put('/users/privacy', { readReceipts: false });
    await alice.put('/users/privacy', { readReceipts: true });
    expect(await whatBobKnows()).toEqual({ ...told, delivered: true, own: true });
  });

  test('is always told in groups', async () => {
    await alice.put('/users/privacy', { readReceipts: false });
    const message = await bob.send(shared.id, 'all of you?');
    await alice.post(`/chats/${shared.id}/read`, { seq: message.seq });
    const info = await bob.get(`/chats/${shared.id}/messages/${message.id}/info`);
    expect(info.readBy).toContain(alice.id);
  });
});

describe('Groups', () => {
  test('are only for whom one lets; the first who does not is named', async () => {
    await alice.put('/users/privacy', { groups: 'contacts' });
    const members = [bob.username, alice.username];
    const refused = await carol.call('POST', '/groups', { name: 'New', members });
    expect(expectRefusal(refused, 'not_addable').message).toContain(alice.username);
    const own = await group(carol, [bob], 'Own');
    const more = { members: [alice.username] };
    expectRefusal(await carol.call('POST', `/groups/${own.id}/members`, more), 'not_addable');
    const made = await bob.post('/groups', { name: 'Friends', members: [alice.username] });
    expect(made.participantCount).toBe(2);
  });
});

describe('The settings', () => {
  test('change only where they are told to', async () => {
    const changed = await alice.put('/users/privacy', { lastSeen: 'nobody' });
    expect(changed).toEqual({ ...OPEN, lastSeen: 'nobody' });
    expect(await alice.get('/users/privacy')).toEqual(changed);
    expect(await bob.get('/users/privacy')).toEqual(OPEN);
  });

  test('refuse what is none, and nobody as an exception', async () => {
    for (const body of [{ online: 'friends' }, { exceptUserIds: ['x'] }]) {
      const answer = await alice.call('PUT', '/users/privacy', body);
      expectRefusal(answer, 'malformed_request', 'validation_failed');
    }
    const many = Array.from({ length: 257 }, (_, i) => String(i + 1));
    const tooMany = await alice.call('PUT', '/users/privacy', { exceptUserIds: many });
    expectRefusal(tooMany, 'validation_failed');
    const nobody = { about: 'nobody', exceptUserIds: [bob.id, '12345'] };
    expectRefusal(await alice.call('PUT', '/users/privacy', nobody), 'user_not_found');
    expect(await alice.get('/users/privacy')).toEqual(OPEN);
  });
});
