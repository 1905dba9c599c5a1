import type { Chat, Participant } from '../protocol';
import type { ReceiptMoved, Seq } from './wire';

/**
 * How far a message of mine has come, as shown by the ticks beside it.
 *
 * It only ever moves down this list. Receipts may arrive late or out of order
 * (a read receipt can overtake a delivery receipt); a later one never takes a
 * tick away. Only `failed` can be left by sending again.
 */
export const PROGRESS = ['failed', 'sending', 'sent', 'delivered', 'read'] as const;
export type Progress = (typeof PROGRESS)[number];

export type ReceiptEvent = 'refused' | 'resent' | 'accepted' | 'delivered' | 'read';

const REACHED: Record<ReceiptEvent, Progress> = {
  refused: 'failed',
  resent: 'sending',
  accepted: 'sent',
  delivered: 'delivered',
  read: 'read',
};

export function advance(current: Progress, event: ReceiptEvent): Progress {
  const reached = REACHED[event];
  if (event === 'refused') return current === 'sending' ? reached : current;
  return PROGRESS.indexOf(reached) > PROGRESS.indexOf(current) ? reached : current;
}

/** The lowest watermarks of everybody else in a chat. */
export type Watermarks = Pick<Chat, 'minDeliveredSeq' | 'minReadSeq'>;

/** Ticks of an accepted message: a group's tick moves when the last participant has moved. */
export function progressOf(seq: Seq, marks: Watermarks): Progress {
  let progress: Progress = 'sent';
  if (seq <= marks.minDeliveredSeq) progress = advance(progress, 'delivered');
  if (seq <= marks.minReadSeq) progress = advance(progress, 'read');
  return progress;
}

export type ReceiptKind = 'delivered' | 'read';

/** One participant's watermarks after a receipt. Reading implies having received. */
export function moved<P extends Pick<Participant, 'deliveredSeq' | 'readSeq'>>(
  participant: P,
  kind: ReceiptKind,
  seq: Seq,
): P {
  const deliveredSeq = Math.max(participant.deliveredSeq, seq);
  const readSeq = kind === 'read' ? Math.max(participant.readSeq, seq) : participant.readSeq;
  if (deliveredSeq === participant.deliveredSeq && readSeq === participant.readSeq) {
    return participant;
  }
  return { ...participant, deliveredSeq, readSeq };
}

/** What everybody but `me` has reached; never below what was known before. */
export function lowest(
  participants: readonly Participant[],
  me: string,
  known: Watermarks,
): Watermarks {
  const others = participants.filter((p) => p.userId !== me && p.role !== 'left');
  if (others.length === 0) return known;
  return {
    minDeliveredSeq: Math.max(
      known.minDeliveredSeq,
      Math.min(...others.map((p) => p.deliveredSeq)),
    ),
    minReadSeq: Math.max(known.minReadSeq, Math.min(...others.map((p) => p.readSeq))),
  };
}

/** Participants after one of them has moved. The same array when nothing changed. */
export function withReceipt(
  participants: readonly Participant[],
  kind: ReceiptKind,
  receipt: ReceiptMoved,
): readonly Participant[] {
  let changed = false;
  const next = participants.map((participant) => {
    if (participant.userId !== receipt.userId) return participant;
    const after = moved(participant, kind, receipt.seq);
    changed ||= after !== participant;
    return after;
  });
  return changed ? next : participants;
}
