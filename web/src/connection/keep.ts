import type { State, Store } from '../state/store';
import type { Database } from './database';

const PAUSE_MS = 300;

/**
 * Keeps chats and names on this device as they change in the store, a moment
 * later and in one write. Logs are kept as they are read: see `CatchUp`. Returns
 * what ends it.
 */
export function keepState(store: Store, database: Database): () => void {
  let kept: State = store.getState();
  let timer: ReturnType<typeof setTimeout> | undefined;

  const write = async () => {
    timer = undefined;
    const state = store.getState();
    const before = kept;
    kept = state;
    const chats = Object.values(state.chats).filter((chat) => before.chats[chat.id] !== chat);
    const people = Object.entries(state.people).filter(([id, one]) => before.people[id] !== one);
    if (chats.length > 0) await database.keepChats(chats);
    if (people.length > 0) await database.keepPeople(Object.fromEntries(people));
    if (state.me && state.me !== before.me) await database.keepMe(state.me);
  };

  const unsubscribe = store.subscribe((state, before) => {
    if (state.chats === before.chats && state.people === before.people && state.me === before.me) {
      return;
    }
    timer ??= setTimeout(() => void write(), PAUSE_MS);
  });

  return () => {
    clearTimeout(timer);
    unsubscribe();
  };
}
