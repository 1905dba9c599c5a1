import { createStore } from 'zustand/vanilla';
import type { Chat, Participant, Profile, SecurityEvent, User } from '../protocol';
import type { Log } from './messages';
import { NO_NOTIFICATIONS, type NotificationsHere } from './notifications';
import type { OutboxEntry } from './outbox';
import type { Presences, Typists } from './presence';

/** Where the session stands. `starting`: not yet known whether somebody is signed in. */
export type Phase = 'starting' | 'signed-out' | 'signed-in';

/** The state of the live connection, in the words of the status line. */
export type Link = 'offline' | 'connecting' | 'updating' | 'online';

export type Person = Pick<User, 'username' | 'displayName'>;

export interface State {
  phase: Phase;
  me: Profile | null;
  link: Link;
  /** Chats have been loaded, from this device or from the server. */
  loaded: boolean;
  chats: Readonly<Record<string, Chat>>;
  /** Logs of the chats opened or heard of since the start; the rest is in the cache. */
  logs: Readonly<Record<string, Log>>;
  /** Participants of the groups asked for so far. */
  participants: Readonly<Record<string, readonly Participant[]>>;
  /** Names of everybody met, also of those who left. */
  people: Readonly<Record<string, Person>>;
  presences: Presences;
  typists: Typists;
  outbox: readonly OutboxEntry[];
  drafts: Readonly<Record<string, string>>;
  /** The last thing that happened to the account, until somebody has taken note of it. */
  warning: SecurityEvent | null;
  /** Being notified in this browser. */
  notifications: NotificationsHere;
}

export const EMPTY: State = {
  phase: 'starting',
  me: null,
  link: 'connecting',
  loaded: false,
  chats: {},
  logs: {},
  participants: {},
  people: {},
  presences: {},
  typists: {},
  outbox: [],
  drafts: {},
  warning: null,
  notifications: NO_NOTIFICATIONS,
};

export type Store = ReturnType<typeof createParley>;

export function createParley() {
  return createStore<State>(() => EMPTY);
}

/** The one state of this page. Components draw it; the connection changes it. */
export const parley = createParley();
