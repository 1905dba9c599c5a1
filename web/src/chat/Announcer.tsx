import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { parley } from '../state/store';
import { chatName, personName } from './names';

const LONGEST = 120;

/** Reads new messages aloud, in full only where the reader is, and counts the unread in the title. */
export function Announcer({ openChatId }: { openChatId: string | undefined }) {
  const { t } = useTranslation();
  const [spoken, setSpoken] = useState('');

  useEffect(
    () =>
      parley.subscribe((state, before) => {
        if (state.chats === before.chats || !before.loaded) return;
        for (const chat of Object.values(state.chats)) {
          const message = chat.lastMessage;
          if (!message || message.senderId === state.me?.id) continue;
          if (message.id === before.chats[chat.id]?.lastMessage?.id) continue;
          if (message.seq <= chat.readSeq || state.link !== 'online') continue;
          const here = chat.id === openChatId;
          const text = (message.content ?? '').slice(0, LONGEST);
          setSpoken(
            here
              ? t('conversation.announce', {
                  name: personName(state.people, message.senderId),
                  text,
                })
              : t('conversation.announceElsewhere', { name: chatName(chat) }),
          );
        }
      }),
    [openChatId, t],
  );

  useEffect(() => {
    const title = () => {
      const unread = Object.values(parley.getState().chats).filter((c) => c.unreadCount > 0).length;
      document.title = unread > 0 ? `(${unread}) ${t('app.name')}` : t('app.name');
    };
    title();
    return parley.subscribe((state, before) => {
      if (state.chats !== before.chats) title();
    });
  }, [t]);

  return (
    <div role="status" className="sr-only">
      {spoken}
    </div>
  );
}
