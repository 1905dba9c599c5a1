import { eventually, pause } from '../harness/deadline.ts';
import { ParleyNode } from '../harness/node.ts';
import type { Said } from '../harness/rest.ts';
import { directChat, group, signUp, type User } from '../harness/users.ts';
import { Device, entryOf, type Stage, viewOf } from './device.ts';
import type { Entry, Happening } from './history.ts';
import type { Random } from './random.ts';

export interface Outcome {
  history: Happening[];
  recovering: number; // kills that met the server while it was starting
}

const USERS = 6;
const DEVICES_EACH = 2;

// Runs `cycles` of load, kill -9 and restart against a server of its own and
// returns everything its clients saw. Throws when a client is refused what it
// may do, or when the server does not come back.
export async function run(
  cycles: number,
  random: Random,
  tell: (line: string) => void,
): Promise<Outcome> {
  const history: Happening[] = [];
  const node = new ParleyNode();
  await node.start();
  try {
    const users: User[] = [];
    for (let i = 0; i < USERS; i++) users.push(await signUp(node, `crash${i}`));
    const [host, ...others] = users as [User, ...User[]];
    const guest = users.at(-1) as User;

    // Everybody has a direct chat with the next; all share one group; in another
    // the last one comes and goes.
    const chats: Said[] = [];
    const members = new Map<string, string[]>(); // of the direct chats
    const mine = (user: User) => (chat: Said) =>
      chat.type === 'group' || members.get(chat.id)?.includes(user.id) === true;
    for (const [i, user] of users.entries()) {
      const next = users[(i + 1) % USERS] as User;
      const chat = await directChat(user, next);
      chats.push(chat);
      members.set(chat.id, [user.id, next.id]);
    }
    chats.push(await group(host, others, 'Everybody'));
    const restless = await group(host, others, 'Restless');
    chats.push(restless);

    let starting: Promise<unknown> = Promise.resolve();
    const stage: Stage = {
      record: (happening) => history.push(happening),
      now: () => performance.now(),
      up: async () => {
        await starting;
        await eventually('the server runs', () => node.running, 30_000);
      },
      groups: new Map([[restless.id, { admin: 'crash0', guest }]]),
    };
    const devices = users.flatMap((user, u) =>
      Array.from(
        { length: DEVICES_EACH },
        (_, d) => new Device(`crash${u}.${d}`, user, stage, random),
      ),
    );

    let over = false;
    let failed: unknown;
    const lives = devices.map((device) =>
      device
        .live(() => over || failed !== undefined)
        .catch((failure) => {
          failed ??= failure;
        }),
    );

    let recovering = 0;
    for (let cycle = 1; cycle <= cycles && failed === undefined; cycle++) {
      await pause(random.between(150, 1_200));
      starting = (async () => {
        await node.kill();
        history.push({ kind: 'crashed', at: stage.now(), cycle });
        // Sometimes the plug is pulled again while it recovers.
        if (random.chance(0.25)) {
          recovering += 1;
          const attempt = node.start().catch(() => undefined);
          await pause(random.between(0, 60));
          await node.kill();
          await attempt;
        }
        await node.start();
      })();
      await starting;
      const reader = random.pick(users.slice(0, -1));
      history.push(await readLog(reader, random.pick(chats.filter(mine(reader))).id, false));
      const acked = history.reduce((n, h) => n + Number(h.kind === 'acked'), 0);
      tell(`cycle ${cycle}/${cycles}: ${acked} messages acknowledged so far`);
    }
    over = true;
    await Promise.all(lives);
    if (failed !== undefined) throw failed;

    // In peace: everybody catches up, then everything is read back.
    await Promise.all(devices.map((device) => device.finish()));
    await Promise.all(devices.map((device) => device.settle()));
    for (const chat of chats) {
      const reader = users.find((user) => mine(user)(chat)) as User;
      const { participants } = await reader.get(`/chats/${chat.id}/participants?limit=100`);
      const people = participants.map((p: Said) => ({
        user: p.userId,
        readSeq: p.readSeq,
        deliveredSeq: p.deliveredSeq,
      }));
      history.push({ kind: 'people-read', chat: chat.id, people });
      history.push(await readLog(reader, chat.id, true));
    }
    for (const user of users) {
      const begun = stage.now();
      const { chats: list } = await user.get('/chats?limit=100');
      for (const chat of list) {
        history.push(viewOf(chat, 'list', begun, stage.now(), user.id, 'list'));
      }
    }
    return { history, recovering };
  } finally {
    await node.dispose();
  }
}

async function readLog(reader: User, chat: string, final: boolean): Promise<Happening> {
  const begun = performance.now();
  const entries: Entry[] = [];
  for (let after = 0; ; ) {
    const page = await reader.get(`/chats/${chat}/messages?after=${after}&limit=100`);
    entries.push(...page.messages.map(entryOf));
    after = page.toSeq;
    if (!page.hasMore) break;
  }
  const at = performance.now();
  return { kind: 'log-read', begun, at, chat, reader: reader.id, final, entries };
}
