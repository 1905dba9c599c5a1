import { MessageCirclePlus, MessagesSquare, Search, SquarePen, UsersRound, X } from 'lucide-react';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { VList } from 'virtua';
import { useStore } from 'zustand';
import { byActivity } from '../state/chats';
import { parley } from '../state/store';
import { Avatar } from '../ui/Avatar';
import { Button, IconButton } from '../ui/Button';
import { Menu } from '../ui/Menu';
import { EmptyState } from '../ui/Notice';
import { Spinner } from '../ui/Spinner';
import { ChatRow } from './ChatRow';
import type { Starting } from './ChatsPage';
import { LinkStatus } from './LinkStatus';
import { chatName } from './names';
import { usePresence } from './presence';

interface ChatListProps {
  selected: string | undefined;
  onStart: (what: Starting) => void;
}

/** My chats, newest activity first. */
export function ChatList({ selected, onStart }: ChatListProps) {
  const { t } = useTranslation();
  const [query, setQuery] = useState('');
  const chats = useStore(parley, (state) => state.chats);
  const loaded = useStore(parley, (state) => state.loaded);
  const sorted = useMemo(() => byActivity(Object.values(chats)), [chats]);
  const found = useMemo(() => matching(sorted, query), [sorted, query]);

  return (
    <nav aria-label={t('list.title')} className="flex h-full w-full min-w-0 flex-col pt-safe">
      <Header onStart={onStart} />
      {sorted.length > 0 && <SearchField query={query} onChange={setQuery} />}
      <LinkStatus />
      <div className="min-h-0 flex-1">
        {found.length > 0 ? (
          <VList className="thin-scroll px-2 pb-safe">
            {found.map((chat) => (
              <ChatRow key={chat.id} chat={chat} selected={chat.id === selected} />
            ))}
          </VList>
        ) : query ? (
          <p className="px-6 py-8 text-center text-soft">{t('list.nothingFound', { query })}</p>
        ) : loaded ? (
          <Empty onStart={onStart} />
        ) : (
          <p className="flex items-center justify-center gap-2.5 px-6 py-10 text-soft">
            <Spinner /> {t('list.loading')}
          </p>
        )}
      </div>
    </nav>
  );
}

function Header({ onStart }: Pick<ChatListProps, 'onStart'>) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const me = useStore(parley, (state) => state.me);
  const busy = usePresence(me?.id) === 'busy';
  return (
    <header className="flex items-center gap-2 px-4 pt-3.5 pb-3">
      <h1 className="flex-1 font-semibold text-2xl tracking-tight">{t('list.title')}</h1>
      <Menu
        trigger={
          <IconButton label={t('list.new')} className="text-accent-ink">
            <SquarePen className="size-5" />
          </IconButton>
        }
        items={[
          {
            label: t('list.startChat'),
            icon: <MessageCirclePlus aria-hidden className="size-4.5 text-soft" />,
            onSelect: () => onStart('chat'),
          },
          {
            label: t('list.startGroup'),
            icon: <UsersRound aria-hidden className="size-4.5 text-soft" />,
            onSelect: () => onStart('group'),
          },
        ]}
      />
      {me && (
        <IconButton
          label={t(busy ? 'settings.openBusy' : 'settings.open')}
          onClick={() => void navigate('/settings/profile')}
        >
          <Avatar
            id={me.id}
            name={me.displayName}
            size="small"
            presence={busy ? 'busy' : undefined}
          />
        </IconButton>
      )}
    </header>
  );
}

function SearchField({ query, onChange }: { query: string; onChange: (query: string) => void }) {
  const { t } = useTranslation();
  return (
    <div className="relative mx-3 mb-2.5">
      <Search aria-hidden className="absolute top-2.5 left-3.5 size-4.5 text-soft" />
      <input
        type="search"
        aria-label={t('list.search')}
        placeholder={t('list.search')}
        value={query}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => event.key === 'Escape' && onChange('')}
        className="h-10 w-full rounded-xl bg-sunken pr-10 pl-10 placeholder:text-soft focus:outline-2 focus:outline-accent-ink/40 focus:outline-offset-0 [&::-webkit-search-cancel-button]:hidden"
      />
      {query && (
        <IconButton
          label={t('list.clear')}
          onClick={() => onChange('')}
          className="absolute top-1 right-1 size-8"
        >
          <X className="size-4" />
        </IconButton>
      )}
    </div>
  );
}

function Empty({ onStart }: Pick<ChatListProps, 'onStart'>) {
  const { t } = useTranslation();
  return (
    <EmptyState
      icon={<MessagesSquare aria-hidden className="size-7" />}
      title={t('list.empty')}
      actions={
        <>
          <Button onClick={() => onStart('chat')}>{t('list.startChat')}</Button>
          <Button look="quiet" onClick={() => onStart('group')}>
            {t('list.startGroup')}
          </Button>
        </>
      }
    >
      {t('list.emptyLead')}
    </EmptyState>
  );
}

function matching(chats: ReturnType<typeof byActivity>, query: string) {
  const wanted = query.trim().toLocaleLowerCase();
  if (!wanted) return chats;
  return chats.filter(
    (chat) =>
      chatName(chat).toLocaleLowerCase().includes(wanted) || chat.peer?.username.includes(wanted),
  );
}
