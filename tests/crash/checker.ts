import { type Entry, type Happening, type LogRead, of } from './history.ts';

// A Check names a promise and lists where a history breaks it.
export interface Check {
  name: string;
  promise: string;
  violations(history: Happening[]): string[];
}

const draftKey = (chat: string, user: string, clientId: string) => `${chat} ${user} ${clientId}`;

const finalLogs = (history: Happening[]): Map<string, LogRead> =>
  new Map(
    of(history, 'log-read')
      .filter((log) => log.final)
      .map((log) => [log.chat, log]),
  );

// Walks over `later` in the order of `begun`, telling each of all `earlier` that ended before it began.
function afterEach<E extends { at: number }, L extends { begun: number }>(
  earlier: E[],
  later: L[],
  remember: (known: E) => void,
  compare: (now: L) => void,
): void {
  const ended = earlier.toSorted((a, b) => a.at - b.at);
  let next = 0;
  for (const now of later.toSorted((a, b) => a.begun - b.begun)) {
    for (
      let known = ended[next];
      known !== undefined && known.at < now.begun;
      known = ended[++next]
    ) {
      remember(known);
    }
    compare(now);
  }
}

const nothingLost: Check = {
  name: 'nothing lost',
  promise: 'an acknowledged message is in every log read later, with its id and seq',
  violations(history) {
    const wrong: string[] = [];
    const acked = of(history, 'acked');
    for (const log of of(history, 'log-read')) {
      const stored = new Map(log.entries.map((e) => [e.id, e]));
      for (const ack of acked) {
        if (ack.chat !== log.chat || ack.at >= log.begun) continue;
        const entry = stored.get(ack.id);
        if (entry === undefined)
          wrong.push(`chat ${log.chat}: seq ${ack.seq} (${ack.clientId}) is gone`);
        else if (entry.seq !== ack.seq || entry.clientId !== ack.clientId) {
          wrong.push(`chat ${log.chat}: ${ack.id} was seq ${ack.seq}, now ${entry.seq}`);
        }
      }
    }
    return wrong;
  },
};

const nothingDoubled: Check = {
  name: 'nothing doubled',
  promise: 'a draft is stored once, and every acknowledgement of it names the same message',
  violations(history) {
    const wrong: string[] = [];
    for (const log of of(history, 'log-read')) {
      const seen = new Set<string>();
      for (const { sender, clientId, seq } of log.entries) {
        if (clientId === undefined) continue;
        const key = draftKey(log.chat, sender, clientId);
        if (seen.has(key)) wrong.push(`chat ${log.chat}: ${clientId} again at seq ${seq}`);
        seen.add(key);
      }
    }
    const first = new Map<string, string>();
    for (const { chat, user, clientId, id, seq } of of(history, 'acked')) {
      const key = draftKey(chat, user, clientId);
      const answer = `${id} at seq ${seq}`;
      const known = first.get(key) ?? answer;
      if (known !== answer) wrong.push(`chat ${chat}: ${clientId} was ${known}, then ${answer}`);
      first.set(key, known);
    }
    return wrong;
  },
};

const noGaps: Check = {
  name: 'no gaps',
  promise: 'the seqs of a log are 1, 2, 3 … and its ids are all different',
  violations(history) {
    const wrong: string[] = [];
    for (const { chat, entries } of of(history, 'log-read')) {
      const at = entries.findIndex((entry, i) => entry.seq !== i + 1);
      if (at >= 0) wrong.push(`chat ${chat}: place ${at + 1} holds seq ${entries[at]?.seq}`);
      if (new Set(entries.map((e) => e.id)).size !== entries.length) {
        wrong.push(`chat ${chat}: an id stands twice`);
      }
    }
    return wrong;
  },
};

const nothingAltered: Check = {
  name: 'nothing altered',
  promise: 'every message of a log is what its sender drafted, and nothing else is in it',
  violations(history) {
    const drafts = new Map(
      of(history, 'drafted').map((d) => [draftKey(d.chat, d.user, d.clientId), d.content]),
    );
    const wrong: string[] = [];
    for (const log of of(history, 'log-read')) {
      for (const { kind, sender, clientId, content, seq } of log.entries) {
        if (kind !== 'message') continue;
        const drafted = drafts.get(draftKey(log.chat, sender, clientId ?? ''));
        if (drafted === undefined) wrong.push(`chat ${log.chat}: nobody drafted seq ${seq}`);
        else if (drafted !== content) wrong.push(`chat ${log.chat}: seq ${seq} has other content`);
      }
    }
    return wrong;
  },
};

