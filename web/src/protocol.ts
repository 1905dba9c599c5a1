// Made by `./dev docs` from the server's tables. Do not edit.

/** A point in time, RFC 3339 in UTC with milliseconds. */
export type Timestamp = string;

export type Nothing = Record<string, never>;

export interface AccountInfo {
  id: string;
  username: string;
  displayName: string;
  about: string;
  avatarId: string | null;
  createdAt: Timestamp;
  firstName?: string;
  lastName?: string;
  statusText?: string;
  statusUntil?: Timestamp;
  email?: string;
  phoneNumber?: string;
  role: Role;
  suspended: boolean;
  suspendedReason?: string;
  lastSeenAt?: Timestamp;
  sessionCount: number;
}

export interface AccountPage {
  users: AccountInfo[];
  nextCursor: string | null;
}

export interface Acknowledgement {
  id: string;
  seq: number;
  createdAt: Timestamp;
}

export interface AddContact {
  userId?: string;
  username?: string;
  phoneNumber?: string;
  name?: string;
}

export interface AddMembers {
  chatId: string;
  members: string[];
}

export interface AddPasskey {
  name?: string;
  credentialId: string;
  clientDataJson: string;
  attestationObject: string;
}

export interface Added {
  added: string[];
  seq: number;
}

export interface AskAboutDigests {
  token: string;
}

export type Audience = 'everybody' | 'contacts' | 'nobody';

export interface AuditEntry {
  id: string;
  at: Timestamp;
  actorId: string;
  actorName: string;
  action: string;
  subjectId?: string;
  address: string;
  detail?: string;
}

export interface AuditPage {
  entries: AuditEntry[];
  nextCursor: string | null;
}

export interface AuthExpiring {
  expiresIn: number;
}

export type Availability = 'available' | 'busy';

export interface BeginProviderSignIn {
  provider: string;
}

export interface BeginSecondFactor {
  password?: string;
}

export interface ChangeNotificationSettings {
  preview?: boolean;
  emailDigest?: boolean;
  quietUntil?: Timestamp;
}

export interface ChangedChat {
  id: string;
  type: ChatType;
  name: string;
  description: string;
  peer?: User;
  role: ParticipantRole;
  participantCount: number;
  minDeliveredSeq: number;
  minReadSeq: number;
  firstSeq: number;
  lastSeq: number;
  lastMessage: Message | null;
  unreadCount: number;
  readSeq: number;
  deliveredSeq: number;
  mutedUntil: Timestamp | null;
  archived: boolean;
  pinned: boolean;
  createdAt: Timestamp;
  updatedAt: Timestamp;
  limited?: boolean;
}

export interface Chat {
  id: string;
  type: ChatType;
  name: string;
  description: string;
  peer?: User;
  role: ParticipantRole;
  participantCount: number;
  minDeliveredSeq: number;
  minReadSeq: number;
  firstSeq: number;
  lastSeq: number;
  lastMessage: Message | null;
  unreadCount: number;
  readSeq: number;
  deliveredSeq: number;
  mutedUntil: Timestamp | null;
  archived: boolean;
  pinned: boolean;
  createdAt: Timestamp;
  updatedAt: Timestamp;
}

export interface ChatPage {
  chats: Chat[];
  nextCursor: string | null;
}

export type ChatType = 'direct' | 'group';

export interface ChatUpdated {
  chatId: string;
  seq: number;
  id: string;
  actorId: string;
  name?: string;
  description?: string;
  userIds?: string[];
  role?: ParticipantRole;
  permissions?: Permissions;
  at: Timestamp;
}

export interface CodeRequested {
  expiresIn: number;
  resendIn: number;
}

export interface CompleteProviderSignIn {
  code: string;
  state: string;
  username?: string;
  inviteToken?: string;
  device?: string;
}

export interface Contact {
  user: User;
  name?: string;
  favourite: boolean;
  addedAt: Timestamp;
}

export interface ContactPage {
  contacts: Contact[];
  nextCursor: string | null;
}

export interface CreateAccount {
  username: string;
  password?: string;
  displayName?: string;
  email?: string;
  phoneNumber?: string;
  role?: Role;
}

export interface CreateChat {
  type: ChatType;
  username?: string;
  userId?: string;
  name?: string;
  description?: string;
  members?: string[];
}

export interface CreateGroup {
  name: string;
  description?: string;
  members?: string[];
}

export interface CreateInvite {
  uses?: number;
  expiresIn?: number;
}

