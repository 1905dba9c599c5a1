import { pause } from '../harness/deadline.ts';
import type { Said } from '../harness/rest.ts';
import { Refused, type Socket } from '../harness/socket.ts';
import type { User } from '../harness/users.ts';
import type { Entry, Happening, Viewed } from './history.ts';
import type { Random } from './random.ts';

// What all devices of a run share.
export interface Stage {
  record(happening: Happening): void;
  now(): number;
  up(): Promise<void>; // resolves while the server is running
  excuses(error: Said): boolean; // a refusal that is taken like a lost connection
  pace: number; // times as long between what a device does
  rest: number; // milliseconds from a lost connection to the next
  groups: Map<string, { admin: string; guest: User }>; // groups somebody comes to and goes from
}

interface Draft {
  chat: string;
  clientId: string;
  content: string;
}

// Device behaves like a client application: it keeps the logs of its chats,
// follows events, repairs gaps, syncs from its own cursor after every absence,
// and resends what was not answered.
export class Device {
  readonly held = new Map<string, Entry[]>();
  readonly views = new Map<string, Viewed>();
  #cursor: string | undefined;
  #socket: Socket | undefined;
  #drafts = new Map<string, Draft>(); // not answered yet
  #handled = 0; // frames of the socket looked at
  #made = 0;
  readonly #repairing = new Set<string>();

  constructor(
    readonly name: string,
    readonly user: User,
    private readonly stage: Stage,
    private readonly random: Random,
  ) {}

  // Lives until `over`: connects, works, and begins again when the server was killed.
  async live(over: () => boolean): Promise<void> {
    while (!over()) {
      try {
        await this.stage.up();
        await this.#comeBack();
        while (!over()) {
          await this.#act();
          await this.#follow();
          await pause(this.random.between(4, 18) * this.stage.pace);
        }
      } catch (failure) {
        if (!this.#isLost(failure)) throw failure;
        await pause(this.stage.rest); // the server has gone; `up` waits for it
      }
    }
  }

  drop(): void {
    this.#socket?.drop();
  }

  // Connects once more, until every draft is answered.
  async finish(): Promise<void> {
    await this.#comeBack();
  }

  // When all have finished: catches up with what the others did, and tells what it holds.
  async settle(): Promise<void> {
    await this.#sync();
    for (const [chat, view] of this.views) {
      if (view.role === 'left') continue;
      const ids = (this.held.get(chat) ?? []).map((e) => e.id);
      const { id: user } = this.user;
      this.stage.record({ kind: 'held', user, device: this.name, chat, ids, view });
    }
    await this.#socket?.close();
  }

  async #comeBack(): Promise<void> {
    if (this.#socket?.isOpen) this.#socket.drop();
    this.#socket = await this.user.connect({ batch: this.random.chance(0.5) });
    this.#handled = 0;
    this.#repairing.clear();
    await this.#sync();
    for (const draft of this.#drafts.values()) await this.#send(draft);
  }

  // Asks over the socket or, now and then, by REST.
  async #sync(): Promise<void> {
    for (let more = true; more; ) {
      const begun = this.stage.now();
      const cursor = this.#cursor === undefined ? {} : { cursor: this.#cursor };
      const page = this.random.chance(0.7)
        ? await this.#ask('sync', cursor)
        : await this.user.get(`/sync?${new URLSearchParams(cursor)}`);
      for (const chat of page.chats) this.#view(begun, chat);
      this.#cursor = page.cursor;
      more = page.hasMore;
      for (const chat of page.chats) if (chat.role !== 'left') await this.#catchUp(chat.id);
    }
  }

  #view(begun: number, chat: Said): void {
    const view = viewOf(chat, 'sync', begun, this.stage.now(), this.user.id, this.name);
    this.stage.record(view);
    this.views.set(chat.id, view);
    if (view.role === 'left') this.held.delete(chat.id);
  }

  // Reads the entries after the last one held.
  async #catchUp(chat: string): Promise<void> {
    for (let more = true; more; ) {
      const after = this.#heldOf(chat).length;
      const answer = await this.#askFor('history', { chatId: chat, after, limit: 100 });
      if (answer.error !== undefined) return this.#tolerate('history', chat, answer.error);
      const page = answer.data;
      for (const message of page.messages) {
        if (message.seq === this.#heldOf(chat).length + 1)
          this.#heldOf(chat).push(entryOf(message));
      }
      more = page.hasMore;
    }
  }