const sameAsHeard: Check = {
  name: 'same as heard',
  promise: 'a message pushed to a device is in the log as it was pushed',
  violations(history) {
    const logs = finalLogs(history);
    const byId = new Map(
      [...logs].map(([chat, log]) => [chat, new Map(log.entries.map((e) => [e.id, e]))]),
    );
    const same = (a: Entry, b: Entry | undefined) =>
      b !== undefined && a.seq === b.seq && a.sender === b.sender && a.content === b.content;
    return of(history, 'heard')
      .filter(({ chat, entry }) => logs.has(chat) && !same(entry, byId.get(chat)?.get(entry.id)))
      .map(({ chat, device, entry }) => `chat ${chat}: ${device} heard seq ${entry.seq} otherwise`);
  },
};

const inOrder: Check = {
  name: 'in order',
  promise: 'a message acknowledged before another was drafted has the lower seq',
  violations(history) {
    const wrong: string[] = [];
    const acked = of(history, 'acked');
    const draftedAt = new Map(
      of(history, 'drafted').map((d) => [draftKey(d.chat, d.user, d.clientId), d.at]),
    );
    for (const chat of new Set(acked.map((a) => a.chat))) {
      const here = acked.filter((a) => a.chat === chat);
      const since = here.map((a) => ({
        ...a,
        begun: draftedAt.get(draftKey(a.chat, a.user, a.clientId)) ?? a.begun,
      }));
      let highest = 0;
      afterEach(
        here,
        since,
        (known) => {
          highest = Math.max(highest, known.seq);
        },
        (now) => {
          if (now.seq < highest) wrong.push(`chat ${chat}: seq ${now.seq} came after ${highest}`);
        },
      );
    }
    return wrong;
  },
};

const marksKept: Check = {
  name: 'marks kept',
  promise: 'a watermark that was acknowledged or shown is never seen lower later',
  violations(history) {
    const wrong: string[] = [];
    // Who was removed and added again begins anew.
    const begunAnew = new Set(of(history, 'member-changed').map((c) => `${c.user} ${c.chat}`));
    const views = of(history, 'viewed').filter(
      (v) => v.role !== 'left' && !begunAnew.has(`${v.user} ${v.chat}`),
    );
    const marks = of(history, 'marked');
    for (const key of new Set(views.map((v) => `${v.user} ${v.chat}`))) {
      const of = (x: { user: string; chat: string }) => `${x.user} ${x.chat}` === key;
      const seen = views.filter(of);
      const known = [
        ...seen.map((v) => ({ at: v.at, read: v.readSeq, delivered: v.deliveredSeq })),
        ...marks.filter(of).map((m) => ({
          at: m.at,
          read: m.mark === 'read' ? m.seq : 0,
          delivered: m.seq,
        })),
      ];
      let [read, delivered] = [0, 0];
      afterEach(
        known,
        seen,
        (k) => {
          read = Math.max(read, k.read);
          delivered = Math.max(delivered, k.delivered);
        },
        (now) => {
          if (now.readSeq < read) wrong.push(`${key}: read ${read}, later ${now.readSeq}`);
          if (now.deliveredSeq < delivered) {
            wrong.push(`${key}: delivered ${delivered}, later ${now.deliveredSeq}`);
          }
          if (now.readSeq > now.deliveredSeq) wrong.push(`${key}: read beyond delivered`);
        },
      );
    }
    return wrong;
  },
};

const unreadRight: Check = {
  name: 'unread right',
  promise: 'the unread count of a chat is the number of messages after the read mark',
  violations(history) {
    const logs = finalLogs(history);
    return of(history, 'viewed').flatMap((view) => {
      const log = logs.get(view.chat);
      if (log === undefined || view.role === 'left') return [];
      const unread = log.entries.filter(
        (e) => e.kind === 'message' && e.seq > view.readSeq && e.seq <= view.lastSeq,
      ).length;
      return unread === view.unread
        ? []
        : [`chat ${view.chat}: ${view.user} is told ${view.unread}, it is ${unread}`];
    });
  },
};