export interface CreateReport {
  userId?: string;
  chatId?: string;
  messageId?: string;
  reason: ReportReason;
  comment?: string;
  block?: boolean;
}

export interface CreatedAccount {
  id: string;
  username: string;
  displayName: string;
  about: string;
  avatarId: string | null;
  createdAt: Timestamp;
  firstName?: string;
  lastName?: string;
  statusText?: string;
  statusUntil?: Timestamp;
  email?: string;
  phoneNumber?: string;
  role: Role;
  suspended: boolean;
  suspendedReason?: string;
  lastSeenAt?: Timestamp;
  sessionCount: number;
}

export interface DeleteAccount {
  password?: string;
}

export interface Device {
  id: string;
  service: PushService;
  name: string;
  platform: string;
  registeredAt: Timestamp;
  lastPushAt?: Timestamp;
  current: boolean;
}

export interface DeviceList {
  devices: Device[];
}

export interface EndDigests {
  token: string;
}

export type EntryKind = 'message' | 'membership' | 'settings';

export interface FindUser {
  username: string;
}

export interface ForgotPassword {
  email: string;
}

export interface FoundUsers {
  users: User[];
}

export interface GetAvatar {
  userId: string;
  avatarId?: string;
}

export interface GivenPassword {
  password?: string;
}

export interface HistoryPage {
  messages: Message[];
  fromSeq: number;
  toSeq: number;
  hasMore: boolean;
}

export interface Invite {
  id: string;
  uses: number;
  used: number;
  expiresAt: Timestamp;
  createdAt: Timestamp;
}

export interface InviteCreated {
  id: string;
  token: string;
  uses: number;
  expiresAt: Timestamp;
}

export interface InviteList {
  invites: Invite[];
}

export interface LinkToken {
  token: string;
}

export interface ListAccounts {
  q?: string;
  role?: Role;
  suspended?: boolean;
  limit?: number;
  cursor?: string;
}

export interface ListAudit {
  actorId?: string;
  subjectId?: string;
  action?: string;
  limit?: number;
  cursor?: string;
}

export interface ListBlocked {
  limit?: number;
  cursor?: string;
}

export interface ListChats {
  limit?: number;
  cursor?: string;
}

export interface ListContacts {
  limit?: number;
  cursor?: string;
}

export interface ListParticipants {
  chatId: string;
  limit?: number;
  cursor?: string;
}

export interface ListReports {
  state?: ReportState;
  limit?: number;
  cursor?: string;
}

export interface ListSecurityEvents {
  limit?: number;
  cursor?: string;
}

export interface MatchContacts {
  saltId: string;
  prefixes: string[];
}

export interface MatchedHashes {
  hashes: string[];
}

export interface MemberAdded {
  chatId: string;
  seq: number;
  id: string;
  actorId: string;
  userIds: string[];
  action: MembershipAction;
  at: Timestamp;
}

export interface MemberRemoved {
  chatId: string;
  seq: number;
  id: string;
  actorId: string;
  userIds: string[];
  action: MembershipAction;
  at: Timestamp;
}

export interface Membership {
  action: MembershipAction;
  userIds: string[];
  role?: ParticipantRole;
  permissions?: Permissions;
}

export type MembershipAction = 'created' | 'added' | 'removed' | 'left' | 'role' | 'permissions';

export interface Message {
  id: string;
  chatId: string;
  seq: number;
  kind: EntryKind;
  senderId: string;
  createdAt: Timestamp;
  clientMessageId?: string;
  type?: MessageType;
  content?: string;
  editedAt?: Timestamp;
  deletedAt?: Timestamp;
  membership?: Membership;
  settings?: Settings;
}

export interface MessageDelivered {
  chatId: string;
  userId: string;
  seq: number;
  at: Timestamp;
}

export interface MessageInfo {
  messageId: string;
  seq: number;
  deliveredTo: string[];
  readBy: string[];
}

export interface MessageRead {
  chatId: string;
  userId: string;
  seq: number;
  at: Timestamp;
}

export type MessageType = 'text';

export interface MoveMark {
  chatId: string;
  seq: number;
}

export interface NotificationSettings {
  preview: boolean;
  emailDigest: boolean;
  quietUntil?: Timestamp;
}

export interface OneAccount {
  userId: string;
}

export interface OneChat {
  chatId: string;
}

export interface OneDevice {
  deviceId: string;
}

