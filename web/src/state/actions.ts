import type { Chat, User } from '../protocol';
import type { AccountActions, EntryActions } from './account-actions';
import type { NotificationActions } from './notifications';
import type { MessageInfo } from './wire';

/**
 * Everything a person can do, as the components know it. Plain functions, to be passed around.
 *
 * What changes is seen in the store. A promise is rejected with a `Failure` when
 * the server refused or did not answer. Sending never fails here: a message
 * waits in the outbox, and its ticks tell what became of it.
 */
export interface Actions extends EntryActions, AccountActions, NotificationActions {
  /** A conversation is on the screen: load it, watch it, acknowledge what is read. */
  open(chatId: string): void;
  close(chatId: string): void;
  loadOlder(chatId: string): Promise<void>;

  /** Resolves when the message is safe on this device. */
  send(chatId: string, content: string): Promise<void>;
  resend(clientMessageId: string): Promise<void>;
  discard(clientMessageId: string): Promise<void>;
  typing(chatId: string, typing: boolean): void;
  saveDraft(chatId: string, text: string): void;

  startDirect(username: string): Promise<Chat>;
  createGroup(group: { name: string; description: string; members: string[] }): Promise<Chat>;
  /** Looks a person up by their exact username. */
  findUser(username: string): Promise<User>;
  loadParticipants(chatId: string): Promise<void>;
  updateGroup(chatId: string, change: { name?: string; description?: string }): Promise<void>;
  addMembers(chatId: string, usernames: string[]): Promise<void>;
  removeMember(chatId: string, userId: string): Promise<void>;
  setRole(chatId: string, userId: string, role: 'admin' | 'member'): Promise<void>;
  leave(chatId: string): Promise<void>;
  messageInfo(chatId: string, messageId: string): Promise<MessageInfo>;

  /** Tries to connect now instead of when the next attempt is due. */
  reconnect(): void;
}

let provided: Actions | null = null;

/** Called once, by `main.tsx`. */
export function provideActions(actions: Actions): void {
  provided = actions;
}

export function actions(): Actions {
  if (!provided) throw new Error('provideActions() has not been called');
  return provided;
}
