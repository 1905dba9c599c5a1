// Finding people, saving them, and finding those of an address book.
import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { expectRefusal } from './harness/errors.ts';
import { rest, type Said, signUp, type User, useNode } from './harness.ts';

const node = useNode();
let alice: User;
let bob: User;
let carol: User;

beforeAll(async () => {
  alice = await signUp(node, 'alice', { displayName: 'Alice Example' });
  bob = await signUp(node, 'bob', { displayName: 'Bob Öztürk' });
  carol = await signUp(node, 'carol', { displayName: 'Carol 100%' });
});

const names = (users: Said[]) => users.map((user) => user.username);

describe('Search', () => {
  const search = async (who: User, q: string) =>
    names((await who.get(`/users/search?q=${encodeURIComponent(q)}`)).users);

  test('finds the beginning of a username, in any case', async () => {
    expect(await search(alice, bob.username.slice(0, 6).toUpperCase())).toEqual([bob.username]);
  });

  test('finds a word of a display name, accents or not', async () => {
    expect(await search(alice, 'öztü')).toEqual([bob.username]);
    expect(await search(alice, 'oztu')).toEqual([bob.username]);
  });

  test('takes wildcards as text', async () => {
    for (const q of ['%%', '__', 'bo%', 'bo*', '"bob', 'bob OR carol'])
      expect(await search(alice, q), q).toEqual([]);
  });

  test('takes no text with an end in its middle', async () => {
    const answer = await alice.call('GET', '/users/search?q=bo%00b');
    expectRefusal(answer, 'validation_failed');
  });

  test('shows neither an address nor a number', async () => {
    const dora = await signUp(node, 'dora', {
      email: 'dora.search@example.org',
      phoneNumber: '+493055512345',
    });
    const answer = await alice.call('GET', `/users/search?q=${dora.username}`);
    expect(answer.body.users).toHaveLength(1);
    expect(answer.text).not.toMatch(/example\.org|49305/);
  });

  test.each(['a', 'x'.repeat(33), ''])('refuses %j', async (q) => {
    const answer = await alice.call('GET', `/users/search?q=${q}`);
    expect(expectRefusal(answer, 'validation_failed').fields).toHaveProperty('q');
  });

  test('gives twenty at most', async () => {
    expectRefusal(await alice.call('GET', '/users/search?q=al&limit=21'), 'validation_failed');
  });
});

describe('Contacts', () => {
  test('are saved, renamed, favoured, listed and forgotten', async () => {
    const made = await alice.call('POST', '/users/contacts', { username: bob.username });
    expect(made.status).toBe(201);
    expect(made.body.user.id).toBe(bob.id);
    const again = await alice.call('POST', '/users/contacts', { userId: bob.id, name: 'Bobby' });
    expect(again.status).toBe(200);
    const path = `/users/contacts/${bob.id}`;
    const changed = await alice.put(path, { favourite: true });
    expect(changed).toMatchObject({ name: 'Bobby', favourite: true });
    expect((await alice.get('/users/contacts')).contacts).toEqual([changed]);
    expect((await bob.get('/users/contacts')).contacts).toEqual([]);
    expect((await alice.call('DELETE', path)).status).toBe(204);
    expectRefusal(await alice.call('DELETE', path), 'contact_not_found');
    expectRefusal(await alice.call('PUT', path, { name: 'B' }), 'contact_not_found');
  });

  test('name somebody in exactly one way', async () => {
    for (const body of [{}, { userId: bob.id, username: bob.username }, { phoneNumber: '0151' }])
      expectRefusal(await alice.call('POST', '/users/contacts', body), 'validation_failed');
  });

  test('do not include people who are not there, nor numbers nobody verified', async () => {
    const eve = await signUp(node, 'eve', { phoneNumber: '+493055500001' });
    expect(eve.profile.phoneVerified).toBe(false);
    for (const body of [
      { userId: '12345' },
      { username: 'nobody.at.all' },
      { phoneNumber: '+493055500001' },
      { phoneNumber: '+493055500002' },
    ])
      expectRefusal(await alice.call('POST', '/users/contacts', body), 'user_not_found');
  });

  test('are suggested from groups and from who has me, and not twice', async () => {
    const dan = await signUp(node, 'dan');
    await dan.post('/groups', { name: 'G', members: [alice.username, carol.username] });
    await bob.post('/users/contacts', { userId: dan.id });
    const { users } = await dan.get('/users/contacts/suggestions');
    expect(users.map((one: Said) => [one.user.id, one.commonChats])).toEqual(
      expect.arrayContaining([
        [alice.id, 1],
        [carol.id, 1],
        [bob.id, 0],
      ]),
    );
    await dan.post('/users/contacts', { userId: bob.id });
    const rest = (await dan.get('/users/contacts/suggestions')).users;
    expect(rest.map((one: Said) => one.user.id)).not.toContain(bob.id);
  });
});

