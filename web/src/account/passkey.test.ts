// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { askForPasskey, base64url, bytes, makePasskey, passkeysPossible } from './passkey';

class FakeCredential {
  rawId = bytes('_-8').buffer;

  constructor(readonly response: object) {}
}

const get = vi.fn();
const create = vi.fn();
const options = {
  challenge: 'AAEC',
  rpId: 'localhost',
  timeout: 1000,
  userVerification: 'required',
};

beforeEach(() => {
  get.mockReset();
  create.mockReset();
  vi.stubGlobal('PublicKeyCredential', FakeCredential);
  vi.stubGlobal('navigator', { credentials: { get, create } });
});

afterEach(() => vi.unstubAllGlobals());

const failing = (name: string) => Object.assign(new Error(), { name });

test('bytes travel as base64url without padding', () => {
  expect(base64url(bytes('_-8').buffer)).toBe('_-8');
  expect([...bytes('AAEC')]).toEqual([0, 1, 2]);
});

test('what the authenticator signed is passed on, with its user handle if it has one', async () => {
  const one = bytes('AQ').buffer;
  const response = { clientDataJSON: one, authenticatorData: one, signature: one };
  get.mockResolvedValueOnce(new FakeCredential({ ...response, userHandle: null }));
  const answer = await askForPasskey(options, { quietly: true });
  expect(answer).toEqual({
    credentialId: '_-8',
    clientDataJson: 'AQ',
    authenticatorData: 'AQ',
    signature: 'AQ',
  });
  expect(get.mock.calls[0]?.[0]).toMatchObject({
    mediation: 'conditional',
    publicKey: { rpId: 'localhost', challenge: bytes('AAEC') },
  });
  get.mockResolvedValueOnce(new FakeCredential({ ...response, userHandle: bytes('BQ').buffer }));
  expect(await askForPasskey(options)).toMatchObject({ userHandle: 'BQ' });
});

test.each([
  ['NotAllowedError', 'passkey_cancelled'],
  ['InvalidStateError', 'passkey_known'],
  ['SecurityError', 'passkey_impossible'],
])('%s is said as %s', async (name, code) => {
  create.mockRejectedValueOnce(failing(name));
  const making = makePasskey({
    ...options,
    rpName: 'Parley',
    userHandle: 'AQ',
    userName: 'ada',
    displayName: 'Ada',
    algorithms: [-7],
    excludeCredentialIds: [],
  });
  await expect(making).rejects.toMatchObject({ code });
});

test('a browser without passkeys says so', async () => {
  vi.stubGlobal('PublicKeyCredential', undefined);
  expect(passkeysPossible()).toBe(false);
  await expect(askForPasskey(options)).rejects.toMatchObject({ code: 'passkey_impossible' });
});