  async #act(): Promise<void> {
    const chats = [...this.views.values()].filter((v) => v.role !== 'left').map((v) => v.chat);
    if (chats.length === 0) return;
    const chat = this.random.pick(chats);
    const dice = this.random.next();
    if (dice < 0.7) await this.#send(this.#draft(chat));
    else if (dice < 0.95) await this.#mark(chat);
    else await this.#changeMembers(chat);
  }

  #draft(chat: string): Draft {
    const clientId = `${this.name}-${++this.#made}`;
    const filler = 'ä😀'.repeat(this.random.chance(0.02) ? this.random.between(1, 2_000) : 5);
    const draft = { chat, clientId, content: `${clientId} ${filler}` };
    this.#drafts.set(clientId, draft);
    const { id: user } = this.user;
    this.stage.record({ kind: 'drafted', at: this.stage.now(), user, device: this.name, ...draft });
    return draft;
  }

  // Sends a draft; without an answer it stays among the drafts.
  async #send(draft: Draft): Promise<void> {
    const { chat, clientId, content } = draft;
    const begun = this.stage.now();
    const body = { content, clientMessageId: clientId };
    const { id: user } = this.user;
    let answer: Said;
    if (this.random.chance(0.1)) {
      const { status, body: said } = await this.user.call('POST', `/chats/${chat}/messages`, body);
      answer = status < 300 ? { data: said } : { error: said ?? { status } };
    } else {
      answer = await this.#askFor('message:send', { chatId: chat, ...body });
    }
    const at = this.stage.now();
    if (answer.error !== undefined) {
      const { code } = answer.error;
      // Only who was removed is refused, and only where people come and go.
      if (code !== 'chat_not_found' || !this.stage.groups.has(chat)) {
        throw new Refused('message:send', answer.error);
      }
      this.stage.record({ kind: 'denied', at, user, chat, clientId, code });
    } else {
      const { id, seq } = answer.data;
      this.stage.record({ kind: 'acked', begun, at, user, chat, clientId, id, seq });
    }
    this.#drafts.delete(clientId);
  }

  async #mark(chat: string): Promise<void> {
    const seq = this.#heldOf(chat).length;
    if (seq === 0) return;
    const mark = this.random.chance(0.5) ? 'read' : 'delivered';
    const begun = this.stage.now();
    const answer = await this.#askFor(`message:${mark}`, { chatId: chat, seq });
    if (answer.error !== undefined) return this.#tolerate(`message:${mark}`, chat, answer.error);
    const { id: user } = this.user;
    this.stage.record({ kind: 'marked', begun, at: this.stage.now(), user, chat, mark, seq });
  }

  // The first device of a group's admin lets the guest come and go.
  async #changeMembers(chat: string): Promise<void> {
    const group = this.stage.groups.get(chat);
    if (group === undefined || this.name !== `${group.admin}.0`) return;
    const { guest } = group;
    const begun = this.stage.now();
    const adds = this.random.chance(0.5);
    const answer = adds
      ? await this.#askFor('chat:add-members', { chatId: chat, members: [guest.username] })
      : await this.#askFor('chat:remove-member', { chatId: chat, userId: guest.id });
    if (answer.error !== undefined && answer.error.code !== 'user_not_found') {
      throw new Refused('member change', answer.error);
    }
    const action = adds ? 'added' : 'removed';
    const at = this.stage.now();
    this.stage.record({ kind: 'member-changed', begun, at, chat, user: guest.id, action });
  }

  // Looks at the events that came, in order, and repairs what is missing.
  async #follow(): Promise<void> {
    const frames = this.#socket?.frames ?? [];
    for (; this.#handled < frames.length; this.#handled++) {
      const { event, data } = frames[this.#handled];
      if (event === 'message:receive') {
        const entry = entryOf(data);
        const { id: user } = this.user;
        const at = this.stage.now();
        this.stage.record({ kind: 'heard', at, user, device: this.name, chat: data.chatId, entry });
        const held = this.#heldOf(data.chatId);
        if (entry.seq === held.length + 1) held.push(entry);
        else if (entry.seq > held.length) this.#repairing.add(data.chatId);
      } else if (event === 'resync' || event === 'chat:member-added') {
        await this.#sync();
      } else if (event === 'chat:member-removed' && data.userIds.includes(this.user.id)) {
        await this.#sync();
      } else if (event?.startsWith('chat:')) {
        this.#repairing.add(data.chatId);
      }
    }
    for (const chat of this.#repairing) {
      if (this.views.get(chat)?.role !== 'left') await this.#catchUp(chat);
      this.#repairing.delete(chat);
    }
  }

  // Somebody who was just removed may ask once more before they have heard of it.
  #tolerate(op: string, chat: string, error: Said): void {
    if (error.code !== 'chat_not_found' || !this.stage.groups.has(chat))
      throw new Refused(op, error);
  }

  #heldOf(chat: string): Entry[] {
    const held = this.held.get(chat) ?? [];
    this.held.set(chat, held);
    return held;
  }

  // Whether the server went away, as opposed to anything it said or we did wrong.
  #isLost(failure: unknown): boolean {
    if (failure instanceof Refused) return this.stage.excuses(failure.error);
    if (failure instanceof TypeError) return failure.cause !== undefined; // fetch says so
    return failure instanceof Error;
  }

  async #ask(op: string, data: Said): Promise<Said> {
    const answer = await this.#askFor(op, data);
    if (answer.error !== undefined) throw new Refused(op, answer.error);
    return answer.data;
  }

  #askFor(op: string, data: Said): Promise<Said> {
    if (this.#socket === undefined) throw new Error('Not connected');
    return this.#socket.askFor(op, data, 30_000);
  }
}

export function viewOf(
  chat: Said,
  source: 'sync' | 'list',
  begun: number,
  at: number,
  user: string,
  device: string,
): Viewed {
  return {
    kind: 'viewed',
    begun,
    at,
    user,
    device,
    source,
    chat: chat.id,
    role: chat.role,
    lastSeq: chat.lastSeq,
    readSeq: chat.readSeq,
    deliveredSeq: chat.deliveredSeq,
    unread: chat.unreadCount,
    lastMessage: chat.lastMessage?.id ?? null,
  };
}

export function entryOf(message: Said): Entry {
  const entry: Entry = {
    id: message.id,
    seq: message.seq,
    kind: message.kind,
    sender: message.senderId,
  };
  if (message.kind === 'message') {
    entry.clientId = message.clientMessageId;
    entry.content = message.content;
  }
  if (message.kind === 'membership') {
    entry.action = message.membership.action;
    entry.users = message.membership.userIds;
  }
  return entry;
}
