// With the limits on: who asks too often is told to wait, in the same words everywhere.
import { describe, expect, test } from 'vitest';
import { parley } from './harness/cli.ts';
import { expectError, expectRefusal } from './harness/errors.ts';
import { frame, PING, RawSocket, TEXT } from './harness/raw-socket.ts';
import { freshName } from './harness/world.ts';
import { type Answer, freshId, PASSWORD, rest, type Said, signUp, useNode } from './harness.ts';

// Calls until the answer is 429, at most `most` times; gives all answers.
async function untilLimited(most: number, call: () => Promise<Answer>): Promise<Answer[]> {
  const answers: Answer[] = [];
  while (answers.length < most) {
    answers.push(await call());
    if (answers.at(-1)?.status === 429) return answers;
  }
  throw new Error(`Not limited after ${most} calls`);
}

function expectLimited(answer: Answer | undefined): Said {
  if (answer === undefined) throw new Error('There is no answer');
  const error = expectRefusal(answer, 'rate_limited');
  expect(error.retry_after).toBeGreaterThan(0);
  expect(answer.headers.get('retry-after')).toBe(String(error.retry_after));
  return error;
}

describe('With rate limits on', () => {
  describe('sign-in', () => {
    const node = useNode({ args: ['--rate-limits=on'] });

    test('with wrong passwords is limited per account, the right one included', async () => {
      const alice = await signUp(node, 'alice');
      const signIn = (password: string) =>
        rest(node.url, 'POST', '/auth/login', { username: alice.username, password });
      const answers = await untilLimited(200, () => signIn('Wrong-horse-7'));
      expect(answers.length).toBeGreaterThan(3);
      for (const answer of answers.slice(0, -1)) expectRefusal(answer, 'invalid_credentials');
      expectLimited(answers.at(-1));
      expectLimited(await signIn(PASSWORD));
    });

    test('for a name that does not exist is limited the same', async () => {
      const username = freshName();
      const answers = await untilLimited(200, () =>
        rest(node.url, 'POST', '/auth/login', { username, password: 'Wrong-horse-7' }),
      );
      expectLimited(answers.at(-1));
    });
  });

  describe('registering', () => {
    const node = useNode({ args: ['--rate-limits=on'] });

    test('is limited per address, and what is refused is not made', async () => {
      let last = '';
      const answers = await untilLimited(200, () => {
        last = freshName();
        return rest(node.url, 'POST', '/auth/register', { username: last, password: PASSWORD });
      });
      expectLimited(answers.at(-1));
      const first = answers[0]?.body;
      const token = first.accessToken;
      const found = await rest(node.url, 'GET', `/users/${last}`, undefined, { token });
      expectRefusal(found, 'user_not_found');
      expect((await rest(node.url, 'GET', '/chats', undefined, { token })).status).toBe(200);
    });
  });

  describe('sending', () => {
    const node = useNode({ args: ['--rate-limits=on'] });

    test('is limited per user by REST, and what is refused is not stored', async () => {
      const [alice, bob] = [await signUp(node, 'alice'), await signUp(node, 'bob')];
      const { id } = await alice.post('/chats', { type: 'direct', username: bob.username });
      const path = `/chats/${id}/messages`;
      const send = (content: string) =>
        alice.call('POST', path, { content, clientMessageId: freshId() });
      const answers = await untilLimited(5_000, () => send('spam'));
      expectLimited(answers.at(-1));
      const stored = answers.filter((a) => a.status === 201).length;
      expect((await bob.get(`/chats/${id}`)).lastSeq).toBe(stored);
      expect((await bob.send(id, 'I may still speak')).seq).toBe(stored + 1);
    });

    test('is limited per user on a socket, and the same draft succeeds after the wait', async () => {
      const [alice, bob] = [await signUp(node, 'alice'), await signUp(node, 'bob')];
      const { id: chatId } = await alice.post('/chats', { type: 'direct', username: bob.username });
      const socket = await alice.connect();
      const drafts = Array.from({ length: 3_000 }, (_, i) => ({
        chatId,
        content: `spam ${i}`,
        clientMessageId: `s${i}`,
      }));
      const replies = await Promise.all(
        drafts.map((draft) => socket.askFor('message:send', draft, 60_000).catch(() => undefined)),
      );
      const first = replies.findIndex((reply) => reply?.error !== undefined);
      expect(first).toBeGreaterThan(0);
      const error = expectError(replies[first]?.error, 'rate_limited');
      expect(error.retry_after).toBeGreaterThan(0);
      expect(error.retry_after).toBeLessThan(120);
      if (!socket.isOpen) {
        expect((await socket.closed()).code).toBe(4429);
        return;
      }
      await new Promise((later) => setTimeout(later, error.retry_after * 1_000));
      const again = await socket.ask('message:send', drafts[first]);
      expect(again.seq).toBe(replies.filter((r) => r?.data !== undefined).length + 1);
      await socket.close();
    }, 180_000);
  });

  describe('a flood of frames', () => {
    const node = useNode({ args: ['--rate-limits=on'] });

    test.each([
      ['pings', frame({ opcode: PING, payload: 'p' })],
      ['unknown operations', frame({ opcode: TEXT, payload: '{"id":1,"op":"x","data":{}}' })],
    ])('of %s closes the connection with 4429, and that one only', async (_, bytes) => {
      const alice = await signUp(node, 'alice');
      const other = await alice.connect();
      const flood = await RawSocket.upgraded(node.port, alice.accessToken);
      flood.write(Buffer.concat(Array.from({ length: 20_000 }, () => bytes)));
      expect((await flood.closeCode()).code).toBe(4429);
      expect((await other.ask('user:profile')).id).toBe(alice.id);
      await other.close();
    });
  });

  describe('requests without a token', () => {
    const node = useNode({ args: ['--rate-limits=on', '--rate-policies=unauthenticated=3/1h'] });

    test('are limited per address; who has one, and what needs none, is not', async () => {
      const alice = await signUp(node, 'alice');
      const ask = () => rest(node.url, 'GET', '/chats');
      for (let i = 0; i < 3; i++) expectRefusal(await ask(), 'unauthenticated');
      expectLimited(await ask());
      expectLimited(await rest(node.url, 'POST', '/groups', { name: 'x' }));
      expect((await alice.call('GET', '/chats')).status).toBe(200);
      for (let i = 0; i < 20; i++) {
        for (const path of ['/health', '/ready', '/metrics', '/'])
          expect((await node.get(path)).status, path).toBe(200);
      }
      expect((await alice.signInAgain()).id).toBe(alice.id);
    });
  });

  describe('limits that the operator sets', () => {
    const policies = 'general=5/1h,chat:list=2/1h,messages=2/1h/3';
    const node = useNode({ args: ['--rate-limits=on', `--rate-policies=${policies}`] });

    test('hold for a policy, and for an operation by itself', async () => {
      const alice = await signUp(node, 'alice');
      const lists = await untilLimited(9, () => alice.call('GET', '/chats'));
      expect(lists).toHaveLength(3);
      expectLimited(lists.at(-1));
      const profiles = await untilLimited(9, () => alice.call('GET', '/users/profile'));
      expect(profiles).toHaveLength(6);
      expectLimited(await alice.call('GET', '/users/sessions'));
      const other = await signUp(node, 'other');
      expect((await other.call('GET', '/chats')).status).toBe(200);
    });
  });

  test.each([
    ['mesages=1/1m', "'mesages' is neither a policy"],
    ['messages=1', "'messages=1' must be as in messages=60/1m"],
    ['messages=0/1m', "'messages=0/1m' must be as in"],
    ['messages=1/1m,messages=2/1m', "'messages' is there more than once"],
  ])('A limit that cannot be is refused at start: %s', async (policies, sentence) => {
    const ran = await parley(['check-config', `--rate-policies=${policies}`]);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain(sentence);
  });
});
