// Three nodes that share PostgreSQL, Redis and RabbitMQ are one Parley: who speaks to which node
// makes no difference to anybody.
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { answered, Cluster } from '../harness/cluster.ts';
import { eventually, takesLess } from '../harness/deadline.ts';
import { Engines } from '../harness/engines.ts';
import { expectError, expectRefusal } from '../harness/errors.ts';
import { rest, type Said } from '../harness/rest.ts';
import type { ConnectOptions, Socket } from '../harness/socket.ts';
import { directChat, freshId, group, signUp, type User } from '../harness/users.ts';

let cluster: Cluster;

beforeAll(async () => {
  cluster = await Cluster.start(new Engines(inject('engines')));
});

afterAll(async () => {
  await cluster?.dispose();
});

// Somebody who speaks to one node only.
const at = (index: number, name: string) => signUp(cluster.node(index), name);

// The same person at every node.
const everywhere = (user: User) => cluster.nodes.map((node) => user.at(node));

async function pair(): Promise<{ ann: User; bo: User; chatId: string }> {
  const [ann, bo] = [await at(0, 'ann'), await at(1, 'bo')];
  return { ann, bo, chatId: (await directChat(ann, bo)).id };
}

// A connection that every node knows of. Until then, what is sent elsewhere does not come here: a
// `resync` does, some moments later.
async function online(user: User, options: ConnectOptions = {}): Promise<Socket> {
  const socket = await user.connect(options);
  for (const them of everywhere(user)) {
    const path = `/users/${user.id}/status`;
    await eventually('all nodes know', async () => (await them.get(path)).online);
  }
  return socket;
}

// Waits until what `from` sends reaches all of them at once.
async function reaches(from: Socket, chatId: string, all: Socket[]): Promise<void> {
  await eventually(
    'all are reached',
    async () => {
      const { id } = await from.ask('message:send', draft(chatId, 'Is anybody there?'));
      const heard = (socket: Socket) => socket.until('message:receive', (m) => m.id === id, 1_000);
      await Promise.all(all.map(heard));
      return true;
    },
    40_000,
  );
}

const draft = (chatId: string, content: string, clientMessageId = freshId()) => ({
  chatId,
  content,
  clientMessageId,
});

const ascending = (a: number, b: number) => a - b;

const closeAll = (sockets: Socket[]) => Promise.all(sockets.map((socket) => socket.close()));

// Answers of every node, which must be the same; gives one of them.
async function sameEverywhere(user: User, path: string, of = (said: Said) => said): Promise<Said> {
  const answers = await Promise.all(everywhere(user).map(async (u) => of(await u.get(path))));
  for (const answer of answers) expect(answer, path).toEqual(answers[0]);
  return answers[0];
}

