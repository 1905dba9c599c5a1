import type { BrowserContext, CDPSession, Worker } from 'playwright-core';
import { expect } from 'vitest';
import type { PushService, Subscription } from '../../tests/harness/push-service.ts';

// After so long a push that was not shown has been lost.
const AGAIN_MS = 10_000;

/** A notification as the browser shows it. */
export interface Shown {
  title: string;
  body: string;
  tag: string;
  data: unknown;
}

/**
 * The part of a browser that pushes come through. Chromium shows notifications without a screen, but
 * cannot reach a push service of ours: subscribing is the test's, all else is real. What a push
 * service got, and read with the keys of the subscription, is handed to the real service worker as
 * Chromium would.
 */
export class PushBrowser {
  /** What this browser is subscribed to at the moment. */
  current: Subscription | null = null;
  readonly ended: string[] = [];
  private devtools: CDPSession | null = null;
  private registration: string | null = null;

  constructor(
    private readonly service: PushService,
    private readonly origin: string,
  ) {}

  /** To be done before a page is opened. */
  async prepare(context: BrowserContext): Promise<void> {
    await context.grantPermissions(['notifications'], { origin: this.origin });
    await context.exposeFunction('testSubscribe', (key: string) => {
      this.current ??= this.service.subscribe(key);
      return this.told();
    });
    await context.exposeFunction('testSubscription', () => this.told());
    await context.exposeFunction('testUnsubscribe', (endpoint: string) => {
      this.ended.push(endpoint);
      if (this.current?.endpoint === endpoint) this.current = null;
    });
    await context.addInitScript(standIn);
  }

  /** Wakes the service worker with a push, as it was told to the push service. */
  async deliver(context: BrowserContext, data: unknown): Promise<void> {
    const devtools = await this.attached(context);
    await expect.poll(() => this.registration).not.toBeNull();
    await devtools.send('ServiceWorker.deliverPushMessage', {
      origin: `${this.origin}/`,
      registrationId: this.registration ?? '',
      data: JSON.stringify(data),
    });
  }

  /** The same until it is shown by that title: a push may be lost, as on every way to a browser. */
  async deliverShown(context: BrowserContext, data: unknown, title: string): Promise<void> {
    let delivered = 0;
    const shown = async () => {
      if (Date.now() - delivered > AGAIN_MS) {
        delivered = Date.now();
        await this.deliver(context, data);
      }
      return (await this.shown(context)).map((one) => one.title);
    };
    await expect.poll(shown).toContain(title);
  }

  /** Takes away what is shown. */
  async clear(context: BrowserContext): Promise<void> {
    await (await worker(context)).evaluate(async () => {
      const { registration } = globalThis as unknown as { registration: ServiceWorkerRegistration };
      for (const notification of await registration.getNotifications()) notification.close();
    });
    await expect.poll(() => this.shown(context)).toEqual([]);
  }

  /** What is shown now, oldest first. */
  async shown(context: BrowserContext): Promise<Shown[]> {
    return (await worker(context)).evaluate(async () => {
      const { registration } = globalThis as unknown as { registration: ServiceWorkerRegistration };
      const all = await registration.getNotifications();
      return all.map(({ title, body, tag, data }) => ({ title, body, tag, data }));
    });
  }

  /**
   * Clicks on the notification of that title; tells the address of the window that is opened, if
   * any before `patience` is over. Chromium lets only a hand open or focus windows, so the opening is noted instead.
   */
  async click(context: BrowserContext, title: string, patience = 1_000): Promise<string | null> {
    return (await worker(context)).evaluate(
      async ([wanted, patience]) => {
        interface Inside {
          registration: ServiceWorkerRegistration;
          clients: { openWindow(address: string): Promise<null> };
          NotificationEvent: new (name: string, init: { notification: Notification }) => Event;
          dispatchEvent(event: Event): void;
        }
        const inside = globalThis as unknown as Inside;
        const all = await inside.registration.getNotifications();
        const notification = all.find((one) => one.title === wanted);
        if (!notification) throw new Error(`${wanted} is not shown`);
        const opened = new Promise<string | null>((resolve) => {
          inside.clients.openWindow = async (address) => {
            resolve(address);
            return null;
          };
          setTimeout(resolve, patience, null);
        });
        inside.dispatchEvent(new inside.NotificationEvent('notificationclick', { notification }));
        return opened;
      },
      [title, patience] as const,
    );
  }

  /** The browser gives its subscription up; the worker is told, and gets another one. */
  async renew(context: BrowserContext, key: string): Promise<void> {
    this.current = this.service.subscribe(key);
    await (await worker(context)).evaluate(
      ({ endpoint, keys }) => {
        const bytes = (text: string) =>
          Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) =>
            c.charCodeAt(0),
          ).buffer;
        PushManager.prototype.subscribe = async () =>
          ({
            endpoint,
            getKey: (name: 'p256dh' | 'auth') => bytes(keys[name]),
          }) as unknown as PushSubscription;
        globalThis.dispatchEvent(new Event('pushsubscriptionchange'));
      },
      { endpoint: this.current.endpoint, keys: this.current.keys },
    );
  }

  private async attached(context: BrowserContext): Promise<CDPSession> {
    if (this.devtools) return this.devtools;
    // A page of its own, which may stay when the others are closed; it is no window of Parley.
    const page = await context.newPage();
    this.devtools = await context.newCDPSession(page);
    this.devtools.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
      this.registration = registrations.at(-1)?.registrationId ?? this.registration;
    });
    await this.devtools.send('ServiceWorker.enable');
    return this.devtools;
  }

  private told() {
    const { current } = this;
    return current && { endpoint: current.endpoint, keys: current.keys };
  }
}

async function worker(context: BrowserContext): Promise<Worker> {
  return context.serviceWorkers().at(-1) ?? (await context.waitForEvent('serviceworker'));
}

interface Told {
  endpoint: string;
  keys: { p256dh: string; auth: string };
}

// Runs in the page, before anything of Parley does.
function standIn(): void {
  const test = globalThis as unknown as {
    testSubscribe(key: unknown): Promise<Told>;
    testSubscription(): Promise<Told | null>;
    testUnsubscribe(endpoint: string): Promise<void>;
    testBadges: number[];
  };
  const bytes = (text: string) =>
    Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0))
      .buffer;
  const subscriptionOf = (told: Told | null) =>
    told &&
    ({
      endpoint: told.endpoint,
      getKey: (name: 'p256dh' | 'auth') => bytes(told.keys[name]),
      unsubscribe: async () => {
        await test.testUnsubscribe(told.endpoint);
        return true;
      },
    } as unknown as PushSubscription);
  PushManager.prototype.getSubscription = async () => subscriptionOf(await test.testSubscription());
  PushManager.prototype.subscribe = async (options) =>
    subscriptionOf(await test.testSubscribe(options?.applicationServerKey)) as PushSubscription;
  test.testBadges = [];
  navigator.setAppBadge = async (count) => void test.testBadges.push(count ?? -1);
  navigator.clearAppBadge = async () => void test.testBadges.push(0);
}
