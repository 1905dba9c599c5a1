import type { Events, Operations } from '../protocol';

/** A WebSocket whose other end is the test. */
export class FakeSocket {
  static opened: FakeSocket[] = [];

  static get latest(): FakeSocket {
    const latest = FakeSocket.opened.at(-1);
    if (!latest) throw new Error('nothing was opened');
    return latest;
  }

  onopen: (() => void) | null = null;
  onmessage: ((message: { data: string }) => void) | null = null;
  onclose: ((closed: { code: number }) => void) | null = null;
  readonly sent: { id: number; op: keyof Operations; data: Record<string, unknown> }[] = [];
  closed = false;

  constructor(
    readonly url: string,
    readonly protocols: string[],
  ) {
    FakeSocket.opened.push(this);
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  close(): void {
    this.closed = true;
  }

  // --- what the server does ------------------------------------------------

  accept(): void {
    this.onopen?.();
    this.tell('ready', { userId: 'me', sessionId: 's', expiresAt: '', serverTime: '' });
  }

  tell<E extends keyof Events>(event: E, data: Events[E]): void {
    this.say({ event, data });
  }

  answer(op: keyof Operations, data: unknown): void {
    this.say({ re: this.asked(op).id, data });
  }

  refuse(op: keyof Operations, code: string, more: object = {}): void {
    this.say({ re: this.asked(op).id, error: { error: 'E', code, message: code, ...more } });
  }

  drop(code = 1006): void {
    this.onclose?.({ code });
  }

  /** The newest request of that name. */
  asked(op: keyof Operations) {
    const request = this.sent.findLast((one) => one.op === op);
    if (!request) throw new Error(`${op} was not asked, but ${this.sent.map((s) => s.op)}`);
    return request;
  }

  private say(frame: unknown): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
}

export const FakeWebSocket = FakeSocket as unknown as new (
  url: string,
  protocols: string[],
) => WebSocket;
