import { vi } from 'vitest';
import type { Possible } from '../state/notifications';
import type { PushBrowser, ShownNotification } from './browser';
import type { Note, NoteKeeper } from './note';
import type { Subscription } from './subscription';

/** The server's key, as the server spells it and as a subscription tells it. */
export const KEY = 'BAECAwQ';
const KEY_BYTES = new Uint8Array([4, 1, 2, 3, 4]).buffer;
export const OTHER_KEY = 'BAkJCQk';

/** A browser whose person and push service are the test. */
export class FakeBrowser implements PushBrowser {
  is: Possible = 'yes';
  allowed: NotificationPermission = 'default';
  /** What the person answers when they are asked. */
  answer: NotificationPermission = 'granted';
  current: FakeSubscription | null = null;
  subscribed = 0;
  changed: () => void = () => undefined;
  notifications: (ShownNotification & { close: ReturnType<typeof vi.fn> })[] = [];
  readonly install = vi.fn(async () => undefined);
  readonly badge = vi.fn((_count: number) => undefined);
  readonly subscribe = vi.fn(async (_key: string): Promise<Subscription> => this.subscribeNow());

  possible = () => this.is;
  permission = () => this.allowed;
  subscription = async () => this.current;
  shown = async () => this.notifications;

  async askPermission(): Promise<NotificationPermission> {
    if (this.allowed === 'default') this.allowed = this.answer;
    return this.allowed;
  }

  onPermission(changed: () => void): void {
    this.changed = changed;
  }

  subscribeNow(): FakeSubscription {
    this.subscribed += 1;
    this.current = new FakeSubscription(this, `https://push.example/${this.subscribed}`);
    return this.current;
  }

  show(data: unknown): ReturnType<typeof vi.fn> {
    const close = vi.fn();
    this.notifications.push({ data, close });
    return close;
  }
}

export class FakeSubscription implements Subscription {
  readonly options = { applicationServerKey: KEY_BYTES };
  ended = false;

  constructor(
    private readonly browser: FakeBrowser,
    readonly endpoint: string,
  ) {}

  getKey(name: 'p256dh' | 'auth'): ArrayBuffer {
    return new TextEncoder().encode(name).buffer as ArrayBuffer;
  }

  async unsubscribe(): Promise<boolean> {
    this.ended = true;
    if (this.browser.current === this) this.browser.current = null;
    return true;
  }
}

export class FakeNote implements NoteKeeper {
  kept: Note | null = null;

  read = async () => this.kept;
  write = async (note: Note) => {
    this.kept = note;
  };
  clear = async () => {
    this.kept = null;
  };
}