export interface OneInvite {
  inviteId: string;
}

export interface OneMember {
  chatId: string;
  userId: string;
}

export interface OneMessage {
  chatId: string;
  messageId: string;
}

export interface OnePasskey {
  passkeyId: string;
}

export interface OnePerson {
  userId: string;
}

export interface OneSession {
  sessionId: string;
}

export interface OneUser {
  userId: string;
}

export interface Participant {
  userId: string;
  username: string;
  displayName: string;
  role: ParticipantRole;
  permissions: Permissions;
  deliveredSeq: number;
  readSeq: number;
  joinedAt: Timestamp;
}

export interface ParticipantPage {
  participants: Participant[];
  nextCursor: string | null;
}

export type ParticipantRole = 'member' | 'admin' | 'left';

export interface Passkey {
  id: string;
  name: string;
  createdAt: Timestamp;
  lastUsedAt: Timestamp | null;
}

export interface PasskeyList {
  passkeys: Passkey[];
}

export interface PasskeyOptions {
  challenge: string;
  rpId: string;
  rpName: string;
  userHandle: string;
  userName: string;
  displayName: string;
  timeout: number;
  userVerification: string;
  algorithms: number[];
  excludeCredentialIds: string[];
}

export interface PasskeySignIn {
  credentialId: string;
  clientDataJson: string;
  authenticatorData: string;
  signature: string;
  userHandle?: string;
  device?: string;
}

export interface PasskeySignInOptions {
  challenge: string;
  rpId: string;
  timeout: number;
  userVerification: string;
}

export interface Permissions {
  send: boolean;
  addMembers: boolean;
  changeInfo: boolean;
}

export interface Presence {
  userId: string;
  online: boolean;
  state: PresenceState;
  busyUntil?: Timestamp;
  lastSeenAt: Timestamp | null;
}

export type PresenceState = 'offline' | 'online' | 'away' | 'busy';

export interface Privacy {
  lastSeen: Audience;
  online: Audience;
  avatar: Audience;
  about: Audience;
  groups: Audience;
  readReceipts: boolean;
  exceptUserIds: string[];
}

export interface Profile {
  id: string;
  username: string;
  displayName: string;
  about: string;
  avatarId: string | null;
  createdAt: Timestamp;
  firstName?: string;
  lastName?: string;
  statusText?: string;
  statusUntil?: Timestamp;
  email?: string;
  emailVerified: boolean;
  phoneNumber?: string;
  phoneVerified: boolean;
  language?: string;
  role: Role;
  secondFactor: boolean;
  hasPassword: boolean;
  publicKey?: string;
  identityKey?: string;
}

export interface ProviderPage {
  url: string;
  state: string;
}

export interface PublicKey {
  userId: string;
  username: string;
  publicKey?: string;
  identityKey?: string;
}

export interface PushLog {
  pushes: PushRecord[];
}

export type PushOutcome = 'sent' | 'gone' | 'refused' | 'postponed';

export type PushReason = 'message' | 'test';

export interface PushRecord {
  id: string;
  deviceId: string;
  service: PushService;
  reason: PushReason;
  outcome: PushOutcome;
  chatId?: string;
  why?: string;
  at: Timestamp;
}

export type PushService = 'web' | 'fcm' | 'apns';

export interface PushServices {
  web?: string;
  fcm: boolean;
  apns: boolean;
}

export interface ReadHistory {
  chatId: string;
  before?: number;
  after?: number;
  around?: number;
  limit?: number;
}

export interface Ready {
  userId: string;
  sessionId: string;
  expiresAt: Timestamp;
  serverTime: Timestamp;
}

export interface RecoveryCodes {
  recoveryCodes: string[];
}

export interface Refresh {
  refreshToken?: string;
}

export interface Refreshed {
  accessToken: string;
  expiresIn: number;
  refreshToken?: string;
  csrfToken?: string;
}

export interface Register {
  username: string;
  password: string;
  displayName?: string;
  email?: string;
  phoneNumber?: string;
  inviteToken?: string;
  device?: string;
  language?: string;
}

export interface RegisterDevice {
  service: PushService;
  token: string;
  p256dh?: string;
  auth?: string;
  sandbox?: boolean;
  name?: string;
}

export interface Registered {
  user: Profile;
  accessToken: string;
  expiresIn: number;
  refreshToken?: string;
  csrfToken?: string;
}

export type Registration = 'open' | 'invite' | 'closed';

export interface Renew {
  accessToken: string;
}

