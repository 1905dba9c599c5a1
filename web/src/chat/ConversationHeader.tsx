import { ArrowLeft, Info } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { useStore } from 'zustand';
import { useShallow } from 'zustand/react/shallow';
import type { Chat } from '../protocol';
import { parley } from '../state/store';
import { Avatar } from '../ui/Avatar';
import { IconButton } from '../ui/Button';
import { momentName, untilName } from '../ui/time';
import { chatName, firstName } from './names';
import { usePresence } from './presence';

const GroupInfo = lazy(() => import('./GroupInfo'));

/** Who this is with, and what they are doing. */
export function ConversationHeader({ chat }: { chat: Chat }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [info, setInfo] = useState(false);
  const name = chatName(chat);
  const group = chat.type === 'group';
  const presence = usePresence(chat.peer?.id);
  return (
    <header className="shrink-0 border-line border-b bg-surface pt-safe">
      <div className="flex h-16 items-center gap-3 px-2 md:px-4">
        <IconButton
          label={t('common.back')}
          className="-mr-1 md:hidden"
          onClick={() => void navigate('/')}
        >
          <ArrowLeft className="size-5" />
        </IconButton>
        <Avatar
          id={chat.peer?.id ?? chat.id}
          name={name}
          group={group}
          size="small"
          presence={presence}
        />
        <div className="min-w-0 flex-1">
          <h2 dir="auto" className="truncate text-left font-semibold leading-tight">
            {name}
          </h2>
          <p className="truncate text-small text-soft leading-tight" data-testid="status">
            <Status chat={chat} />
          </p>
        </div>
        {group && (
          <IconButton label={t('conversation.info')} onClick={() => setInfo(true)}>
            <Info className="size-5" />
          </IconButton>
        )}
      </div>
      <Suspense fallback={null}>
        {info && <GroupInfo chatId={chat.id} onClose={() => setInfo(false)} />}
      </Suspense>
    </header>
  );
}

function Status({ chat }: { chat: Chat }) {
  const { t } = useTranslation();
  const me = useStore(parley, (state) => state.me?.id);
  const typists = useStore(
    parley,
    useShallow((state) => Object.keys(state.typists[chat.id] ?? {}).filter((id) => id !== me)),
  );
  const people = useStore(parley, (state) => state.people);
  const presence = useStore(parley, (state) => state.presences[chat.peer?.id ?? '']);
  const state = usePresence(chat.peer?.id);
  const online = useStore(
    parley,
    (state) =>
      (state.participants[chat.id] ?? []).filter(
        ({ userId }) => userId === me || state.presences[userId]?.online,
      ).length,
  );

  if (typists.length > 0) {
    const [a = '', b = ''] = typists.map((id) => firstName(people, id));
    return (
      <span className="inline-flex items-center gap-2 text-accent-ink">
        {chat.type === 'direct'
          ? t('conversation.typing')
          : typists.length === 1
            ? t('conversation.typingOne', { name: a })
            : typists.length === 2
              ? t('conversation.typingTwo', { a, b })
              : t('conversation.typingMany', { count: typists.length })}
        <TypingDots />
      </span>
    );
  }
  if (chat.type === 'group') {
    const members = t('conversation.members', { count: chat.participantCount });
    return online > 1 ? t('conversation.membersOnline', { members, online }) : members;
  }
  if (state === 'busy' && presence?.busyUntil) {
    return t('presence.busyUntil', { when: untilName(Date.parse(presence.busyUntil)) });
  }
  if (state !== 'offline') return t(`presence.${state}`);
  if (presence?.lastSeenAt) {
    return t('conversation.lastSeen', { when: momentName(Date.parse(presence.lastSeenAt)) });
  }
  return `@${chat.peer?.username ?? ''}`;
}

function TypingDots() {
  return (
    <span aria-hidden className="inline-flex gap-0.5">
      <span className="size-1 animate-typing rounded-full bg-current" />
      <span className="size-1 animate-typing rounded-full bg-current [animation-delay:0.15s]" />
      <span className="size-1 animate-typing rounded-full bg-current [animation-delay:0.3s]" />
    </span>
  );
}
