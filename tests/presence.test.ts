// Away and busy: what people say of whether they are there, and who learns of it.
import { beforeAll, describe, expect, test } from 'vitest';
import { eventually } from './harness/deadline.ts';
import { expectRefusal } from './harness/errors.ts';
import { directChat, group, type Said, signUp, type User, useNode } from './harness.ts';

const node = useNode();
let alice: User; // who is away or busy
let bob: User; // has a direct chat with her
let carol: User; // shares a group with both

beforeAll(async () => {
  [alice, bob, carol] = [
    await signUp(node, 'alice'),
    await signUp(node, 'bob'),
    await signUp(node, 'carol'),
  ];
  await directChat(bob, alice);
  await group(carol, [alice, bob], 'Shared');
});

const status = (viewer: User) => viewer.get(`/users/${alice.id}/status`);
const ofAlice = (state: string) => (u: Said) => u.userId === alice.id && u.state === state;
const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString();

describe('Away', () => {
  test('is who is at no device, told after ten seconds, and back at once', async () => {
    const bobs = await bob.connect();
    const [phone, laptop] = [await alice.connect(), await alice.connect()];
    await bobs.until('user:online', ofAlice('online'));
    await phone.ask('presence:away', { away: true });
    expect(await status(bob)).toMatchObject({ online: true, state: 'online' });
    const turned = Date.now();
    await laptop.ask('presence:away', { away: true });
    await bobs.until('user:online', ofAlice('away'), 20_000);
    expect(await status(bob)).toMatchObject({ online: true, state: 'away', lastSeenAt: null });
    expect(Date.now() - turned).toBeGreaterThan(9_000);
    await laptop.ask('presence:away', { away: false });
    await eventually(
      'she is told back',
      async () => bobs.events('user:online').filter(ofAlice('online')).length === 2,
    );
    expect(bobs.events('user:offline')).toEqual([]);
    await Promise.all([bobs, phone, laptop].map((socket) => socket.close()));
  });

  test('is said in the handshake, and goes with the connection', async () => {
    const away = await alice.connect({ away: true });
    await eventually('she is away', async () => (await status(bob)).state === 'away');
    const phone = await alice.connect();
    await eventually('she is there', async () => (await status(bob)).state === 'online');
    await phone.close();
    await eventually('she is away', async () => (await status(bob)).state === 'away');
    await away.close();
    await eventually('she is gone', async () => (await status(bob)).online === false);
    expect((await status(bob)).state).toBe('offline');
  });

  test('is for sockets, and is yes or no', async () => {
    const socket = await alice.connect();
    for (const data of [{}, { away: 'yes' }, { away: null }, { away: true, more: 1 }]) {
      const refused = await socket.refusal('presence:away', data);
      expect(['malformed_request', 'validation_failed']).toContain(refused.code);
    }
    expect((await status(bob)).state).toBe('online');
    await socket.close();
  });
});

