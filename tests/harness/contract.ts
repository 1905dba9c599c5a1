// The operations a client can ask for, as a table tests walk over.
import { DEVICE_OPERATIONS } from './contract-devices.ts';
import { OPERATOR_OPERATIONS } from './contract-operators.ts';

// What a member may be; `examples` of wrong values are derived from it.
export type Kind = 'text' | 'id' | 'seq' | 'bool' | 'names' | 'limit' | 'cursor' | 'time';

export interface Member {
  kind: Kind;
  required?: boolean;
  in?: 'path' | 'query' | 'body';
}

export interface Operation {
  op: string;
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE'; // none: sockets only
  path?: string; // members of the path as {name}
  open?: boolean; // needs no token
  role?: 'moderator' | 'admin'; // needs at least this role
  socket?: boolean; // false: REST only
  bytes?: boolean; // its body is no JSON
  members: Record<string, Member>;
}

const text: Member = { kind: 'text', required: true };
const maybeText: Member = { kind: 'text' };
const inPath: Member = { kind: 'id', required: true, in: 'path' };
const page: Record<string, Member> = {
  limit: { kind: 'limit', in: 'query' },
  cursor: { kind: 'cursor', in: 'query' },
};
const names: Member = { kind: 'names', required: true };
const seq: Member = { kind: 'seq', required: true };

