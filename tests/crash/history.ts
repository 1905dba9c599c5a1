// What happened in a run, as the clients saw it: the checker's only input.
//
// Times are of one clock, in milliseconds. `begun` is when something was asked
// for, `at` when its answer was there; between the two the server may have done
// it at any moment.

export interface Entry {
  id: string;
  seq: number;
  kind: 'message' | 'membership' | 'settings';
  sender: string;
  clientId?: string;
  content?: string;
  action?: string;
  users?: string[];
}

// A client asked for a message to be sent; it resends the same until it is answered.
export interface Drafted {
  kind: 'drafted';
  at: number;
  user: string;
  device: string;
  chat: string;
  clientId: string;
  content: string;
}

// The server said that a message is stored.
export interface Acked {
  kind: 'acked';
  begun: number;
  at: number;
  user: string;
  chat: string;
  clientId: string;
  id: string;
  seq: number;
}

// The server said that a message will not be stored.
export interface Denied {
  kind: 'denied';
  at: number;
  user: string;
  chat: string;
  clientId: string;
  code: string;
}

// The server said that a watermark is stored.
export interface Marked {
  kind: 'marked';
  begun: number;
  at: number;
  user: string;
  chat: string;
  mark: 'delivered' | 'read';
  seq: number;
}

// The server said that somebody was added to a group or removed from it.
export interface MemberChanged {
  kind: 'member-changed';
  begun: number;
  at: number;
  chat: string;
  user: string;
  action: 'added' | 'removed';
}

// A message was pushed to a device.
export interface Heard {
  kind: 'heard';
  at: number;
  user: string;
  device: string;
  chat: string;
  entry: Entry;
}

// A chat as sync or the chat list showed it to a user.
export interface Viewed {
  kind: 'viewed';
  begun: number;
  at: number;
  user: string;
  device: string;
  source: 'sync' | 'list';
  chat: string;
  role: string;
  lastSeq: number;
  readSeq: number;
  deliveredSeq: number;
  unread: number;
  lastMessage: string | null; // its id
}

// A whole log, read from its start.
export interface LogRead {
  kind: 'log-read';
  begun: number;
  at: number;
  chat: string;
  reader: string;
  final: boolean; // after the load has ended
  entries: Entry[];
}

// The participants of a chat, after the load has ended.
export interface PeopleRead {
  kind: 'people-read';
  chat: string;
  people: { user: string; readSeq: number; deliveredSeq: number }[];
}

// What a device holds of a chat in the end: from events, gap repair and sync alone.
export interface Held {
  kind: 'held';
  user: string;
  device: string;
  chat: string;
  ids: string[]; // in the order of their seqs, from 1
  view: Viewed; // the last sync showed it
}

export interface Crashed {
  kind: 'crashed';
  at: number;
  cycle: number;
}

export type Happening =
  | Drafted
  | Acked
  | Denied
  | Marked
  | MemberChanged
  | Heard
  | Viewed
  | LogRead
  | PeopleRead
  | Held
  | Crashed;

export type Kind = Happening['kind'];

// All happenings of one kind, in the order they were recorded.
export function of<K extends Kind>(
  history: Happening[],
  kind: K,
): Extract<Happening, { kind: K }>[] {
  return history.filter((h): h is Extract<Happening, { kind: K }> => h.kind === kind);
}
