import type { Operations } from '../protocol';
import { Failure } from '../state/failure';
import { type NotificationActions, NotificationFailure } from '../state/notifications';
import type { Store } from '../state/store';
import type { PushBrowser } from './browser';
import type { Note, NoteKeeper } from './note';
import { followReading } from './reading';
import { deviceOf, listensTo, type Subscription } from './subscription';

/** What being notified needs of the rest of the client. */
export interface NotificationParts {
  store: Store;
  browser: PushBrowser;
  note: NoteKeeper;
  request<O extends keyof Operations>(
    op: O,
    data: Operations[O]['request'],
  ): Promise<Operations[O]['reply']>;
  /** Runs one act at a time in all tabs of this browser. */
  exclusively<T>(name: string, act: () => Promise<T>): Promise<T>;
}

const DAY_MS = 86_400_000;
// The server forgets a browser that has not been there for 60 days. Whoever comes back before that
// and is not on the list was taken off it by somebody.
const FORGOTTEN_MS = 50 * DAY_MS;
// Some browsers never answer when their push service cannot be reached.
const PATIENCE_MS = 20_000;
const FAREWELL_MS = 3_000;

/**
 * Being woken in this browser: the service worker, the subscription, and the server that is told of
 * it. The note says for whom; what is subscribed without a note, or for somebody else, is ended.
 */
export class Notifications {
  readonly actions: NotificationActions;
  private me: string | null = null;
  private compared = false;
  private stopFollowing: (() => void) | null = null;

  constructor(private readonly parts: NotificationParts) {
    this.actions = this.makeActions();
    parts.browser.onPermission(() => {
      this.see();
      this.compared = false;
      void this.online();
    });
  }

  /** Somebody is signed in here. Never rejects. */
  async arrived(me: string): Promise<void> {
    const { browser, store } = this.parts;
    this.me = me;
    this.compared = false;
    this.stopFollowing ??= followReading(store, browser);
    this.see();
    if (!this.possible) return;
    await browser.install().catch((failure) => warn('the service worker', failure));
    await this.alone(async () => {
      const note = await this.noted();
      if (note && note.userId !== me) await this.endHere();
      if (this.me === me) this.tell({ on: note?.userId === me });
    }).catch((failure) => warn('the start', failure));
  }

  /** The server answers: once for each start, it hears what has changed here. Never rejects. */
  async online(): Promise<void> {
    const { me } = this;
    if (!me || this.compared || !this.possible) return;
    this.compared = true;
    try {
      await this.alone(() => this.compare(me));
    } catch (failure) {
      this.compared = false;
      warn('comparing', failure);
    }
  }

  /** Nobody is signed in on this page any more. */
  stop(): void {
    this.me = null;
    this.stopFollowing?.();
    this.stopFollowing = null;
  }

  /** Nobody is signed in in this browser any more: nothing of theirs is shown from here on. Never rejects. */
  async forget(): Promise<void> {
    this.stop();
    if (!this.possible) return;
    const { browser, note } = this.parts;
    browser.badge(0);
    // First of all, whatever else is under way: without a note the worker shows nothing.
    await note.clear().catch((failure) => warn('the note', failure));
    const ended = this.alone(() => this.endHere());
    await within(FAREWELL_MS, ended).catch((failure) => warn('ending', failure));
  }

  private makeActions(): NotificationActions {
    const { request } = this.parts;
    return {
      turnOnNotifications: () => this.turnOn(),
      turnOffNotifications: () => this.alone(() => this.turnOff()),
      pushServices: () => request('device:services', {}),
      devices: async () => (await request('device:list', {})).devices,
      removeDevice: async ({ id }) => {
        await request('device:remove', { deviceId: id });
        await this.alone(async () => {
          if ((await this.noted())?.deviceId === id) await this.endHere();
        });
      },
      testNotification: async () => (await request('device:test', {})).devices,
      pushLog: async () => (await request('device:log', {})).pushes,
      notificationSettings: () => request('notification:settings', {}),
      changeNotificationSettings: (change) => request('notification:change-settings', change),
    };
  }