describe('Contact sync', () => {
  test('tells a salt that is good for at most a day', async () => {
    const salt = await alice.get('/users/contacts/salt');
    expect(salt.prefixBytes).toBe(3);
    expect(Buffer.from(salt.salt, 'base64url')).toHaveLength(16);
    expect(Date.parse(salt.rotatesAt) - Date.now()).toBeLessThanOrEqual(86_400_000);
    expect((await bob.get('/users/contacts/salt')).saltId).toBe(salt.saltId);
  });

  test('does not find a number that nobody verified', async () => {
    const number = '+493055500009';
    await signUp(node, 'fred', { phoneNumber: number });
    const { saltId, salt } = await alice.get('/users/contacts/salt');
    const hash = createHash('sha256')
      .update(Buffer.from(salt, 'base64url'))
      .update(number)
      .digest('hex');
    const prefixes = [hash.slice(0, 6)];
    expect(await alice.post('/users/contacts/match', { saltId, prefixes })).toEqual({ hashes: [] });
    const synced = await alice.post('/users/contacts/sync', { saltId, hashes: [hash] });
    expect(synced).toEqual({ contacts: [], registered: 0 });
  });

  test('takes five thousand hashes by REST and refuses one more', async () => {
    const { saltId } = await alice.get('/users/contacts/salt');
    const hashes = Array.from({ length: 5_000 }, (_, i) => i.toString(16).padStart(64, '0'));
    expect((await alice.post('/users/contacts/sync', { saltId, hashes })).registered).toBe(0);
    hashes.push('f'.repeat(64));
    const over = await alice.call('POST', '/users/contacts/sync', { saltId, hashes });
    expectRefusal(over, 'validation_failed');
  });

  test.each([
    ['match', 'prefixes', ['00ff0']],
    ['match', 'prefixes', ['00ff001']],
    ['match', 'prefixes', ['00ff0g']],
    ['match', 'prefixes', ['']],
    ['sync', 'hashes', ['00ff00']],
    ['sync', 'hashes', ['x'.repeat(64)]],
  ])('%s refuses %s %j', async (verb, member, value) => {
    const { saltId } = await alice.get('/users/contacts/salt');
    const answer = await alice.call('POST', `/users/contacts/${verb}`, { saltId, [member]: value });
    expect(expectRefusal(answer, 'validation_failed').fields).toHaveProperty(member);
  });

  test('refuses a salt it does not know', async () => {
    for (const [verb, member] of [
      ['match', 'prefixes'],
      ['sync', 'hashes'],
    ]) {
      const body = { saltId: '17', [member as string]: [] };
      expectRefusal(await alice.call('POST', `/users/contacts/${verb}`, body), 'stale_salt');
    }
  });
});

describe('With rate limits on, trying is bounded:', () => {
  const limited = useNode({ args: ['--rate-limits=on'] });

  test.each([
    ['search', 30, (_: User) => ['GET', '/users/search?q=zz', undefined]],
    ['numbers', 20, (_: User) => ['POST', '/users/contacts', { phoneNumber: '+493055512300' }]],
    ['sync', 20, (_: User) => ['POST', '/users/contacts/match', { saltId: '1', prefixes: [] }]],
  ] as [string, number, (user: User) => [string, string, unknown]][])(
    '%s %i times',
    async (_, most, ask) => {
      const eve = await signUp(limited, 'eve');
      const [method, path, body] = ask(eve);
      for (let i = 0; i < most; ++i)
        expect(
          (await rest(limited.url, method, path, body, { token: eve.accessToken })).status,
        ).not.toBe(429);
      expectRefusal(await eve.call(method, path, body), 'rate_limited');
    },
  );
});
