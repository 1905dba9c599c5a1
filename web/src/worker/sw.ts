/**
 * The service worker: shows what is pushed while no window is open, and leads a click to the chat.
 * It keeps nothing and answers no request: what a device has is in the client's own database.
 * It is built as /sw.js, alone and without a hash, because browsers look for it by its address.
 */
import { addressOf, chatIdOf, notificationOf, type OpenChat } from './notification';

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
interface Page {
  focused: boolean;
  visibilityState: DocumentVisibilityState;
  focus(): Promise<unknown>;
  postMessage(message: OpenChat): void;
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
  addEventListener(name: 'push', listen: (event: Pushed) => void): void;
  addEventListener(name: 'notificationclick', listen: (event: Clicked) => void): void;
  addEventListener(name: 'install' | 'activate', listen: (event: Waiting) => void): void;
}
const worker = globalThis as unknown as Worker;

worker.addEventListener('install', (event) => event.waitUntil(worker.skipWaiting()));
worker.addEventListener('activate', (event) => event.waitUntil(worker.clients.claim()));
worker.addEventListener('push', (event) => event.waitUntil(show(event.data?.text())));
worker.addEventListener('notificationclick', (event) => {
  event.notification.close();
  const told = event.notification.data as { chatId?: unknown } | null;
  event.waitUntil(open(chatIdOf(told?.chatId)));
});

async function show(payload: string | undefined): Promise<void> {
  const { title, body, tag, renotify, chatId, badge } = notificationOf(payload);
  // `renotify` is missing in the compiler's types.
  const options: NotificationOptions & { renotify: boolean } = {
    body,
    renotify,
    data: { chatId },
    ...(tag === undefined ? {} : { tag }),
  };
  await worker.registration.showNotification(title, options);
  if (badge === undefined || !('setAppBadge' in worker.navigator)) return;
  // A count that cannot be drawn is no reason to lose the notification.
  await worker.navigator.setAppBadge(badge).catch(() => undefined);
}

async function open(chatId: string | undefined): Promise<void> {
  const pages = await worker.clients.matchAll({ type: 'window', includeUncontrolled: true });
  const page =
    pages.find(({ focused }) => focused) ??
    pages.find(({ visibilityState }) => visibilityState === 'visible') ??
    pages[0];
  if (!page) {
    await worker.clients.openWindow(addressOf(chatId));
    return;
  }
  await page.focus();
  if (chatId !== undefined) page.postMessage({ type: 'open-chat', chatId });
}
