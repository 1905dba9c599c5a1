/**
 * What a push says, as a notification. Pure, so that the worker around it stays thin.
 * Whatever arrives, there is something to show: a browser takes the permission away
 * from a site that is woken and shows nothing.
 */

/** What the worker hands to `showNotification`. */
export interface Shown {
  title: string;
  body: string;
  tag: string | undefined;
  /** A chat that is named again makes itself heard again. Browsers refuse this without a tag. */
  renotify: boolean;
  chatId: string | undefined;
  /** How far the chat has to be read for the notification to go away. */
  seq: number | undefined;
  /** How many are unread; undefined when the push does not tell. */
  badge: number | undefined;
}

/** What a window is told when a notification of a chat was clicked. */
export interface OpenChat {
  type: 'open-chat';
  chatId: string;
}

/** What a window is asked, with a port for its answer: is this chat on the screen? */
export interface IsChatShown {
  type: 'is-chat-shown';
  chatId: string;
}

const LONGEST_TITLE = 200;
const LONGEST_BODY = 1000;
const CHAT_ID = /^[A-Za-z0-9_-]{1,64}$/;

function recordOf(text: string | undefined): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(text ?? '');
    const plain = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
    return plain ? (parsed as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function words(value: unknown, longest: number): string | undefined {
  if (typeof value !== 'string') return undefined;
  return value.trim().slice(0, longest) || undefined;
}

function countOf(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}

/** A chat's id, or nothing when it could not be part of an address. */
export function chatIdOf(value: unknown): string | undefined {
  return typeof value === 'string' && CHAT_ID.test(value) ? value : undefined;
}

/** The notification for a push's decrypted payload. */
export function notificationOf(payload: string | undefined): Shown {
  const told = recordOf(payload);
  const tag = words(told.tag, LONGEST_TITLE);
  return {
    title: words(told.title, LONGEST_TITLE) ?? 'Parley',
    body:
      words(told.body, LONGEST_BODY) ??
      (told.kind === 'test' ? 'Test notification' : 'New message'),
    tag,
    renotify: tag !== undefined,
    chatId: chatIdOf(told.chatId),
    seq: countOf(told.seq),
    badge: countOf(told.badge),
  };
}

/** Where the client shows a chat, or the list of chats without one. */
export function addressOf(chatId: string | undefined): string {
  return chatId === undefined ? '/' : `/chats/${chatId}`;
}

/** The chat a worker's message asks a window to open; null when it is no such message. */
export function chatToOpen(message: unknown): string | null {
  return chatNamed('open-chat', message);
}

/** The chat a worker's message asks about; null when it is no such message. */
export function chatAskedAbout(message: unknown): string | null {
  return chatNamed('is-chat-shown', message);
}

function chatNamed(wanted: (OpenChat | IsChatShown)['type'], message: unknown): string | null {
  const { type, chatId } = (message ?? {}) as Partial<OpenChat | IsChatShown>;
  return type === wanted ? (chatIdOf(chatId) ?? null) : null;
}