export interface Renewed {
  expiresIn: number;
}

export interface Report {
  id: string;
  reporterId: string;
  userId: string;
  chatId?: string;
  messageId?: string;
  reason: ReportReason;
  comment?: string;
  evidence?: string;
  state: ReportState;
  createdAt: Timestamp;
  handledBy?: string;
  handledAt?: Timestamp;
  note?: string;
}

export type ReportAction = 'dismiss' | 'resolve';

export interface ReportMade {
  id: string;
}

export interface ReportPage {
  reports: Report[];
  nextCursor: string | null;
}

export type ReportReason = 'spam' | 'abuse' | 'violence' | 'child_safety' | 'impersonation' | 'other';

export type ReportState = 'open' | 'resolved' | 'dismissed';

export interface RequestCode {
  phoneNumber: string;
}

export interface ResetPassword {
  token: string;
  password: string;
}

export interface ResetPasswordOf {
  userId: string;
  password?: string;
}

export interface ResolveReport {
  reportId: string;
  action: ReportAction;
  note?: string;
}

export type Role = 'user' | 'moderator' | 'admin' | 'bot';

export interface SaltForContacts {
  saltId: string;
  salt: string;
  prefixBytes: number;
  rotatesAt: Timestamp;
}

export interface SearchUsers {
  q: string;
  limit?: number;
}

export interface SecondFactorBegun {
  secret: string;
  uri: string;
}

export interface SecondFactorCode {
  code: string;
}

export interface SecurityEvent {
  id: string;
  kind: SecurityEventKind;
  at: Timestamp;
  address: string;
  userAgent: string;
}

export type SecurityEventKind = 'new_device' | 'many_failures' | 'token_reuse' | 'password_changed' | 'password_reset' | 'second_factor_on' | 'second_factor_off' | 'passkey_added' | 'passkey_removed' | 'email_changed' | 'phone_changed' | 'sessions_ended' | 'role_changed' | 'suspended';

export interface SecurityEventPage {
  events: SecurityEvent[];
  nextCursor: string | null;
}

export interface SendMessage {
  chatId: string;
  content: string;
  clientMessageId: string;
  type?: MessageType;
}

export interface SessionInfo {
  id: string;
  device: string;
  platform: string;
  userAgent: string;
  address: string;
  createdAt: Timestamp;
  lastUsedAt: Timestamp;
  current: boolean;
}

export interface SessionList {
  sessions: SessionInfo[];
}

export interface SessionsEnded {
  ended: number;
}

export interface SetAccountRole {
  userId: string;
  role: Role;
}

export interface SetAway {
  away: boolean;
}

export interface SetEmail {
  email: string;
  password?: string;
}

export interface SetPassword {
  currentPassword?: string;
  newPassword: string;
}

export interface SetPermissions {
  chatId: string;
  userId: string;
  send?: boolean;
  addMembers?: boolean;
  changeInfo?: boolean;
}

export interface SetPhone {
  phoneNumber: string;
  code: string;
}

export interface SetPrivacy {
  lastSeen?: Audience;
  online?: Audience;
  avatar?: Audience;
  about?: Audience;
  groups?: Audience;
  readReceipts?: boolean;
  exceptUserIds?: string[];
}

export interface SetRole {
  chatId: string;
  userId: string;
  role: ParticipantRole;
}

export interface SetStatus {
  availability: Availability;
  until?: Timestamp;
}

export interface SetTyping {
  chatId: string;
  typing: boolean;
}

export interface Settings {
  name?: string;
  description?: string;
}

export interface SignIn {
  username: string;
  password: string;
  secondFactorCode?: string;
  device?: string;
}

export interface SignInMethods {
  registration: Registration;
  phone: boolean;
  email: boolean;
  passkeys: boolean;
  providers: string[];
}

export interface SignOutEverywhere {
  keepCurrent?: boolean;
}

export interface SignedIn {
  user: Profile;
  accessToken: string;
  expiresIn: number;
  refreshToken?: string;
  csrfToken?: string;
}

export interface SuggestContacts {
  limit?: number;
}

export interface Suggestion {
  user: User;
  commonChats: number;
}

export interface Suggestions {
  users: Suggestion[];
}

export interface Suspend {
  userId: string;
  reason: string;
}

export interface SyncContacts {
  saltId: string;
  hashes: string[];
  remove?: boolean;
}