export const OPERATIONS: Operation[] = [
  {
    op: 'auth:register',
    method: 'POST',
    path: '/auth/register',
    open: true,
    members: {
      username: text,
      password: text,
      displayName: maybeText,
      email: maybeText,
      phoneNumber: maybeText,
      inviteToken: maybeText,
      device: maybeText,
      language: maybeText,
    },
  },
  {
    op: 'auth:login',
    method: 'POST',
    path: '/auth/login',
    open: true,
    members: { username: text, password: text, secondFactorCode: maybeText, device: maybeText },
  },
  {
    op: 'auth:request-otp',
    method: 'POST',
    path: '/auth/request-otp',
    open: true,
    members: { phoneNumber: text },
  },
  {
    op: 'auth:verify-otp',
    method: 'POST',
    path: '/auth/verify-otp',
    open: true,
    members: {
      phoneNumber: text,
      code: text,
      username: maybeText,
      displayName: maybeText,
      inviteToken: maybeText,
      language: maybeText,
      secondFactorCode: maybeText,
      device: maybeText,
    },
  },
  {
    op: 'auth:verify-email',
    method: 'POST',
    path: '/auth/verify-email',
    open: true,
    members: { token: text },
  },
  {
    op: 'auth:forgot-password',
    method: 'POST',
    path: '/auth/forgot-password',
    open: true,
    members: { email: text },
  },
  {
    op: 'auth:reset-password',
    method: 'POST',
    path: '/auth/reset-password',
    open: true,
    members: { token: text, password: text },
  },
  {
    op: 'auth:passkey-options',
    method: 'POST',
    path: '/auth/passkeys/options',
    open: true,
    members: {},
  },
  {
    op: 'auth:passkey-login',
    method: 'POST',
    path: '/auth/passkeys/login',
    open: true,
    members: {
      credentialId: text,
      clientDataJson: text,
      authenticatorData: text,
      signature: text,
      userHandle: maybeText,
      device: maybeText,
    },
  },
  { op: 'auth:methods', method: 'GET', path: '/auth/methods', open: true, members: {} },
  {
    op: 'auth:oidc-begin',
    method: 'POST',
    path: '/auth/oidc/begin',
    open: true,
    members: { provider: text },
  },
  {
    op: 'auth:oidc-complete',
    method: 'POST',
    path: '/auth/oidc/complete',
    open: true,
    members: {
      code: text,
      state: text,
      username: maybeText,
      inviteToken: maybeText,
      device: maybeText,
    },
  },
  {
    op: 'auth:refresh',
    method: 'POST',
    path: '/auth/refresh-token',
    open: true,
    members: { refreshToken: maybeText },
  },
  { op: 'auth:logout', method: 'POST', path: '/auth/logout', members: {} },
  {
    op: 'auth:logout-all',
    method: 'POST',
    path: '/auth/logout-all',
    members: { keepCurrent: { kind: 'bool' } },
  },
  { op: 'auth:renew', members: { accessToken: text } },
  { op: 'session:list', method: 'GET', path: '/users/sessions', members: {} },
  {
    op: 'session:revoke',
    method: 'DELETE',
    path: '/users/sessions/{sessionId}',
    members: { sessionId: inPath },
  },
  { op: 'security:list', method: 'GET', path: '/users/security-events', members: page },
  { op: 'user:profile', method: 'GET', path: '/users/profile', members: {} },
  {
    op: 'user:update',
    method: 'PUT',
    path: '/users/profile',
    members: {
      displayName: maybeText,
      firstName: maybeText,
      lastName: maybeText,
      about: maybeText,
      statusText: maybeText,
      statusUntil: { kind: 'time' },
      language: maybeText,
      publicKey: maybeText,
      identityKey: maybeText,
    },
  },
  {
    op: 'user:set-avatar',
    method: 'PUT',
    path: '/users/avatar',
    socket: false,
    bytes: true,
    members: {},
  },
  { op: 'user:remove-avatar', method: 'DELETE', path: '/users/avatar', members: {} },
  {
    op: 'user:avatar',
    method: 'GET',
    path: '/users/{userId}/avatar',
    socket: false,
    members: { userId: inPath, avatarId: { kind: 'id', in: 'query' } },
  },
  {
    op: 'user:set-password',
    method: 'PUT',
    path: '/users/password',
    members: { currentPassword: maybeText, newPassword: text },
  },
  {
    op: 'user:set-email',
    method: 'PUT',
    path: '/users/email',
    members: { email: text, password: maybeText },
  },
  {
    op: 'user:send-verification',
    method: 'POST',
    path: '/users/email/verification',
    members: {},
  },
  {
    op: 'user:set-phone',
    method: 'PUT',
    path: '/users/phone',
    members: { phoneNumber: text, code: text },
  },
  {
    op: 'second-factor:begin',
    method: 'POST',
    path: '/users/second-factor',
    members: { password: maybeText },
  },
  {
    op: 'second-factor:confirm',
    method: 'POST',
    path: '/users/second-factor/confirm',
    members: { code: text },
  },
  {
    op: 'second-factor:remove',
    method: 'POST',
    path: '/users/second-factor/remove',
    members: { code: text },
  },
  { op: 'passkey:options', method: 'POST', path: '/users/passkeys/options', members: {} },
  {
    op: 'passkey:add',
    method: 'POST',
    path: '/users/passkeys',
    members: {
      name: maybeText,
      credentialId: text,
      clientDataJson: text,
      attestationObject: text,
    },
  },
  { op: 'passkey:list', method: 'GET', path: '/users/passkeys', members: {} },
  {
    op: 'passkey:remove',
    method: 'DELETE',
    path: '/users/passkeys/{passkeyId}',
    members: { passkeyId: inPath },
  },
  {
    op: 'user:get',
    method: 'GET',
    path: '/users/{username}',
    members: { username: { kind: 'text', required: true, in: 'path' } },
  },
  {
    op: 'user:public-key',
    method: 'GET',
    path: '/users/{username}/public-key',
    members: { username: { kind: 'text', required: true, in: 'path' } },
  },
  { op: 'user:status', method: 'GET', path: '/users/{userId}/status', members: { userId: inPath } },
  {
    op: 'user:set-status',
    method: 'PUT',
    path: '/users/status',
    members: { availability: text, until: { kind: 'time' } },
  },
  {
    op: 'user:search',
    method: 'GET',
    path: '/users/search',
    members: {
      q: { kind: 'text', required: true, in: 'query' },
      limit: { kind: 'limit', in: 'query' },
    },
  },
  { op: 'contact:list', method: 'GET', path: '/users/contacts', members: page },
  {
    op: 'contact:add',
    method: 'POST',
    path: '/users/contacts',
    members: {
      userId: { kind: 'id' },
      username: maybeText,
      phoneNumber: maybeText,
      name: maybeText,
    },
  },
  {
    op: 'contact:update',
    method: 'PUT',
    path: '/users/contacts/{userId}',
    members: { userId: inPath, name: maybeText, favourite: { kind: 'bool' } },
  },
  {
    op: 'contact:remove',
    method: 'DELETE',
    path: '/users/contacts/{userId}',
    members: { userId: inPath },
  },
  {
    op: 'contact:suggestions',
    method: 'GET',
    path: '/users/contacts/suggestions',
    members: { limit: { kind: 'limit', in: 'query' } },
  },
  { op: 'contact:salt', method: 'GET', path: '/users/contacts/salt', members: {} },
  {
    op: 'contact:match',
    method: 'POST',
    path: '/users/contacts/match',
    members: { saltId: { kind: 'id', required: true }, prefixes: names },
  },
  {
    op: 'contact:sync',
    method: 'POST',
    path: '/users/contacts/sync',
    members: {
      saltId: { kind: 'id', required: true },
      hashes: names,
      remove: { kind: 'bool' },
    },
  },
  { op: 'user:privacy', method: 'GET', path: '/users/privacy', members: {} },
  {
    op: 'user:set-privacy',
    method: 'PUT',
    path: '/users/privacy',
    members: {
      lastSeen: maybeText,
      online: maybeText,
      avatar: maybeText,
      about: maybeText,
      groups: maybeText,
      readReceipts: { kind: 'bool' },
      exceptUserIds: { kind: 'names' },
    },
  },
  { op: 'block:list', method: 'GET', path: '/users/blocked', members: page },
  {
    op: 'block:add',
    method: 'PUT',
    path: '/users/blocked/{userId}',
    members: { userId: inPath },
  },
  {
    op: 'block:remove',
    method: 'DELETE',
    path: '/users/blocked/{userId}',
    members: { userId: inPath },
  },
  { op: 'chat:list', method: 'GET', path: '/chats', members: page },
  {
    op: 'chat:create',
    method: 'POST',
    path: '/chats',
    members: {
      type: text,
      username: maybeText,
      userId: { kind: 'id' },
      name: maybeText,
      description: maybeText,
      members: { kind: 'names' },
    },
  },
  { op: 'chat:get', method: 'GET', path: '/chats/{chatId}', members: { chatId: inPath } },
  {
    op: 'chat:update',
    method: 'PUT',
    path: '/chats/{chatId}',
    members: { chatId: inPath, name: maybeText, description: maybeText },
  },
  {
    op: 'chat:participants',
    method: 'GET',
    path: '/chats/{chatId}/participants',
    members: { chatId: inPath, ...page },
  },
  {
    op: 'chat:add-members',
    method: 'POST',
    path: '/groups/{chatId}/members',
    members: { chatId: inPath, members: names },
  },
  {
    op: 'chat:remove-member',
    method: 'DELETE',
    path: '/groups/{chatId}/members/{userId}',
    members: { chatId: inPath, userId: inPath },
  },
  { op: 'chat:leave', method: 'POST', path: '/groups/{chatId}/leave', members: { chatId: inPath } },
  {
    op: 'chat:set-role',
    method: 'PUT',
    path: '/groups/{chatId}/members/{userId}',
    members: { chatId: inPath, userId: inPath, role: text },
  },
  {
    op: 'group:create',
    method: 'POST',
    path: '/groups',
    members: { name: text, description: maybeText, members: { kind: 'names' } },
  },
  {
    op: 'user:export',
    method: 'GET',
    path: '/users/export',
    socket: false,
    members: {},
  },
  {
    op: 'user:delete-account',
    method: 'POST',
    path: '/users/profile/delete',
    members: { password: maybeText },
  },
  {
    op: 'chat:set-permissions',
    method: 'PUT',
    path: '/groups/{chatId}/members/{userId}/permissions',
    members: {
      chatId: inPath,
      userId: inPath,
      send: { kind: 'bool' },
      addMembers: { kind: 'bool' },
      changeInfo: { kind: 'bool' },
    },
  },
  {
    op: 'message:send',
    method: 'POST',
    path: '/chats/{chatId}/messages',
    members: { chatId: inPath, content: text, clientMessageId: text, type: maybeText },
  },
  {
    op: 'history',
    method: 'GET',
    path: '/chats/{chatId}/messages',
    members: {
      chatId: inPath,
      before: { kind: 'seq', in: 'query' },
      after: { kind: 'seq', in: 'query' },
      around: { kind: 'seq', in: 'query' },
      limit: { kind: 'limit', in: 'query' },
    },
  },
  {
    op: 'message:info',
    method: 'GET',
    path: '/chats/{chatId}/messages/{messageId}/info',
    members: { chatId: inPath, messageId: inPath },
  },
  {
    op: 'message:delivered',
    method: 'POST',
    path: '/chats/{chatId}/delivered',
    members: { chatId: inPath, seq },
  },
  {
    op: 'message:read',
    method: 'POST',
    path: '/chats/{chatId}/read',
    members: { chatId: inPath, seq },
  },
  {
    op: 'message:typing',
    method: 'POST',
    path: '/chats/{chatId}/typing',
    members: { chatId: inPath, typing: { kind: 'bool', required: true } },
  },
  { op: 'sync', method: 'GET', path: '/sync', members: page },
  { op: 'presence:watch', members: { chatId: inPath } },
  { op: 'presence:unwatch', members: { chatId: inPath } },
  { op: 'presence:away', members: { away: { kind: 'bool', required: true } } },
  ...DEVICE_OPERATIONS,
  ...OPERATOR_OPERATIONS,
];
