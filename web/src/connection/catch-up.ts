import type { Chat, Message, Operations, Participant } from '../protocol';
import { chatsDescribed, entryHeard, participantsRead, stretchRead } from '../state/apply';
import { byActivity } from '../state/chats';
import { Failure } from '../state/failure';
import { missingAfter, type Stretch, stretchOf } from '../state/messages';
import type { Store } from '../state/store';
import type { Database } from './database';

export type Request = <O extends keyof Operations>(
  op: O,
  data: Operations[O]['request'],
) => Promise<Operations[O]['reply']>;

// Beyond this many missing entries the newest page comes first; scrolling up loads the rest.
const LARGE_GAP = 200;
const PAGE = 50;
const LARGEST_PAGE = 100;
// Events of one chat may overtake each other: a gap this young may close by itself.
const GAP_GRACE_MS = 250;
// Chats read ahead of being opened, so that they can be read offline.
const READ_AHEAD = 20;

/** Chats that changed, and whether so much that the newest page comes first. */
export type Changes = ReadonlyMap<string, boolean>;

/** Who has missed what, and how it is read: see `sync` and `history` in the protocol. */
export class CatchUp {
  private readonly loading = new Map<string, Promise<void>>();
  private readonly filling = new Map<string, Promise<void>>();
  private readonly graces = new Map<string, ReturnType<typeof setTimeout>>();
  private syncing: Promise<Changes> | null = null;
  private cursor: string | null = null;
  private epoch: string | null = null;

  constructor(
    private readonly store: Store,
    private readonly database: Database,
    private readonly request: Request,
    /** A log may have grown: acknowledgements may be owed. */
    private readonly onGrown: (chatId: string) => void,
  ) {}

  /** Goes on from what was kept on this device. */
  resumeFrom(cursor: string | null, epoch: string | null): void {
    this.cursor = cursor;
    this.epoch = epoch;
  }

  forget(): void {
    this.resumeFrom(null, null);
    for (const timer of this.graces.values()) clearTimeout(timer);
    this.graces.clear();
  }

  /** Reads which chats changed since the last time. */
  sync(): Promise<Changes> {
    this.syncing ??= this.readChanges().finally(() => {
      this.syncing = null;
    });
    return this.syncing;
  }

  private async readChanges(): Promise<Changes> {
    const changed = new Map<string, boolean>();
    for (;;) {
      const page = await this.request('sync', this.cursor ? { cursor: this.cursor } : {});
      if (this.epoch !== null && page.epoch !== this.epoch) {
        await this.startAnew();
        changed.clear();
        continue;
      }
      for (const chat of page.chats) changed.set(chat.id, chat.limited === true);
      this.describe(page.chats.map(({ limited: _, ...chat }) => chat));
      this.cursor = page.cursor;
      this.epoch = page.epoch;
      this.store.setState({ loaded: true });
      if (!page.hasMore) break;
    }
    const { chats } = this.store.getState();
    const described = [...changed.keys()].flatMap((id) => chats[id] ?? []);
    await this.database.keepSync(described, this.cursor, this.epoch);
    return changed;
  }

  /** Reads what is missing in the chats that changed, and ahead in those at the top of the list. */
  async readMissing(changed: Changes): Promise<void> {
    const chats = byActivity(Object.values(this.store.getState().chats));
    for (const [place, chat] of chats.entries()) {
      await this.ensureLog(chat.id);
      const unheard = chat.lastSeq > chat.deliveredSeq && chat.role !== 'left';
      const log = this.store.getState().logs[chat.id];
      if (!log && !unheard && place >= READ_AHEAD) continue;
      if (log && !changed.has(chat.id) && missingAfter(log, chat.lastSeq) === null) continue;
      try {
        await this.fill(chat.id, changed.get(chat.id) === true);
        await this.nameLastSender(chat.id);
      } catch (failure) {
        // A chat that may not be read any more must not keep the others from being read.
        if (!(failure instanceof Failure) || failure.code === 'unreachable') throw failure;
      }
    }
  }

  /** An entry was heard of live; what is missing before it is asked for. */
  async hear(entry: Message): Promise<void> {
    await this.ensureLog(entry.chatId);
    this.store.setState((state) => entryHeard(state, entry));
    this.onGrown(entry.chatId);
    const log = this.store.getState().logs[entry.chatId];
    if (log && log.to >= entry.seq) {
      const stretch = { entries: [entry], from: entry.seq, to: entry.seq, complete: false };
      await this.database.keepStretch(entry.chatId, stretch);
    } else {
      this.fillSoon(entry.chatId);
    }
  }

