import type { Chat, Message } from '../protocol';
import { isMessage, type Log } from './messages';
import { type OutboxEntry, progressOfEntry } from './outbox';
import { type Progress, progressOf } from './receipts';
import type { Seq } from './wire';

/** One row of a conversation on the screen. */
export type Row =
  | { kind: 'day'; key: string; at: number }
  | { kind: 'unread'; key: string; count: number }
  | { kind: 'system'; key: string; entry: Message }
  | {
      kind: 'bubble';
      key: string;
      mine: boolean;
      senderId: string;
      content: string;
      at: number;
      /** First and last of a run by the same sender. */
      first: boolean;
      last: boolean;
      progress: Progress | null;
      message: Message | null;
      waiting: OutboxEntry | null;
    };

export interface UnreadMark {
  /** Everything above it was unread when the chat was opened. */
  after: Seq;
  count: number;
}

const RUN_LASTS_MS = 5 * 60_000;

type Bubble = Extract<Row, { kind: 'bubble' }>;

/** The rows of a conversation, oldest first: days, system lines, bubbles, then what still waits. */
export function rowsOf(
  log: Log | undefined,
  outbox: readonly OutboxEntry[],
  chat: Chat,
  me: string,
  mark: UnreadMark | null,
): Row[] {
  const rows: Row[] = [];
  let day = '';
  let previous: Bubble | null = null;
  // Where the mark belongs is known only when the log reaches back to it.
  let marked = !mark || !log || log.from > mark.after + 1;

  const place = (at: number) => {
    const today = new Date(at).toDateString();
    if (today === day) return;
    day = today;
    previous = null;
    rows.push({ kind: 'day', key: `day:${today}`, at });
  };
  const bubble = (next: Omit<Bubble, 'kind' | 'first' | 'last'>) => {
    const sameRun = previous?.senderId === next.senderId && next.at - previous.at < RUN_LASTS_MS;
    if (sameRun && previous) previous.last = false;
    previous = { kind: 'bubble', ...next, first: !sameRun, last: true };
    rows.push(previous);
  };

  for (const entry of log?.entries ?? []) {
    const at = Date.parse(entry.createdAt);
    const mine = entry.senderId === me;
    place(at);
    if (!marked && mark && entry.seq > mark.after && isMessage(entry) && !mine) {
      marked = true;
      previous = null;
      rows.push({ kind: 'unread', key: 'unread', count: mark.count });
    }
    if (!isMessage(entry)) {
      previous = null;
      rows.push({ kind: 'system', key: keyOf(entry), entry });
      continue;
    }
    bubble({
      key: keyOf(entry),
      mine,
      senderId: entry.senderId,
      content: entry.content ?? '',
      at,
      progress: mine ? progressOf(entry.seq, chat) : null,
      message: entry,
      waiting: null,
    });
  }

  for (const entry of outbox) {
    place(entry.createdAt);
    bubble({
      key: `${me}:${entry.clientMessageId}`,
      mine: true,
      senderId: me,
      content: entry.content,
      at: entry.createdAt,
      progress: progressOfEntry(entry),
      message: null,
      waiting: entry,
    });
  }
  return rows;
}

// A message sent here keeps its key when it moves from the outbox to the log.
function keyOf(entry: Message): string {
  return entry.clientMessageId ? `${entry.senderId}:${entry.clientMessageId}` : entry.id;
}
