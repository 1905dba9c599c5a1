import type { Message } from '../protocol';
import type { ChatUpdated, HistoryPage, MembersChanged, Seq } from './wire';

/**
 * What this client holds of a chat's log: one window of seqs that is complete,
 * and perhaps entries that arrived ahead of it.
 *
 * `from..to` is complete for everything the screen shows. An entry with a seq
 * above `to` was heard of live while something before it is still missing; see
 * `missingAfter`.
 */
export interface Log {
  entries: readonly Message[];
  from: Seq;
  to: Seq;
  /** Nothing older exists on the server. */
  complete: boolean;
}

/** A range of a log that is known completely, from the server or from this device's cache. */
export interface Stretch {
  entries: readonly Message[];
  from: Seq;
  to: Seq;
  complete: boolean;
}

export function stretchOf(
  page: HistoryPage,
  asked: 'newest' | 'before' | 'after',
  firstSeq: Seq,
): Stretch {
  const complete = asked === 'after' ? page.fromSeq <= Math.max(firstSeq, 1) : !page.hasMore;
  return { entries: page.messages, from: page.fromSeq, to: page.toSeq, complete };
}

/**
 * Adds a stretch to a log. Where the two touch they become one window; a newer
 * stretch with a gap before it replaces the log (scrolling up loads the rest
 * again); an older one with a gap after it is of no use and is dropped.
 */
export function join(log: Log | undefined, stretch: Stretch): Log {
  if (!log) return { ...stretch, entries: sorted(stretch.entries) };
  if (stretch.from > log.to + 1) {
    const ahead = log.entries.filter((entry) => entry.seq > stretch.to);
    return settle({ ...stretch, entries: merged(stretch.entries, ahead) });
  }
  if (stretch.to < log.from - 1) return log;
  const reachesBack = stretch.from <= log.from;
  return settle({
    entries: merged(log.entries, stretch.entries),
    from: Math.min(log.from, stretch.from),
    to: Math.max(log.to, stretch.to),
    complete: log.complete || (reachesBack && stretch.complete),
  });
}

/** Adds an entry heard of live, or the accepted form of a message sent here. */
export function receive(log: Log | undefined, entry: Message): Log {
  if (!log) {
    return { entries: [entry], from: entry.seq, to: entry.seq, complete: entry.seq === 1 };
  }
  if (entry.seq < log.from) return log;
  return settle({ ...log, entries: merged(log.entries, [entry]) });
}

/** The seq to ask after when entries up to `lastSeq` exist, or null when nothing is missing. */
export function missingAfter(log: Log | undefined, lastSeq: Seq): Seq | null {
  if (!log) return null;
  const newest = Math.max(lastSeq, log.entries.at(-1)?.seq ?? 0);
  return log.to < newest ? log.to : null;
}

/** The newest `count` entries, for memory's sake; the window shrinks with them. */
export function newest(log: Log, count: number): Log {
  if (log.entries.length <= count) return log;
  const entries = log.entries.slice(-count);
  return { ...log, entries, from: entries[0]?.seq ?? log.from, complete: false };
}

/** Whether every displayable message of `seqs` above `after` is in the log. */
export function covers(log: Log | undefined, after: Seq, lastSeq: Seq): log is Log {
  return log !== undefined && log.from <= after + 1 && log.to >= lastSeq;
}

export function isMessage(entry: Message): boolean {
  return entry.kind === 'message';
}

/** The log entry that a membership event tells of. */
export function membershipEntry(event: MembersChanged): Message {
  return {
    id: event.id,
    chatId: event.chatId,
    seq: event.seq,
    kind: 'membership',
    senderId: event.actorId,
    createdAt: event.at,
    membership: { action: event.action, userIds: event.userIds },
  };
}

/** The log entry that a settings, role or permissions event tells of. */
export function settingsEntry(event: ChatUpdated): Message {
  const entry = {
    id: event.id,
    chatId: event.chatId,
    seq: event.seq,
    senderId: event.actorId,
    createdAt: event.at,
  };
  if (event.userIds && event.role) {
    const membership = { action: 'role' as const, userIds: event.userIds, role: event.role };
    return { ...entry, kind: 'membership', membership };
  }
  if (event.userIds && event.permissions) {
    const { userIds, permissions } = event;
    const membership = { action: 'permissions' as const, userIds, permissions };
    return { ...entry, kind: 'membership', membership };
  }
  const settings = {
    ...(event.name === undefined ? {} : { name: event.name }),
    ...(event.description === undefined ? {} : { description: event.description }),
  };
  return { ...entry, kind: 'settings', settings };
}

// Moves `to` over entries that had arrived early.
function settle(log: Log): Log {
  let { to } = log;
  for (const entry of log.entries) {
    if (entry.seq === to + 1) to = entry.seq;
  }
  return to === log.to ? log : { ...log, to };
}

function sorted(entries: readonly Message[]): Message[] {
  return [...entries].sort((a, b) => a.seq - b.seq);
}

// One entry per seq; the later argument wins.
function merged(known: readonly Message[], added: readonly Message[]): readonly Message[] {
  if (added.length === 0) return known;
  const last = known.at(-1);
  const first = added[0];
  if (!last || (first && first.seq > last.seq && added.length === 1)) return [...known, ...added];
  const bySeq = new Map(known.map((entry) => [entry.seq, entry]));
  for (const entry of added) bySeq.set(entry.seq, { ...bySeq.get(entry.seq), ...entry });
  return sorted([...bySeq.values()]);
}