  /** Takes the kept part of a log into memory. */
  ensureLog(chatId: string): Promise<void> {
    if (this.store.getState().logs[chatId]) return Promise.resolve();
    let loading = this.loading.get(chatId);
    if (!loading) {
      loading = this.database
        .keptStretch(chatId)
        .then((stretch) => {
          if (stretch) this.store.setState((state) => stretchRead(state, chatId, stretch));
        })
        .finally(() => this.loading.delete(chatId));
      this.loading.set(chatId, loading);
    }
    return loading;
  }

  /** Reads until nothing is missing between what is held and the head of the log. */
  fill(chatId: string, limited = false): Promise<void> {
    let filling = this.filling.get(chatId);
    if (!filling) {
      filling = this.readUp(chatId, limited).finally(() => this.filling.delete(chatId));
      this.filling.set(chatId, filling);
    }
    return filling;
  }

  async loadOlder(chatId: string): Promise<void> {
    const { logs, chats } = this.store.getState();
    const log = logs[chatId];
    if (!log || log.complete) return;
    const page = await this.request('history', { chatId, before: log.from, limit: PAGE });
    await this.take(chatId, stretchOf(page, 'before', chats[chatId]?.firstSeq ?? 1), true);
  }

  /** Reads a chat's description again. */
  async refresh(chatId: string): Promise<Chat> {
    const chat = await this.request('chat:get', { chatId });
    this.describe([chat]);
    return chat;
  }

  async loadParticipants(chatId: string): Promise<void> {
    const all: Participant[] = [];
    let cursor: string | null = null;
    do {
      const page: Operations['chat:participants']['reply'] = await this.request(
        'chat:participants',
        { chatId, limit: LARGEST_PAGE, ...(cursor ? { cursor } : {}) },
      );
      all.push(...page.participants);
      cursor = page.nextCursor;
    } while (cursor);
    this.store.setState((state) => participantsRead(state, chatId, all));
    await this.database.keepParticipants(chatId, all);
  }

  describe(chats: readonly Chat[]): void {
    this.store.setState((state) => chatsDescribed(state, chats));
  }

  private fillSoon(chatId: string): void {
    if (this.graces.has(chatId)) return;
    const fill = async () => {
      this.graces.delete(chatId);
      const { logs, chats } = this.store.getState();
      if (missingAfter(logs[chatId], chats[chatId]?.lastSeq ?? 0) === null) return;
      await this.fill(chatId);
      // What was missed live was not counted as unread either.
      await this.refresh(chatId);
    };
    // When it fails the connection is gone, and the next one syncs.
    this.graces.set(
      chatId,
      setTimeout(() => void fill().catch(() => undefined), GAP_GRACE_MS),
    );
  }

  private async readUp(chatId: string, limited: boolean): Promise<void> {
    await this.ensureLog(chatId);
    let newestFirst = limited;
    for (;;) {
      const { chats, logs } = this.store.getState();
      const chat = chats[chatId];
      if (!chat) return;
      const log = logs[chatId];
      const after = log ? missingAfter(log, chat.lastSeq) : Math.max(chat.firstSeq - 1, 0);
      if (after === null) break;
      newestFirst ||= chat.lastSeq - after > (log ? LARGE_GAP : LARGEST_PAGE);
      const page = newestFirst
        ? await this.request('history', { chatId, limit: PAGE })
        : await this.request('history', { chatId, after, limit: LARGEST_PAGE });
      const asked = newestFirst ? 'newest' : 'after';
      await this.take(chatId, stretchOf(page, asked, chat.firstSeq), false);
      const reached = this.store.getState().logs[chatId]?.to ?? 0;
      // The head the chat speaks of cannot be read, perhaps because I left before it.
      if (reached <= after) break;
      newestFirst = false;
    }
    this.onGrown(chatId);
  }

  private async take(chatId: string, stretch: Stretch, older: boolean): Promise<void> {
    this.store.setState((state) => stretchRead(state, chatId, stretch));
    if (!older) this.onGrown(chatId);
    await this.database.keepStretch(chatId, stretch);
  }

  // The chat list says who wrote the last message of a group.
  private async nameLastSender(chatId: string): Promise<void> {
    const { chats, people, participants, me } = this.store.getState();
    const chat = chats[chatId];
    const sender = chat?.lastMessage?.senderId;
    if (chat?.type !== 'group' || !sender || sender === me?.id || people[sender]) return;
    if (participants[chatId] || chat.role === 'left') return;
    await this.loadParticipants(chatId);
  }

  private async startAnew(): Promise<void> {
    this.forget();
    await this.database.dropChats();
    this.store.setState({ chats: {}, logs: {}, participants: {}, loaded: false });
  }
}
