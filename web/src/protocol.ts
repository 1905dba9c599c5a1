// What Parley says on the wire.

/** A point in time, RFC 3339 in UTC with milliseconds. */
export type Timestamp = string;

/** The place of an entry in its chat's log: 1, 2, 3 … */
export type Seq = number;

export interface User {
  id: string;
  username: string;
  displayName: string;
  about: string;
  avatarId: string | null;
  createdAt: Timestamp;
  email?: string;
  phoneNumber?: string;
}

export type ChatType = 'direct' | 'group';
export type Role = 'admin' | 'member' | 'left';

export interface Chat {
  id: string;
  type: ChatType;
  name: string;
  description: string;
  peer?: User;
  role: Role;
  participantCount: number;
  minDeliveredSeq: Seq;
  minReadSeq: Seq;
  firstSeq: Seq;
  lastSeq: Seq;
  lastMessage: Message | null;
  unreadCount: number;
  readSeq: Seq;
  deliveredSeq: Seq;
  mutedUntil: Timestamp | null;
  archived: boolean;
  pinned: boolean;
  createdAt: Timestamp;
  updatedAt: Timestamp;
}

export interface SyncedChat extends Chat {
  limited?: boolean;
}

export interface Participant {
  userId: string;
  username: string;
  displayName: string;
  role: Role;
  deliveredSeq: Seq;
  readSeq: Seq;
  joinedAt: Timestamp;
}

export type EntryKind = 'message' | 'membership' | 'settings';
export type MembershipAction = 'created' | 'added' | 'removed' | 'left' | 'role';

export interface Membership {
  action: MembershipAction;
  userIds: string[];
  role?: Role;
}

export interface Settings {
  name?: string;
  description?: string;
}

export interface Message {
  id: string;
  chatId: string;
  seq: Seq;
  kind: EntryKind;
  senderId: string;
  createdAt: Timestamp;
  clientMessageId?: string;
  type?: string;
  content?: string;
  editedAt?: Timestamp;
  deletedAt?: Timestamp;
  membership?: Membership;
  settings?: Settings;
}

export interface SignedIn {
  user: User;
  accessToken: string;
  expiresIn: number;
  refreshToken?: string;
  csrfToken?: string;
}

export interface Refreshed {
  accessToken: string;
  expiresIn: number;
  refreshToken?: string;
  csrfToken?: string;
}

export interface UserStatus {
  userId: string;
  online: boolean;
  lastSeenAt: Timestamp | null;
}

export interface HistoryPage {
  messages: Message[];
  fromSeq: Seq;
  toSeq: Seq;
  hasMore: boolean;
}

export interface MessageInfo {
  messageId: string;
  seq: Seq;
  deliveredTo: string[];
  readBy: string[];
}

export interface Synced {
  cursor: string;
  epoch: string;
  chats: SyncedChat[];
  hasMore: boolean;
}

export type Nothing = Record<string, never>;

