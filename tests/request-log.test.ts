// What an operator who asks for it reads of every request, and what nobody ever reads (S103).
import { describe, expect, test } from 'vitest';
import { eventually } from './harness/deadline.ts';
import { directChat, PASSWORD } from './harness/users.ts';
import { ParleyNode, rest, signUp, useNode } from './harness.ts';

describe('With log-requests', () => {
  const node = useNode({ args: ['--log-requests=on'] });
  const lines = () => node.logs.filter((line) => line.event === 'request answered');
  const line = (what: Record<string, unknown>) =>
    eventually(`a line with ${JSON.stringify(what)}`, () =>
      lines().find((one) => Object.entries(what).every(([name, value]) => one[name] === value)),
    );

  test('every operation is a line: who, from where, what became of it, how long', async () => {
    const [alice, bob] = [await signUp(node, 'alice'), await signUp(node, 'bob')];
    const chat = await directChat(alice, bob);
    await alice.send(chat.id, 'a secret of mine');
    const sent = await line({ way: 'rest', operation: 'message:send', outcome: 'ok' });
    expect(sent).toMatchObject({ user: alice.id, address: '127.0.0.1' });
    expect(sent.ms).toBeGreaterThan(0);

    const socket = await bob.connect();
    await socket.ask('message:read', { chatId: chat.id, seq: 1 });
    await line({ way: 'socket', operation: 'message:read', outcome: 'ok', user: bob.id });
    await socket.close();
  });

  test('a refusal is a line with its code, whoever was refused', async () => {
    const alice = await signUp(node, 'alice');
    await alice.call('GET', '/chats/1');
    await line({ operation: 'chat:get', outcome: 'chat_not_found', user: alice.id });
    await rest(node.url, 'GET', '/chats', undefined, { token: 'nonsense' });
    await line({ operation: 'chat:list', outcome: 'unauthenticated', user: '0' });
  });

  test('nothing that a client wrote is in it', async () => {
    const alice = await signUp(node, 'alice');
    const wrong = { username: alice.username, password: 'Wrong-horse-battery-9' };
    await rest(node.url, 'POST', '/auth/login', wrong);
    await line({ operation: 'auth:login', outcome: 'invalid_credentials' });
    const said = JSON.stringify(lines());
    for (const text of [alice.username, PASSWORD, wrong.password, alice.accessToken, 'a secret'])
      expect(said).not.toContain(text);
  });
});

test('Without it there is no such line', async () => {
  const node = await new ParleyNode().start();
  try {
    const alice = await signUp(node, 'alice');
    await alice.get('/chats');
    await node.stop(); // everything it had to say has been said
    expect(node.logs.map((line) => line.event)).not.toContain('request answered');
  } finally {
    await node.dispose();
  }
});