describe('Messages', () => {
  test('go both ways between nodes, in order and without a gap', async () => {
    const { ann, bo, chatId } = await pair();
    const [hers, his] = [await online(ann), await online(bo, { batch: true })];
    const [annSent, boSent]: [Said[], Said[]] = [[], []];
    const send = async (socket: Socket, name: string, sent: Said[]) => {
      for (let i = 0; i < 50; i++) {
        sent.push(await socket.ask('message:send', draft(chatId, `${name} ${i}`)));
      }
    };
    await Promise.all([send(hers, 'ann', annSent), send(his, 'bo', boSent)]);

    for (const [socket, sent] of [
      [his, annSent],
      [hers, boSent],
    ] as const) {
      await socket.until('message:receive', (m) => m.id === sent.at(-1)?.id);
      const heard = socket.events('message:receive');
      expect(heard.map((m) => [m.id, m.seq])).toEqual(sent.map((m) => [m.id, m.seq]));
      expect(heard.map((m) => Number(m.content.split(' ')[1]))).toEqual(heard.map((_, i) => i));
    }
    const all = [...annSent, ...boSent].map((m) => m.seq).sort(ascending);
    expect(all).toEqual(all.map((_, i) => i + 1));
    const { messages } = await sameEverywhere(ann, `/chats/${chatId}/messages?after=0&limit=100`);
    expect(messages.map((m: Said) => m.seq)).toEqual(all);
    await closeAll([hers, his]);
  });

  test('of six in a group on three nodes reach all the others, in order', async () => {
    const users: User[] = [];
    for (let i = 0; i < 6; i++) users.push(await at(i % 3, `six${i}`));
    const [host, ...others] = users as [User, ...User[]];
    const sockets: Socket[] = [];
    for (const user of users) sockets.push(await online(user));
    const { id: chatId, lastSeq } = await group(host, others, 'Six');
    const sent: Said[] = [];
    await Promise.all(
      sockets.map(async (socket, u) => {
        for (let i = 0; i < 10; i++) {
          const reply = await socket.ask('message:send', draft(chatId, `${u} ${i}`));
          sent.push({ ...reply, user: u });
        }
      }),
    );
    const seqs = sent.map((m) => m.seq).sort(ascending);
    expect(seqs).toEqual(seqs.map((_, i) => lastSeq + 1 + i));
    for (const [u, socket] of sockets.entries()) {
      const due = sent.filter((m) => m.user !== u).map((m) => m.seq);
      const here = () => socket.events('message:receive').filter((m) => m.chatId === chatId);
      await eventually(`all of it reaches number ${u}`, () => here().length >= due.length);
      expect(
        here()
          .map((m) => m.seq)
          .sort(ascending),
      ).toEqual(due.sort(ascending));
      // What different nodes tell may overtake; what one of them tells does not.
      for (const from of users.filter((user) => user !== users[u])) {
        const seqs = here().filter((m) => m.senderId === from.id);
        expect(seqs.map((m) => m.seq)).toEqual(seqs.map((m) => m.seq).sort(ascending));
      }
    }
    await closeAll(sockets);
  });

  test('reach the other devices of their sender, wherever they are', async () => {
    const { ann, bo, chatId } = await pair();
    const devices: Socket[] = [];
    for (const her of everywhere(ann)) devices.push(await online(her));
    const his = await online(bo);
    const [first, ...rest] = devices as [Socket, ...Socket[]];
    await reaches(first, chatId, [...rest, his]);
    // What Bo answers is the fence: what was sent before it would have come.
    const { id: answer } = await bo.send(chatId, 'I heard you');
    await first.until('message:receive', (m) => m.id === answer);
    expect(first.events('message:receive').map((m) => m.id)).toEqual([answer]);
    await closeAll([...devices, his]);
  });

  test('sent twice under one id, to two nodes at once, are one', async () => {
    const { ann, bo, chatId } = await pair();
    const his = await online(bo);
    for (let round = 1; round <= 20; round++) {
      const body = { content: `round ${round}`, clientMessageId: freshId() };
      const replies = await Promise.all(
        everywhere(ann).map((her) => her.call('POST', `/chats/${chatId}/messages`, body)),
      );
      expect(replies.map((r) => r.status).sort()).toEqual([200, 200, 201]);
      for (const { body: said } of replies) expect(said).toEqual(replies[0]?.body);
      expect(replies[0]?.body.seq).toBe(round);
      await his.until('message:receive', (m) => m.seq === round);
    }
    const fence = await ann.send(chatId, 'over');
    await his.until('message:receive', (m) => m.id === fence.id);
    expect(his.events('message:receive').map((m) => m.seq)).toEqual(
      Array.from({ length: 21 }, (_, i) => i + 1),
    );
    const { messages } = await sameEverywhere(bo, `/chats/${chatId}/messages?after=0`);
    expect(messages).toHaveLength(21);
    await his.close();
  });
});

