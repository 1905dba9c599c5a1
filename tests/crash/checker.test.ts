// The checker is trusted because each of its checks is seen to fire on a
// history that breaks its promise, and to keep still on one that does not.
import { describe, expect, test } from 'vitest';
import { CHECKS } from './checker.ts';
import type { Entry, Happening, Held, LogRead, Viewed } from './history.ts';

const chat = 'c1';
const created: Entry = {
  id: '10',
  seq: 1,
  kind: 'membership',
  sender: 'ann',
  action: 'created',
  users: ['ann', 'bo'],
};
const entries = (): Entry[] => [
  { ...created },
  { id: '11', seq: 2, kind: 'message', sender: 'ann', clientId: 'a1', content: 'one' },
  { id: '12', seq: 3, kind: 'message', sender: 'bo', clientId: 'b1', content: 'two' },
  { id: '13', seq: 4, kind: 'message', sender: 'ann', clientId: 'a2', content: 'three' },
];

const view = (more: Partial<Viewed>): Viewed => ({
  kind: 'viewed',
  begun: 50,
  at: 51,
  user: 'ann',
  device: 'ann.0',
  source: 'sync',
  chat,
  role: 'member',
  lastSeq: 4,
  readSeq: 4,
  deliveredSeq: 4,
  unread: 0,
  lastMessage: '13',
  ...more,
});

// Ann sends twice, Bo once in between; Bo has read up to 3. One crash, nothing wrong.
function good(): Happening[] {
  const bos = { user: 'bo', device: 'bo.0', readSeq: 3, unread: 1 };
  const held = (user: string, seen: Viewed): Held => ({
    kind: 'held',
    user,
    device: `${user}.0`,
    chat,
    ids: entries().map((e) => e.id),
    view: seen,
  });
  return [
    { kind: 'drafted', at: 1, user: 'ann', device: 'ann.0', chat, clientId: 'a1', content: 'one' },
    { kind: 'acked', begun: 1, at: 3, user: 'ann', chat, clientId: 'a1', id: '11', seq: 2 },
    { kind: 'drafted', at: 4, user: 'bo', device: 'bo.0', chat, clientId: 'b1', content: 'two' },
    { kind: 'acked', begun: 4, at: 6, user: 'bo', chat, clientId: 'b1', id: '12', seq: 3 },
    { kind: 'marked', begun: 7, at: 8, user: 'bo', chat, mark: 'read', seq: 3 },
    { kind: 'crashed', at: 9, cycle: 1 },
    {
      kind: 'drafted',
      at: 9,
      user: 'ann',
      device: 'ann.0',
      chat,
      clientId: 'a2',
      content: 'three',
    },
    { kind: 'acked', begun: 10, at: 12, user: 'ann', chat, clientId: 'a2', id: '13', seq: 4 },
    // Resent after a lost answer, answered the same.
    { kind: 'acked', begun: 13, at: 14, user: 'ann', chat, clientId: 'a2', id: '13', seq: 4 },
    { kind: 'drafted', at: 15, user: 'cy', device: 'cy.0', chat, clientId: 'x1', content: 'no' },
    { kind: 'denied', at: 16, user: 'cy', chat, clientId: 'x1', code: 'chat_not_found' },
    { kind: 'member-changed', begun: 17, at: 18, chat, user: 'cy', action: 'removed' },
    { kind: 'heard', at: 20, user: 'bo', device: 'bo.0', chat, entry: entries()[3] as Entry },
    view({
      begun: 21,
      at: 22,
      readSeq: 2,
      deliveredSeq: 2,
      lastSeq: 3,
      unread: 1,
      lastMessage: '12',
    }),
    held('ann', view({})),
    held('bo', view(bos)),
    { kind: 'log-read', begun: 60, at: 61, chat, reader: 'ann', final: true, entries: entries() },
    {
      kind: 'people-read',
      chat,
      people: [
        { user: 'ann', readSeq: 4, deliveredSeq: 4 },
        { user: 'bo', readSeq: 3, deliveredSeq: 4 },
      ],
    },
    view({ begun: 70, at: 71, source: 'list' }),
    view({ ...bos, begun: 70, at: 71, source: 'list' }),
  ];
}

const logOf = (history: Happening[]) =>
  history.find((h): h is LogRead => h.kind === 'log-read') as LogRead;
const lastView = (history: Happening[], user: string) =>
  history.findLast((h): h is Viewed => h.kind === 'viewed' && h.user === user) as Viewed;
const heldBy = (history: Happening[], user: string) =>
  history.find((h): h is Held => h.kind === 'held' && h.user === user) as Held;
const drop = <T>(list: T[], at: number) => list.splice(at, 1)[0] as T;

