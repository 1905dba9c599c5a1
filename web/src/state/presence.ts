import type { PresenceChanged, Typing, UserStatus } from './wire';

/** Typing is forgotten by itself: the word that somebody stopped may never arrive. */
export const TYPING_LASTS_MS = 6_000;

export interface Presence {
  online: boolean;
  lastSeenAt: string | null;
}

export type Presences = Readonly<Record<string, Presence>>;

export function wentOnline(presences: Presences, userId: string): Presences {
  return { ...presences, [userId]: { online: true, lastSeenAt: null } };
}

export function wentOffline(presences: Presences, event: PresenceChanged): Presences {
  return {
    ...presences,
    [event.userId]: { online: false, lastSeenAt: event.lastSeenAt ?? null },
  };
}

export function withStatus(presences: Presences, status: UserStatus): Presences {
  return {
    ...presences,
    [status.userId]: { online: status.online, lastSeenAt: status.lastSeenAt },
  };
}

/** Who types in each chat, and until when that may be believed (milliseconds). */
export type Typists = Readonly<Record<string, Readonly<Record<string, number>>>>;

export function heardTyping(typists: Typists, event: Typing, now: number): Typists {
  const { [event.userId]: _, ...others } = typists[event.chatId] ?? {};
  const inChat = event.typing ? { ...others, [event.userId]: now + TYPING_LASTS_MS } : others;
  return { ...typists, [event.chatId]: inChat };
}

/** A message ends the typing of its sender. */
export function stoppedTyping(typists: Typists, chatId: string, userId: string): Typists {
  if (typists[chatId]?.[userId] === undefined) return typists;
  return heardTyping(typists, { chatId, userId, typing: false }, 0);
}

/** Typists still to be believed at `now`. The same object when none has expired. */
export function stillTyping(typists: Typists, now: number): Typists {
  const kept: Record<string, Record<string, number>> = {};
  let expired = false;
  for (const [chatId, inChat] of Object.entries(typists)) {
    const rest = Object.entries(inChat).filter(([, until]) => until > now);
    expired ||= rest.length < Object.keys(inChat).length;
    if (rest.length > 0) kept[chatId] = Object.fromEntries(rest);
  }
  return expired ? kept : typists;
}
