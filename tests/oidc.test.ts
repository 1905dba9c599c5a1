import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectRefusal } from './harness/errors.ts';
import { CLIENT, ForgingProvider, PUBLIC_URL, RealProvider } from './harness/provider.ts';
import { type Answer, eventually, ParleyNode, rest, type Said } from './harness.ts';

const LOCAL = { no_proxy: '127.0.0.1' };

async function begin(node: ParleyNode): Promise<{ url: string; state: string }> {
  const begun = await rest(node.url, 'POST', '/auth/oidc/begin', { provider: 'Example' });
  expect(begun.status, begun.text).toBe(200);
  return begun.body;
}

function complete(node: ParleyNode, brought: Said): Promise<Answer> {
  return rest(node.url, 'POST', '/auth/oidc/complete', brought);
}

describe('Sign-in with a provider', () => {
  const provider = new RealProvider();
  let node: ParleyNode;

  beforeAll(async () => {
    await provider.start();
    const env = { ...LOCAL, PARLEY_OIDC_CLIENT_SECRET: CLIENT.secret };
    node = await new ParleyNode({ args: provider.args(), env }).start();
  });
  afterAll(async () => {
    await node.dispose();
    await provider.stop();
  });

  async function signIn(login: string, more: Said = {}): Promise<Said> {
    const { url, state } = await begin(node);
    const brought = await provider.signIn(url, login);
    expect(brought.state).toBe(state);
    const done = await complete(node, { ...brought, ...more });
    expect(done.status, done.text).toBe(200);
    return done.body;
  }

  test('is offered by its name', async () => {
    const methods = await rest(node.url, 'GET', '/auth/methods');
    expect(methods.body).toMatchObject({ passkeys: true, providers: ['Example'] });
  });

  test('makes an account the first time, and knows it the second time', async () => {
    const first = await signIn('ann', { device: "Ann's phone" });
    expect(first.user).toMatchObject({
      username: 'ann',
      displayName: 'ann of the provider',
      email: 'ann@example.org',
      emailVerified: true,
      hasPassword: false,
    });
    const token = first.accessToken;
    const sessions = await rest(node.url, 'GET', '/users/sessions', undefined, { token });
    expect(sessions.body.sessions[0].device).toBe("Ann's phone");

    const second = await signIn('ann');
    expect(second.user.id).toBe(first.user.id);
    const other = await signIn('bob', { username: 'Robert' });
    expect(other.user.id).not.toBe(first.user.id);
    expect(other.user.username).toBe('robert');
  });

  test('works once, and only with its own state', async () => {
    const { url } = await begin(node);
    const { code, state } = await provider.signIn(url, 'carol');
    const wrong = `${state.startsWith('x') ? 'y' : 'x'}${state.slice(1)}`;
    expectRefusal(await complete(node, { code, state: wrong }), 'invalid_sign_in');
    expect((await complete(node, { code, state })).status).toBe(200);
    expectRefusal(await complete(node, { code, state }), 'invalid_sign_in');
    // The code of another sign-in, or one that was used, with a state that is good.
    const next = await begin(node);
    expectRefusal(await complete(node, { code, state: next.state }), 'invalid_sign_in');
    const [one, another] = [await begin(node), await begin(node)];
    const stolen = await provider.signIn(one.url, 'carol');
    const mixed = { code: stolen.code, state: another.state };
    expectRefusal(await complete(node, mixed), 'invalid_sign_in');
  });

  test('sends people only to a provider that is there', async () => {
    const unknown = await rest(node.url, 'POST', '/auth/oidc/begin', { provider: 'Another' });
    expectRefusal(unknown, 'validation_failed');
    const { url } = await begin(node);
    expect(url.startsWith(`${provider.issuer}/`)).toBe(true);
    const asked = new URL(url).searchParams;
    expect(asked.get('redirect_uri')).toBe(`${PUBLIC_URL}/sign-in/provider`);
    expect(asked.get('code_challenge_method')).toBe('S256');
  });

  test('keeps secrets and codes out of the log', async () => {
    const { url } = await begin(node);
    const { code, state } = await provider.signIn(url, 'dora');
    await complete(node, { code, state });
    await complete(node, { code, state });
    await eventually('the log tells of it', () =>
      node.logs.some((line) => line.event === 'sign-in with a provider refused'),
    );
    const said = JSON.stringify(node.logs);
    for (const secret of [code, state, CLIENT.secret, 'dora']) expect(said).not.toContain(secret);
  });
});

describe('A provider that is not there', () => {
  test('is unavailable, before and while somebody signs in', async () => {
    const provider = await new RealProvider().start();
    await provider.stop();
    const env = { ...LOCAL, PARLEY_OIDC_CLIENT_SECRET: CLIENT.secret };
    const node = await new ParleyNode({ args: provider.args(), env }).start();
    try {
      const begun = await rest(node.url, 'POST', '/auth/oidc/begin', { provider: 'Example' });
      expectRefusal(begun, 'provider_unavailable');
      await provider.start();
      const { url } = await begin(node);
      const brought = await provider.signIn(url, 'ann');
      await provider.stop();
      expectRefusal(await complete(node, brought), 'provider_unavailable');
    } finally {
      await node.dispose();
      await provider.stop();
    }
  });
});

describe('A token that is not what it should be', () => {
  const provider = new ForgingProvider();
  let node: ParleyNode;

  beforeAll(async () => {
    await provider.start();
    node = await new ParleyNode({ args: provider.args(), env: LOCAL }).start();
  });
  afterAll(async () => {
    await node.dispose();
    await provider.stop();
  });

  async function signIn(make: (url: string) => void): Promise<Answer> {
    const { url, state } = await begin(node);
    make(url);
    return complete(node, { code: 'any', state });
  }

  test('lets nobody in', async () => {
    expect((await signIn((url) => provider.sign(url))).status).toBe(200);

    const forger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const past = Math.floor(Date.now() / 1000) - 600;
    const spoiled: Record<string, (url: string) => void> = {
      'another key': (url) => provider.sign(url, {}, forger),
      'an unknown key': (url) => provider.sign(url, {}, forger, { kid: 'two' }),
      'no signature': (url) => provider.sign(url, {}, forger, { alg: 'none' }),
      'a shared secret': (url) => provider.sign(url, {}, forger, { alg: 'HS256' }),
      'another issuer': (url) => provider.sign(url, { iss: 'https://evil.example.org' }),
      'another client': (url) => provider.sign(url, { aud: 'another' }),
      'another nonce': (url) => provider.sign(url, { nonce: 'another' }),
      'a time that is over': (url) => provider.sign(url, { exp: past }),
      nobody: (url) => provider.sign(url, { sub: '' }),
      'no token': () => {
        provider.token = 'x';
      },
    };
    for (const [what, make] of Object.entries(spoiled)) {
      const refused = await signIn(make);
      expect(refused.status, what).toBe(401);
      expectRefusal(refused, 'invalid_sign_in');
      expect(refused.text, what).not.toContain('token:');
    }
    expect((await signIn((url) => provider.sign(url))).status).toBe(200);
  });
});