export interface SyncPage {
  cursor: string;
  epoch: string;
  chats: ChangedChat[];
  hasMore: boolean;
}

export interface SyncSince {
  cursor?: string;
  limit?: number;
}

export interface SyncedContacts {
  contacts: Contact[];
  registered: number;
}

export interface TestPush {
  devices: number;
}

export interface UpdateChat {
  chatId: string;
  name?: string;
  description?: string;
}

export interface UpdateContact {
  userId: string;
  name?: string;
  favourite?: boolean;
}

export interface UpdateProfile {
  displayName?: string;
  firstName?: string;
  lastName?: string;
  about?: string;
  statusText?: string;
  statusUntil?: Timestamp;
  language?: string;
  publicKey?: string;
  identityKey?: string;
}

export interface User {
  id: string;
  username: string;
  displayName: string;
  about: string;
  avatarId: string | null;
  createdAt: Timestamp;
  firstName?: string;
  lastName?: string;
  statusText?: string;
  statusUntil?: Timestamp;
}

export interface UserOffline {
  userId: string;
  lastSeenAt?: Timestamp;
}

export interface UserOnline {
  userId: string;
  state?: PresenceState;
  busyUntil?: Timestamp;
}

export interface UserPage {
  users: User[];
  nextCursor: string | null;
}

export interface UserTyping {
  chatId: string;
  userId: string;
  typing: boolean;
}

export interface VerifyCode {
  phoneNumber: string;
  code: string;
  username?: string;
  displayName?: string;
  inviteToken?: string;
  language?: string;
  secondFactorCode?: string;
  device?: string;
}

export interface Watched {
  online: string[];
  away: string[];
  busy: string[];
}

