import type { Chat, Message } from '../protocol';
import { covers, isMessage, type Log } from './messages';
import type { ReceiptKind } from './receipts';
import type { ReceiptMoved } from './wire';

/**
 * A chat as the server describes it now, over what is known here already.
 *
 * Watermarks only grow, and a description older than what was heard live does
 * not take the newest message or the unread count back.
 */
export function mergeChat(known: Chat | undefined, described: Chat): Chat {
  if (!known) return described;
  const stale = described.lastSeq < known.lastSeq;
  const unread =
    described.readSeq < known.readSeq || stale ? known.unreadCount : described.unreadCount;
  return {
    ...described,
    lastSeq: Math.max(known.lastSeq, described.lastSeq),
    readSeq: Math.max(known.readSeq, described.readSeq),
    deliveredSeq: Math.max(known.deliveredSeq, described.deliveredSeq),
    minDeliveredSeq: Math.max(known.minDeliveredSeq, described.minDeliveredSeq),
    minReadSeq: Math.max(known.minReadSeq, described.minReadSeq),
    lastMessage: newer(known.lastMessage, described.lastMessage),
    unreadCount: unread,
  };
}

/** A chat after an entry of its log was heard of. Hearing of it again changes nothing. */
export function withEntry(chat: Chat, entry: Message, me: string): Chat {
  const fresh = entry.seq > chat.lastSeq;
  const next = { ...chat, lastSeq: Math.max(chat.lastSeq, entry.seq) };
  if (!isMessage(entry)) return next;
  next.lastMessage = newer(chat.lastMessage, entry);
  if (entry.senderId === me) {
    // Sending moves the sender's own watermarks.
    next.readSeq = Math.max(chat.readSeq, entry.seq);
    next.deliveredSeq = Math.max(chat.deliveredSeq, entry.seq);
    if (fresh) next.unreadCount = 0;
  } else if (fresh && entry.seq > chat.readSeq) {
    next.unreadCount = chat.unreadCount + 1;
  }
  return next;
}

/** A chat after I have read up to `seq`, here or on another device. */
export function readUpTo(chat: Chat, seq: number, me: string, log: Log | undefined): Chat {
  if (seq <= chat.readSeq) return chat;
  const next = {
    ...chat,
    readSeq: seq,
    deliveredSeq: Math.max(chat.deliveredSeq, seq),
  };
  next.unreadCount = unreadAfter(next, me, log);
  return next;
}

function unreadAfter(chat: Chat, me: string, log: Log | undefined): number {
  if (chat.readSeq >= chat.lastSeq) return 0;
  if (!covers(log, chat.readSeq, chat.lastSeq)) return chat.unreadCount;
  return log.entries.filter(
    (entry) => isMessage(entry) && entry.seq > chat.readSeq && entry.senderId !== me,
  ).length;
}

/** A direct chat after its peer has moved. Groups need all participants: see `lowest`. */
export function peerMoved(chat: Chat, kind: ReceiptKind, receipt: ReceiptMoved): Chat {
  const minDeliveredSeq = Math.max(chat.minDeliveredSeq, receipt.seq);
  const minReadSeq = kind === 'read' ? Math.max(chat.minReadSeq, receipt.seq) : chat.minReadSeq;
  if (minDeliveredSeq === chat.minDeliveredSeq && minReadSeq === chat.minReadSeq) return chat;
  return { ...chat, minDeliveredSeq, minReadSeq };
}

/** When somebody last wrote in a chat; its beginning when nobody has. */
export function activityOf(chat: Chat): string {
  return chat.lastMessage?.createdAt ?? chat.createdAt;
}

/** Newest activity first. Chats I left stay readable, in their place. */
export function byActivity(chats: Iterable<Chat>): Chat[] {
  return [...chats].sort((a, b) => {
    const order = activityOf(b).localeCompare(activityOf(a));
    return order === 0 ? b.id.localeCompare(a.id) : order;
  });
}

function newer(a: Message | null, b: Message | null): Message | null {
  if (!a || !b) return b ?? a;
  return b.seq >= a.seq ? b : a;
}
