import { memo } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { useStore } from 'zustand';
import { useShallow } from 'zustand/react/shallow';
import type { Chat } from '../protocol';
import { activityOf } from '../state/chats';
import { progressOfEntry, waiting } from '../state/outbox';
import { type Progress, progressOf } from '../state/receipts';
import { parley, type State } from '../state/store';
import { Avatar } from '../ui/Avatar';
import { cx } from '../ui/cx';
import { shortTime } from '../ui/time';
import { chatName, firstName } from './names';
import { usePresence } from './presence';
import { Ticks } from './Ticks';

/** One chat of the list: who, when, the last word, and what is unread. */
export const ChatRow = memo(function ChatRow({
  chat,
  selected,
}: {
  chat: Chat;
  selected: boolean;
}) {
  const { t } = useTranslation();
  const presence = usePresence(chat.peer?.id);
  const name = chatName(chat);
  const at = Date.parse(activityOf(chat));
  return (
    <Link
      to={`/chats/${chat.id}`}
      aria-current={selected ? 'page' : undefined}
      className={cx(
        'my-0.5 flex h-18 items-center gap-3.5 rounded-2xl px-2.5 -outline-offset-2 transition-colors',
        selected ? 'bg-accent-soft' : 'hover:bg-hover',
      )}
    >
      <Avatar
        id={chat.peer?.id ?? chat.id}
        name={name}
        group={chat.type === 'group'}
        presence={presence}
      />
      <span className="flex min-w-0 flex-1 flex-col gap-0.5">
        <span className="flex items-baseline gap-2">
          <span dir="auto" className="min-w-0 flex-1 truncate font-semibold">
            {name}
          </span>
          {presence !== 'offline' && <span className="sr-only">{t(`presence.${presence}`)}</span>}
          <time
            dateTime={activityOf(chat)}
            className={cx(
              'text-meta',
              chat.unreadCount > 0 ? 'font-medium text-unread' : 'text-soft',
            )}
          >
            {shortTime(at)}
          </time>
        </span>
        <span className="flex items-center gap-2 text-soft">
          <Preview chat={chat} selected={selected} />
          {chat.unreadCount > 0 && (
            <span className="inline-flex h-5 min-w-5 items-center justify-center rounded-full bg-unread px-1.5 font-semibold text-meta text-on-unread">
              <span aria-hidden>{chat.unreadCount > 999 ? '999+' : chat.unreadCount}</span>
              <span className="sr-only">{t('list.unread', { count: chat.unreadCount })}</span>
            </span>
          )}
        </span>
      </span>
    </Link>
  );
});

function Preview({ chat, selected }: { chat: Chat; selected: boolean }) {
  const { t } = useTranslation();
  const { typist, draft, tick, text } = useStore(
    parley,
    useShallow((state) => previewOf(state, chat)),
  );
  const line = 'min-w-0 flex-1 truncate';
  if (typist !== null) {
    return (
      <span className={cx(line, 'text-accent-ink')}>
        {typist ? t('list.typingName', { name: typist }) : t('list.typing')}
      </span>
    );
  }
  // The draft of the open chat is where it is being written.
  if (draft && !selected) {
    return (
      <span className={line}>
        <span className="font-medium text-unread">{t('list.draft')}</span> {draft}
      </span>
    );
  }
  if (chat.role === 'left') return <span className={cx(line, 'italic')}>{t('list.left')}</span>;
  if (text === null) {
    return (
      <span className={line}>
        {t(chat.type === 'group' ? 'list.groupCreated' : 'list.noMessages')}
      </span>
    );
  }
  return (
    <span className={cx(line, 'flex items-center gap-1')}>
      {tick && <Ticks progress={tick} />}
      <span dir="auto" className="truncate">
        {text}
      </span>
    </span>
  );
}

interface PreviewParts {
  /** A name in groups, empty in direct chats, null when nobody types. */
  typist: string | null;
  draft: string | null;
  tick: Progress | null;
  text: string | null;
}

function previewOf(state: State, chat: Chat): PreviewParts {
  const me = state.me?.id;
  const typing = Object.keys(state.typists[chat.id] ?? {}).find((userId) => userId !== me);
  const unsent = waiting(state.outbox, chat.id, state.logs[chat.id]).at(-1);
  const last = chat.lastMessage;
  const mine = last?.senderId === me;
  const sender =
    last && chat.type === 'group' && !mine ? firstName(state.people, last.senderId) : '';
  const said = oneLine(unsent?.content ?? last?.content ?? '');
  return {
    typist: typing ? (chat.type === 'group' ? firstName(state.people, typing) : '') : null,
    draft: oneLine(state.drafts[chat.id] ?? '') || null,
    tick: unsent ? progressOfEntry(unsent) : last && mine ? progressOf(last.seq, chat) : null,
    text: unsent || last ? (sender && !unsent ? `${sender}: ${said}` : said) : null,
  };
}

function oneLine(text: string): string {
  return text.slice(0, 200).replace(/\s+/g, ' ').trim();
}
