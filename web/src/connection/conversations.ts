import type { Actions } from '../state/actions';
import { withStatus, withWatched } from '../state/presence';
import type { Store } from '../state/store';
import type { Acks } from './acks';
import type { CatchUp, Request } from './catch-up';
import type { Database } from './database';
import type { Outbox } from './outbox';

interface Parts {
  canSend: () => boolean;
  request: Request;
  database: Database;
  catchUp: CatchUp;
  outbox: Outbox;
  acks: Acks;
}

type ConversationActions = Pick<
  Actions,
  | 'open'
  | 'close'
  | 'loadOlder'
  | 'send'
  | 'resend'
  | 'discard'
  | 'typing'
  | 'saveDraft'
  | 'messageInfo'
>;

// The server forgets typing by itself, so it is repeated while it goes on.
const TYPING_REPEAT_MS = 3_000;

/** What happens in a conversation, and which one is on the screen. */
export class Conversations {
  private opened: string | null = null;
  private typedAt = 0;

  constructor(
    private readonly store: Store,
    private readonly parts: Parts,
  ) {}

  isOpen(chatId: string): boolean {
    return this.opened === chatId;
  }

  /** Somebody looks again: what arrived meanwhile is read now. */
  attend(): void {
    if (this.opened) this.parts.acks.consider(this.opened);
  }

  /** Brings the open conversation up to date, after connecting. */
  async refresh(): Promise<void> {
    if (this.opened) await this.show(this.opened);
  }

  readonly actions: ConversationActions = {
    open: (chatId) => {
      this.opened = chatId;
      this.parts.acks.look(chatId);
      // Without a connection what is kept is shown; connecting refreshes it.
      void this.show(chatId).catch(() => undefined);
    },

    close: (chatId) => {
      if (this.opened !== chatId) return;
      this.opened = null;
      this.parts.acks.look(null);
      const group = this.store.getState().chats[chatId]?.type === 'group';
      if (group) this.tell(this.parts.request('presence:unwatch', { chatId }));
    },

    loadOlder: (chatId) => this.parts.catchUp.loadOlder(chatId),

    send: async (chatId, content) => {
      this.typedAt = 0;
      await this.parts.outbox.add(chatId, content);
    },

    resend: (clientMessageId) => this.parts.outbox.resend(clientMessageId),

    discard: (clientMessageId) => this.parts.outbox.discard(clientMessageId),

    typing: (chatId, typing) => {
      const now = Date.now();
      if (typing && now - this.typedAt < TYPING_REPEAT_MS) return;
      if (!typing && this.typedAt === 0) return;
      this.typedAt = typing ? now : 0;
      this.tell(this.parts.request('message:typing', { chatId, typing }));
    },

    saveDraft: (chatId, text) => {
      this.store.setState(({ drafts }) => ({ drafts: { ...drafts, [chatId]: text } }));
      void this.parts.database.keepDraft(chatId, text);
    },

    messageInfo: (chatId, messageId) => this.parts.request('message:info', { chatId, messageId }),
  };

  // Ephemeral: not worth a second attempt.
  private tell(request: Promise<unknown>): void {
    void request.catch(() => undefined);
  }

  private async show(chatId: string): Promise<void> {
    const { catchUp, acks, canSend } = this.parts;
    await catchUp.ensureLog(chatId);
    acks.consider(chatId);
    if (!canSend()) return;
    await catchUp.fill(chatId);
    const chat = this.store.getState().chats[chatId];
    if (!chat || chat.role === 'left') return;
    if (chat.type === 'group') await catchUp.loadParticipants(chatId);
    if (this.opened === chatId) await this.watch(chatId, chat.peer?.id);
  }

  private async watch(chatId: string, peerId: string | undefined): Promise<void> {
    if (peerId !== undefined) {
      const status = await this.parts.request('user:status', { userId: peerId });
      this.store.setState(({ presences }) => ({ presences: withStatus(presences, status) }));
      return;
    }
    const watched = await this.parts.request('presence:watch', { chatId });
    this.store.setState(({ presences }) => ({ presences: withWatched(presences, watched) }));
  }
}
