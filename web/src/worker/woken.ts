/**
 * What the service worker does when the browser wakes it. Apart from `sw.ts`, which listens, so that
 * it can be tried without a browser.
 */
import { Session } from '../connection/session';
import type { NoteKeeper } from '../notifications/note';
import { deviceOf, type Subscription } from '../notifications/subscription';
import { addressOf, type IsChatShown, notificationOf, type OpenChat } from './notification';

/** A window of ours. */
export interface Page {
  focused: boolean;
  visibilityState: DocumentVisibilityState;
  focus(): Promise<unknown>;
  postMessage(message: OpenChat | IsChatShown, ports?: MessagePort[]): void;
}

/** As much of the worker's surroundings as is used. */
export interface Surroundings {
  note: NoteKeeper;
  pages(): Promise<Page[]>;
  openWindow(address: string): Promise<unknown>;
  showNotification(title: string, options: NotificationOptions): Promise<void>;
  subscription(): Promise<Subscription | null>;
  subscribe(key: string): Promise<Subscription>;
  badge(count: number): Promise<void>;
  /** The cookies of this origin, as a page would read them. */
  cookies(): Promise<string>;
  fetch: typeof fetch;
}

const ICON = '/icons/icon-192.png';
const MARK = '/icons/badge-96.png';
// A window that is busy for longer than this is not looked at.
const PATIENCE_MS = 1_000;

/** A push came. */
export async function pushed(around: Surroundings, payload: string | undefined): Promise<void> {
  if (!(await around.note.read().catch(() => null))) {
    // Somebody was signed in here and is not any more: what was under way to them is not shown.
    await (await around.subscription())?.unsubscribe();
    return;
  }
  const { title, body, tag, renotify, chatId, seq, badge } = notificationOf(payload);
  // A count that cannot be drawn is no reason to lose the notification.
  if (badge !== undefined) await around.badge(badge).catch(() => undefined);
  if (chatId !== undefined && (await isShown(around, chatId))) return;
  // `renotify` is missing in the compiler's types.
  const options: NotificationOptions & { renotify: boolean } = {
    body,
    renotify,
    icon: ICON,
    badge: MARK,
    data: { chatId, seq },
    ...(tag === undefined ? {} : { tag }),
  };
  await around.showNotification(title, options);
}

/** A notification was clicked: its chat comes to the front, in a window that is there or a new one. */
export async function clicked(around: Surroundings, chatId: string | undefined): Promise<void> {
  const pages = await around.pages();
  const page =
    pages.find(({ focused }) => focused) ??
    pages.find(({ visibilityState }) => visibilityState === 'visible') ??
    pages[0];
  if (!page) {
    await around.openWindow(addressOf(chatId));
    return;
  }
  if (chatId !== undefined) page.postMessage({ type: 'open-chat', chatId });
  // Some systems let nobody come to the front; the chat is open all the same.
  await page.focus().catch(() => undefined);
}

/**
 * The browser gave up its subscription, or has got another one. The server is told at once, with the
 * session's cookie; when that cannot be, a page sees the difference at its next start.
 */
export async function resubscribed(around: Surroundings): Promise<void> {
  const note = await around.note.read();
  if (!note) return;
  const subscription = (await around.subscription()) ?? (await around.subscribe(note.key));
  if (subscription.endpoint === note.endpoint) return;
  const cookies = await around.cookies();
  const session = new Session(around.fetch, () => cookies);
  const device = await session.registerDevice(deviceOf(subscription));
  // Whoever signed out meanwhile stays signed out.
  if ((await around.note.read())?.userId !== note.userId) return;
  const { endpoint } = subscription;
  await around.note.write({ ...note, endpoint, deviceId: device.id, registeredAt: Date.now() });
  // Otherwise it is forgotten when its push service says that it has ended.
  if (device.id !== note.deviceId) await session.removeDevice(note.deviceId).catch(() => undefined);
}

// A page that shows the chat and has a connection says so; whoever does not answer does not show it.
async function isShown(around: Surroundings, chatId: string): Promise<boolean> {
  const visible = (await around.pages()).filter((page) => page.visibilityState === 'visible');
  const answers = visible.map(
    (page) =>
      new Promise<boolean>((resolve) => {
        const { port1, port2 } = new MessageChannel();
        const settle = (answer: boolean) => {
          clearTimeout(timer);
          port1.close();
          resolve(answer);
        };
        const timer = setTimeout(settle, PATIENCE_MS, false);
        port1.onmessage = ({ data }) => settle(data === true);
        page.postMessage({ type: 'is-chat-shown', chatId }, [port2]);
      }),
  );
  return (await Promise.all(answers)).includes(true);
}