describe('What people see of each other', () => {
  test('receipts go from node to node', async () => {
    const { ann, bo, chatId } = await pair();
    const hers = await online(ann);
    const { seq } = await ann.send(chatId, 'seen?');
    const mark = (m: Said) => m.chatId === chatId && m.userId === bo.id && m.seq === seq;
    // A device of the same person, on another node, learns it as well.
    const other = await online(bo);
    const his = await bo.at(cluster.node(2)).connect();
    await his.ask('message:delivered', { chatId, seq });
    await hers.until('message:delivered', mark);
    const chat = `/chats/${chatId}`;
    expect(await sameEverywhere(ann, chat)).toMatchObject({ minDeliveredSeq: seq, minReadSeq: 0 });
    await his.ask('message:read', { chatId, seq });
    await hers.until('message:read', mark);
    await other.until('message:read', mark);
    expect(await sameEverywhere(ann, chat)).toMatchObject({ minReadSeq: seq });
    expect(await sameEverywhere(bo, chat)).toMatchObject({ readSeq: seq, unreadCount: 0 });
    await closeAll([hers, his, other]);
  });

  test('typing is seen at other nodes, and not by the one who types', async () => {
    const { ann, bo, chatId } = await pair();
    const [hers, his] = [await online(ann), await online(bo)];
    await hers.ask('message:typing', { chatId, typing: true });
    const seen = { chatId, userId: ann.id };
    expect(await his.until('user:typing')).toMatchObject({ ...seen, typing: true });
    await hers.ask('message:typing', { chatId, typing: false });
    await his.until('user:typing', (t) => t.userId === ann.id && !t.typing);
    await bo.send(chatId, 'the fence');
    await hers.until('message:receive');
    expect(hers.events('user:typing')).toEqual([]);
    await closeAll([hers, his]);
  });

  test.concurrent('somebody is online with a device anywhere, and offline after the last one', async () => {
    const { ann, bo, chatId } = await pair();
    const cy = await at(2, 'cy');
    const { id: groupId } = await group(cy, [ann, bo], 'Lookers');
    const [hers, cys] = [await ann.connect(), await cy.connect()];
    // Ann has a direct chat with Bo; Cy only looks at a group they share.
    const watched = await cys.ask('presence:watch', { chatId: groupId });
    expect(watched.online).not.toContain(bo.id);
    const ofBo = (u: Said) => u.userId === bo.id;

    const phone = await bo.connect();
    await Promise.all([hers.until('user:online', ofBo), cys.until('user:online', ofBo)]);
    const laptop = await bo.at(cluster.node(2)).connect();
    const seenOnline = async () =>
      (await Promise.all(everywhere(ann).map((her) => her.get(`/users/${bo.id}/status`)))).map(
        (status) => status.online,
      );
    await eventually('all nodes say so', async () => !(await seenOnline()).includes(false));

    // Somebody who leaves after the phone is the fence: one device is still there.
    const di = await at(1, 'di');
    await directChat(ann, di);
    const dis = await di.connect();
    await hers.until('user:online', (u) => u.userId === di.id);
    await phone.close();
    await dis.close();
    await hers.until('user:offline', (u) => u.userId === di.id, 60_000);
    expect(await seenOnline()).toEqual([true, true, true]);
    const left = Date.now();
    await laptop.close();
    const late = 60_000;
    const [told] = await Promise.all([
      hers.until('user:offline', ofBo, late),
      cys.until('user:offline', ofBo, late),
    ]);
    expect(Date.now() - left).toBeGreaterThan(5_000);
    expect(Math.abs(Date.parse(told.lastSeenAt) - left)).toBeLessThan(20_000);
    await eventually('no node shows him', async () => !(await seenOnline()).includes(true));
    for (const socket of [hers, cys]) {
      expect(socket.events('user:offline').filter(ofBo)).toHaveLength(1);
    }
    expect(chatId).not.toBe(groupId);
    await closeAll([hers, cys]);
  });

  test.concurrent('somebody is away when nobody is at any of their devices, wherever', async () => {
    const { ann, bo } = await pair();
    const cy = await at(2, 'cy');
    const { id: groupId } = await group(cy, [ann, bo], 'Lookers');
    const [hers, cys] = [await ann.connect(), await cy.connect()];
    await cys.ask('presence:watch', { chatId: groupId });
    const ofBo = (u: Said) => u.userId === bo.id;
    const phone = await bo.connect();
    await hers.until('user:online', ofBo);
    const laptop = await bo.at(cluster.node(2)).connect();
    const states = async () =>
      (await Promise.all(everywhere(ann).map((her) => her.get(`/users/${bo.id}/status`)))).map(
        (status) => status.state,
      );
    await phone.ask('presence:away', { away: true });
    await phone.ask('presence:away', { away: false });
    await laptop.ask('presence:away', { away: true });
    const allSayHeIs = (one: string) =>
      eventually(`all nodes say ${one}`, async () =>
        (await states()).every((state) => state === one),
      );
    await allSayHeIs('online');
    const turned = Date.now();
    await phone.ask('presence:away', { away: true });
    const away = (u: Said) => ofBo(u) && u.state === 'away';
    await Promise.all([
      hers.until('user:online', away, 20_000),
      cys.until('user:online', away, 20_000),
    ]);
    expect(Date.now() - turned).toBeGreaterThan(5_000);
    await allSayHeIs('away');
    // Back on the other node, at once.
    await laptop.ask('presence:away', { away: false });
    const back = (socket: Socket) => () => socket.events('user:online').filter(ofBo).at(-1);
    for (const socket of [hers, cys]) {
      await eventually('he is told back', async () => back(socket)()?.state === 'online');
      expect(socket.events('user:online').filter(away)).toHaveLength(1);
      expect(socket.events('user:offline').filter(ofBo)).toEqual([]);
    }
    // Busy, said on the first node, is seen by who looks on the third.
    await bo.put('/users/status', { availability: 'busy' });
    for (const socket of [hers, cys, laptop]) {
      await socket.until('user:online', (u) => ofBo(u) && u.state === 'busy');
    }
    await allSayHeIs('busy');
    await bo.put('/users/status', { availability: 'available' });
    await closeAll([hers, cys, phone, laptop]);
  });

  test.concurrent('who changes nodes within moments was never away', async () => {
    const { ann, bo } = await pair();
    const hers = await ann.connect();
    const ofBo = (u: Said) => u.userId === bo.id;
    const before = await bo.connect();
    await hers.until('user:online', ofBo);
    before.drop();
    const after = await bo.at(cluster.node(2)).connect();
    // Somebody who leaves after him is the fence.
    const cy = await at(1, 'cy');
    await directChat(ann, cy);
    const cys = await cy.connect();
    await hers.until('user:online', (u) => u.userId === cy.id);
    await cys.close();
    await hers.until('user:offline', (u) => u.userId === cy.id, 60_000);
    expect(hers.events('user:offline').filter(ofBo)).toEqual([]);
    expect((await ann.get(`/users/${bo.id}/status`)).online).toBe(true);
    await closeAll([hers, after]);
  });
});

