import { beforeEach, describe, expect, test, vi } from 'vitest';
import { hasEnded, Session } from './session';

const fetched = vi.fn<typeof fetch>();
let cookie = '';
let session: Session;

const answer = (status: number, body?: object) =>
  new Response(body ? JSON.stringify(body) : null, { status });
const granted = (accessToken: string, expiresIn = 900) =>
  answer(200, { user: { id: 'me' }, accessToken, expiresIn, csrfToken: 'x' });
const headersOf = (call: number) =>
  new Headers(fetched.mock.calls[call]?.[1]?.headers as HeadersInit);

beforeEach(() => {
  fetched.mockReset();
  cookie = 'theme=dark; parley_csrf=c1';
  session = new Session(fetched, () => cookie);
});

describe('signing in', () => {
  test('asks for a cookie session and remembers the token', async () => {
    fetched.mockResolvedValueOnce(granted('t1'));
    expect(await session.enter('/auth/login', { username: 'ada', password: 'pw' })).toEqual({
      id: 'me',
    });
    expect(headersOf(0).get('Parley-Session')).toBe('cookie');
    expect(await session.accessToken()).toBe('t1');
    expect(fetched).toHaveBeenCalledOnce();
  });

  test('refusals carry code, fields and waiting time', async () => {
    const error = {
      error: 'RateLimitExceeded',
      code: 'rate_limited',
      message: 'Slow',
      retry_after: 30,
    };
    fetched.mockResolvedValueOnce(answer(429, error));
    await expect(
      session.enter('/auth/login', { username: 'ada', password: 'pw' }),
    ).rejects.toMatchObject({
      code: 'rate_limited',
      retryAfterSeconds: 30,
    });
  });

  test('no answer, and a proxy answering for the server, are both unreachable', async () => {
    fetched.mockRejectedValueOnce(new TypeError('Failed to fetch'));
    await expect(
      session.enter('/auth/login', { username: 'ada', password: 'pw' }),
    ).rejects.toMatchObject({ code: 'unreachable' });
    fetched.mockResolvedValueOnce(new Response('<h1>502</h1>', { status: 502 }));
    await expect(
      session.enter('/auth/login', { username: 'ada', password: 'pw' }),
    ).rejects.toMatchObject({ code: 'unreachable' });
  });
});

describe('the access token', () => {
  test('is renewed by the cookie, shown to be ours by the CSRF token', async () => {
    fetched.mockResolvedValueOnce(granted('t1'));
    expect(await session.accessToken()).toBe('t1');
    expect(String(fetched.mock.calls[0]?.[0])).toBe('/api/v1/auth/refresh-token');
    expect(headersOf(0).get('X-CSRF-Token')).toBe('c1');
  });

  test('asked for twice at once is renewed once', async () => {
    fetched.mockResolvedValueOnce(granted('t1'));
    expect(await Promise.all([session.refresh(), session.refresh()])).toEqual(['t1', 't1']);
    expect(fetched).toHaveBeenCalledOnce();
  });

  test('is renewed before it ends', async () => {
    fetched.mockResolvedValueOnce(granted('old', 20));
    fetched.mockResolvedValueOnce(granted('new'));
    expect(await session.accessToken()).toBe('old');
    expect(await session.accessToken()).toBe('new');
  });

  test('is not asked for when there is no session', async () => {
    cookie = '';
    expect(session.mayExist()).toBe(false);
    await expect(session.accessToken()).rejects.toSatisfy(hasEnded);
    expect(fetched).not.toHaveBeenCalled();
  });

  test('two tabs renew one after the other, each with the cookie the other left', async () => {
    const other = new Session(fetched, () => cookie);
    const seen: (string | null)[] = [];
    fetched.mockImplementation(async (_, options) => {
      seen.push(new Headers(options?.headers).get('X-CSRF-Token'));
      await new Promise((resolve) => setTimeout(resolve, 5));
      cookie = `parley_csrf=c${seen.length + 1}`;
      return granted(`t${seen.length}`);
    });
    await Promise.all([session.refresh(), other.refresh()]);
    expect(seen).toEqual(['c1', 'c2']);
  });
});

describe('signing out', () => {
  test('a session that has ended already is fine', async () => {
    fetched.mockResolvedValueOnce(answer(401, { code: 'invalid_refresh_token', message: '' }));
    await session.signOut();
  });

  test('without an answer it fails, for the cookie would stay', async () => {
    fetched.mockRejectedValue(new TypeError('Failed to fetch'));
    await expect(session.signOut()).rejects.toMatchObject({ code: 'unreachable' });
  });
});