// What is done to the good history, and the checks that must see it.
const PLANTED: [string, string, (history: Happening[]) => void][] = [
  ['nothing lost', 'the last acknowledged message is gone', (h) => drop(logOf(h).entries, 3)],
  [
    'nothing lost',
    'two acknowledged messages changed places',
    (h) => {
      const log = logOf(h).entries;
      [(log[1] as Entry).seq, (log[2] as Entry).seq] = [3, 2];
    },
  ],
  [
    'nothing doubled',
    'a resent draft is stored again',
    (h) => logOf(h).entries.push({ ...(entries()[3] as Entry), id: '14', seq: 5 }),
  ],
  [
    'nothing doubled',
    'a resent draft is acknowledged as another message',
    (h) => {
      const ack = h.findLast((x) => x.kind === 'acked');
      if (ack?.kind === 'acked') ack.id = '99';
    },
  ],
  [
    'no gaps',
    'a seq is left out',
    (h) => {
      (logOf(h).entries[3] as Entry).seq = 5;
    },
  ],
  [
    'no gaps',
    'an id is given twice',
    (h) => {
      (logOf(h).entries[3] as Entry).id = '12';
    },
  ],
  [
    'nothing altered',
    'a content has changed by one letter',
    (h) => {
      (logOf(h).entries[2] as Entry).content = 'tvo';
    },
  ],
  [
    'nothing altered',
    'a message nobody drafted is stored',
    (h) =>
      logOf(h).entries.push({
        id: '15',
        seq: 5,
        kind: 'message',
        sender: 'bo',
        clientId: 'ghost',
        content: 'boo',
      }),
  ],
  [
    'same as heard',
    'a device heard a message under another seq',
    (h) => {
      const heard = h.find((x) => x.kind === 'heard');
      if (heard?.kind === 'heard') heard.entry = { ...heard.entry, seq: 3 };
    },
  ],
  [
    'same as heard',
    'a device heard a message that was never stored',
    (h) => {
      const heard = h.find((x) => x.kind === 'heard');
      if (heard?.kind === 'heard') heard.entry = { ...heard.entry, id: '77' };
    },
  ],
  [
    'in order',
    'a later message has a lower seq than one acknowledged before',
    (h) => {
      for (const x of h) if (x.kind === 'acked' && x.clientId === 'a1') x.seq = 9;
    },
  ],
  [
    'marks kept',
    'an acknowledged read mark is lower after the crash',
    (h) => {
      lastView(h, 'bo').readSeq = 2;
    },
  ],
  [
    'marks kept',
    'a delivered mark once shown is lower later',
    (h) => {
      Object.assign(lastView(h, 'ann'), { readSeq: 1, deliveredSeq: 1 });
    },
  ],
  [
    'marks kept',
    'more is read than delivered',
    (h) => {
      lastView(h, 'bo').deliveredSeq = 2;
    },
  ],
  [
    'unread right',
    'the unread count is one too high',
    (h) => {
      lastView(h, 'bo').unread += 1;
    },
  ],
  [
    'list is log',
    'the list ends before the log',
    (h) => {
      Object.assign(lastView(h, 'ann'), { lastSeq: 3, lastMessage: '12' });
    },
  ],
  [
    'list is log',
    'the list shows an older message',
    (h) => {
      lastView(h, 'ann').lastMessage = '12';
    },
  ],
  ['devices agree', 'a device lacks the last message', (h) => drop(heldBy(h, 'bo').ids, 3)],
  ['devices agree', 'a device lacks a message in the middle', (h) => drop(heldBy(h, 'bo').ids, 1)],
  [
    'devices agree',
    'a device was not told of a mark of another',
    (h) => {
      heldBy(h, 'bo').view.readSeq = 2;
    },
  ],
  [
    'people are log',
    'somebody of the log does not take part',
    (h) => {
      const read = h.find((x) => x.kind === 'people-read');
      if (read?.kind === 'people-read') drop(read.people, 1);
    },
  ],
  [
    'people are log',
    'an acknowledged removal came undone',
    (h) => {
      const read = h.find((x) => x.kind === 'people-read');
      if (read?.kind === 'people-read') {
        read.people.push({ user: 'cy', readSeq: 0, deliveredSeq: 0 });
      }
    },
  ],
  [
    'people are log',
    'others see another mark than the user does',
    (h) => {
      const read = h.find((x) => x.kind === 'people-read');
      if (read?.kind === 'people-read') (read.people[1] as { readSeq: number }).readSeq = 1;
    },
  ],
  [
    'all answered',
    'a draft is never answered',
    (h) =>
      drop(
        h,
        h.findIndex((x) => x.kind === 'denied'),
      ),
  ],
  [
    'all answered',
    'a draft is both acknowledged and refused',
    (h) => {
      h.push({ kind: 'denied', at: 30, user: 'ann', chat, clientId: 'a1', code: 'chat_not_found' });
    },
  ],
];

describe('The checker', () => {
  test('finds nothing in a history that is right', () => {
    for (const check of CHECKS) expect(check.violations(good()), check.name).toEqual([]);
  });

  test.each(PLANTED)('"%s" sees that %s', (name, _, plant) => {
    const history = good();
    plant(history);
    const check = CHECKS.find((c) => c.name === name);
    expect(check?.violations(history)).not.toEqual([]);
  });

  test('has no check that was not seen to fire', () => {
    const seen = new Set(PLANTED.map(([name]) => name));
    expect(CHECKS.map((c) => c.name).filter((name) => !seen.has(name))).toEqual([]);
  });
});