describe('What ends on one node ends on all', () => {
  test('the sockets and tokens of a session, within a second', async () => {
    await takesLess(1_000, async () => {
      const ann = await at(0, 'ann');
      const other = await ann.signInAgain();
      const gone: Socket[] = [];
      for (const her of everywhere(ann)) gone.push(await her.connect());
      const stays = await other.at(cluster.node(1)).connect();
      const { sessions } = await other.at(cluster.node(2)).get('/users/sessions');
      const ended = sessions.find((s: Said) => !s.current);
      expect(sessions).toHaveLength(2);
      await other.at(cluster.node(2)).delete(`/users/sessions/${ended.id}`);
      const begun = performance.now();
      const codes = await Promise.all(gone.map(async (socket) => (await socket.closed()).code));
      const took = performance.now() - begun;
      expect(codes).toEqual([4401, 4401, 4401]);
      for (const her of everywhere(ann)) {
        expectRefusal(await her.call('GET', '/users/profile'), 'token_revoked');
        const { status } = await rest(her.node.url, 'POST', '/auth/refresh-token', {
          refreshToken: ann.refreshToken,
        });
        expect(status).toBe(401);
      }
      expect((await stays.ask('user:profile')).id).toBe(ann.id);
      await stays.close();
      return took;
    });
  });

  test('the right to write to whom one has blocked', async () => {
    const { ann, bo, chatId } = await pair();
    const [hers, his] = [await online(ann), await online(bo.at(cluster.node(2)))];
    expect((await ann.call('PUT', `/users/blocked/${bo.id}`)).status).toBe(204);
    for (const him of everywhere(bo)) {
      const answer = await him.call('POST', `/chats/${chatId}/messages`, {
        content: 'let me in',
        clientMessageId: freshId(),
      });
      expectRefusal(answer, 'blocked');
      expectRefusal(await him.call('GET', `/users/${ann.username}`), 'user_not_found');
      expect((await him.get(`/users/${ann.id}/status`)).online).toBe(false);
    }
    expectError(await his.refusal('message:send', draft(chatId, 'please')), 'blocked');
    expect((await ann.get(`/chats/${chatId}`)).lastSeq).toBe(0);
    // Undone on a third node, it is undone everywhere.
    await ann.at(cluster.node(1)).delete(`/users/blocked/${bo.id}`);
    const { id } = await his.ask('message:send', draft(chatId, 'thank you'));
    await hers.until('message:receive', (m) => m.id === id);
    await closeAll([hers, his]);
  });

  test('membership: who was removed hears nothing more', async () => {
    const [ann, bo, cy] = [await at(0, 'ann'), await at(1, 'bo'), await at(2, 'cy')];
    const { id: chatId } = await group(ann, [bo, cy], 'Shrinking');
    const [his, cys] = [await online(bo), await online(cy)];
    await ann.delete(`/groups/${chatId}/members/${bo.id}`);
    await his.until('chat:member-removed', (m) => m.userIds.includes(bo.id));
    const { id } = await ann.send(chatId, 'among us');
    await cys.until('message:receive', (m) => m.id === id);
    for (const him of everywhere(bo)) {
      expectRefusal(await him.call('GET', `/chats/${chatId}/messages`), 'chat_not_found');
    }
    // What Cy writes to him is the fence.
    const fence = await directChat(cy, bo);
    await cy.send(fence.id, 'sorry');
    await his.until('message:receive', (m) => m.chatId === fence.id);
    expect(his.events('message:receive').map((m) => m.chatId)).toEqual([fence.id]);
    await closeAll([his, cys]);
  });
});

