import type { AddPasskey, PasskeyOptions, PasskeySignIn, PasskeySignInOptions } from '../protocol';

/** Why the browser did not give a passkey; `code` names the words for it. */
export class PasskeyFailure extends Error {
  override name = 'PasskeyFailure';

  constructor(readonly code: 'passkey_cancelled' | 'passkey_known' | 'passkey_impossible') {
    super(code);
  }
}

/** Passkeys exist in this browser, and at an address where they may be used. */
export function passkeysPossible(): boolean {
  return typeof PublicKeyCredential === 'function' && 'credentials' in navigator;
}

/** The browser can offer passkeys where a username is typed. */
export async function autofillPossible(): Promise<boolean> {
  if (!passkeysPossible()) return false;
  return (await PublicKeyCredential.isConditionalMediationAvailable?.()) ?? false;
}

/** Asks the browser for a passkey: with a dialog, or `quietly` where a username is typed. */
export async function askForPasskey(
  options: PasskeySignInOptions,
  { quietly = false, signal }: { quietly?: boolean; signal?: AbortSignal } = {},
): Promise<PasskeySignIn> {
  const credential = await asked(() =>
    navigator.credentials.get({
      publicKey: {
        challenge: bytes(options.challenge),
        rpId: options.rpId,
        timeout: options.timeout,
        userVerification: options.userVerification as UserVerificationRequirement,
      },
      ...(quietly ? { mediation: 'conditional' as const } : {}),
      ...(signal ? { signal } : {}),
    }),
  );
  const response = credential.response as AuthenticatorAssertionResponse;
  return {
    credentialId: base64url(credential.rawId),
    clientDataJson: base64url(response.clientDataJSON),
    authenticatorData: base64url(response.authenticatorData),
    signature: base64url(response.signature),
    ...(response.userHandle?.byteLength ? { userHandle: base64url(response.userHandle) } : {}),
  };
}

/** Lets the browser make a passkey of this account. */
export async function makePasskey(options: PasskeyOptions): Promise<AddPasskey> {
  const credential = await asked(() =>
    navigator.credentials.create({
      publicKey: {
        challenge: bytes(options.challenge),
        rp: { id: options.rpId, name: options.rpName },
        user: {
          id: bytes(options.userHandle),
          name: options.userName,
          displayName: options.displayName,
        },
        pubKeyCredParams: options.algorithms.map((alg) => ({ type: 'public-key' as const, alg })),
        timeout: options.timeout,
        excludeCredentials: options.excludeCredentialIds.map((id) => ({
          type: 'public-key' as const,
          id: bytes(id),
        })),
        authenticatorSelection: {
          residentKey: 'required',
          requireResidentKey: true,
          userVerification: options.userVerification as UserVerificationRequirement,
        },
        attestation: 'none',
      },
    }),
  );
  const response = credential.response as AuthenticatorAttestationResponse;
  return {
    credentialId: base64url(credential.rawId),
    clientDataJson: base64url(response.clientDataJSON),
    attestationObject: base64url(response.attestationObject),
  };
}

const REASONS: Record<string, PasskeyFailure['code']> = {
  NotAllowedError: 'passkey_cancelled',
  AbortError: 'passkey_cancelled',
  InvalidStateError: 'passkey_known',
};

async function asked(ask: () => Promise<Credential | null>): Promise<PublicKeyCredential> {
  if (!passkeysPossible()) throw new PasskeyFailure('passkey_impossible');
  let credential: Credential | null;
  try {
    credential = await ask();
  } catch (failure) {
    throw new PasskeyFailure(REASONS[(failure as Error).name] ?? 'passkey_impossible');
  }
  if (!(credential instanceof PublicKeyCredential)) throw new PasskeyFailure('passkey_cancelled');
  return credential;
}

export function base64url(buffer: ArrayBuffer): string {
  const text = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

export function bytes(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(binary, (char) => char.charCodeAt(0));
}