  private async turnOn(): Promise<void> {
    const { browser, request } = this.parts;
    const { me } = this;
    if (!me) return;
    // Before anything is waited for: browsers ask only as long as the click is fresh.
    const permission = await browser.askPermission();
    this.see();
    if (permission === 'denied') throw new NotificationFailure('notifications_denied');
    if (permission !== 'granted') throw new NotificationFailure('notifications_not_answered');
    const { web } = await request('device:services', {});
    if (!web) throw new Failure('push_not_configured');
    await this.alone(async () => this.register(me, web, await this.noted()));
  }

  private async turnOff(): Promise<void> {
    const note = await this.noted();
    // A server that does not hear it is told by the push service when it tries.
    if (note) await this.parts.request('device:remove', { deviceId: note.deviceId }).catch(ignored);
    await this.endHere();
  }

  private async compare(me: string): Promise<void> {
    const { browser, request } = this.parts;
    const note = await this.noted();
    const subscription = await browser.subscription();
    if (!note) {
      await this.end(subscription);
      return;
    }
    if (browser.permission() !== 'granted') return this.turnOff();
    const [{ web }, { devices }] = await Promise.all([
      request('device:services', {}),
      request('device:list', {}),
    ]);
    if (this.me !== me) return;
    if (!web) return this.turnOff();
    const listed = devices.some(({ id }) => id === note.deviceId);
    const same = subscription?.endpoint === note.endpoint && listensTo(subscription, web, note.key);
    const age = Date.now() - note.registeredAt;
    if (same && !listed && age < FORGOTTEN_MS) {
      await this.endHere();
      this.tell({ removed: true });
    } else if (!same || !listed || age > DAY_MS) {
      await this.register(me, web, note);
    }
  }

  // Subscribes unless that has been done, tells the server, and notes it.
  private async register(me: string, key: string, noted: Note | null): Promise<void> {
    const { browser, note, request } = this.parts;
    const before = await browser.subscription();
    const mine = before && noted?.userId === me && listensTo(before, key, noted.key);
    // The address of another account must not become mine: what is under way to it would be shown.
    if (before && !mine) await before.unsubscribe();
    const subscription = mine ? before : await this.subscribe(key);
    try {
      const device = await request('device:register', deviceOf(subscription));
      if (this.me !== me) throw new NotificationFailure('notifications_no_worker');
      const { endpoint } = subscription;
      await note.write({
        userId: me,
        endpoint,
        deviceId: device.id,
        key,
        registeredAt: Date.now(),
      });
      if (noted && noted.deviceId !== device.id) {
        await request('device:remove', { deviceId: noted.deviceId }).catch(ignored);
      }
    } catch (failure) {
      // An address that nobody writes to is no use; one that was known before still is.
      if (!mine) await this.endHere();
      throw failure;
    }
    this.tell({ on: true, removed: false });
  }

  private async subscribe(key: string): Promise<Subscription> {
    try {
      return await within(PATIENCE_MS, this.parts.browser.subscribe(key));
    } catch (failure) {
      const denied = this.parts.browser.permission() === 'denied';
      const code = denied ? 'notifications_denied' : 'notifications_no_service';
      throw new NotificationFailure(code, { cause: failure });
    }
  }

  private async endHere(): Promise<void> {
    const { browser, note } = this.parts;
    this.tell({ on: false });
    await note.clear();
    for (const notification of await browser.shown()) notification.close();
    await this.end(await browser.subscription());
  }

  private async end(subscription: Subscription | null): Promise<void> {
    if (!subscription) return;
    await within(FAREWELL_MS, subscription.unsubscribe()).catch((failure) => {
      warn('unsubscribing', failure);
    });
  }

  // A browser that keeps nothing has noted nothing.
  private async noted(): Promise<Note | null> {
    return this.parts.note.read().catch(() => null);
  }

  private get possible(): boolean {
    return this.parts.browser.possible() === 'yes';
  }

  private see(): void {
    const { browser } = this.parts;
    this.tell({ possible: browser.possible(), permission: browser.permission() });
  }

  private tell(change: Partial<ReturnType<Store['getState']>['notifications']>): void {
    if (!this.me) return;
    this.parts.store.setState(({ notifications }) => ({
      notifications: { ...notifications, ...change },
    }));
  }

  private alone<T>(act: () => Promise<T>): Promise<T> {
    return this.parts.exclusively('parley-notifications', act);
  }
}

function ignored(): undefined {}

function warn(what: string, failure: unknown): void {
  console.warn(`notifications: ${what} failed`, failure);
}

async function within<T>(milliseconds: number, promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer')), milliseconds);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
