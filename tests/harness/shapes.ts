import { expect } from 'vitest';
import type { Said } from './rest.ts';

// A Shape says what is wrong with a value, as lines "path: what"; none when it fits.
export type Shape = (value: unknown, path: string) => string[];

// A member that may be missing.
class Maybe {
  constructor(readonly shape: Shape) {}
}

export const maybe = (shape: Shape) => new Maybe(shape);

const is =
  (what: string, accepts: (value: unknown) => boolean): Shape =>
  (value, path) =>
    accepts(value) ? [] : [`${path}: ${JSON.stringify(value)} is not ${what}`];

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

export const text = is('a string', (v) => typeof v === 'string');
export const filled = is('a non-empty string', (v) => typeof v === 'string' && v !== '');
export const bool = is('a boolean', (v) => typeof v === 'boolean');
export const count = is('a number from 0', (v) => Number.isSafeInteger(v) && (v as number) >= 0);
export const seq = is('a seq', (v) => Number.isSafeInteger(v) && (v as number) >= 1);
export const id = is('an id', (v) => typeof v === 'string' && /^[1-9]\d{0,19}$/.test(v));
export const time = is('a time in ms, UTC', (v) => typeof v === 'string' && TIME.test(v));
export const oneOf = (...values: unknown[]) => is(`one of ${values}`, (v) => values.includes(v));
export const nullOr =
  (shape: Shape): Shape =>
  (value, path) =>
    value === null ? [] : shape(value, path);

export const listOf =
  (shape: Shape): Shape =>
  (value, path) =>
    Array.isArray(value)
      ? value.flatMap((v, i) => shape(v, `${path}[${i}]`))
      : [`${path}: not a list`];

// An object with these members and no others.
export const exactly =
  (members: Record<string, Shape | Maybe>): Shape =>
  (value, path) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return [`${path}: ${JSON.stringify(value)} is not an object`];
    }
    const given = value as Record<string, unknown>;
    const wrong = Object.keys(given)
      .filter((name) => !(name in members))
      .map((name) => `${path}.${name}: not in the contract`);
    for (const [name, shape] of Object.entries(members)) {
      if (!(name in given)) {
        if (!(shape instanceof Maybe)) wrong.push(`${path}.${name}: missing`);
      } else {
        const inner = shape instanceof Maybe ? shape.shape : shape;
        wrong.push(...inner(given[name], `${path}.${name}`));
      }
    }
    return wrong;
  };

// Fails with every line the shape finds wrong.
export function expectShape(value: unknown, shape: Shape): Said {
  expect(shape(value, '$'), JSON.stringify(value)).toEqual([]);
  return value;
}

// The resources of the contract.

const userMembers = {
  id,
  username: filled,
  displayName: text,
  about: text,
  avatarId: nullOr(id),
  createdAt: time,
  firstName: maybe(filled),
  lastName: maybe(filled),
  statusText: maybe(filled),
  statusUntil: maybe(time),
};
export const user = exactly(userMembers);
export const ownUser = exactly({
  ...userMembers,
  email: maybe(filled),
  emailVerified: bool,
  phoneNumber: maybe(filled),
  phoneVerified: bool,
  language: maybe(filled),
  role: oneOf('user', 'moderator', 'admin', 'bot'),
  secondFactor: bool,
  hasPassword: bool,
  publicKey: maybe(filled),
  identityKey: maybe(filled),
});
export const session = exactly({
  id,
  device: filled,
  platform: text,
  userAgent: text,
  address: filled,
  createdAt: time,
  lastUsedAt: time,
  current: bool,
});

