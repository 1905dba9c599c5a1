import type { ParleyNode } from './node.ts';
import { signUpAs } from './operators.ts';
import type { Said } from './rest.ts';
import type { Socket } from './socket.ts';
import { directChat, freshId, group, PASSWORD, signUp, type User } from './users.ts';

// A small world with something of everything in it: two people in a direct
// chat and a group, with messages, and a third who has no part in either.
export interface World {
  alice: User; // admin of the group, and of the server
  bob: User;
  stranger: User;
  direct: Said;
  group: Said;
  message: Said; // Alice's, in the group
  salt: Said; // of contact sync
}

export async function makeWorld(node: ParleyNode): Promise<World> {
  const alice = await signUpAs(node, 'alice', 'admin');
  const bob = await signUp(node, 'bob');
  const stranger = await signUp(node, 'stranger');
  const direct = await directChat(alice, bob);
  const made = await group(alice, [bob], 'World');
  await alice.post('/users/contacts', { userId: bob.id });
  await bob.send(direct.id, 'hello');
  const message = await alice.send(made.id, 'hello, all');
  const salt = await alice.get('/users/contacts/salt');
  return { alice, bob, stranger, direct, group: made, message, salt };
}

// Data with which Alice could run each operation, so that a test can spoil one
// member and know that nothing else is wrong.
export function goodData(op: string, world: World): Record<string, unknown> {
  const chatId = world.group.id;
  const userId = world.bob.id;
  const username = world.bob.username;
  const known: Record<string, Record<string, unknown>> = {
    'auth:register': { username: freshName(), password: PASSWORD },
    'auth:login': { username: world.alice.username, password: PASSWORD },
    'auth:request-otp': { phoneNumber: freshPhone() },
    'auth:verify-otp': { phoneNumber: freshPhone(), code: '000000' },
    'auth:verify-email': { token: 'x'.repeat(43) },
    'auth:forgot-password': { email: 'nobody@example.org' },
    'auth:reset-password': { token: 'x'.repeat(43), password: 'Another-horse-8' },
    'auth:passkey-options': {},
    'auth:passkey-login': {
      credentialId: 'AQID',
      clientDataJson: 'e30',
      authenticatorData: 'AQID',
      signature: 'AQID',
    },
    'auth:methods': {},
    'auth:oidc-begin': { provider: 'SSO' },
    'auth:oidc-complete': { code: 'x', state: 'x'.repeat(43) },
    'auth:logout-all': { keepCurrent: true },
    'session:list': {},
    'session:revoke': { sessionId: '1' },
    'security:list': { limit: 5 },
    'user:export': {},
    'user:delete-account': { password: PASSWORD },
    'user:set-avatar': {},
    'user:remove-avatar': {},
    'user:avatar': { userId },
    'user:set-password': { currentPassword: PASSWORD, newPassword: 'Another-horse-8' },
    'user:set-email': { email: `${freshName()}@example.org`, password: PASSWORD },
    'user:send-verification': {},
    'user:set-phone': { phoneNumber: freshPhone(), code: '000000' },
    'second-factor:begin': { password: PASSWORD },
    'second-factor:confirm': { code: '000000' },
    'second-factor:remove': { code: '000000' },
    'passkey:options': {},
    'passkey:add': { credentialId: 'AQID', clientDataJson: 'e30', attestationObject: 'AQID' },
    'passkey:list': {},
    'passkey:remove': { passkeyId: '1' },
    'user:public-key': { username },
    'auth:refresh': { refreshToken: world.alice.refreshToken },
    'auth:logout': {},
    'auth:renew': { accessToken: world.alice.accessToken },
    'user:profile': {},
    'user:update': { displayName: 'Another', about: 'Else' },
    'user:get': { username },
    'user:status': { userId },
    'user:set-status': { availability: 'busy' },
    'user:search': { q: 'bob' },
    'contact:list': { limit: 5 },
    'contact:add': { userId: world.stranger.id },
    'contact:update': { userId, name: 'Bobby' },
    'contact:remove': { userId },
    'contact:suggestions': { limit: 5 },
    'contact:salt': {},
    'contact:match': { saltId: world.salt.saltId, prefixes: ['00ff00'] },
    'contact:sync': { saltId: world.salt.saltId, hashes: ['0'.repeat(64)] },
    'user:privacy': {},
    'user:set-privacy': { about: 'contacts' },
    'block:list': { limit: 5 },
    'block:add': { userId: world.stranger.id },
    'block:remove': { userId: world.stranger.id },
    'chat:list': { limit: 5 },
    'chat:create': { type: 'group', name: 'New', members: [username] },
    'chat:get': { chatId },
    'chat:update': { chatId, name: 'Renamed' },
    'chat:participants': { chatId },
    'chat:add-members': { chatId, members: [world.stranger.username] },
    'chat:remove-member': { chatId, userId },
    'chat:leave': { chatId },
    'chat:set-role': { chatId, userId, role: 'admin' },
    'group:create': { name: 'New', members: [username] },
    'chat:set-permissions': { chatId, userId, send: false },
    'report:create': { userId: world.stranger.id, reason: 'spam' },
    'device:services': {},
    'device:register': { service: 'fcm', token: 'a-device-token' },
    'device:list': {},
    'device:remove': { deviceId: '1' },
    'device:test': {},
    'device:log': {},
    'notification:settings': {},
    'notification:change-settings': { preview: true },
    'notification:unsubscribe-page': { token: 'x'.repeat(64) },
    'notification:unsubscribe': { token: 'x'.repeat(64) },
    'admin:user-list': { q: 'bob', limit: 5 },
    'admin:user-get': { userId },
    'admin:user-create': { username: freshName() },
    'admin:suspend': { userId, reason: 'spam' },
    'admin:unsuspend': { userId },
    'admin:delete': { userId },
    'admin:reset-password': { userId },
    'admin:set-role': { userId, role: 'moderator' },
    'admin:report-list': { limit: 5 },
    'admin:report-resolve': { reportId: '1', action: 'dismiss' },
    'admin:audit': { limit: 5 },
    'admin:invite-create': { uses: 1 },
    'admin:invite-list': {},
    'admin:invite-remove': { inviteId: '1' },
    'message:send': { chatId, content: 'text', clientMessageId: freshId() },
    history: { chatId },
    'message:info': { chatId, messageId: world.message.id },
    'message:delivered': { chatId, seq: 2 },
    'message:read': { chatId, seq: 2 },
    'message:typing': { chatId, typing: true },
    sync: {},
    'presence:watch': { chatId },
    'presence:unwatch': { chatId },
    'presence:away': { away: true },
  };
  const data = known[op];
  if (data === undefined) throw new Error(`No sample for ${op}`);
  return data;
}

