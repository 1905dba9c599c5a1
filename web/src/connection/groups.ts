import type { Actions } from '../state/actions';
import { personMet } from '../state/apply';
import type { Store } from '../state/store';
import type { CatchUp, Request } from './catch-up';

type GroupActions = Pick<
  Actions,
  | 'startDirect'
  | 'createGroup'
  | 'findUser'
  | 'loadParticipants'
  | 'updateGroup'
  | 'addMembers'
  | 'removeMember'
  | 'setRole'
  | 'leave'
>;

/** Chats that begin, and groups that change. */
export function groupActions(store: Store, request: Request, catchUp: CatchUp): GroupActions {
  // The events of my own acts go to my other connections: this one reads what they left.
  const changed = async (chatId: string) => {
    await catchUp.refresh(chatId);
    await Promise.all([catchUp.fill(chatId), catchUp.loadParticipants(chatId)]);
  };

  return {
    async startDirect(username) {
      const chat = await request('chat:create', { type: 'direct', username });
      catchUp.describe([chat]);
      return chat;
    },

    async createGroup(group) {
      const chat = await request('chat:create', { type: 'group', ...group });
      catchUp.describe([chat]);
      return chat;
    },

    async findUser(username) {
      const user = await request('user:get', { username });
      store.setState((state) => personMet(state, user));
      return user;
    },

    loadParticipants: (chatId) => catchUp.loadParticipants(chatId),

    async updateGroup(chatId, change) {
      catchUp.describe([await request('chat:update', { chatId, ...change })]);
      await catchUp.fill(chatId);
    },

    async addMembers(chatId, members) {
      await request('chat:add-members', { chatId, members });
      await changed(chatId);
    },

    async removeMember(chatId, userId) {
      await request('chat:remove-member', { chatId, userId });
      await changed(chatId);
    },

    async setRole(chatId, userId, role) {
      await request('chat:set-role', { chatId, userId, role });
      await changed(chatId);
    },

    async leave(chatId) {
      await request('chat:leave', { chatId });
      const chat = store.getState().chats[chatId];
      if (chat) catchUp.describe([{ ...chat, role: 'left' }]);
    },
  };
}
