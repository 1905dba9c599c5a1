import type { Chat, Message } from '../protocol';
import type { Person, State } from '../state/store';
import { texts } from '../ui/texts';

type People = State['people'];

export function chatName(chat: Chat): string {
  return chat.type === 'direct' ? nameOf(chat.peer) : chat.name;
}

export function personName(people: People, userId: string): string {
  return nameOf(people[userId]);
}

/** The name as used in a running conversation: "Ada", not "Ada Lovelace". */
export function firstName(people: People, userId: string): string {
  return personName(people, userId).split(/\s+/)[0] ?? '';
}

function nameOf(person: Person | undefined): string {
  return person?.displayName || person?.username || texts.t('common.someone');
}

/** What a membership or settings entry says, from my point of view. */
export function systemText(entry: Message, people: People, me: string): string {
  const mine = entry.senderId === me;
  const actor = personName(people, entry.senderId);
  const say = (theirs: Line, own: Line, values: Record<string, string> = {}) =>
    texts.t(`system.${mine ? own : theirs}`, { actor, ...values });

  const { membership, settings } = entry;
  if (membership) {
    const others = membership.userIds.filter((id) => id !== entry.senderId);
    const names = listed(
      others.map((id) => (id === me ? texts.t('system.youObject') : personName(people, id))),
    );
    switch (membership.action) {
      case 'created':
        return say('created', 'youCreated');
      case 'added':
        return say('added', 'youAdded', { names });
      case 'removed':
        return others.length === 0
          ? say('left', 'youLeft')
          : say('removed', 'youRemoved', { names });
      case 'left':
        return say('left', 'youLeft');
      case 'role':
        return membership.role === 'admin'
          ? say('promoted', 'youPromoted', { names: names || actor })
          : say('demoted', 'youDemoted', { names: names || actor });
      case 'permissions':
        return say('permitted', 'youPermitted', { names: names || actor });
    }
  }
  if (settings?.name !== undefined) return say('renamed', 'youRenamed', { name: settings.name });
  return say('described', 'youDescribed');
}

type Line = Exclude<keyof typeof import('../ui/texts/en.json')['system'], 'youObject'>;

function listed(names: string[]): string {
  return new Intl.ListFormat(texts.language, { type: 'conjunction' }).format(names);
}
