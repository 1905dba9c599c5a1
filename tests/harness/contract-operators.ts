// The operations of moderators and admins, and of who reports to them.
import type { Member, Operation } from './contract.ts';

const text: Member = { kind: 'text', required: true };
const maybeText: Member = { kind: 'text' };
const inPath: Member = { kind: 'id', required: true, in: 'path' };
const page: Record<string, Member> = {
  limit: { kind: 'limit', in: 'query' },
  cursor: { kind: 'cursor', in: 'query' },
};

export const OPERATOR_OPERATIONS: Operation[] = [
  {
    op: 'report:create',
    method: 'POST',
    path: '/reports',
    members: {
      userId: { kind: 'id' },
      chatId: { kind: 'id' },
      messageId: { kind: 'id' },
      reason: text,
      comment: maybeText,
      block: { kind: 'bool' },
    },
  },
  {
    op: 'admin:user-list',
    method: 'GET',
    path: '/admin/users',
    role: 'moderator',
    members: {
      q: { kind: 'text', in: 'query' },
      role: { kind: 'text', in: 'query' },
      suspended: { kind: 'bool', in: 'query' },
      ...page,
    },
  },
  {
    op: 'admin:user-get',
    method: 'GET',
    path: '/admin/users/{userId}',
    role: 'moderator',
    members: { userId: inPath },
  },
  {
    op: 'admin:user-create',
    method: 'POST',
    path: '/admin/users',
    role: 'admin',
    members: {
      username: text,
      password: maybeText,
      displayName: maybeText,
      email: maybeText,
      phoneNumber: maybeText,
      role: maybeText,
    },
  },
  {
    op: 'admin:suspend',
    method: 'POST',
    path: '/admin/users/{userId}/suspend',
    role: 'moderator',
    members: { userId: inPath, reason: text },
  },
  {
    op: 'admin:unsuspend',
    method: 'POST',
    path: '/admin/users/{userId}/unsuspend',
    role: 'moderator',
    members: { userId: inPath },
  },
  {
    op: 'admin:delete',
    method: 'DELETE',
    path: '/admin/users/{userId}',
    role: 'admin',
    members: { userId: inPath },
  },
  {
    op: 'admin:reset-password',
    method: 'POST',
    path: '/admin/users/{userId}/reset-password',
    role: 'admin',
    members: { userId: inPath, password: maybeText },
  },
  {
    op: 'admin:set-role',
    method: 'PUT',
    path: '/admin/users/{userId}/role',
    role: 'admin',
    members: { userId: inPath, role: text },
  },
  {
    op: 'admin:report-list',
    method: 'GET',
    path: '/admin/reports',
    role: 'moderator',
    members: { state: { kind: 'text', in: 'query' }, ...page },
  },
  {
    op: 'admin:report-resolve',
    method: 'POST',
    path: '/admin/reports/{reportId}/resolve',
    role: 'moderator',
    members: { reportId: inPath, action: text, note: maybeText },
  },
  {
    op: 'admin:audit',
    method: 'GET',
    path: '/admin/audit',
    role: 'admin',
    members: {
      actorId: { kind: 'id', in: 'query' },
      subjectId: { kind: 'id', in: 'query' },
      action: { kind: 'text', in: 'query' },
      ...page,
    },
  },
  {
    op: 'admin:invite-create',
    method: 'POST',
    path: '/admin/invites',
    role: 'admin',
    members: { uses: { kind: 'limit' }, expiresIn: { kind: 'limit' } },
  },
  { op: 'admin:invite-list', method: 'GET', path: '/admin/invites', role: 'admin', members: {} },
  {
    op: 'admin:invite-remove',
    method: 'DELETE',
    path: '/admin/invites/{inviteId}',
    role: 'admin',
    members: { inviteId: inPath },
  },
];
