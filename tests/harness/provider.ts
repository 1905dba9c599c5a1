import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider from 'oidc-provider';
import type { Said } from './rest.ts';

// Where Parley, as far as providers know, is reached. Nothing listens there: tests read from the
// last redirect what a browser would bring back.
export const PUBLIC_URL = 'https://chat.example.org';
export const CLIENT = { id: 'parley', secret: 'a secret: with odd/+ signs & 100%' };

// A server on a free port of this machine that can be stopped and started again.
class LocalServer {
  issuer = '';
  #server: Server | undefined;
  #port = 0;
  protected listener: RequestListener = (_request, response) => void response.end();

  async start(): Promise<this> {
    const server = createServer((request, response) => this.listener(request, response));
    await new Promise<void>((done) => server.listen(this.#port, '127.0.0.1', done));
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
    this.issuer = `http://127.0.0.1:${this.#port}`;
    return this;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    server.closeAllConnections();
    await new Promise<void>((done) => server.close(() => done()));
    this.#server = undefined;
  }

  // What a node needs to know of it.
  args(): string[] {
    return [
      `--public-url=${PUBLIC_URL}`,
      `--oidc-issuer=${this.issuer}`,
      `--oidc-client-id=${CLIENT.id}`,
      '--oidc-name=Example',
    ];
  }
}

// A certified OpenID provider, where everybody is who they say they are.
export class RealProvider extends LocalServer {
  override async start(): Promise<this> {
    await super.start();
    const provider = new Provider(this.issuer, {
      clients: [
        {
          client_id: CLIENT.id,
          client_secret: CLIENT.secret,
          redirect_uris: [`${PUBLIC_URL}/sign-in/provider`],
          grant_types: ['authorization_code'],
          response_types: ['code'],
        },
      ],
      pkce: { required: () => true },
      cookies: { keys: ['a key of the test'] },
      claims: {
        openid: ['sub'],
        email: ['email', 'email_verified'],
        profile: ['name', 'preferred_username', 'locale'],
      },
      conformIdTokenClaims: false,
      findAccount: (_context: unknown, id: string) => ({
        accountId: id,
        claims: () => ({
          sub: id,
          email: `${id}@example.org`,
          email_verified: true,
          preferred_username: id,
          name: `${id} of the provider`,
        }),
      }),
    });
    this.listener = provider.callback();
    return this;
  }

  // Does what somebody does in a browser: signs in as `login`, agrees, and is sent back. Yields
  // what they bring.
  async signIn(url: string, login: string): Promise<{ code: string; state: string }> {
    const cookies = new Map<string, string>();
    let at = url;
    let form: Record<string, string> | undefined;
    for (let step = 0; step < 20; ++step) {
      const answer = await fetch(at, {
        method: form === undefined ? 'GET' : 'POST',
        redirect: 'manual',
        headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
        ...(form === undefined ? {} : { body: new URLSearchParams(form) }),
      });
      for (const cookie of answer.headers.getSetCookie()) {
        const [pair = ''] = cookie.split(';');
        const equals = pair.indexOf('=');
        cookies.set(pair.slice(0, equals), pair.slice(equals + 1));
      }
      const text = await answer.text();
      const location = answer.headers.get('location');
      if (location !== null) {
        const next = new URL(location, at);
        form = undefined;
        at = next.href;
        if (next.origin !== PUBLIC_URL) continue;
        return {
          code: next.searchParams.get('code') ?? '',
          state: next.searchParams.get('state') ?? '',
        };
      }
      const prompt = /name="prompt" value="(\w+)"/.exec(text)?.[1];
      const action = /<form[^>]* action="([^"]+)"/.exec(text)?.[1];
      if (prompt === undefined || action === undefined)
        throw new Error(
          `The provider answers ${answer.status}: ${text.replace(/<style>.*<.style>/s, '').slice(0, 900)}`,
        );
      at = new URL(action, at).href;
      form = prompt === 'login' ? { prompt, login, password: 'any' } : { prompt };
    }
    throw new Error('The provider sends people around in circles');
  }
}

function encoded(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

// A provider that says whatever a test makes it say.
export class ForgingProvider extends LocalServer {
  readonly key = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  token = ''; // its next answer to a code

  override async start(): Promise<this> {
    await super.start();
    const answers: Record<string, () => Said> = {
      '/.well-known/openid-configuration': () => ({
        issuer: this.issuer,
        authorization_endpoint: `${this.issuer}/authorize`,
        token_endpoint: `${this.issuer}/token`,
        jwks_uri: `${this.issuer}/keys`,
      }),
      '/keys': () => ({ keys: [{ ...this.key.publicKey.export({ format: 'jwk' }), kid: 'one' }] }),
      '/token': () => ({ access_token: 'x', token_type: 'Bearer', id_token: this.token }),
    };
    this.listener = (request, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(answers[request.url ?? '']?.() ?? {}));
    };
    return this;
  }

  // A good answer to the question that `url` asks, but for what is given.
  sign(url: string, claims: Said = {}, key: KeyObject = this.key.privateKey, header: Said = {}) {
    const now = Math.floor(Date.now() / 1000);
    const nonce = new URL(url).searchParams.get('nonce');
    const good = { iss: this.issuer, aud: CLIENT.id, sub: '4711', nonce, iat: now, exp: now + 300 };
    const text = `${encoded({ alg: 'ES256', kid: 'one', ...header })}.${encoded({ ...good, ...claims })}`;
    const signature = sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' });
    this.token = `${text}.${signature.toString('base64url')}`;
  }
}
