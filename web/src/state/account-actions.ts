import type {
  AddPasskey,
  CodeRequested,
  Operations,
  Passkey,
  PasskeyOptions,
  PasskeySignIn,
  PasskeySignInOptions,
  SecondFactorBegun,
  SecurityEventPage,
  SessionInfo,
  SetEmail,
  SetPassword,
  SetPhone,
  SetStatus,
  SignInMethods,
  UpdateProfile,
  VerifyCode,
} from '../protocol';

export type NewAccount = Pick<
  Operations['auth:register']['request'],
  'username' | 'password' | 'displayName' | 'inviteToken'
>;

/** The ways in, for somebody who is not signed in yet. Those that sign in wipe what was kept before. */
export interface EntryActions {
  /** What this server offers; a server that does not say offers what it always did. */
  signInMethods(): Promise<SignInMethods>;
  register(account: NewAccount): Promise<void>;
  signIn(username: string, password: string, secondFactorCode?: string): Promise<void>;
  requestCode(phoneNumber: string): Promise<CodeRequested>;
  signInByCode(request: VerifyCode): Promise<void>;
  passkeySignInOptions(): Promise<PasskeySignInOptions>;
  signInByPasskey(request: PasskeySignIn): Promise<void>;
  /** Where to send the browser, so that somebody signs in there. */
  beginWithProvider(provider: string): Promise<{ url: string; state: string }>;
  completeWithProvider(request: ProviderAnswer): Promise<void>;
  forgotPassword(email: string): Promise<void>;
  resetPassword(token: string, password: string): Promise<void>;
  verifyEmail(token: string): Promise<void>;
}

export interface ProviderAnswer {
  code: string;
  state: string;
  username?: string;
  inviteToken?: string;
}

/** What somebody does with their own account. The profile is in the store as `me`. */
export interface AccountActions {
  /** Ends the session and wipes what this device keeps. */
  signOut(): Promise<void>;
  /** The same for all sessions, wherever they are. */
  signOutEverywhere(): Promise<void>;
  /** Ends all sessions but this one, and tells how many. */
  endOtherSessions(): Promise<number>;
  sessions(): Promise<SessionInfo[]>;
  endSession(sessionId: string): Promise<void>;
  securityEvents(cursor?: string): Promise<SecurityEventPage>;

  refreshProfile(): Promise<void>;
  updateProfile(change: UpdateProfile): Promise<void>;
  /** Asks what others may see of my presence, as it is in the store beside that of others. */
  refreshStatus(): Promise<void>;
  setStatus(status: SetStatus): Promise<void>;
  setPassword(change: SetPassword): Promise<void>;
  setEmail(change: SetEmail): Promise<void>;
  sendVerification(): Promise<void>;
  setPhone(change: SetPhone): Promise<void>;

  beginSecondFactor(password?: string): Promise<SecondFactorBegun>;
  /** Turns the second factor on, or makes new recovery codes, which it returns this once. */
  confirmSecondFactor(code: string): Promise<string[]>;
  removeSecondFactor(code: string): Promise<void>;

  passkeys(): Promise<Passkey[]>;
  passkeyOptions(): Promise<PasskeyOptions>;
  addPasskey(passkey: AddPasskey): Promise<Passkey>;
  removePasskey(passkeyId: string): Promise<void>;
}