/** Everything a client can ask: the name of an operation, what it takes, and what its socket reply holds. */
export interface Operations {
  /** Makes an account and signs in. */
  'auth:register': { request: Register; reply: Registered };
  /** Signs in with a username, e-mail address or phone number, and a password. Who has a second factor is refused with second_factor_required until its code comes along. */
  'auth:login': { request: SignIn; reply: SignedIn };
  /** Sends a code of six digits to a phone number; the same answer whether anybody has it. */
  'auth:request-otp': { request: RequestCode; reply: CodeRequested };
  /** Signs in with the code that was sent to a phone number; with a username, makes an account for a number that nobody has. */
  'auth:verify-otp': { request: VerifyCode; reply: SignedIn };
  /** Verifies an e-mail address, by the link sent to it. */
  'auth:verify-email': { request: LinkToken; reply: Nothing };
  /** Mails a link for choosing a new password; the same answer whether anybody has the address. */
  'auth:forgot-password': { request: ForgotPassword; reply: Nothing };
  /** Sets a new password, by the link sent for it, and ends all sessions. */
  'auth:reset-password': { request: ResetPassword; reply: Nothing };
  /** What navigator.credentials.get() needs for signing in with a passkey. */
  'auth:passkey-options': { request: Nothing; reply: PasskeySignInOptions };
  /** Signs in with a passkey. */
  'auth:passkey-login': { request: PasskeySignIn; reply: SignedIn };
  /** By what ways people can sign in and register. */
  'auth:methods': { request: Nothing; reply: SignInMethods };
  /** Begins to sign in with a provider: send the browser to the `url`, and go on only if the same `state` comes back. */
  'auth:oidc-begin': { request: BeginProviderSignIn; reply: ProviderPage };
  /** Signs in with what the provider sent back; makes an account for who is new. */
  'auth:oidc-complete': { request: CompleteProviderSignIn; reply: SignedIn };
  /** Exchanges a refresh token for new tokens. A token used twice ends its session. */
  'auth:refresh': { request: Refresh; reply: Refreshed };
  /** Ends this session; its sockets close with 4401. */
  'auth:logout': { request: Nothing; reply: Nothing };
  /** Ends all your sessions, or all but this one. */
  'auth:logout-all': { request: SignOutEverywhere; reply: SessionsEnded };
  /** Lets this socket live on with a newer access token of its session. */
  'auth:renew': { request: Renew; reply: Renewed };
  /** Your sessions, the last used first. */
  'session:list': { request: Nothing; reply: SessionList };
  /** Ends one of your sessions; its sockets close with 4401. */
  'session:revoke': { request: OneSession; reply: Nothing };
  /** What happened to your account, newest first. */
  'security:list': { request: ListSecurityEvents; reply: SecurityEventPage };
  /** Your own profile. */
  'user:profile': { request: Nothing; reply: Profile };
  /** Changes your profile. */
  'user:update': { request: UpdateProfile; reply: Profile };
  /** Takes your picture away. */
  'user:remove-avatar': { request: Nothing; reply: Profile };
  /** Deletes your account. What you wrote stays readable for the others, of a deleted account. */
  'user:delete-account': { request: DeleteAccount; reply: Nothing };
  /** Sets another password and ends your other sessions. */
  'user:set-password': { request: SetPassword; reply: Nothing };
  /** Changes your e-mail address, which is to be verified then. */
  'user:set-email': { request: SetEmail; reply: Profile };
  /** Mails the link that verifies your address again. */
  'user:send-verification': { request: Nothing; reply: Nothing };
  /** Changes your phone number, with the code sent to it. */
  'user:set-phone': { request: SetPhone; reply: Profile };
  /** A new secret for your authenticator; it counts when it is confirmed. */
  'second-factor:begin': { request: BeginSecondFactor; reply: SecondFactorBegun };
  /** Turns the second factor on, or makes new recovery codes. They are shown this once. */
  'second-factor:confirm': { request: SecondFactorCode; reply: RecoveryCodes };
  /** Turns the second factor off. */
  'second-factor:remove': { request: SecondFactorCode; reply: Nothing };
  /** What navigator.credentials.create() needs for adding a passkey. */
  'passkey:options': { request: Nothing; reply: PasskeyOptions };
  /** Adds a passkey to your account. */
  'passkey:add': { request: AddPasskey; reply: Passkey };
  /** Your passkeys. */
  'passkey:list': { request: Nothing; reply: PasskeyList };
  /** Removes a passkey from your account. */
  'passkey:remove': { request: OnePasskey; reply: Nothing };
  /** A user by name. */
  'user:get': { request: FindUser; reply: User };
  /** The keys that a user has published. */
  'user:public-key': { request: FindUser; reply: PublicKey };
  /** People whose username, or a word of whose display name, begins with `q`. */
  'user:search': { request: SearchUsers; reply: FoundUsers };
  /** Your contacts. */
  'contact:list': { request: ListContacts; reply: ContactPage };
  /** Saves somebody as a contact, under a name of your own if you give one. */
  'contact:add': { request: AddContact; reply: Contact };
  /** Renames a contact, or makes it a favourite. */
  'contact:update': { request: UpdateContact; reply: Contact };
  /** Forgets a contact. */
  'contact:remove': { request: OnePerson; reply: Nothing };
  /** People you may know: from your groups, and who have you as a contact. */
  'contact:suggestions': { request: SuggestContacts; reply: Suggestions };
  /** What to hash the phone numbers of an address book with: SHA-256 of salt and number. */
  'contact:salt': { request: Nothing; reply: SaltForContacts };
  /** The hashes of everybody here whose hash begins with one of `prefixes`. */
  'contact:match': { request: MatchContacts; reply: MatchedHashes };
  /** Saves the people of these hashes as contacts, or forgets them with `remove`. */
  'contact:sync': { request: SyncContacts; reply: SyncedContacts };
  /** What you let others know of you. */
  'user:privacy': { request: Nothing; reply: Privacy };
  /** Changes what you let others know of you; `exceptUserIds` are told nothing. */
  'user:set-privacy': { request: SetPrivacy; reply: Privacy };
  /** Whom you have blocked. */
  'block:list': { request: ListBlocked; reply: UserPage };
  /** Blocks somebody: neither of you hears of the other any more. */
  'block:add': { request: OnePerson; reply: Nothing };
  /** Lets somebody in again. */
  'block:remove': { request: OnePerson; reply: Nothing };
  /** Whether somebody you share a chat with is online, away or busy, and when they last were there. */
  'user:status': { request: OneUser; reply: Presence };
  /** Says that you are busy, until a time or until you say otherwise: whoever may see you online sees it, and your devices get no pushes. */
  'user:set-status': { request: SetStatus; reply: SetStatus };
  /** Your chats, newest activity first. */
  'chat:list': { request: ListChats; reply: ChatPage };
  /** Opens a direct chat (the same one every time) or makes a group. */
  'chat:create': { request: CreateChat; reply: Chat };
  /** Makes a group. */
  'group:create': { request: CreateGroup; reply: Chat };
  /** One of your chats. */
  'chat:get': { request: OneChat; reply: Chat };
  /** Changes the name or description of a group. For admins and who is permitted. */
  'chat:update': { request: UpdateChat; reply: Chat };
  /** Who is in a chat, and how far they have come. */
  'chat:participants': { request: ListParticipants; reply: ParticipantPage };
  /** Adds users to a group. For admins and who is permitted. */
  'chat:add-members': { request: AddMembers; reply: Added };
  /** Takes a user out of a group: admins anybody, everybody themselves. */
  'chat:remove-member': { request: OneMember; reply: Nothing };
  /** Leaves a group. When the last admin leaves, who was there longest becomes admin. */
  'chat:leave': { request: OneChat; reply: Nothing };
  /** Makes a participant an admin, or a member again. Admins only. */
  'chat:set-role': { request: SetRole; reply: Nothing };
  /** Changes what a member may do: send, add members, change name and description. Admins only, who may do all of it. */
  'chat:set-permissions': { request: SetPermissions; reply: Nothing };
  /** Sends a message. The answer means it is on disk; sending the same clientMessageId again yields the first message. */
  'message:send': { request: SendMessage; reply: Acknowledgement };
  /** A page of a chat: `after` yields entries of every kind, for catching up; `before`, `around` and none of them yield messages, for the screen. */
  history: { request: ReadHistory; reply: HistoryPage };
  /** Who has got and who has read a message. */
  'message:info': { request: OneMessage; reply: MessageInfo };
  /** Acknowledges everything up to `seq` as received by you. */
  'message:delivered': { request: MoveMark; reply: Nothing };
  /** Acknowledges everything up to `seq` as read by you. */
  'message:read': { request: MoveMark; reply: Nothing };
  /** Tells the others in the chat that you are typing, or stopped. */
  'message:typing': { request: SetTyping; reply: Nothing };
  /** Your chats that changed since the cursor; without one, all of them. */
  sync: { request: SyncSince; reply: SyncPage };
  /** While you look at a group: who of its members is online, and user:online and user:offline events about them. */
  'presence:watch': { request: OneChat; reply: Watched };
  /** You no longer look at the group. */
  'presence:unwatch': { request: OneChat; reply: Nothing };
  /** Nobody is at this connection, or somebody is again. You are away while that is so of all of your connections; `away=1` in the query of the handshake says it from the beginning. */
  'presence:away': { request: SetAway; reply: Nothing };
  /** Which push services this server speaks with, and the key browsers subscribe with. */
  'device:services': { request: Nothing; reply: PushServices };
  /** Lets this device be woken when you are away. It belongs to the sign-in that asks, and goes with it; a token that is known is taken over. */
  'device:register': { request: RegisterDevice; reply: Device };
  /** Your devices that can be woken. */
  'device:list': { request: Nothing; reply: DeviceList };
  /** Wakes a device no more. */
  'device:remove': { request: OneDevice; reply: Nothing };
  /** Sends a test notification to every device of yours. What became of it is in the log. */
  'device:test': { request: Nothing; reply: TestPush };
  /** The last hundred pushes to your devices, and what their services said. */
  'device:log': { request: Nothing; reply: PushLog };
  /** What you want to be woken for. */
  'notification:settings': { request: Nothing; reply: NotificationSettings };
  /** Changes what pushes show, whether a mail follows a longer absence, and until when there is quiet. */
  'notification:change-settings': { request: ChangeNotificationSettings; reply: NotificationSettings };
  /** Tells the moderators about a user, or about a message, which is kept for them as it reads now. The same once more, while it is open, is the first report. */
  'report:create': { request: CreateReport; reply: ReportMade };
  /** Accounts, by id. */
  'admin:user-list': { request: ListAccounts; reply: AccountPage };
  /** An account. */
  'admin:user-get': { request: OneAccount; reply: AccountInfo };
  /** Makes an account, whatever registration allows. */
  'admin:user-create': { request: CreateAccount; reply: CreatedAccount };
  /** Ends all sessions of a user, who cannot sign in until it is taken back. Never of an administrator. */
  'admin:suspend': { request: Suspend; reply: Nothing };
  /** Lets a suspended user sign in again. */
  'admin:unsuspend': { request: OneAccount; reply: Nothing };
  /** Deletes an account for good: nothing personal stays but what they said to others. */
  'admin:delete': { request: OneAccount; reply: Nothing };
  /** Gives a user another password, a generated one unless told, and ends their sessions. */
  'admin:reset-password': { request: ResetPasswordOf; reply: GivenPassword };
  /** Gives a user another role and ends their sessions. Some administrator remains. */
  'admin:set-role': { request: SetAccountRole; reply: Nothing };
  /** What was reported, newest first. */
  'admin:report-list': { request: ListReports; reply: ReportPage };
  /** Says what came of a report. */
  'admin:report-resolve': { request: ResolveReport; reply: Report };
  /** Everything that operators did and looked at, newest first. */
  'admin:audit': { request: ListAudit; reply: AuditPage };
  /** Makes an invite, whose token is shown this once. */
  'admin:invite-create': { request: CreateInvite; reply: InviteCreated };
  /** The invites, newest first. */
  'admin:invite-list': { request: Nothing; reply: InviteList };
  /** Takes an invite back. */
  'admin:invite-remove': { request: OneInvite; reply: Nothing };
}

