import { expect } from 'vitest';
import type { Cluster } from '../harness/cluster.ts';
import { directChat, signUp } from '../harness/users.ts';

// Two people on two nodes talk `times` times. Whoever has an answer or an event finds what it tells
// at once wherever they look: in the chat, in the list of chats and by sync.
export async function readYourWrites(cluster: Cluster, times: number): Promise<void> {
  const ann = await signUp(cluster.node(0), 'ann');
  const bo = await signUp(cluster.node(1), 'bo');
  const { id: chatId } = await directChat(ann, bo);
  const his = await bo.connect();
  const hers = await ann.connect();
  try {
    let { cursor } = await bo.get('/sync');
    for (let i = 0; i < times; i++) {
      const { id, seq } = await ann.send(chatId, `message ${i}`);
      const [mine, told] = await Promise.all([
        ann.get(`/chats/${chatId}/messages?limit=1`),
        his.until('message:receive', (m) => m.id === id),
      ]);
      expect(mine.messages).toMatchObject([{ id, seq }]);
      expect(told.seq).toBe(seq);
      const [page, list, sync] = await Promise.all([
        bo.get(`/chats/${chatId}/messages?limit=1`),
        bo.get('/chats'),
        bo.get(`/sync?cursor=${encodeURIComponent(cursor)}`),
      ]);
      expect(page.messages).toMatchObject([{ id, content: `message ${i}` }]);
      expect(list.chats).toMatchObject([{ id: chatId, lastSeq: seq, lastMessage: { id } }]);
      expect(sync.chats).toMatchObject([{ id: chatId, lastSeq: seq }]);
      cursor = sync.cursor;
      await bo.post(`/chats/${chatId}/read`, { seq });
      await hers.until('message:read', (m) => m.seq === seq);
      expect((await bo.get(`/chats/${chatId}`)).readSeq).toBe(seq);
      const { participants } = await ann.get(`/chats/${chatId}/participants?limit=10`);
      expect(participants.find((p: { userId: string }) => p.userId === bo.id).readSeq).toBe(seq);
    }
  } finally {
    await his.close();
    await hers.close();
  }
}
