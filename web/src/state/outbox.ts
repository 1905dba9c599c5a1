import type { FailureCode } from './failure';
import type { Log } from './messages';
import { advance, type Progress } from './receipts';

/** A message that the server has not accepted yet. It is kept on this device until it has. */
export interface OutboxEntry {
  clientMessageId: string;
  chatId: string;
  content: string;
  /** Milliseconds on this device's clock: for showing only, order is the server's. */
  createdAt: number;
  /** The refusal that sending again would not change. */
  refusal?: FailureCode;
}

export function progressOfEntry(entry: OutboxEntry): Progress {
  return entry.refusal ? advance('sending', 'refused') : 'sending';
}

/** What still waits in a chat, without what the log shows already. */
export function waiting(
  outbox: readonly OutboxEntry[],
  chatId: string,
  log: Log | undefined,
): OutboxEntry[] {
  const here = outbox.filter((entry) => entry.chatId === chatId);
  if (here.length === 0 || !log) return here;
  const accepted = new Set(log.entries.map((entry) => entry.clientMessageId));
  return here.filter((entry) => !accepted.has(entry.clientMessageId));
}

/** The entry to send next in each chat: the oldest that was not refused. */
export function heads(outbox: readonly OutboxEntry[]): OutboxEntry[] {
  const first = new Map<string, OutboxEntry>();
  for (const entry of outbox) {
    if (!entry.refusal && !first.has(entry.chatId)) first.set(entry.chatId, entry);
  }
  return [...first.values()];
}
