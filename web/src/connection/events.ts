import type { Events, Message } from '../protocol';
import { personMet, receiptHeard } from '../state/apply';
import { membershipEntry, settingsEntry } from '../state/messages';
import {
  heardTyping,
  stillTyping,
  TYPING_LASTS_MS,
  wentOffline,
  wentOnline,
} from '../state/presence';
import type { Store } from '../state/store';
import type { CatchUp } from './catch-up';

/** What an event may make necessary beyond a change of state. */
export interface EventsOwner {
  renewToken(): void;
  sync(): void;
  isOpen(chatId: string): boolean;
}

// Receipts of a large group come in bursts.
const GROUP_TICKS_MS = 1_000;

type Handlers = { [E in keyof Events]: (data: Events[E]) => void };

/** Turns what the server tells into changes of state. Any event may come twice or not at all. */
export function eventHandlers(store: Store, catchUp: CatchUp, owner: EventsOwner): Handlers {
  // When it fails the connection is gone, and the next one syncs.
  const attempt = (act: Promise<unknown>) => void act.catch(() => undefined);

  const hear = async (entry: Message) => {
    if (!store.getState().chats[entry.chatId]) await catchUp.refresh(entry.chatId);
    await catchUp.hear(entry);
  };

  const membersChanged = async (entry: Message) => {
    const { chatId } = entry;
    const { me } = store.getState();
    const away = entry.membership?.action === 'removed' || entry.membership?.action === 'left';
    if (away && me && entry.membership?.userIds.includes(me.id)) {
      await hear(entry);
      store.setState(({ chats }) => {
        const chat = chats[chatId];
        return chat ? { chats: { ...chats, [chatId]: { ...chat, role: 'left' as const } } } : {};
      });
      return;
    }
    await catchUp.refresh(chatId);
    await catchUp.hear(entry);
    if (owner.isOpen(chatId)) await catchUp.loadParticipants(chatId);
    else {
      store.setState(({ participants: { [chatId]: _, ...participants } }) => ({ participants }));
    }
  };

  const refreshing = new Set<string>();
  const refreshTicks = (chatId: string) => {
    const { chats, me } = store.getState();
    const mine = chats[chatId]?.lastMessage?.senderId === me?.id;
    if (!mine || refreshing.has(chatId)) return;
    refreshing.add(chatId);
    setTimeout(() => {
      refreshing.delete(chatId);
      attempt(catchUp.refresh(chatId));
    }, GROUP_TICKS_MS);
  };

  const receipt = (kind: 'delivered' | 'read') => (data: Events['message:read']) => {
    store.setState((state) => receiptHeard(state, kind, data));
    const { chats, participants } = store.getState();
    if (chats[data.chatId]?.type === 'group' && !participants[data.chatId]) {
      refreshTicks(data.chatId);
    }
  };

  return {
    ready: () => undefined,
    'message:receive': (message) => attempt(hear(message)),
    'message:delivered': receipt('delivered'),
    'message:read': receipt('read'),
    'user:typing': (data) => {
      store.setState(({ typists }) => ({ typists: heardTyping(typists, data, Date.now()) }));
      setTimeout(() => {
        store.setState(({ typists }) => ({ typists: stillTyping(typists, Date.now()) }));
      }, TYPING_LASTS_MS + 50);
    },
    'user:online': (data) =>
      store.setState(({ presences }) => ({ presences: wentOnline(presences, data) })),
    'user:offline': (data) =>
      store.setState(({ presences }) => ({ presences: wentOffline(presences, data) })),
    'user:updated': (me) => store.setState((state) => ({ me, ...personMet(state, me) })),
    'security:event': (warning) => store.setState({ warning }),
    'chat:member-added': (data) => attempt(membersChanged(membershipEntry(data))),
    'chat:member-removed': (data) => attempt(membersChanged(membershipEntry(data))),
    'chat:updated': (data) => {
      const entry = settingsEntry(data);
      attempt(entry.kind === 'membership' ? membersChanged(entry) : hear(entry));
    },
    'auth:expiring': () => owner.renewToken(),
    resync: () => owner.sync(),
  };
}
