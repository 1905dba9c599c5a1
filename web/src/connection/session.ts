import type { ApiError, Device, Profile, RegisterDevice } from '../protocol';
import { Failure } from '../state/failure';
import type { Refreshed, SignedIn } from '../state/wire';
import { exclusively } from './locks';

const BASE = '/api/v1';

// A token this close to its end is renewed first.
const MARGIN_MS = 30_000;

type Fetch = typeof fetch;

/**
 * One sign-in of this browser. The access token lives in memory only; what renews
 * it is a cookie that scripts cannot read.
 */
export class Session {
  private token: { value: string; until: number } | null = null;
  private refreshing: Promise<string> | null = null;

  constructor(
    private readonly fetch: Fetch = globalThis.fetch.bind(globalThis),
    private readonly readCookie: () => string = () => document.cookie,
  ) {}

  /** Signs in by one of the ways in. */
  async enter(path: string, body: object): Promise<Profile> {
    const answer = await this.call<SignedIn>('POST', path, { body });
    this.keep(answer);
    return answer.user;
  }

  /** Asks for something that is answered to strangers. */
  ask<T>(method: 'GET' | 'POST', path: string, body?: object): Promise<T> {
    return this.call(method, path, body ? { body } : {});
  }

  /** Whether this browser may hold a session that `accessToken` can take up. */
  mayExist(): boolean {
    return this.csrfToken() !== null;
  }

  /**
   * A token that is good for a while. Refused with `unreachable` when the server
   * does not answer, and with a code of its own when the session has ended.
   */
  async accessToken(): Promise<string> {
    if (this.token && this.token.until > Date.now()) return this.token.value;
    return this.refresh();
  }

  /** The next `accessToken` will be a new one. */
  forgetToken(): void {
    this.token = null;
  }

  /**
   * Tabs share the refresh token, which is good for one use: they take turns, and
   * each sends the cookie that the one before it left.
   */
  refresh(): Promise<string> {
    this.refreshing ??= exclusively('parley-refresh', () => this.askForToken()).finally(() => {
      this.refreshing = null;
    });
    return this.refreshing;
  }

  profile(): Promise<Profile> {
    return this.withToken((token) => this.call<Profile>('GET', '/users/profile', { token }));
  }

  /** Tells how this browser is woken: for the service worker, which has no socket. */
  registerDevice(device: RegisterDevice): Promise<Device> {
    return this.withToken((token) =>
      this.call<Device>('POST', '/devices', { token, body: device }),
    );
  }

  async removeDevice(deviceId: string): Promise<void> {
    await this.withToken((token) => this.call('DELETE', `/devices/${deviceId}`, { token }));
  }

  /** Ends the session on the server. One that has ended already is fine. */
  signOut(): Promise<void> {
    return this.leave('/auth/logout');
  }

  signOutEverywhere(): Promise<void> {
    return this.leave('/auth/logout-all');
  }

  private async leave(path: string): Promise<void> {
    try {
      await this.withToken((token) => this.call('POST', path, { token, body: {} }));
    } catch (failure) {
      if (!hasEnded(failure)) throw failure;
    }
    this.token = null;
  }

  private async askForToken(): Promise<string> {
    const csrf = this.csrfToken();
    if (csrf === null) throw new Failure('unauthenticated');
    const answer = await this.call<Refreshed>('POST', '/auth/refresh-token', { body: {}, csrf });
    return this.keep(answer);
  }

  private async withToken<T>(act: (token: string) => Promise<T>): Promise<T> {
    try {
      return await act(await this.accessToken());
    } catch (failure) {
      if (!(failure instanceof Failure) || failure.code !== 'token_expired') throw failure;
      this.forgetToken();
      return act(await this.accessToken());
    }
  }

  private keep(answer: Refreshed): string {
    const until = Date.now() + answer.expiresIn * 1000 - MARGIN_MS;
    this.token = { value: answer.accessToken, until };
    return answer.accessToken;
  }

  private csrfToken(): string | null {
    return /(?:^|; )parley_csrf=([^;]+)/.exec(this.readCookie())?.[1] ?? null;
  }

  private async call<T>(
    method: string,
    path: string,
    { body, token, csrf }: { body?: object; token?: string; csrf?: string },
  ): Promise<T> {
    const headers: Record<string, string> = { 'Parley-Session': 'cookie' };
    if (body) headers['Content-Type'] = 'application/json';
    if (token) headers.Authorization = `Bearer ${token}`;
    if (csrf) headers['X-CSRF-Token'] = csrf;
    let response: Response;
    let text: string;
    try {
      response = await this.fetch(BASE + path, {
        method,
        headers,
        body: body ? JSON.stringify(body) : null,
        credentials: 'same-origin',
        cache: 'no-store',
        signal: AbortSignal.timeout(20_000),
      });
      text = await response.text();
    } catch {
      throw new Failure('unreachable');
    }
    if (response.ok) return (text ? JSON.parse(text) : {}) as T;
    throw refusal(response.status, text);
  }
}

/** The session is over: only signing in helps. */
export function hasEnded(failure: unknown): boolean {
  if (!(failure instanceof Failure)) return false;
  return ENDED.has(failure.code);
}

const ENDED: ReadonlySet<string> = new Set([
  'unauthenticated',
  'token_expired',
  'token_revoked',
  'invalid_refresh_token',
  'csrf_failed',
  'forbidden',
]);

// A proxy in between may answer for the server, in its own words.
function refusal(status: number, text: string): Failure {
  try {
    const error = JSON.parse(text) as ApiError;
    if (typeof error.code === 'string') return Failure.of(error);
  } catch {
    // Not JSON: judged by its status below.
  }
  return new Failure(status >= 500 ? 'unreachable' : 'internal');
}
