import { MessageSquareDashed, MessagesSquare } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate, useOutletContext, useParams } from 'react-router';
import { useStore } from 'zustand';
import type { Chat } from '../protocol';
import { actions } from '../state/actions';
import type { Log } from '../state/messages';
import { waiting } from '../state/outbox';
import { parley } from '../state/store';
import type { UnreadMark } from '../state/timeline';
import { Button } from '../ui/Button';
import { EmptyState } from '../ui/Notice';
import { Spinner } from '../ui/Spinner';
import type { ChatsOutlet } from './ChatsPage';
import { Composer } from './Composer';
import { ConversationHeader } from './ConversationHeader';
import { MessageList } from './MessageList';
import { chatName } from './names';

/** Shown beside the list while no chat is chosen. */
export function NoConversation() {
  const { t } = useTranslation();
  const { start } = useOutletContext<ChatsOutlet>();
  return (
    <EmptyState
      icon={<MessagesSquare aria-hidden className="size-7" />}
      title={t('conversation.welcome')}
      actions={
        <Button look="quiet" onClick={() => start('chat')}>
          {t('list.startChat')}
        </Button>
      }
    >
      {t('conversation.welcomeLead')}
    </EmptyState>
  );
}

/** The chat that the address names. */
export function Conversation() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { chatId = '' } = useParams();
  const chat = useStore(parley, (state) => state.chats[chatId]);
  const loaded = useStore(parley, (state) => state.loaded);
  const me = useStore(parley, (state) => state.me?.id);

  if (chat && me) return <Opened key={chatId} chat={chat} me={me} />;
  if (!loaded) return <Loading />;
  return (
    <EmptyState
      icon={<MessageSquareDashed aria-hidden className="size-7" />}
      title={t('conversation.missing')}
      actions={
        <Button look="quiet" onClick={() => void navigate('/')}>
          {t('conversation.toChats')}
        </Button>
      }
    >
      {t('conversation.missingLead')}
    </EmptyState>
  );
}

function Opened({ chat, me }: { chat: Chat; me: string }) {
  const log = useStore(parley, (state) => state.logs[chat.id]);
  const unsent = useStore(parley, (state) => waiting(state.outbox, chat.id, log).length);
  // What was unread when the chat was opened stays marked until something is said.
  const [mark, setMark] = useState<UnreadMark | null>(() =>
    chat.unreadCount > 0 ? { after: chat.readSeq, count: chat.unreadCount } : null,
  );

  const generation = useGeneration(log);

  useEffect(() => {
    actions().open(chat.id);
    return () => actions().close(chat.id);
  }, [chat.id]);

  const empty = log && log.entries.length === 0 && log.complete && unsent === 0;
  return (
    <section aria-label={chatName(chat)} className="flex h-full min-w-0 flex-col">
      <ConversationHeader chat={chat} />
      {!log ? (
        <div className="min-h-0 flex-1">
          <Loading />
        </div>
      ) : empty ? (
        <Unspoken chat={chat} />
      ) : (
        <MessageList key={generation} chat={chat} log={log} me={me} mark={mark} />
      )}
      {chat.role === 'left' ? <Left /> : <Composer chatId={chat.id} onSent={() => setMark(null)} />}
    </section>
  );
}

// Counts how often the log was replaced because too much was missed: what is on the screen
// then has nothing in common with what was there, and starts anew.
function useGeneration(log: Log | undefined): number {
  const [known, setKnown] = useState({ log, generation: 0 });
  if (known.log === log) return known.generation;
  const replaced = known.log && log && log.from > known.log.to + 1;
  const generation = known.generation + (replaced ? 1 : 0);
  setKnown({ log, generation });
  return generation;
}

function Unspoken({ chat }: { chat: Chat }) {
  const { t } = useTranslation();
  return (
    <div className="min-h-0 flex-1">
      <EmptyState
        icon={<MessagesSquare aria-hidden className="size-7" />}
        title={t('conversation.empty')}
      >
        {chat.type === 'direct'
          ? t('conversation.emptyDirect', { name: chatName(chat) })
          : t('conversation.emptyGroup')}
      </EmptyState>
    </div>
  );
}

function Left() {
  const { t } = useTranslation();
  return (
    <p className="border-line border-t bg-surface px-6 py-4 text-center text-small text-soft">
      {t('conversation.left')}
    </p>
  );
}

function Loading() {
  const { t } = useTranslation();
  return (
    <p className="flex h-full items-center justify-center gap-2.5 text-soft">
      <Spinner /> {t('common.loading')}
    </p>
  );
}
