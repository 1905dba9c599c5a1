/**
 * The service worker: shows what is pushed while nobody looks, and leads a click to the chat.
 * It keeps nothing and answers no request: what a device has is in the client's own database.
 * It is built as /sw.js, alone and without a hash, because browsers look for it by its address.
 */
import { noteKeeper } from '../notifications/note';
import { chatIdOf } from './notification';
import { clicked, type Page, pushed, resubscribed, type Surroundings } from './woken';

// The compiler's types of a worker cannot stand beside those of a page; this is what is used of them.
interface Waiting extends Event {
  waitUntil(done: Promise<unknown>): void;
}
interface Pushed extends Waiting {
  data: { text(): string } | null;
}
interface Clicked extends Waiting {
  notification: Notification;
}
interface Worker {
  registration: ServiceWorkerRegistration;
  clients: {
    claim(): Promise<void>;
    matchAll(which: { type: 'window'; includeUncontrolled: boolean }): Promise<Page[]>;
    openWindow(address: string): Promise<unknown>;
  };
  skipWaiting(): Promise<void>;
  navigator: Navigator;
  /** Missing in some browsers. */
  cookieStore?: { getAll(): Promise<{ name?: string; value?: string }[]> };
  addEventListener(name: 'push', listen: (event: Pushed) => void): void;
  addEventListener(name: 'notificationclick', listen: (event: Clicked) => void): void;
  addEventListener(
    name: 'install' | 'activate' | 'pushsubscriptionchange',
    listen: (event: Waiting) => void,
  ): void;
}
const worker = globalThis as unknown as Worker;

const around: Surroundings = {
  note: noteKeeper(),
  pages: () => worker.clients.matchAll({ type: 'window', includeUncontrolled: true }),
  openWindow: (address) => worker.clients.openWindow(address),
  showNotification: (title, options) => worker.registration.showNotification(title, options),
  subscription: () => worker.registration.pushManager.getSubscription(),
  subscribe: (key) =>
    worker.registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key }),
  async badge(count) {
    if (!('setAppBadge' in worker.navigator)) return;
    await (count > 0 ? worker.navigator.setAppBadge(count) : worker.navigator.clearAppBadge());
  },
  async cookies() {
    const all = (await worker.cookieStore?.getAll()) ?? [];
    return all.map(({ name, value }) => `${name}=${value}`).join('; ');
  },
  fetch: globalThis.fetch.bind(globalThis),
};

worker.addEventListener('install', (event) => event.waitUntil(worker.skipWaiting()));
worker.addEventListener('activate', (event) => event.waitUntil(worker.clients.claim()));
worker.addEventListener('push', (event) => event.waitUntil(pushed(around, event.data?.text())));
worker.addEventListener('notificationclick', (event) => {
  event.notification.close();
  const told = event.notification.data as { chatId?: unknown } | null;
  event.waitUntil(clicked(around, chatIdOf(told?.chatId)));
});
worker.addEventListener('pushsubscriptionchange', (event) => {
  event.waitUntil(resubscribed(around));
});
