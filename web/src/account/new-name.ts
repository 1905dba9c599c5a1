import { useState } from 'react';
import { inviteInAddress } from './link-token';

/** How a new account is called, and what lets it in where registration is by invite. */
export interface NewName {
  username: string;
  displayName?: string;
  inviteToken?: string;
}

/** What stands in the fields of NameFields and InviteField. */
export interface NewNameDraft {
  username: string;
  displayName: string;
  invite: string;
}

export function useNewName() {
  return useState<NewNameDraft>(() => ({
    username: '',
    displayName: '',
    invite: inviteInAddress(),
  }));
}

/** As it is sent: without what was left out. */
export function toSend({ username, displayName, invite }: NewNameDraft): NewName {
  return {
    username: username.trim(),
    ...(displayName.trim() ? { displayName: displayName.trim() } : {}),
    ...(invite.trim() ? { inviteToken: invite.trim() } : {}),
  };
}
