import Dexie, { type EntityTable, type Table } from 'dexie';
import type { Chat, Message, Participant, Profile } from '../protocol';
import { mergeChat } from '../state/chats';
import { join, type Log, type Stretch } from '../state/messages';
import type { OutboxEntry } from '../state/outbox';
import type { Person } from '../state/store';

interface Window {
  chatId: string;
  from: number;
  to: number;
  complete: boolean;
}

interface Note {
  key: 'me' | 'cursor' | 'epoch' | 'unsentBy';
  value: unknown;
}

/** What was kept on this device when the page was last open. */
export interface Kept {
  me: Profile;
  cursor: string | null;
  epoch: string | null;
  chats: Chat[];
  people: Record<string, Person>;
  participants: Record<string, Participant[]>;
  drafts: Record<string, string>;
}

// Entries of one chat taken into memory at once; older ones are read again from the server.
const LOADED_ENTRIES = 400;

/**
 * What this device keeps of one user's chats, so that a page paints before the
 * server has answered, and so that no message is lost before it was sent. All
 * tabs of the browser share it; every write may be repeated by another tab.
 */
export class Database extends Dexie {
  private readonly notes!: Table<Note, string>;
  private readonly chats!: Table<Chat, string>;
  private readonly windows!: Table<Window, string>;
  private readonly entries!: Table<Message, [string, number]>;
  private readonly people!: Table<Person & { userId: string }, string>;
  private readonly participants!: Table<{ chatId: string; all: Participant[] }, string>;
  private readonly drafts!: Table<{ chatId: string; text: string }, string>;
  readonly outbox!: EntityTable<OutboxEntry & { order: number }, 'order'>;

  // Nobody is signed in: what is still under way for who was is not kept.
  private isShut = false;

  constructor(name = 'parley') {
    super(name);
    this.version(1).stores({
      notes: 'key',
      chats: 'id',
      windows: 'chatId',
      entries: '[chatId+seq]',
      people: 'userId',
      participants: 'chatId',
      drafts: 'chatId',
      outbox: '++order, &clientMessageId, chatId',
    });
  }

  /** Everything but logs; null when nobody is signed in here. */
  async kept(): Promise<Kept | null> {
    const me = await this.note<Profile>('me');
    if (!me) return null;
    this.isShut = false;
    const [cursor, epoch, chats, people, participants, drafts] = await Promise.all([
      this.note<string>('cursor'),
      this.note<string>('epoch'),
      this.chats.toArray(),
      this.people.toArray(),
      this.participants.toArray(),
      this.drafts.toArray(),
    ]);
    return {
      me,
      cursor,
      epoch,
      chats,
      people: Object.fromEntries(people.map(({ userId, ...person }) => [userId, person])),
      participants: Object.fromEntries(participants.map(({ chatId, all }) => [chatId, all])),
      drafts: Object.fromEntries(drafts.map(({ chatId, text }) => [chatId, text])),
    };
  }

  async keepMe(me: Profile): Promise<void> {
    await this.tolerated(() => this.notes.put({ key: 'me', value: me }));
  }

  /** From here on nothing is kept, until somebody is welcome or is here already. */
  shut(): void {
    this.isShut = true;
  }

  /** Keeps chats together with the cursor that says they have been read. */
  async keepSync(chats: readonly Chat[], cursor: string, epoch: string): Promise<void> {
    await this.tolerated(() =>
      this.transaction('rw', this.chats, this.notes, async () => {
        await this.mergeChats(chats);
        await this.notes.bulkPut([
          { key: 'cursor', value: cursor },
          { key: 'epoch', value: epoch },
        ]);
      }),
    );
  }

  async keepChats(chats: readonly Chat[]): Promise<void> {
    await this.tolerated(() => this.transaction('rw', this.chats, () => this.mergeChats(chats)));
  }

  async keepPeople(people: Readonly<Record<string, Person>>): Promise<void> {
    const rows = Object.entries(people).map(([userId, person]) => ({ userId, ...person }));
    await this.tolerated(() => this.people.bulkPut(rows));
  }