// Everything of the world that an operation could change.
export async function snapshot(world: World): Promise<Said> {
  const seen: Said = {};
  for (const who of ['alice', 'bob', 'stranger'] as const) {
    const user = world[who];
    const chats = (await user.get('/chats?limit=100')).chats;
    seen[who] = {
      profile: await user.get('/users/profile'),
      contacts: await user.get('/users/contacts'),
      privacy: await user.get('/users/privacy'),
      blocked: await user.get('/users/blocked'),
      chats,
      logs: await Promise.all(
        chats.map((chat: Said) => user.get(`/chats/${chat.id}/messages?after=0&limit=100`)),
      ),
      people: await Promise.all(
        chats.map((chat: Said) => user.get(`/chats/${chat.id}/participants?limit=100`)),
      ),
    };
  }
  return seen;
}

// The names of the events a connection heard, but for who came and went.
export function newsOf(socket: Socket): string[] {
  const quiet = [undefined, 'ready', 'user:online', 'user:offline'];
  return socket.frames.map((f) => f.event).filter((event) => !quiet.includes(event));
}

// A number that nobody has.
export function freshPhone(): string {
  return `+49${String(Math.floor(Math.random() * 1e10)).padStart(11, '1')}`;
}

export function freshName(): string {
  return `x${freshId()
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '0')}`;
}
