import { describe, expect, test } from 'vitest';
import { expectRefusal } from './harness/errors.ts';
import { directChat, eventually, freshId, group, type Said, signUp, useNode } from './harness.ts';

const node = useNode();

describe('A connection that comes back', () => {
  test('repairs the gap between the last seq it knows and the next it hears', async () => {
    const [alice, bob] = [await signUp(node, 'alice'), await signUp(node, 'bob')];
    const { id: chatId } = await directChat(alice, bob);
    const first = await bob.connect();
    await alice.send(chatId, 'heard');
    const known = (await first.until('message:receive')).seq;
    first.drop();
    await first.closed();
    for (const content of ['missed 1', 'missed 2', 'missed 3']) await alice.send(chatId, content);
    const second = await bob.connect();
    const live = await alice.send(chatId, 'live again');
    const heard = await second.until('message:receive');
    expect(heard.seq).toBe(live.seq);
    expect(heard.seq).toBeGreaterThan(known + 1);
    const gap = await second.ask('history', { chatId, after: known, limit: heard.seq - known - 1 });
    expect(gap.messages.map((m: Said) => m.content)).toEqual(['missed 1', 'missed 2', 'missed 3']);
    expect([gap.fromSeq, gap.toSeq]).toEqual([known + 1, heard.seq - 1]);
    await second.close();
  });

  test('has everything after a restart in the middle of a conversation', async () => {
    const [alice, bob] = [await signUp(node, 'alice'), await signUp(node, 'bob')];
    const { id: chatId } = await group(alice, [bob]);
    const before = await bob.get('/sync');
    const socket = await alice.connect();
    const sent: Said[] = [];
    for (let i = 0; i < 20; i++) {
      const draft = { chatId, content: `before ${i}`, clientMessageId: freshId() };
      sent.push({ ...draft, ...(await socket.ask('message:send', draft)) });
    }
    const marked = sent[9]?.seq;
    await bob.post(`/chats/${chatId}/read`, { seq: marked });
    await node.restart();
    expect((await socket.closed()).code).toBe(1012);

    const after = await bob.get(`/sync?cursor=${encodeURIComponent(before.cursor)}`);
    expect(after.epoch).toBe(before.epoch);
    expect(after.chats).toHaveLength(1);
    expect(after.chats[0]).toMatchObject({
      id: chatId,
      readSeq: marked,
      unreadCount: 10,
      lastSeq: sent.at(-1)?.seq,
    });
    const { messages } = await bob.get(`/chats/${chatId}/messages`);
    expect(messages.map((m: Said) => [m.id, m.seq, m.content, m.createdAt])).toEqual(
      sent.map((m) => [m.id, m.seq, m.content, m.createdAt]),
    );

    // A draft acknowledged before the restart is still known after it.
    const again = await alice.connect();
    const { chatId: _, ...draft } = sent[19];
    const repeat = await again.ask('message:send', {
      chatId,
      content: draft.content,
      clientMessageId: draft.clientMessageId,
    });
    expect(repeat).toEqual({ id: draft.id, seq: draft.seq, createdAt: draft.createdAt });
    const next = await again.ask('message:send', {
      chatId,
      content: 'after',
      clientMessageId: freshId(),
    });
    expect(next.seq).toBe(draft.seq + 1);
    await again.close();
  });

  test('loses nothing acknowledged when the server is killed', async () => {
    const [alice, bob] = [await signUp(node, 'alice'), await signUp(node, 'bob')];
    const { id: chatId } = await directChat(alice, bob);
    const socket = await alice.connect();
    const acked: Said[] = [];
    const drafts = Array.from({ length: 600 }, (_, i) => ({
      chatId,
      content: `k${i}`,
      clientMessageId: `kill-${i}`,
    }));
    const asked = drafts.map((draft) =>
      socket.ask('message:send', draft).then(
        (sent) => acked.push({ ...draft, ...sent }),
        () => undefined,
      ),
    );
    await eventually('some are acknowledged', () => acked.length > 20);
    await node.kill();
    await Promise.all(asked);
    await node.start();

    const back = await alice.connect();
    const replies = [];
    for (const draft of drafts) replies.push(await back.ask('message:send', draft));
    for (const sent of acked) {
      const index = Number(sent.content.slice(1));
      expect(replies[index]).toEqual({ id: sent.id, seq: sent.seq, createdAt: sent.createdAt });
    }
    const { lastSeq, unreadCount } = await bob.get(`/chats/${chatId}`);
    expect([lastSeq, unreadCount]).toEqual([600, 600]);
    await back.close();
  });

  test('keeps its session, tokens and marks through a kill', async () => {
    const [alice, bob] = [await signUp(node, 'alice'), await signUp(node, 'bob')];
    const { id: chatId } = await directChat(alice, bob);
    const { seq } = await alice.send(chatId, 'marked');
    await bob.post(`/chats/${chatId}/delivered`, { seq });
    const left = await bob.signInAgain();
    await left.call('POST', '/auth/logout');
    await node.kill();
    await node.start();
    expect(await bob.get(`/chats/${chatId}`)).toMatchObject({ deliveredSeq: seq, unreadCount: 1 });
    expect((await alice.get(`/chats/${chatId}`)).minDeliveredSeq).toBe(seq);
    expectRefusal(await left.call('GET', '/chats'), 'token_revoked');
  });

  test('keeps the epoch of the store over restarts', async () => {
    const alice = await signUp(node, 'alice');
    const { epoch } = await alice.get('/sync');
    await node.restart();
    expect((await alice.get('/sync')).epoch).toBe(epoch);
    await node.kill();
    await node.start();
    expect((await alice.get('/sync')).epoch).toBe(epoch);
  });

  test('is refused a cursor the server never gave', async () => {
    const alice = await signUp(node, 'alice');
    for (const cursor of ['junk', '%00', 'AAAA', '-1', '9'.repeat(400)]) {
      const answer = await alice.call('GET', `/sync?cursor=${encodeURIComponent(cursor)}`);
      expectRefusal(answer, 'malformed_request', 'validation_failed');
      const list = await alice.call('GET', `/chats?cursor=${encodeURIComponent(cursor)}`);
      expectRefusal(list, 'malformed_request', 'validation_failed');
    }
  });
});
