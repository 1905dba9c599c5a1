import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import type { Message } from '../protocol';
import { actions } from '../state/actions';
import { parley } from '../state/store';
import type { MessageInfo as Info } from '../state/wire';
import { Avatar } from '../ui/Avatar';
import { Dialog } from '../ui/Dialog';
import { Problem } from '../ui/Notice';
import { generalText, useAct } from '../ui/problem';
import { Spinner } from '../ui/Spinner';
import { momentName } from '../ui/time';
import { personName } from './names';
import { Ticks } from './Ticks';

interface MessageInfoProps {
  message: Message;
  onClose: () => void;
}

/** Who has read and who has received a message of mine. Follows the receipts while open. */
export default function MessageInfo({ message, onClose }: MessageInfoProps) {
  const { t } = useTranslation();
  const { chatId, id } = message;
  const participants = useStore(parley, (state) => state.participants[chatId]);
  const me = useStore(parley, (state) => state.me?.id);
  const [info, setInfo] = useState<Info | null>(null);
  const { run, problem } = useAct(async () => setInfo(await actions().messageInfo(chatId, id)));

  // A receipt changes the participants, and then the answer.
  useEffect(() => {
    void run();
  }, [participants, chatId, id]);

  const delivered = info?.deliveredTo.filter((userId) => !info.readBy.includes(userId)) ?? [];
  const waiting = (participants ?? [])
    .map(({ userId }) => userId)
    .filter((userId) => userId !== me && !info?.deliveredTo.includes(userId));

  return (
    <Dialog title={t('message.info')} onClose={onClose}>
      <div className="flex flex-col gap-6">
        <div className="rounded-2xl bg-sunken px-4 py-3">
          <p dir="auto" className="line-clamp-4 whitespace-pre-wrap [overflow-wrap:anywhere]">
            {message.content}
          </p>
          <p className="mt-1.5 text-small text-soft">
            {t('message.infoLead', { when: momentName(Date.parse(message.createdAt)) })}
          </p>
        </div>
        {problem && <Problem>{generalText(problem)}</Problem>}
        {info ? (
          <>
            <People title={t('message.readBy')} progress="read" userIds={info.readBy} always />
            <People title={t('message.deliveredTo')} progress="delivered" userIds={delivered} />
            <People title={t('message.waitingFor')} progress="sent" userIds={waiting} />
          </>
        ) : (
          !problem && (
            <p className="flex items-center gap-2.5 text-soft">
              <Spinner /> {t('common.loading')}
            </p>
          )
        )}
      </div>
    </Dialog>
  );
}

interface PeopleProps {
  title: string;
  progress: 'read' | 'delivered' | 'sent';
  userIds: readonly string[];
  /** Shown even when there is nobody. */
  always?: boolean;
}

function People({ title, progress, userIds, always = false }: PeopleProps) {
  const { t } = useTranslation();
  const people = useStore(parley, (state) => state.people);
  if (userIds.length === 0 && !always) return null;
  return (
    <section>
      <h3 className="mb-2 flex items-center gap-2 font-medium text-small text-soft">
        <Ticks progress={progress} /> {title}
      </h3>
      {userIds.length === 0 ? (
        <p className="text-soft">{t('message.nobody')}</p>
      ) : (
        <ul className="flex flex-col gap-2">
          {userIds.map((userId) => (
            <li key={userId} className="flex items-center gap-3">
              <Avatar id={userId} name={personName(people, userId)} size="small" />
              <span dir="auto">{personName(people, userId)}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
