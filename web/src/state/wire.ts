import type { Chat, Events, Operations } from '../protocol';

// Names for parts of the protocol that are known there only by where they occur.

export type Role = Chat['role'];
export type SignedIn = Operations['auth:login']['reply'];
export type Refreshed = Operations['auth:refresh']['reply'];
export type UserStatus = Operations['user:status']['reply'];
export type HistoryPage = Operations['history']['reply'];
export type MessageInfo = Operations['message:info']['reply'];
export type Synced = Operations['sync']['reply'];
export type ReceiptMoved = Events['message:read'];
export type Typing = Events['user:typing'];
export type PresenceTold = Events['user:online'];
export type WentOffline = Events['user:offline'];
export type Watched = Operations['presence:watch']['reply'];
export type MembersChanged = Events['chat:member-added'] | Events['chat:member-removed'];
export type ChatUpdated = Events['chat:updated'];

/** The place of an entry in its chat's log: 1, 2, 3 … */
export type Seq = number;