/** Everything a client can ask: the name of an operation, what it takes, what it answers. */
export interface Operations {
  'auth:register': {
    request: {
      username: string;
      password: string;
      displayName?: string;
      email?: string;
      phoneNumber?: string;
    };
    reply: SignedIn;
  };
  'auth:login': { request: { username: string; password: string }; reply: SignedIn };
  'auth:refresh': { request: { refreshToken?: string }; reply: Refreshed };
  'auth:logout': { request: Nothing; reply: Nothing };
  'auth:renew': { request: { accessToken: string }; reply: { expiresIn: number } };
  'user:profile': { request: Nothing; reply: User };
  'user:update': { request: { displayName?: string; about?: string }; reply: User };
  'user:get': { request: { username: string }; reply: User };
  'user:status': { request: { userId: string }; reply: UserStatus };
  'chat:list': {
    request: { limit?: number; cursor?: string };
    reply: { chats: Chat[]; nextCursor: string | null };
  };
  'chat:create': {
    request: {
      type: ChatType;
      username?: string;
      userId?: string;
      name?: string;
      description?: string;
      members?: string[];
    };
    reply: Chat;
  };
  'chat:get': { request: { chatId: string }; reply: Chat };
  'chat:update': {
    request: { chatId: string; name?: string; description?: string };
    reply: Chat;
  };
  'chat:participants': {
    request: { chatId: string; limit?: number; cursor?: string };
    reply: { participants: Participant[]; nextCursor: string | null };
  };
  'chat:add-members': {
    request: { chatId: string; members: string[] };
    reply: { added: string[]; seq: Seq };
  };
  'chat:remove-member': { request: { chatId: string; userId: string }; reply: Nothing };
  'chat:leave': { request: { chatId: string }; reply: Nothing };
  'chat:set-role': { request: { chatId: string; userId: string; role: Role }; reply: Nothing };
  'message:send': {
    request: { chatId: string; content: string; clientMessageId: string; type?: string };
    reply: { id: string; seq: Seq; createdAt: Timestamp };
  };
  history: {
    request: { chatId: string; before?: Seq; after?: Seq; around?: Seq; limit?: number };
    reply: HistoryPage;
  };
  'message:info': { request: { chatId: string; messageId: string }; reply: MessageInfo };
  'message:delivered': { request: { chatId: string; seq: Seq }; reply: Nothing };
  'message:read': { request: { chatId: string; seq: Seq }; reply: Nothing };
  'message:typing': { request: { chatId: string; typing: boolean }; reply: Nothing };
  sync: { request: { cursor?: string; limit?: number }; reply: Synced };
  'presence:watch': { request: { chatId: string }; reply: { online: string[] } };
  'presence:unwatch': { request: { chatId: string }; reply: Nothing };
}

export interface ReceiptMoved {
  chatId: string;
  userId: string;
  seq: Seq;
  at: Timestamp;
}

export interface Typing {
  chatId: string;
  userId: string;
  typing: boolean;
}

export interface PresenceChanged {
  userId: string;
  lastSeenAt?: Timestamp;
}

export interface MembersChanged {
  chatId: string;
  seq: Seq;
  id: string;
  actorId: string;
  userIds: string[];
  action: MembershipAction;
  at: Timestamp;
}

export interface ChatUpdated {
  chatId: string;
  seq: Seq;
  id: string;
  actorId: string;
  name?: string;
  description?: string;
  userIds?: string[];
  role?: Role;
  at: Timestamp;
}

/** Everything a client can be told: the name of an event and its data. */
export interface Events {
  ready: { userId: string; sessionId: string; expiresAt: Timestamp; serverTime: Timestamp };
  'message:receive': Message;
  'message:delivered': ReceiptMoved;
  'message:read': ReceiptMoved;
  'user:typing': Typing;
  'user:online': PresenceChanged;
  'user:offline': PresenceChanged;
  'user:updated': User;
  'chat:member-added': MembersChanged;
  'chat:member-removed': MembersChanged;
  'chat:updated': ChatUpdated;
  'auth:expiring': { expiresIn: number };
  resync: Nothing;
}

export type ErrorCode =
  | 'malformed_request'
  | 'validation_failed'
  | 'empty_message'
  | 'message_too_long'
  | 'weak_password'
  | 'password_too_long'
  | 'unauthenticated'
  | 'token_expired'
  | 'token_revoked'
  | 'invalid_credentials'
  | 'invalid_refresh_token'
  | 'csrf_failed'
  | 'forbidden'
  | 'origin_refused'
  | 'chat_not_found'
  | 'message_not_found'
  | 'user_not_found'
  | 'unknown_operation'
  | 'route_not_found'
  | 'method_not_allowed'
  | 'request_timeout'
  | 'username_taken'
  | 'email_taken'
  | 'phone_taken'
  | 'participant_limit'
  | 'last_admin'
  | 'payload_too_large'
  | 'unsupported_media_type'
  | 'rate_limited'
  | 'busy'
  | 'storage_unavailable'
  | 'shutting_down'
  | 'internal';

/** The refusals after which the same request may succeed later, unchanged. */
export const RETRYABLE: readonly ErrorCode[] = [
  'request_timeout',
  'rate_limited',
  'busy',
  'storage_unavailable',
  'shutting_down',
  'internal',
];

export interface ApiError {
  error: string;
  code: ErrorCode;
  message: string;
  fields?: Record<string, string>;
  retry_after?: number;
}
