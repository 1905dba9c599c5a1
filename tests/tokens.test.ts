import { createHmac } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { expectError, expectRefusal } from './harness/errors.ts';
import * as shape from './harness/shapes.ts';
import { expectShape } from './harness/shapes.ts';
import {
  type Answer,
  PASSWORD,
  ParleyNode,
  refusedHandshake,
  rest,
  signUp,
  type User,
  useNode,
} from './harness.ts';

const node = useNode();
let alice: User;
let mallory: User;

beforeAll(async () => {
  [alice, mallory] = [await signUp(node, 'alice'), await signUp(node, 'mallory')];
});

const coded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const decoded = (part: string | undefined) =>
  JSON.parse(Buffer.from(part ?? '', 'base64url').toString());

// The token with its claims or header changed, under the signature it had.
function tampered(token: string, header: object, claims: object): string {
  const [h, c, signature] = token.split('.');
  return [coded({ ...decoded(h), ...header }), coded({ ...decoded(c), ...claims }), signature].join(
    '.',
  );
}

function signed(token: string, key: string, claims: object = {}): string {
  const [h, c] = token.split('.');
  const body = `${h}.${coded({ ...decoded(c), ...claims })}`;
  return `${body}.${createHmac('sha256', key).update(body).digest('base64url')}`;
}

describe('An access token that is not right', () => {
  const forgeries: [string, () => string][] = [
    ['empty', () => ''],
    ['no token at all', () => 'hello'],
    ['three words', () => 'a.b.c'],
    ['cut short', () => alice.accessToken.slice(0, -4)],
    ['without signature', () => `${alice.accessToken.split('.').slice(0, 2).join('.')}.`],
    ['for another user', () => tampered(alice.accessToken, {}, { sub: mallory.id })],
    ['with a later end', () => tampered(alice.accessToken, {}, { exp: 4_102_444_800 })],
    ['with alg none', () => `${tampered(alice.accessToken, { alg: 'none' }, {})}`],
    [
      'with alg none and no signature',
      () => `${tampered(alice.accessToken, { alg: 'none' }, {}).split('.').slice(0, 2).join('.')}.`,
    ],
    ['with alg RS256', () => tampered(alice.accessToken, { alg: 'RS256' }, {})],
    ['with another kid', () => tampered(alice.accessToken, { kid: '../../etc/passwd' }, {})],
    ['signed with another key', () => signed(alice.accessToken, 'guess')],
    ['signed with the empty key', () => signed(alice.accessToken, '')],
    ['a refresh token', () => alice.refreshToken],
    ['64 KiB long', () => `${alice.accessToken}${'A'.repeat(7_000)}`],
  ];

  test.each(forgeries)('%s is refused by REST and on a socket', async (_, make) => {
    const token = make();
    expectRefusal(
      await rest(node.url, 'GET', '/users/profile', undefined, { token }),
      'unauthenticated',
    );
    const handshake = await refusedHandshake(node.url, { token });
    expect(handshake.status).toBe(401);
    expectError(handshake.body, 'unauthenticated');
  });

  test('no token is refused by REST and on a socket', async () => {
    expectRefusal(await rest(node.url, 'GET', '/users/profile'), 'unauthenticated');
    const handshake = await refusedHandshake(node.url);
    expect(handshake.status).toBe(401);
    expectError(handshake.body, 'unauthenticated');
  });

  test('a scheme other than Bearer is refused', async () => {
    for (const authorization of ['Basic YTpi', alice.accessToken, `bearer${alice.accessToken}`]) {
      const answer = await rest(node.url, 'GET', '/users/profile', undefined, {
        headers: { authorization },
      });
      expectRefusal(answer, 'unauthenticated');
    }
  });

  test('the token of another server is refused', async () => {
    const elsewhere = new ParleyNode();
    await elsewhere.start();
    try {
      const twin = await signUp(elsewhere, 'alice');
      const token = twin.accessToken;
      const answer = await rest(node.url, 'GET', '/users/profile', undefined, { token });
      expectRefusal(answer, 'unauthenticated');
    } finally {
      await elsewhere.dispose();
    }
  });

  test('a token of a session signed out is refused as revoked, everywhere', async () => {
    const session = await alice.signInAgain();
    await session.call('POST', '/auth/logout');
    expectRefusal(await session.call('GET', '/chats'), 'token_revoked');
    const handshake = await refusedHandshake(node.url, { token: session.accessToken });
    expect(handshake.status).toBe(401);
    expectError(handshake.body, 'token_revoked');
    const refresh = { refreshToken: session.refreshToken };
    const answer = await rest(node.url, 'POST', '/auth/refresh-token', refresh);
    expectRefusal(answer, 'invalid_refresh_token');
  });
});

describe('Refresh tokens', () => {
  test('rotate: each is good once', async () => {
    const session = await alice.signInAgain();
    let refreshToken = session.refreshToken;
    const seen = new Set([refreshToken]);
    for (let i = 0; i < 5; i++) {
      const answer = await rest(node.url, 'POST', '/auth/refresh-token', { refreshToken });
      expect(answer.status).toBe(200);
      ({ refreshToken } = expectShape(answer.body, shape.refreshed));
      expect(seen.has(refreshToken)).toBe(false);
      seen.add(refreshToken);
    }
  });

  test('two uses at once let one through at most, and end the session', async () => {
    const { refreshToken } = await alice.signInAgain();
    const answers = await Promise.all(
      Array.from({ length: 6 }, () =>
        rest(node.url, 'POST', '/auth/refresh-token', { refreshToken }),
      ),
    );
    const good = answers.filter((a) => a.status === 200);
    expect(good.length).toBeLessThanOrEqual(1);
    for (const a of answers) if (a.status !== 200) expectRefusal(a, 'invalid_refresh_token');
    for (const { body } of good) {
      const next = { refreshToken: body.refreshToken };
      const later = await rest(node.url, 'POST', '/auth/refresh-token', next);
      expectRefusal(later, 'invalid_refresh_token');
    }
  });

  test('are refused when made up, empty or missing', async () => {
    for (const body of [{ refreshToken: 'made-up' }, { refreshToken: '' }, {}]) {
      const answer = await rest(node.url, 'POST', '/auth/refresh-token', body);
      expectRefusal(answer, 'invalid_refresh_token', 'validation_failed', 'malformed_request');
    }
    const { accessToken } = alice;
    const answer = await rest(node.url, 'POST', '/auth/refresh-token', {
      refreshToken: accessToken,
    });
    expectRefusal(answer, 'invalid_refresh_token');
  });
});