const entryMembers = { id, chatId: id, seq, senderId: id, createdAt: time };
export const message = exactly({
  ...entryMembers,
  kind: oneOf('message'),
  clientMessageId: filled,
  type: oneOf('text'),
  content: filled,
  editedAt: maybe(time),
  deletedAt: maybe(time),
});
export const permissions = exactly({ send: bool, addMembers: bool, changeInfo: bool });
export const membershipEntry = exactly({
  ...entryMembers,
  kind: oneOf('membership'),
  membership: exactly({
    action: oneOf('created', 'added', 'removed', 'left', 'role', 'permissions'),
    userIds: listOf(id),
    role: maybe(oneOf('admin', 'member')),
    permissions: maybe(permissions),
  }),
});
export const settingsEntry = exactly({
  ...entryMembers,
  kind: oneOf('settings'),
  settings: exactly({ name: maybe(text), description: maybe(text) }),
});
export const entry: Shape = (value, path) => {
  const kind = (value as Said)?.kind;
  if (kind === 'membership') return membershipEntry(value, path);
  return (kind === 'settings' ? settingsEntry : message)(value, path);
};

const chatMembers = {
  id,
  type: oneOf('direct', 'group'),
  name: text,
  description: text,
  role: oneOf('admin', 'member', 'left'),
  participantCount: count,
  minDeliveredSeq: count,
  minReadSeq: count,
  firstSeq: count,
  lastSeq: count,
  lastMessage: nullOr(message),
  unreadCount: count,
  readSeq: count,
  deliveredSeq: count,
  mutedUntil: nullOr(time),
  archived: bool,
  pinned: bool,
  createdAt: time,
  updatedAt: time,
};
const directChatShape = exactly({ ...chatMembers, type: oneOf('direct'), peer: user });
const groupShape = exactly({ ...chatMembers, type: oneOf('group') });
export const chat: Shape = (value, path) =>
  ((value as Said)?.type === 'direct' ? directChatShape : groupShape)(value, path);
export const syncedChat: Shape = (value, path) => {
  const { limited, ...rest } = (value ?? {}) as Said;
  const wrong = limited === undefined || limited === true ? [] : [`${path}.limited: ${limited}`];
  return [...wrong, ...chat(rest, path)];
};

const tokens = { accessToken: filled, expiresIn: count };
export const signedIn = exactly({ user: ownUser, ...tokens, refreshToken: filled });
export const signedInByCookie = exactly({ user: ownUser, ...tokens, csrfToken: filled });
export const refreshed = exactly({ ...tokens, refreshToken: filled });
export const refreshedByCookie = exactly({ ...tokens, csrfToken: filled });

export const chats = exactly({ chats: listOf(chat), nextCursor: nullOr(filled) });
export const participants = exactly({
  participants: listOf(
    exactly({
      userId: id,
      username: filled,
      displayName: text,
      role: oneOf('admin', 'member'),
      permissions,
      deliveredSeq: count,
      readSeq: count,
      joinedAt: time,
    }),
  ),
  nextCursor: nullOr(filled),
});
export const page = exactly({
  messages: listOf(entry),
  fromSeq: count,
  toSeq: count,
  hasMore: bool,
});
export const synced = exactly({
  cursor: filled,
  epoch: filled,
  chats: listOf(syncedChat),
  hasMore: bool,
});
export const messageInfo = exactly({
  messageId: id,
  seq,
  deliveredTo: listOf(id),
  readBy: listOf(id),
});
export const userStatus = exactly({
  userId: id,
  online: bool,
  state: oneOf('offline', 'online', 'away', 'busy'),
  busyUntil: maybe(time),
  lastSeenAt: nullOr(time),
});
export const membersAdded = exactly({ added: listOf(id), seq });
export const nothing = exactly({});

export const error = exactly({
  error: oneOf(
    'Unauthorized',
    'Forbidden',
    'NotFound',
    'Conflict',
    'ValidationError',
    'RateLimitExceeded',
    'Unavailable',
    'Internal',
  ),
  code: filled,
  message: filled,
  fields: maybe((value, path) =>
    typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([name, why]) => filled(why, `${path}.${name}`))
      : [`${path}: not an object`],
  ),
  retry_after: maybe(count),
});
