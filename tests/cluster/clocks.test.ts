// Three nodes whose machines do not agree about the time: one is right, one ten minutes ahead, one
// ten minutes behind. They go by the clock of the store, so nobody who chats can tell; each of the
// wrong ones says so in its log.
//
// No node has all roles, so everything somebody asks of one is signed, by its clock, for another.
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { Cluster } from '../harness/cluster.ts';
import { eventually } from '../harness/deadline.ts';
import { Engines } from '../harness/engines.ts';
import { rest, type Said } from '../harness/rest.ts';
import { directChat, freshId, PASSWORD, signUp, type User } from '../harness/users.ts';

const AHEAD = [0, 600, -600];
const ROLES = ['gateway', 'gateway,user', 'gateway,chat,processor,notification'];
const TTL = 900; // of access tokens, in seconds
const NEAR = 60; // seconds that a test may take, and a tenth of what clocks are wrong by

let cluster: Cluster;

beforeAll(async () => {
  cluster = await Cluster.start(new Engines(inject('engines')), {
    clock: (index) => AHEAD[index] ?? 0,
    nodeArgs: (index) => [`--roles=${ROLES[index]}`],
    args: [`--access-token-ttl=${TTL}s`],
    front: false,
  });
  await eventually(
    'everybody finds everybody',
    async () => {
      for (const node of cluster.nodes) {
        const { parts } = (await node.get('/ready')).body;
        if (!Object.values(parts).every((state) => state === 'ok')) throw new Error(parts);
      }
      return true;
    },
    60_000,
  );
});

afterAll(() => cluster?.dispose());

const secondsFromNow = (time: string | number) => (new Date(time).getTime() - Date.now()) / 1_000;

describe('A node whose clock is wrong', () => {
  test('says so, once, and by how much', () => {
    for (const [index, node] of cluster.nodes.entries()) {
      const said = node.logs.filter((line) => line.event.startsWith('the clock of this machine'));
      if (AHEAD[index] === 0) {
        expect(said).toEqual([]);
        continue;
      }
      expect(said).toHaveLength(1);
      const off = Number(said[0]?.store_ahead_ms) / 1_000;
      expect(Math.abs(off + (AHEAD[index] ?? 0))).toBeLessThan(NEAR);
    }
  });

  test('gives out messages in order, with ids and times that go on from each other', async () => {
    const users: User[] = [];
    for (const node of cluster.nodes) users.push(await signUp(node, 'skewed'));
    const [ann, bo] = users as [User, User, User];
    const { id: chatId } = await directChat(ann, bo);
    const sockets = await Promise.all(cluster.nodes.map((node) => bo.at(node).connect()));
    const sent: Said[] = [];
    for (let i = 0; i < 12; i++) {
      sent.push(await ann.at(cluster.node(i % 3)).send(chatId, `number ${i}`));
    }
    const ids = sent.map((message) => BigInt(message.id));
    expect(sent.map((message) => message.seq)).toEqual(sent.map((_, i) => i + 1));
    expect(ids).toEqual([...ids].sort((a, b) => (a < b ? -1 : 1)));
    for (const message of sent)
      expect(Math.abs(secondsFromNow(message.createdAt))).toBeLessThan(NEAR);
    for (const socket of sockets) {
      await socket.until('message:receive', (m) => m.id === sent.at(-1)?.id);
      await socket.close();
    }
    // What is read by time is read in the order of the seqs, at every node.
    for (const node of cluster.nodes) {
      const { messages } = await bo.at(node).get(`/chats/${chatId}/messages?after=0`);
      expect(messages.map((m: Said) => m.id)).toEqual(sent.map((m) => m.id));
    }
  });

  test('issues tokens the others take, takes theirs, and all expire when they should', async () => {
    for (const from of cluster.nodes) {
      const user = await signUp(from, 'issued');
      const body = { username: user.username, password: PASSWORD };
      const { body: signedIn } = await rest(from.url, 'POST', '/auth/login', body);
      const token = signedIn.accessToken as string;
      const { exp } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
      expect(Math.abs(secondsFromNow(exp * 1_000) - TTL)).toBeLessThan(NEAR);
      for (const to of cluster.nodes) {
        const { status } = await rest(to.url, 'GET', '/users/profile', undefined, { token });
        expect([from.url, to.url, status]).toEqual([from.url, to.url, 200]);
        const socket = await user.at(to).connect();
        await socket.ask('message:send', {
          chatId: (await directChat(user, await signUp(to, 'other'))).id,
          content: 'signed for another node',
          clientMessageId: freshId(),
        });
        await socket.close();
      }
    }
    for (const node of cluster.nodes) {
      const { text } = await node.get('/metrics');
      expect(text).not.toMatch(/^parley_internal_requests_total\{.*"expired"\} [1-9]/m);
    }
  });

  test('ends sessions everywhere', async () => {
    const user = await signUp(cluster.node(1), 'leaver');
    const sockets = await Promise.all(cluster.nodes.map((node) => user.at(node).connect()));
    await user.at(cluster.node(2)).post('/auth/logout');
    for (const socket of sockets) expect((await socket.closed()).code).toBe(4401);
    for (const node of cluster.nodes)
      expect((await user.at(node).call('GET', '/users/profile')).status).toBe(401);
  });

  test('knows who is there, and tells when they left', async () => {
    const [ann, bo] = [await signUp(cluster.node(0), 'ann'), await signUp(cluster.node(1), 'bo')];
    await directChat(ann, bo);
    const hers = await ann.connect();
    for (const node of cluster.nodes.slice(1)) {
      const seen = hers.events('user:online').length;
      const his = await bo.at(node).connect();
      const of = (u: Said) => u.userId === bo.id;
      await eventually('he is told of', () => hers.events('user:online').filter(of).length > 0);
      expect(hers.events('user:online').length).toBeGreaterThanOrEqual(seen);
      for (const at of cluster.nodes) {
        const online = async () => (await ann.at(at).get(`/users/${bo.id}/status`)).online;
        await eventually('all see him', online);
      }
      const offline = hers.events('user:offline').length;
      await his.close();
      await eventually(
        'he has left',
        () => hers.events('user:offline').filter(of).length > offline,
        40_000,
      );
      const told = hers.events('user:offline').filter(of).at(-1);
      expect(Math.abs(secondsFromNow(told.lastSeenAt))).toBeLessThan(NEAR);
    }
    await hers.close();
  });
});