// What a browser keeps: name → value, and how the cookie was set.
function cookies(answer: Answer): Map<string, { value: string; attributes: string[] }> {
  return new Map(
    answer.headers.getSetCookie().map((line) => {
      const [pair = '', ...attributes] = line.split('; ');
      const at = pair.indexOf('=');
      return [pair.slice(0, at), { value: pair.slice(at + 1), attributes }];
    }),
  );
}

describe('A browser', () => {
  const asBrowser = { 'parley-session': 'cookie' };
  const signIn = () =>
    rest(
      node.url,
      'POST',
      '/auth/login',
      { username: alice.username, password: PASSWORD },
      { headers: asBrowser },
    );

  function refresh(jar: ReturnType<typeof cookies>, csrf?: string): Promise<Answer> {
    const cookie = [...jar].map(([name, { value }]) => `${name}=${value}`).join('; ');
    const headers: Record<string, string> = { cookie };
    if (csrf !== undefined) headers['x-csrf-token'] = csrf;
    return rest(node.url, 'POST', '/auth/refresh-token', {}, { headers });
  }

  test('gets its refresh token as a cookie scripts cannot read, never in the body', async () => {
    const answer = await signIn();
    expect(answer.status).toBe(200);
    const body = expectShape(answer.body, shape.signedInByCookie);
    expect(body.expiresIn).toBe(900);
    const jar = cookies(answer);
    const secret = jar.get('parley_refresh');
    expect(secret?.attributes).toEqual(
      expect.arrayContaining(['HttpOnly', 'SameSite=Strict', 'Path=/api/v1/auth']),
    );
    const csrf = jar.get('parley_csrf');
    expect(csrf?.attributes).toEqual(expect.arrayContaining(['SameSite=Strict', 'Path=/']));
    expect(csrf?.attributes).not.toContain('HttpOnly');
    expect(csrf?.value).toBe(body.csrfToken);
    expect(answer.text).not.toContain(secret?.value);
  });

  test('registers with a cookie too', async () => {
    const username = `web.${Date.now().toString(36)}`;
    const registration = { username, password: PASSWORD };
    const answer = await rest(node.url, 'POST', '/auth/register', registration, {
      headers: asBrowser,
    });
    expect(answer.status).toBe(201);
    expectShape(answer.body, shape.signedInByCookie);
    expect(cookies(answer).has('parley_refresh')).toBe(true);
  });

  test('refreshes with the cookie and the CSRF header', async () => {
    const jar = cookies(await signIn());
    const answer = await refresh(jar, jar.get('parley_csrf')?.value);
    expect(answer.status).toBe(200);
    expectShape(answer.body, shape.refreshedByCookie);
    const next = cookies(answer);
    expect(next.get('parley_refresh')?.value).not.toBe(jar.get('parley_refresh')?.value);
    expect(next.get('parley_csrf')?.value).toBe(answer.body.csrfToken);
    expect((await refresh(next, answer.body.csrfToken)).status).toBe(200);
  });

  test.each([
    ['without the header', undefined],
    ['with an empty header', ''],
    ['with a wrong header', 'guess'],
  ])('is refused a refresh %s, and keeps its session', async (_, header) => {
    const jar = cookies(await signIn());
    expectRefusal(await refresh(jar, header), 'csrf_failed');
    expect((await refresh(jar, jar.get('parley_csrf')?.value)).status).toBe(200);
  });

  test('is refused when header and cookie agree on a value it was never given', async () => {
    const jar = cookies(await signIn());
    jar.set('parley_csrf', { value: 'planted', attributes: [] });
    expectRefusal(await refresh(jar, 'planted'), 'csrf_failed');
  });

  test('loses both cookies when it signs out', async () => {
    const answer = await signIn();
    const jar = cookies(answer);
    const cookie = [...jar].map(([name, { value }]) => `${name}=${value}`).join('; ');
    const gone = await rest(node.url, 'POST', '/auth/logout', undefined, {
      token: answer.body.accessToken,
      headers: { cookie },
    });
    expect(gone.status).toBe(204);
    for (const name of ['parley_refresh', 'parley_csrf']) {
      const cleared = cookies(gone).get(name);
      expect(cleared?.value).toBe('');
      expect(cleared?.attributes).toContain('Max-Age=0');
    }
    expectRefusal(await refresh(jar, jar.get('parley_csrf')?.value), 'invalid_refresh_token');
  });

  test('from another origin is refused a socket', async () => {
    const refused = await refusedHandshake(node.url, {
      token: alice.accessToken,
      headers: { origin: 'https://evil.example' },
    });
    expect(refused.status).toBe(403);
    expectError(refused.body, 'origin_refused');
  });

  test('from the same origin is welcome', async () => {
    const socket = await alice.connect({ auth: 'protocol', headers: { origin: node.url } });
    expect((await socket.ask('user:profile')).id).toBe(alice.id);
    await socket.close();
  });
});
