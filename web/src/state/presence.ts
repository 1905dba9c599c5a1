import type { PresenceTold, Typing, UserStatus, Watched, WentOffline } from './wire';

/** Typing is forgotten by itself: the word that somebody stopped may never arrive. */
export const TYPING_LASTS_MS = 6_000;

/** Of somebody connected: busy when they say so; or away while nobody is at their devices. */
export type PresenceState = UserStatus['state'];

export interface Presence {
  online: boolean;
  state: PresenceState;
  busyUntil: string | null;
  lastSeenAt: string | null;
}

export type Presences = Readonly<Record<string, Presence>>;

/** They came, or what is to be said of them has changed. */
export function wentOnline(presences: Presences, event: PresenceTold): Presences {
  return { ...presences, [event.userId]: there(event.state, event.busyUntil) };
}

export function wentOffline(presences: Presences, event: WentOffline): Presences {
  return { ...presences, [event.userId]: gone(event.lastSeenAt) };
}

export function withStatus(presences: Presences, status: UserStatus): Presences {
  const { online, lastSeenAt, state, busyUntil } = status;
  const presence = online ? there(state, busyUntil) : gone(lastSeenAt);
  return { ...presences, [status.userId]: { ...presence, lastSeenAt } };
}

/** The members of a group who are there. */
export function withWatched(presences: Presences, watched: Watched): Presences {
  const next = { ...presences };
  for (const userId of watched.online) next[userId] = there('online', next[userId]?.busyUntil);
  for (const userId of watched.away ?? []) next[userId] = there('away');
  for (const userId of watched.busy ?? []) {
    next[userId] = there('busy', presences[userId]?.busyUntil);
  }
  return next;
}

/** What to show at `now`: who said until when they are busy need not say that it is over. */
export function stateOf(presence: Presence | undefined, now: number): PresenceState {
  if (!presence?.online) return 'offline';
  const over = presence.busyUntil !== null && Date.parse(presence.busyUntil) <= now;
  return presence.state === 'busy' && over ? 'online' : presence.state;
}

// A server of an older release says no more than that they are online.
function there(state: PresenceState = 'online', busyUntil?: string | null): Presence {
  const until = state === 'busy' ? (busyUntil ?? null) : null;
  return { online: true, state, busyUntil: until, lastSeenAt: null };
}

function gone(lastSeenAt?: string | null): Presence {
  return { online: false, state: 'offline', busyUntil: null, lastSeenAt: lastSeenAt ?? null };
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
