import type { Chat, Message, Participant, User } from '../protocol';
import { mergeChat, peerMoved, readUpTo, withEntry } from './chats';
import { isMessage, join, receive, type Stretch } from './messages';
import { stoppedTyping } from './presence';
import { lowest, type ReceiptKind, withReceipt } from './receipts';
import type { Person, State } from './store';
import type { ReceiptMoved } from './wire';

// Each function takes the state and what was learned, and gives the next state.
// All of them may be told the same thing twice.

type Part = Partial<State>;

/** The server described chats, in answer to a question or to `sync`. */
export function chatsDescribed(state: State, described: readonly Chat[]): Part {
  const chats = { ...state.chats };
  let people = state.people;
  for (const chat of described) {
    chats[chat.id] = mergeChat(chats[chat.id], chat);
    if (chat.peer) people = meet(people, chat.peer.id, chat.peer);
  }
  return { chats, people };
}

/** An entry was heard of live, or a message of mine was accepted. */
export function entryHeard(state: State, entry: Message): Part {
  const { chatId, senderId, seq } = entry;
  const part: Part = {
    logs: { ...state.logs, [chatId]: receive(state.logs[chatId], entry) },
    typists: stoppedTyping(state.typists, chatId, senderId),
  };
  const chat = state.chats[chatId];
  if (!chat) return part;
  part.chats = { ...state.chats, [chatId]: changed(withEntry(chat, entry, myId(state)), entry) };
  // Sending moves the sender's own watermarks: who answers has read.
  if (!isMessage(entry) || senderId === myId(state)) return part;
  const receipt = { chatId, userId: senderId, seq, at: entry.createdAt };
  return { ...part, ...receiptHeard({ ...state, ...part }, 'read', receipt) };
}

/** A stretch of a log was read, from the server or from the cache. */
export function stretchRead(state: State, chatId: string, stretch: Stretch): Part {
  return { logs: { ...state.logs, [chatId]: join(state.logs[chatId], stretch) } };
}

/** Somebody's watermark moved, perhaps mine on another device. */
export function receiptHeard(state: State, kind: ReceiptKind, receipt: ReceiptMoved): Part {
  const chat = state.chats[receipt.chatId];
  if (!chat) return {};
  const me = myId(state);
  if (receipt.userId === me) return kind === 'read' ? iRead(state, chat.id, receipt.seq) : {};
  if (chat.type === 'direct') {
    return { chats: { ...state.chats, [chat.id]: peerMoved(chat, kind, receipt) } };
  }
  const before = state.participants[chat.id];
  if (!before) return {};
  const after = withReceipt(before, kind, receipt);
  if (after === before) return {};
  return {
    participants: { ...state.participants, [chat.id]: after },
    chats: { ...state.chats, [chat.id]: { ...chat, ...lowest(after, me, chat) } },
  };
}

export function iRead(state: State, chatId: string, seq: number): Part {
  const chat = state.chats[chatId];
  if (!chat) return {};
  const next = readUpTo(chat, seq, myId(state), state.logs[chatId]);
  return next === chat ? {} : { chats: { ...state.chats, [chatId]: next } };
}

export function iReceived(state: State, chatId: string, seq: number): Part {
  const chat = state.chats[chatId];
  if (!chat || seq <= chat.deliveredSeq) return {};
  return { chats: { ...state.chats, [chatId]: { ...chat, deliveredSeq: seq } } };
}

/** All participants of a group were read. */
export function participantsRead(
  state: State,
  chatId: string,
  participants: readonly Participant[],
): Part {
  let { people } = state;
  for (const one of participants) people = meet(people, one.userId, one);
  const part: Part = { people, participants: { ...state.participants, [chatId]: participants } };
  const chat = state.chats[chatId];
  if (chat?.type === 'group') {
    const marks = lowest(participants, myId(state), chat);
    part.chats = {
      ...state.chats,
      [chatId]: { ...chat, ...marks, participantCount: participants.length },
    };
  }
  return part;
}

export function personMet(state: State, user: User): Part {
  return { people: meet(state.people, user.id, user) };
}

// What membership and settings entries change in the chat itself.
function changed(chat: Chat, entry: Message): Chat {
  const settings = entry.settings ?? {};
  return {
    ...chat,
    ...(settings.name === undefined ? {} : { name: settings.name }),
    ...(settings.description === undefined ? {} : { description: settings.description }),
  };
}

function meet(
  people: Readonly<Record<string, Person>>,
  userId: string,
  person: Person,
): Readonly<Record<string, Person>> {
  const { username, displayName } = person;
  const known = people[userId];
  if (known?.username === username && known.displayName === displayName) return people;
  return { ...people, [userId]: { username, displayName } };
}

function myId(state: State): string {
  return state.me?.id ?? '';
}