describe('Busy', () => {
  test('is told at once to whoever may see her, and to her other devices', async () => {
    const bobs = await bob.connect();
    const [phone, laptop] = [await alice.connect(), await alice.connect()];
    await eventually('she is there', async () => (await status(bob)).state === 'online');
    const until = inAnHour();
    const said = { availability: 'busy', until };
    expect(await phone.ask('user:set-status', said)).toEqual(said);
    for (const socket of [bobs, laptop]) {
      const told = await socket.until('user:online', ofAlice('busy'));
      expect(told.busyUntil).toBe(until);
    }
    expect(phone.events('user:online').filter(ofAlice('busy'))).toEqual([]);
    expect(await status(bob)).toMatchObject({ online: true, state: 'busy', busyUntil: until });
    expect(await alice.put('/users/status', { availability: 'available' })).toEqual({
      availability: 'available',
    });
    await eventually('all are told', async () =>
      [bobs, phone, laptop].every(
        (socket) =>
          socket.events('user:online').findLast((u) => u.userId === alice.id)?.state === 'online',
      ),
    );
    expect(await status(bob)).toMatchObject({ state: 'online' });
    expect(await status(bob)).not.toHaveProperty('busyUntil');
    await Promise.all([bobs, phone, laptop].map((socket) => socket.close()));
  });

  test('ends by itself, and is kept over a restart', async () => {
    const bobs = await bob.connect();
    const phone = await alice.connect();
    const until = new Date(Date.now() + 3_000).toISOString();
    await alice.put('/users/status', { availability: 'busy', until });
    await bobs.until('user:online', ofAlice('busy'));
    await eventually('they are told that it is over', async () =>
      [bobs, phone].every(
        (socket) =>
          socket.events('user:online').findLast((u) => u.userId === alice.id)?.state === 'online',
      ),
    );
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(until));
    await alice.put('/users/status', { availability: 'busy' });
    await Promise.all([bobs, phone].map((socket) => socket.close()));
    await node.restart();
    const again = await alice.connect();
    await eventually('she is busy', async () => (await status(bob)).state === 'busy');
    expect(await status(bob)).not.toHaveProperty('busyUntil');
    await alice.put('/users/status', { availability: 'available' });
    await again.close();
  });

  test('refuses what is none', async () => {
    const socket = await alice.connect();
    const past = new Date(Date.now() - 1_000).toISOString();
    const wrong: object[] = [
      { availability: 'busy', until: past },
      { availability: 'available', until: inAnHour() },
      { availability: 'away' },
      { availability: 'invisible' },
      { availability: 1 },
      { until: inAnHour() },
      { availability: 'busy', until: 'tomorrow' },
      { availability: 'busy', state: 'busy' },
      {},
    ];
    for (const body of wrong) {
      const answer = await alice.call('PUT', '/users/status', body);
      expectRefusal(answer, 'malformed_request', 'validation_failed');
      const refused = await socket.refusal('user:set-status', body);
      expect(['malformed_request', 'validation_failed']).toContain(refused.code);
    }
    expect(await status(bob)).toMatchObject({ state: 'online' });
    await socket.close();
  });
});

describe('Neither away nor busy is seen', () => {
  const hidden = { online: false, state: 'offline', lastSeenAt: null };

  test('by whom she hides that she is online from', async () => {
    await alice.post('/users/contacts', { userId: bob.id });
    await alice.put('/users/privacy', { online: 'contacts', lastSeen: 'nobody' });
    const shared = (await carol.get('/chats')).chats[0];
    const [bobs, carols] = [await bob.connect(), await carol.connect()];
    await carols.ask('presence:watch', { chatId: shared.id });
    const phone = await alice.connect();
    await phone.ask('user:set-status', { availability: 'busy', until: inAnHour() });
    await bobs.until('user:online', ofAlice('busy'));
    expect(await status(carol)).toEqual({ userId: alice.id, ...hidden });
    const watched = await carols.ask('presence:watch', { chatId: shared.id });
    for (const list of [watched.online, watched.away, watched.busy]) {
      expect(list).not.toContain(alice.id);
    }
    expect(carols.events('user:online').filter((u) => u.userId === alice.id)).toEqual([]);
    await phone.ask('user:set-status', { availability: 'available' });
    await alice.put('/users/privacy', { online: 'everybody', lastSeen: 'everybody' });
    await Promise.all([bobs, carols, phone].map((socket) => socket.close()));
  });

  test('by strangers, and by whom she has blocked', async () => {
    const dave = await signUp(node, 'dave');
    const phone = await alice.connect();
    await phone.ask('user:set-status', { availability: 'busy' });
    expect(await status(dave)).toEqual({ userId: alice.id, ...hidden });
    await alice.put(`/users/blocked/${bob.id}`);
    const bobs = await bob.connect();
    expect(await status(bob)).toEqual({ userId: alice.id, ...hidden });
    await phone.ask('user:set-status', { availability: 'busy', until: inAnHour() });
    expect(bobs.events('user:online').filter((u) => u.userId === alice.id)).toEqual([]);
    await alice.delete(`/users/blocked/${bob.id}`);
    expect(await status(bob)).toMatchObject({ state: 'busy' });
    await Promise.all([bobs, phone].map((socket) => socket.close()));
  });
});