const listIsLog: Check = {
  name: 'list is log',
  promise: 'a chat list shows the end of each log, and its newest message',
  violations(history) {
    const logs = finalLogs(history);
    const wrong: string[] = [];
    for (const view of of(history, 'viewed')) {
      const log = logs.get(view.chat);
      if (log === undefined || view.role === 'left') continue;
      const ended = log.entries.at(-1)?.seq ?? 0;
      if (view.begun > log.begun && view.lastSeq !== ended) {
        wrong.push(
          `chat ${view.chat}: ${view.source} ends at ${view.lastSeq}, the log at ${ended}`,
        );
      }
      const newest = log.entries.findLast((e) => e.kind === 'message' && e.seq <= view.lastSeq);
      if ((newest?.id ?? null) !== view.lastMessage) {
        wrong.push(
          `chat ${view.chat}: ${view.source} shows another message than seq ${newest?.seq}`,
        );
      }
    }
    return wrong;
  },
};

const devicesAgree: Check = {
  name: 'devices agree',
  promise: 'every device of a user ends with the whole log and the state the list shows',
  violations(history) {
    const logs = finalLogs(history);
    const listed = new Map(
      of(history, 'viewed')
        .filter((v) => v.source === 'list')
        .map((v) => [`${v.user} ${v.chat}`, v]),
    );
    const wrong: string[] = [];
    for (const { user, device, chat, ids, view } of of(history, 'held')) {
      const whole = logs.get(chat)?.entries.map((e) => e.id) ?? [];
      const at = whole.findIndex((id, i) => ids[i] !== id);
      if (at >= 0 || ids.length !== whole.length) {
        wrong.push(
          `chat ${chat}: ${device} differs from seq ${at < 0 ? whole.length + 1 : at + 1}`,
        );
      }
      const list = listed.get(`${user} ${chat}`);
      const state = (v: typeof view | undefined) =>
        v && [v.lastSeq, v.readSeq, v.deliveredSeq, v.unread, v.role].join('/');
      if (state(view) !== state(list)) {
        wrong.push(`chat ${chat}: ${device} synced ${state(view)}, the list says ${state(list)}`);
      }
    }
    return wrong;
  },
};

const peopleAreLog: Check = {
  name: 'people are log',
  promise: 'who takes part is what the log and the acknowledged changes say, with their marks',
  violations(history) {
    const logs = finalLogs(history);
    const wrong: string[] = [];
    for (const { chat, people } of of(history, 'people-read')) {
      const here = new Set(people.map((p) => p.user));
      const said = new Set<string>();
      for (const { action, users = [] } of logs.get(chat)?.entries ?? []) {
        if (action === 'created' || action === 'added') for (const u of users) said.add(u);
        if (action === 'removed' || action === 'left') for (const u of users) said.delete(u);
      }
      for (const user of said) if (!here.has(user)) wrong.push(`chat ${chat}: ${user} is missing`);
      const last = new Map(
        of(history, 'member-changed')
          .filter((c) => c.chat === chat)
          .map((c) => [c.user, c.action]),
      );
      for (const [user, action] of last) {
        if (here.has(user) !== (action === 'added'))
          wrong.push(`chat ${chat}: ${user} was ${action}`);
      }
      for (const { user, readSeq, deliveredSeq } of people) {
        const own = of(history, 'viewed').findLast(
          (v) => v.source === 'list' && v.user === user && v.chat === chat,
        );
        if (own && (own.readSeq !== readSeq || own.deliveredSeq !== deliveredSeq)) {
          wrong.push(`chat ${chat}: others see ${user} at ${readSeq}, ${user} at ${own.readSeq}`);
        }
      }
    }
    return wrong;
  },
};

const allAnswered: Check = {
  name: 'all answered',
  promise: 'every draft is acknowledged or refused in the end, none both',
  violations(history) {
    const key = (x: { chat: string; user: string; clientId: string }) =>
      draftKey(x.chat, x.user, x.clientId);
    const acked = new Set(of(history, 'acked').map(key));
    const denied = new Set(of(history, 'denied').map(key));
    return of(history, 'drafted').flatMap((draft) => {
      const answers = Number(acked.has(key(draft))) + Number(denied.has(key(draft)));
      return answers === 1 ? [] : [`chat ${draft.chat}: ${draft.clientId} has ${answers} answers`];
    });
  },
};

export const CHECKS: Check[] = [
  nothingLost,
  nothingDoubled,
  noGaps,
  nothingAltered,
  sameAsHeard,
  inOrder,
  marksKept,
  unreadRight,
  listIsLog,
  devicesAgree,
  peopleAreLog,
  allAnswered,
];
