import type { Store } from '../state/store';
import type { PushBrowser } from './browser';

const PAUSE_MS = 200;

/** What the service worker writes into a notification of a chat. */
interface Told {
  chatId?: unknown;
  seq?: unknown;
}

/**
 * While somebody is signed in: takes notifications away whose chat has been read up to them, here
 * or on another device, and keeps the number on the app's icon. Returns what ends it.
 */
export function followReading(store: Store, browser: PushBrowser): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let drawn: number | null = null;

  const tidy = async () => {
    for (const notification of await browser.shown()) {
      const { chatId, seq } = (notification.data ?? {}) as Told;
      const chat = typeof chatId === 'string' ? store.getState().chats[chatId] : undefined;
      if (!chat) continue;
      const read = typeof seq === 'number' ? chat.readSeq >= seq : chat.unreadCount === 0;
      if (read) notification.close();
    }
  };

  const act = () => {
    timer = undefined;
    const { chats } = store.getState();
    const unread = Object.values(chats).reduce((sum, chat) => sum + chat.unreadCount, 0);
    if (unread !== drawn) browser.badge(unread);
    drawn = unread;
    // Nothing is lost but some tidiness.
    tidy().catch(() => undefined);
  };

  const consider = () => {
    if (store.getState().loaded) timer ??= setTimeout(act, PAUSE_MS);
  };
  const unsubscribe = store.subscribe((state, before) => {
    if (state.loaded !== before.loaded || countsDiffer(state.chats, before.chats)) consider();
  });
  consider();
  return () => {
    clearTimeout(timer);
    unsubscribe();
  };
}

type Counted = Readonly<Record<string, { readSeq: number; unreadCount: number }>>;

function countsDiffer(now: Counted, before: Counted): boolean {
  if (now === before) return false;
  return Object.entries(now).some(([id, { readSeq, unreadCount }]) => {
    const known = before[id];
    return known?.readSeq !== readSeq || known.unreadCount !== unreadCount;
  });
}
