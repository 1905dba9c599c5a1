import type { Chat, Message, Participant, Profile, User } from '../protocol';

// Values for tests, with everything that a test does not care about filled in.

export function user(id: string, displayName = id): User {
  const createdAt = '2026-01-01T00:00:00.000Z';
  return { id, username: id, displayName, about: '', avatarId: null, createdAt };
}

export function profile(id: string, change: Partial<Profile> = {}): Profile {
  return {
    ...user(id),
    emailVerified: false,
    phoneVerified: false,
    role: 'user',
    secondFactor: false,
    hasPassword: true,
    ...change,
  };
}

export function message(seq: number, senderId = 'bob', change: Partial<Message> = {}): Message {
  return {
    id: `m${seq}`,
    chatId: 'c1',
    seq,
    kind: 'message',
    senderId,
    createdAt: new Date(Date.UTC(2026, 10, 21, 4, 0, seq)).toISOString(),
    type: 'text',
    content: `text ${seq}`,
    ...change,
  };
}

export function messages(from: number, to: number, senderId = 'bob'): Message[] {
  return Array.from({ length: to - from + 1 }, (_, i) => message(from + i, senderId));
}

export function chat(change: Partial<Chat> = {}): Chat {
  const direct = (change.type ?? 'direct') === 'direct';
  return {
    id: 'c1',
    type: 'direct',
    name: '',
    description: '',
    ...(direct ? { peer: user('bob', 'Bob Kahn') } : {}),
    role: 'member',
    participantCount: 2,
    minDeliveredSeq: 0,
    minReadSeq: 0,
    firstSeq: 1,
    lastSeq: 0,
    lastMessage: null,
    unreadCount: 0,
    readSeq: 0,
    deliveredSeq: 0,
    mutedUntil: null,
    archived: false,
    pinned: false,
    createdAt: '2026-11-21T04:00:00.000Z',
    updatedAt: '2026-11-21T04:00:00.000Z',
    ...change,
  };
}

export function participant(userId: string, change: Partial<Participant> = {}): Participant {
  return {
    userId,
    username: userId,
    displayName: userId,
    role: 'member',
    permissions: { send: true, addMembers: false, changeInfo: false },
    deliveredSeq: 0,
    readSeq: 0,
    joinedAt: '2026-11-21T04:00:00.000Z',
    ...change,
  };
}
