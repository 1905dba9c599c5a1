import { eventually } from '../harness/deadline.ts';
import type { Said } from '../harness/rest.ts';
import { directChat, group, type Place, signUp, type User } from '../harness/users.ts';
import { Device, entryOf, type Stage, viewOf } from './device.ts';
import type { Entry, Happening } from './history.ts';
import type { Random } from './random.ts';

export interface LoadOptions {
  up?: () => Promise<void>; // resolves while there is somebody to speak to; at once unless told
  // Whether a refusal only says that the server is not itself just now; none does unless told.
  excuses?: (error: Said) => boolean;
  pace?: number; // times as long between what a device does; 1 unless told
  rest?: number; // milliseconds from a lost connection to the next; 10 unless told
}

const USERS = 6;
const DEVICES_EACH = 2;

// Load is what users with several devices each do for as long as it runs, against one server or
// several, and everything they saw.
export class Load {
  readonly history: Happening[] = [];
  #users: User[] = [];
  readonly #chats: Said[] = [];
  readonly #members = new Map<string, string[]>(); // of the direct chats
  #devices: Device[] = [];
  #lives: Promise<void>[] = [];
  #over = false;
  #failed: unknown;

  // Registers everybody, opens their chats and begins.
  static async on(place: Place, random: Random, options: LoadOptions = {}): Promise<Load> {
    const load = new Load(random, options);
    await load.#prepare(place);
    return load;
  }

  private constructor(
    private readonly random: Random,
    private readonly options: LoadOptions,
  ) {}

  now(): number {
    return performance.now();
  }

  // A client was refused what it may do, or had an answer that is none.
  get failed(): boolean {
    return this.#failed !== undefined;
  }

  get acked(): number {
    return this.history.reduce((n, h) => n + Number(h.kind === 'acked'), 0);
  }

  record(happening: Happening): void {
    this.history.push(happening);
  }

  // Reads some log in the middle of it, which must not lack anything either.
  async peek(): Promise<void> {
    const reader = this.random.pick(this.#users.slice(0, -1));
    const { id } = this.random.pick(this.#chats.filter((chat) => this.#isOf(reader, chat)));
    this.record(await readLog(reader, id, false));
  }

  // Waits until that many more messages have been acknowledged.
  async goesOn(messages: number, deadline = 120_000): Promise<void> {
    const begun = this.acked;
    const more = () => this.failed || this.acked >= begun + messages;
    await eventually(`${messages} more messages are acknowledged`, more, deadline);
    if (this.failed) throw this.#failed;
  }

  // Ends it. In peace everybody catches up, then everything is read back. Throws when `failed`.
  async finish(): Promise<Happening[]> {
    this.#over = true;
    await Promise.all(this.#lives);
    if (this.failed) throw this.#failed;
    await Promise.all(this.#devices.map((device) => device.finish()));
    await Promise.all(this.#devices.map((device) => device.settle()));
    for (const chat of this.#chats) {
      const reader = this.#users.find((user) => this.#isOf(user, chat)) as User;
      const { participants } = await reader.get(`/chats/${chat.id}/participants?limit=100`);
      const people = participants.map((p: Said) => ({
        user: p.userId,
        readSeq: p.readSeq,
        deliveredSeq: p.deliveredSeq,
      }));
      this.record({ kind: 'people-read', chat: chat.id, people });
      this.record(await readLog(reader, chat.id, true));
    }
    for (const user of this.#users) {
      const begun = this.now();
      const { chats: list } = await user.get('/chats?limit=100');
      for (const chat of list) {
        this.record(viewOf(chat, 'list', begun, this.now(), user.id, 'list'));
      }
    }
    return this.history;
  }

  // Every log and every chat list as another server has them that was made of this one's store.
  async readAt(place: Place): Promise<Happening[]> {
    const read: Happening[] = [];
    for (const chat of this.#chats) {
      const reader = this.#users.find((user) => this.#isOf(user, chat)) as User;
      read.push(await readLog(reader.at(place), chat.id, true));
    }
    for (const user of this.#users) {
      const begun = this.now();
      const { chats: list } = await user.at(place).get('/chats?limit=100');
      for (const chat of list) read.push(viewOf(chat, 'list', begun, this.now(), user.id, 'list'));
    }
    return read;
  }

  // Ends it where it stands, for a test that failed.
  async abandon(): Promise<void> {
    this.#over = true;
    await Promise.all(this.#lives);
    for (const device of this.#devices) device.drop();
  }

  // Everybody has a direct chat with the next; all share one group; in another the last one comes
  // and goes.
  async #prepare(place: Place): Promise<void> {
    for (let i = 0; i < USERS; i++) this.#users.push(await signUp(place, `crash${i}`));
    const [host, ...others] = this.#users as [User, ...User[]];
    const guest = this.#users.at(-1) as User;
    for (const [i, user] of this.#users.entries()) {
      const next = this.#users[(i + 1) % USERS] as User;
      const chat = await directChat(user, next);
      this.#chats.push(chat);
      this.#members.set(chat.id, [user.id, next.id]);
    }
    this.#chats.push(await group(host, others, 'Everybody'));
    const restless = await group(host, others, 'Restless');
    this.#chats.push(restless);

    const stage: Stage = {
      record: (happening) => this.record(happening),
      now: () => this.now(),
      up: this.options.up ?? (async () => undefined),
      excuses: this.options.excuses ?? (() => false),
      pace: this.options.pace ?? 1,
      rest: this.options.rest ?? 10,
      groups: new Map([[restless.id, { admin: 'crash0', guest }]]),
    };
    this.#devices = this.#users.flatMap((user, u) =>
      Array.from(
        { length: DEVICES_EACH },
        (_, d) => new Device(`crash${u}.${d}`, user, stage, this.random),
      ),
    );
    this.#lives = this.#devices.map((device) =>
      device
        .live(() => this.#over || this.failed)
        .catch((failure) => {
          this.#failed ??= failure;
        }),
    );
  }

  #isOf(user: User, chat: Said): boolean {
    return chat.type === 'group' || this.#members.get(chat.id)?.includes(user.id) === true;
  }
}

// For a load on several nodes with something in front: whoever stands there says that it reaches
// nobody, or a node that its store or another node is gone. All of them ask to come again.
export function isOutage(error: Said): boolean {
  const codes = ['storage_unavailable', 'unavailable', 'shutting_down', 'busy'];
  return [502, 503, 504].includes(error.status) || codes.includes(error.code);
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
