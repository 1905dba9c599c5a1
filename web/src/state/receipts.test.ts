import { describe, expect, test } from 'vitest';
import { participant } from './make.test-values';
import { advance, lowest, moved, PROGRESS, progressOf, type ReceiptEvent } from './receipts';

// The same table holds for the server: see the tests of its receipts.
const TABLE: Record<ReceiptEvent, Record<(typeof PROGRESS)[number], string>> = {
  refused: {
    failed: 'failed',
    sending: 'failed',
    sent: 'sent',
    delivered: 'delivered',
    read: 'read',
  },
  resent: {
    failed: 'sending',
    sending: 'sending',
    sent: 'sent',
    delivered: 'delivered',
    read: 'read',
  },
  accepted: { failed: 'sent', sending: 'sent', sent: 'sent', delivered: 'delivered', read: 'read' },
  delivered: {
    failed: 'delivered',
    sending: 'delivered',
    sent: 'delivered',
    delivered: 'delivered',
    read: 'read',
  },
  read: { failed: 'read', sending: 'read', sent: 'read', delivered: 'read', read: 'read' },
};

describe('the ticks of a message', () => {
  test.each(Object.keys(TABLE) as ReceiptEvent[])('move forward only when %s', (event) => {
    for (const current of PROGRESS) expect(advance(current, event)).toBe(TABLE[event][current]);
  });

  test('end where they end, in whatever order the receipts come', () => {
    const events: ReceiptEvent[] = ['accepted', 'delivered', 'read'];
    for (const order of permutations(events)) {
      expect(order.reduce(advance, 'sending' as (typeof PROGRESS)[number])).toBe('read');
    }
  });

  test('follow the lowest watermark of the others', () => {
    const marks = { minDeliveredSeq: 7, minReadSeq: 5 };
    expect([4, 5, 6, 7, 8].map((seq) => progressOf(seq, marks))).toEqual([
      'read',
      'read',
      'delivered',
      'delivered',
      'sent',
    ]);
  });
});

describe('watermarks', () => {
  test('reading implies having received', () => {
    expect(moved(participant('bob'), 'read', 4)).toMatchObject({ deliveredSeq: 4, readSeq: 4 });
  });

  test('a late receipt takes nothing back', () => {
    const bob = participant('bob', { deliveredSeq: 9, readSeq: 9 });
    expect(moved(bob, 'delivered', 4)).toBe(bob);
  });

  test('of a group are those of its slowest participant, without me and those who left', () => {
    const all = [
      participant('me', { deliveredSeq: 0, readSeq: 0 }),
      participant('bob', { deliveredSeq: 9, readSeq: 3 }),
      participant('eve', { deliveredSeq: 6, readSeq: 5 }),
      participant('gone', { role: 'left' }),
    ];
    const known = { minDeliveredSeq: 1, minReadSeq: 1 };
    expect(lowest(all, 'me', known)).toEqual({ minDeliveredSeq: 6, minReadSeq: 3 });
  });

  test('of a group never fall below what was shown', () => {
    const known = { minDeliveredSeq: 8, minReadSeq: 8 };
    expect(lowest([participant('new')], 'me', known)).toEqual(known);
  });
});

function permutations<T>(all: T[]): T[][] {
  if (all.length < 2) return [all];
  return all.flatMap((one, i) =>
    permutations([...all.slice(0, i), ...all.slice(i + 1)]).map((rest) => [one, ...rest]),
  );
}