/** Everything a client can be told: the name of an event and its data. */
export interface Events {
  /** A message was sent to a chat of yours. */
  'message:receive': Message;
  /** A participant's devices have everything up to `seq`. Told to the authors of what it newly covers, and to the participant's other connections. */
  'message:delivered': MessageDelivered;
  /** A participant has read everything up to `seq`. Told to the same people. */
  'message:read': MessageRead;
  /** A participant started or stopped typing. */
  'user:typing': UserTyping;
  /** Somebody you may know of came online, or is there and `state` has changed. Told of yourself when you said on another connection whether you are busy. */
  'user:online': UserOnline;
  /** Somebody you may know of has been gone for 10 seconds. */
  'user:offline': UserOffline;
  /** A group was created with you, or somebody was added. */
  'chat:member-added': MemberAdded;
  /** Somebody left or was removed; they are told as well. */
  'chat:member-removed': MemberRemoved;
  /** A group's name or description changed, or what somebody may do in it. */
  'chat:updated': ChatUpdated;
  /** Your own profile changed on another connection. */
  'user:updated': Profile;
  /** Something happened to your account that you should know of, such as a sign-in from a new device. */
  'security:event': SecurityEvent;
  /** First frame of a socket: who you are and until when. */
  ready: Ready;
  /** The access token of this socket is about to expire: send auth:renew. */
  'auth:expiring': AuthExpiring;
  /** Events for you were dropped: call sync. */
  resync: Nothing;
}

