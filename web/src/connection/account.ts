import type { Profile, SignInMethods } from '../protocol';
import type { AccountActions, EntryActions } from '../state/account-actions';
import { personMet } from '../state/apply';
import { Failure } from '../state/failure';
import { withStatus } from '../state/presence';
import type { Store } from '../state/store';
import type { Request } from './catch-up';
import type { Session } from './session';

// Of a server that does not tell.
const USUAL: SignInMethods = {
  registration: 'open',
  phone: true,
  email: true,
  passkeys: true,
  providers: [],
};

/** Signing in, by REST: there is no socket before it, and cookies are set by answers. */
export function entryActions(
  session: Session,
  begin: (me: Profile) => Promise<void>,
): EntryActions {
  const enter = async (path: string, body: object) => begin(await session.enter(path, body));
  return {
    async signInMethods() {
      try {
        return { ...USUAL, ...(await session.ask<Partial<SignInMethods>>('GET', '/auth/methods')) };
      } catch (failure) {
        if (failure instanceof Failure && !failure.temporary) return USUAL;
        throw failure;
      }
    },
    register: (account) => enter('/auth/register', { ...account, language: navigator.language }),
    signIn: (username, password, secondFactorCode) =>
      enter('/auth/login', {
        username,
        password,
        ...(secondFactorCode ? { secondFactorCode } : {}),
      }),
    requestCode: (phoneNumber) => session.ask('POST', '/auth/request-otp', { phoneNumber }),
    signInByCode: (request) => enter('/auth/verify-otp', request),
    passkeySignInOptions: () => session.ask('POST', '/auth/passkeys/options', {}),
    signInByPasskey: (request) => enter('/auth/passkeys/login', request),
    beginWithProvider: (provider) => session.ask('POST', '/auth/oidc/begin', { provider }),
    completeWithProvider: (request) => enter('/auth/oidc/complete', request),
    forgotPassword: (email) => session.ask('POST', '/auth/forgot-password', { email }),
    resetPassword: (token, password) =>
      session.ask('POST', '/auth/reset-password', { token, password }),
    verifyEmail: (token) => session.ask('POST', '/auth/verify-email', { token }),
  };
}

/** What somebody who is signed in does with their account, by the socket. */
export function accountActions(
  store: Store,
  request: Request,
): Omit<AccountActions, 'signOut' | 'signOutEverywhere'> {
  const known = (me: Profile) => store.setState((state) => ({ me, ...personMet(state, me) }));
  const refreshStatus = async () => {
    const { me } = store.getState();
    if (!me) return;
    const status = await request('user:status', { userId: me.id });
    store.setState(({ presences }) => ({ presences: withStatus(presences, status) }));
  };
  const refreshProfile = async () => known(await request('user:profile', {}));
  return {
    endOtherSessions: async () => (await request('auth:logout-all', { keepCurrent: true })).ended,
    sessions: async () => (await request('session:list', {})).sessions,
    endSession: async (sessionId) => void (await request('session:revoke', { sessionId })),
    securityEvents: (cursor) =>
      request('security:list', { limit: 20, ...(cursor ? { cursor } : {}) }),

    refreshProfile,
    refreshStatus,
    async setStatus(status) {
      await request('user:set-status', status);
      await refreshStatus();
    },
    updateProfile: async (change) => known(await request('user:update', change)),
    async setPassword(change) {
      await request('user:set-password', change);
      await refreshProfile();
    },
    setEmail: async (change) => known(await request('user:set-email', change)),
    sendVerification: async () => void (await request('user:send-verification', {})),
    setPhone: async (change) => known(await request('user:set-phone', change)),

    beginSecondFactor: (password) =>
      request('second-factor:begin', password === undefined ? {} : { password }),
    async confirmSecondFactor(code) {
      const { recoveryCodes } = await request('second-factor:confirm', { code });
      // The codes are shown this once: nothing that fails after may lose them.
      store.setState(({ me }) => ({ me: me && { ...me, secondFactor: true } }));
      return recoveryCodes;
    },
    async removeSecondFactor(code) {
      await request('second-factor:remove', { code });
      store.setState(({ me }) => ({ me: me && { ...me, secondFactor: false } }));
    },

    passkeys: async () => (await request('passkey:list', {})).passkeys,
    passkeyOptions: () => request('passkey:options', {}),
    addPasskey: (passkey) => request('passkey:add', passkey),
    removePasskey: async (passkeyId) => void (await request('passkey:remove', { passkeyId })),
  };
}
