import type { Operations } from '../protocol';
import { iRead, iReceived } from '../state/apply';
import type { Store } from '../state/store';

/** What acknowledging needs of the rest of the connection. */
export interface AcksOwner {
  canSend(): boolean;
  request<O extends 'message:delivered' | 'message:read'>(
    op: O,
    data: Operations[O]['request'],
  ): Promise<unknown>;
}

const COALESCE_MS = 80;

/**
 * Tells the server how far this client has received and read, one request per
 * chat for everything that came in a moment. What is owed follows from the state
 * (the log reaches further than my watermark), so a lost acknowledgement is sent
 * again after the next connection.
 */
export class Acks {
  private readonly due = new Set<string>();
  private readonly underWay = new Set<string>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private onScreen: string | null = null;

  constructor(
    private readonly store: Store,
    private readonly owner: AcksOwner,
    /** Somebody looks at this page. */
    private readonly attended: () => boolean,
  ) {}

  /** The chat on the screen, if any: what arrives in it counts as read while attended. */
  look(chatId: string | null): void {
    this.onScreen = chatId;
    if (chatId) this.consider(chatId);
  }

  /** Something may be owed in this chat. */
  consider(chatId: string): void {
    this.due.add(chatId);
    this.timer ??= setTimeout(() => this.flush(), COALESCE_MS);
  }

  considerAll(): void {
    for (const chatId of Object.keys(this.store.getState().logs)) this.consider(chatId);
  }

  private flush(): void {
    this.timer = undefined;
    const chatIds = [...this.due];
    this.due.clear();
    if (!this.owner.canSend()) return;
    for (const chatId of chatIds) void this.settle(chatId);
  }

  private async settle(chatId: string): Promise<void> {
    const { chats, logs } = this.store.getState();
    const chat = chats[chatId];
    const log = logs[chatId];
    if (!chat || !log || chat.role === 'left' || this.underWay.has(chatId)) return;
    const seq = log.to;
    const seen = chatId === this.onScreen && this.attended();
    const op =
      seen && seq > chat.readSeq
        ? 'message:read'
        : seq > chat.deliveredSeq
          ? 'message:delivered'
          : null;
    if (!op) return;

    this.underWay.add(chatId);
    try {
      await this.owner.request(op, { chatId, seq });
      this.store.setState((state) =>
        op === 'message:read' ? iRead(state, chatId, seq) : iReceived(state, chatId, seq),
      );
      // Meanwhile more may have arrived, or the chat may have been opened.
      this.consider(chatId);
    } catch {
      // Still owed: `considerAll` after the next connection, or the next entry, sends it.
    } finally {
      this.underWay.delete(chatId);
    }
  }
}