/** Every way a request can be refused. */
export type ErrorCode =
  | 'malformed_request'
  | 'validation_failed'
  | 'empty_message'
  | 'message_too_long'
  | 'weak_password'
  | 'password_too_long'
  | 'participant_limit'
  | 'email_not_allowed'
  | 'invalid_link'
  | 'invalid_image'
  | 'unauthenticated'
  | 'token_expired'
  | 'token_revoked'
  | 'invalid_credentials'
  | 'invalid_refresh_token'
  | 'second_factor_required'
  | 'invalid_code'
  | 'invalid_passkey'
  | 'invalid_sign_in'
  | 'forbidden'
  | 'csrf_failed'
  | 'origin_refused'
  | 'registration_closed'
  | 'invite_required'
  | 'account_suspended'
  | 'blocked'
  | 'not_addable'
  | 'chat_not_found'
  | 'message_not_found'
  | 'user_not_found'
  | 'session_not_found'
  | 'passkey_not_found'
  | 'contact_not_found'
  | 'report_not_found'
  | 'invite_not_found'
  | 'device_not_found'
  | 'route_not_found'
  | 'unknown_operation'
  | 'method_not_allowed'
  | 'request_timeout'
  | 'username_taken'
  | 'email_taken'
  | 'phone_taken'
  | 'stale_salt'
  | 'last_admin'
  | 'payload_too_large'
  | 'unsupported_media_type'
  | 'rate_limited'
  | 'busy'
  | 'storage_unavailable'
  | 'push_not_configured'
  | 'provider_unavailable'
  | 'unavailable'
  | 'shutting_down'
  | 'internal';

/** The refusals after which the same request may succeed later, unchanged. */
export const RETRYABLE: readonly ErrorCode[] = [
  'request_timeout',
  'rate_limited',
  'busy',
  'storage_unavailable',
  'provider_unavailable',
  'unavailable',
  'shutting_down',
  'internal',
];

/** A refusal, by REST and by socket. */
export interface ApiError {
  error: string;
  code: ErrorCode;
  message: string;
  fields?: Record<string, string>;
  /** Seconds. */
  retry_after?: number;
}
