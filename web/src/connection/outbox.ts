import { liveQuery, type Subscription } from 'dexie';
import type { Message, Operations } from '../protocol';
import { Failure } from '../state/failure';
import { heads, type OutboxEntry } from '../state/outbox';
import { Backoff } from './backoff';
import type { Database } from './database';
import { exclusively } from './locks';

/** What the outbox needs of the rest of the connection. */
export interface OutboxOwner {
  canSend(): boolean;
  send(
    request: Operations['message:send']['request'],
  ): Promise<Operations['message:send']['reply']>;
  myId(): string;
  /** The server has it: the message takes its place in the log. */
  onAccepted(message: Message): Promise<void>;
  /** What waits now, in all tabs. */
  onChange(entries: OutboxEntry[]): void;
}

/**
 * Messages on their way. Each is kept on this device before it is sent and until
 * the server has answered, so neither a reload nor a restart of the server loses
 * one; the same client message id goes with every attempt, so none is doubled.
 * Within a chat they leave in order. One tab at a time sends.
 */
export class Outbox {
  private subscription: Subscription | null = null;
  private pumping = false;
  private again = false;
  private readonly backoff = new Backoff(1_000, 30_000);

  constructor(
    private readonly database: Database,
    private readonly owner: OutboxOwner,
  ) {}

  start(): void {
    this.subscription ??= liveQuery(() => this.all()).subscribe((entries) =>
      this.owner.onChange(entries),
    );
  }

  stop(): void {
    this.subscription?.unsubscribe();
    this.subscription = null;
  }

  /** Resolves when the message is safe on this device. */
  async add(chatId: string, content: string): Promise<void> {
    const entry = { clientMessageId: newId(), chatId, content, createdAt: Date.now() };
    await this.database.outbox.add(entry);
    this.pump();
  }

  async resend(clientMessageId: string): Promise<void> {
    await this.database.outbox.where({ clientMessageId }).modify((entry) => {
      delete entry.refusal;
    });
    this.pump();
  }

  async discard(clientMessageId: string): Promise<void> {
    await this.database.outbox.where({ clientMessageId }).delete();
  }

  /** Sends what waits, if it can. Called whenever something may have changed. */
  pump(): void {
    this.again = true;
    if (this.pumping || !this.owner.canSend()) return;
    this.pumping = true;
    void exclusively('parley-outbox', () => this.drain()).finally(() => {
      this.pumping = false;
      if (this.again && this.owner.canSend()) this.pump();
    });
  }

  private async drain(): Promise<void> {
    while (this.owner.canSend()) {
      this.again = false;
      const next = heads(await this.all());
      if (next.length === 0) return;
      const outcomes = await Promise.all(next.map((entry) => this.send(entry)));
      const waits = outcomes.filter((wait) => wait !== null);
      if (waits.length === 0) this.backoff.reset();
      else if (this.owner.canSend()) await sleep(Math.max(...waits, this.backoff.nextMs()));
    }
  }

  // How long to wait before trying again (milliseconds); null when the entry is settled.
  private async send(entry: OutboxEntry): Promise<number | null> {
    const { clientMessageId, chatId, content } = entry;
    try {
      const reply = await this.owner.send({ chatId, content, clientMessageId });
      await this.owner.onAccepted({
        ...reply,
        chatId,
        kind: 'message',
        type: 'text',
        senderId: this.owner.myId(),
        clientMessageId,
        content,
      });
      await this.database.outbox.where({ clientMessageId }).delete();
      return null;
    } catch (failure) {
      if (!(failure instanceof Failure)) throw failure;
      if (failure.temporary) return (failure.retryAfterSeconds ?? 0) * 1000;
      const refusal = failure.code;
      await this.database.outbox.where({ clientMessageId }).modify({ refusal });
      return null;
    }
  }

  private all(): Promise<OutboxEntry[]> {
    return this.database.outbox.orderBy('order').toArray();
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

// 128 random bits. `crypto.randomUUID` exists on secure origins only.
function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