  async keepParticipants(chatId: string, all: readonly Participant[]): Promise<void> {
    await this.tolerated(() => this.participants.put({ chatId, all: [...all] }));
  }

  async keepDraft(chatId: string, text: string): Promise<void> {
    await this.tolerated(async () => {
      await (text ? this.drafts.put({ chatId, text }) : this.drafts.delete(chatId));
    });
  }

  /** Adds to the window of a log, by the same rule as in memory: see `join`. */
  async keepStretch(chatId: string, stretch: Stretch): Promise<void> {
    const add = async () => {
      const window = await this.windows.get(chatId);
      const before: Log | undefined = window && { ...window, entries: [] };
      const after = join(before, stretch);
      if (after === before) return;
      if (before && after.from > before.from) {
        await this.entries
          .where('[chatId+seq]')
          .between([chatId, Dexie.minKey], [chatId, after.from])
          .delete();
      }
      await this.entries.bulkPut([...stretch.entries]);
      const { from, to, complete } = after;
      await this.windows.put({ chatId, from, to, complete });
    };
    await this.tolerated(() => this.transaction('rw', this.windows, this.entries, add));
  }

  /** The newest part of a log as kept here. */
  async keptStretch(chatId: string): Promise<Stretch | null> {
    return this.transaction('r', this.windows, this.entries, async () => {
      const window = await this.windows.get(chatId);
      if (!window) return null;
      const newestFirst = await this.entries
        .where('[chatId+seq]')
        .between([chatId, window.from], [chatId, window.to], true, true)
        .reverse()
        .limit(LOADED_ENTRIES + 1)
        .toArray();
      const all = newestFirst.length <= LOADED_ENTRIES;
      const entries = newestFirst.slice(0, LOADED_ENTRIES).reverse();
      const from = all ? window.from : (entries[0]?.seq ?? window.from);
      return { entries, from, to: window.to, complete: all && window.complete };
    });
  }

  /** The server's store is another one now: nothing read from it before holds. */
  async dropChats(): Promise<void> {
    const tables = [this.chats, this.windows, this.entries, this.participants, this.notes];
    await this.transaction('rw', tables, async () => {
      await Promise.all([
        this.chats.clear(),
        this.windows.clear(),
        this.entries.clear(),
        this.participants.clear(),
        this.notes.bulkDelete(['cursor', 'epoch']),
      ]);
    });
  }

  /** Nothing of the user stays on this device, unless what they wrote was never sent. */
  async wipe(keepUnsent: boolean): Promise<void> {
    await this.transaction('rw', this.tables, async () => {
      const author = (await this.note<Profile>('me'))?.id ?? (await this.note<string>('unsentBy'));
      const cleared = this.tables.filter((table) => !keepUnsent || table.name !== 'outbox');
      await Promise.all(cleared.map((table) => table.clear()));
      if (keepUnsent && author) await this.notes.put({ key: 'unsentBy', value: author });
    });
  }

  /** Makes room for a user who signs in; what they had not sent before is still there. */
  async welcome(me: Profile): Promise<void> {
    this.isShut = false;
    await this.wipe((await this.note<string>('unsentBy')) === me.id);
    await this.keepMe(me);
  }

  // Another tab may have kept something newer: what only grows is merged.
  private async mergeChats(chats: readonly Chat[]): Promise<void> {
    const known = await this.chats.bulkGet(chats.map((chat) => chat.id));
    await this.chats.bulkPut(chats.map((chat, i) => mergeChat(known[i], chat)));
  }

  // A full disk costs the next start some time, never a message: logs are read again.
  private async tolerated(write: () => PromiseLike<unknown>): Promise<void> {
    if (this.isShut) return;
    try {
      await write();
    } catch (failure) {
      console.warn('could not be kept on this device', failure);
    }
  }

  private async note<T>(key: Note['key']): Promise<T | null> {
    return ((await this.notes.get(key))?.value ?? null) as T | null;
  }
}
