import { describe, expect, test } from 'vitest';
import { directChat, freshId, group, type Said, signUp, type User, useNode } from './harness.ts';

const node = useNode();

// Every change since `cursor`, page by page.
async function syncAll(
  user: User,
  cursor?: string,
  limit?: number,
): Promise<{ chats: Said[]; cursor: string; epoch: string; pages: number }> {
  const chats: Said[] = [];
  let at = cursor;
  for (let pages = 1; ; pages++) {
    const query = new URLSearchParams();
    if (at !== undefined) query.set('cursor', at);
    if (limit !== undefined) query.set('limit', String(limit));
    const page = await user.get(`/sync?${query}`);
    chats.push(...page.chats);
    at = page.cursor as string;
    if (!page.hasMore) return { chats, cursor: at, epoch: page.epoch, pages };
  }
}

// Every entry of a chat above `after`.
async function catchUp(user: User, chatId: string, after: number): Promise<Said[]> {
  const entries: Said[] = [];
  for (let at = after; ; ) {
    const page = await user.get(`/chats/${chatId}/messages?after=${at}&limit=100`);
    entries.push(...page.messages);
    at = page.toSeq;
    if (!page.hasMore) return entries;
  }
}

describe('Somebody who was away', () => {
  test('finds every message, in order, with nothing doubled', async () => {
    const [alice, bob] = [await signUp(node, 'alice'), await signUp(node, 'bob')];
    const { id } = await directChat(alice, bob);
    const before = await syncAll(bob);
    for (let i = 1; i <= 30; i++) await alice.send(id, `while you slept ${i}`);
    const after = await syncAll(bob, before.cursor);
    expect(after.chats).toHaveLength(1);
    expect(after.chats[0]).toMatchObject({ id, lastSeq: 30, unreadCount: 30 });
    expect(after.chats[0].limited).toBeUndefined();
    const entries = await catchUp(bob, id, 0);
    expect(entries.map((e) => e.content)).toEqual(
      Array.from({ length: 30 }, (_, i) => `while you slept ${i + 1}`),
    );
  });

  test('is told when so much happened that the newest page should come first', async () => {
    const [alice, bob] = [await signUp(node, 'alice'), await signUp(node, 'bob')];
    const { id } = await directChat(alice, bob);
    const { cursor } = await syncAll(bob);
    const socket = await alice.connect();
    await Promise.all(
      Array.from({ length: 230 }, (_, i) =>
        socket.ask('message:send', { chatId: id, content: `m${i}`, clientMessageId: freshId() }),
      ),
    );
    const { chats } = await syncAll(bob, cursor);
    expect(chats[0]).toMatchObject({ id, lastSeq: 230, limited: true });
    await socket.close();
  });

  test('learns of chats opened, left and renamed meanwhile', async () => {
    const [alice, bob] = [await signUp(node, 'alice'), await signUp(node, 'bob')];
    const kept = await group(alice, [bob], 'Kept');
    const lost = await group(alice, [bob], 'Lost');
    const { cursor } = await syncAll(bob);
    await alice.put(`/groups/${kept.id}`, { name: 'Kept and renamed' });
    await alice.delete(`/groups/${lost.id}/members/${bob.id}`);
    const fresh = await group(alice, [bob], 'Fresh');
    const { chats } = await syncAll(bob, cursor);
    const byId = new Map(chats.map((chat) => [chat.id, chat]));
    expect(byId.get(kept.id)).toMatchObject({ name: 'Kept and renamed', role: 'member' });
    expect(byId.get(lost.id)).toMatchObject({ role: 'left' });
    expect(byId.get(fresh.id)).toMatchObject({ name: 'Fresh', role: 'member' });
  });

  test('learns how far others have read meanwhile', async () => {
    const [alice, bob] = [await signUp(node, 'alice'), await signUp(node, 'bob')];
    const { id } = await directChat(alice, bob);
    const sent = await alice.send(id, 'read me');
    const { cursor } = await syncAll(alice);
    await bob.post(`/chats/${id}/read`, { seq: sent.seq });
    const { chats } = await syncAll(alice, cursor);
    expect(chats).toHaveLength(1);
    expect(chats[0]).toMatchObject({ id, minReadSeq: sent.seq });
  });

  test('syncs many chats page by page and misses none', async () => {
    const me = await signUp(node, 'me');
    const peers = await Promise.all(Array.from({ length: 25 }, (_, i) => signUp(node, `p${i}`)));
    const chats = await Promise.all(peers.map((peer) => directChat(me, peer)));
    const start = await syncAll(me, undefined, 10);
    expect(start.pages).toBeGreaterThanOrEqual(3);
    const all = new Set(chats.map((chat) => chat.id));
    expect(new Set(start.chats.map((chat) => chat.id))).toEqual(all);
    await Promise.all(peers.map((peer, i) => peer.send(chats[i]?.id, `news of ${i}`)));
    const next = await syncAll(me, start.cursor, 7);
    expect(new Set(next.chats.map((chat) => chat.id))).toEqual(all);
    expect(next.chats.every((chat) => chat.unreadCount === 1)).toBe(true);
    expect((await syncAll(me, next.cursor)).chats).toEqual([]);
  });

  test('misses nothing that happens while syncing', async () => {
    const me = await signUp(node, 'me');
    const peers = await Promise.all(Array.from({ length: 8 }, (_, i) => signUp(node, `p${i}`)));
    const chats = await Promise.all(peers.map((peer) => directChat(me, peer)));
    const known = new Map<string, number>();
    let cursor: string | undefined;
    let writing = true;
    const writers = peers.map(async (peer, i) => {
      for (let n = 0; n < 40; n++) await peer.send(chats[i]?.id, `${i}/${n}`);
    });
    const all = Promise.all(writers).finally(() => {
      writing = false;
    });
    for (let last = false; !last; ) {
      last = !writing;
      const step = await syncAll(me, cursor, 3);
      cursor = step.cursor;
      for (const chat of step.chats) {
        expect(chat.lastSeq).toBeGreaterThanOrEqual(known.get(chat.id) ?? 0);
        known.set(chat.id, chat.lastSeq);
      }
    }
    await all;
    for (const chat of chats) expect(known.get(chat.id)).toBe(40);
  });
});

describe('Several devices of one user', () => {
  test('each catch up from a cursor of their own', async () => {
    const [alice, bob] = [await signUp(node, 'alice'), await signUp(node, 'bob')];
    const { id } = await directChat(alice, bob);
    const phone = await syncAll(bob);
    await alice.send(id, 'one');
    const laptop = await syncAll(bob);
    await alice.send(id, 'two');
    expect((await syncAll(bob, phone.cursor)).chats[0]).toMatchObject({ lastSeq: 2 });
    expect((await syncAll(bob, laptop.cursor)).chats[0]).toMatchObject({ lastSeq: 2 });
    // The phone catching up took nothing from the laptop.
    expect((await syncAll(bob, laptop.cursor)).chats).toHaveLength(1);
  });

  test('share their marks', async () => {
    const [alice, bob] = [await signUp(node, 'alice'), await signUp(node, 'bob')];
    const { id } = await directChat(alice, bob);
    const sent = await alice.send(id, 'read on one device');
    const laptop = await syncAll(bob);
    const phone = await bob.signInAgain();
    await phone.post(`/chats/${id}/read`, { seq: sent.seq });
    const { chats } = await syncAll(bob, laptop.cursor);
    expect(chats[0]).toMatchObject({ id, unreadCount: 0, readSeq: sent.seq });
  });
});