describe('Whichever node answers', () => {
  test('chat list, sync and history are the same, right after what changed them', async () => {
    const { ann, bo, chatId } = await pair();
    const cy = await at(2, 'cy');
    const { id: groupId } = await group(bo, [ann, cy], 'Same');
    const begun = await ann.get('/sync');
    for (let i = 0; i < 12; i++) {
      const from = [ann, bo, cy][i % 3] as User;
      const chat = i % 2 === 0 || from === cy ? groupId : chatId;
      const { seq, id } = await from.send(chat, `number ${i}`);
      if (i % 4 === 3) await ann.post(`/chats/${chat}/read`, { seq });
      const list = await sameEverywhere(ann, '/chats?limit=100');
      expect(list.chats[0]).toMatchObject({ id: chat, lastSeq: seq, lastMessage: { id } });
      const since = `/sync?cursor=${encodeURIComponent(begun.cursor)}`;
      const changed = await sameEverywhere(ann, since, ({ cursor: _, ...said }) => said);
      expect(changed.epoch).toBe(begun.epoch);
      expect(changed.chats.find((c: Said) => c.id === chat)).toMatchObject({ lastSeq: seq });
      await sameEverywhere(ann, `/chats/${chat}/messages?after=0`);
    }
  });

  test('a cursor of one node goes on at another', async () => {
    const { ann, bo, chatId } = await pair();
    let { cursor } = await bo.get('/sync');
    for (let i = 1; i <= 9; i++) {
      await ann.send(chatId, `number ${i}`);
      const him = bo.at(cluster.node(i % 3));
      const page = await him.get(`/sync?cursor=${encodeURIComponent(cursor)}`);
      expect(page.chats.map((c: Said) => [c.id, c.lastSeq])).toContainEqual([chatId, i]);
      cursor = page.cursor;
    }
  });

  test('a device that was away resumes there by sync, and misses nothing', async () => {
    const { ann, bo, chatId } = await pair();
    const sent: string[] = [];
    const held: string[] = [];
    let { cursor } = await bo.get('/sync');
    let over = false;
    const sending = (async () => {
      while (!over) sent.push((await ann.send(chatId, `number ${sent.length}`)).id);
    })();
    // Each time at another node: it syncs, reads what it lacks, and hears a while.
    for (let turn = 0; turn < 6; turn++) {
      const socket = await bo.at(cluster.node(turn % 3)).connect();
      const page = await socket.ask('sync', { cursor });
      cursor = page.cursor;
      for (let more = true; more; ) {
        const gap = await socket.ask('history', { chatId, after: held.length, limit: 100 });
        held.push(...gap.messages.map((m: Said) => m.id));
        more = gap.hasMore;
      }
      const known = held.length;
      await socket.until('message:receive', (m) => m.seq > known + 3);
      for (const message of socket.events('message:receive')) {
        if (message.seq === held.length + 1) held.push(message.id);
      }
      socket.drop();
    }
    over = true;
    await sending;
    const last = await bo.get(`/sync?cursor=${encodeURIComponent(cursor)}`);
    expect(last.chats[0]).toMatchObject({ id: chatId, lastSeq: sent.length });
    for (let more = true; more; ) {
      const gap = await bo.get(`/chats/${chatId}/messages?after=${held.length}`);
      held.push(...gap.messages.map((m: Said) => m.id));
      more = gap.hasMore;
    }
    expect(held).toEqual(sent);
  });

  test('and nginx asks all of them', async () => {
    const before = await Promise.all(cluster.nodes.map(answered));
    const [ann, bo] = [await signUp(cluster, 'ann'), await signUp(cluster, 'bo')];
    const { id: chatId } = await directChat(ann, bo);
    const sockets: Socket[] = [];
    for (let i = 0; i < 6; i++) sockets.push(await bo.connect());
    for (const her of everywhere(ann)) {
      const first = await her.connect();
      await reaches(first, chatId, sockets);
      await first.close();
    }
    for (let i = 0; i < 12; i++) {
      const { id } = await ann.send(chatId, `number ${i}`);
      for (const socket of sockets) await socket.until('message:receive', (m) => m.id === id);
    }
    for (const [index, node] of cluster.nodes.entries()) {
      const open = /^parley_connections (\d+)/m.exec((await node.get('/metrics')).text)?.[1];
      expect(Number(open)).toBeGreaterThan(0);
      expect(await answered(node)).toBeGreaterThan((before[index] ?? 0) + 2);
    }
    await closeAll(sockets);
  });
});
