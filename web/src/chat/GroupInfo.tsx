import { EllipsisVertical, LogOut, Pencil, UserPlus } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import type { Chat, Participant, User } from '../protocol';
import { actions } from '../state/actions';
import { parley } from '../state/store';
import { Avatar } from '../ui/Avatar';
import { Button, IconButton } from '../ui/Button';
import { Dialog } from '../ui/Dialog';

import { Menu } from '../ui/Menu';
import { Problem } from '../ui/Notice';
import { generalText, useAct } from '../ui/problem';
import { Spinner } from '../ui/Spinner';
import { momentName } from '../ui/time';
import { GroupFields, GroupProblem, type GroupTexts } from './GroupFields';
import { MembersField } from './MembersField';
import { usePresence } from './presence';

type View = 'overview' | 'edit' | 'add' | 'leave';

/** Who is in a group, and what its admins may change. */
export default function GroupInfo({ chatId, onClose }: { chatId: string; onClose: () => void }) {
  const { t } = useTranslation();
  const chat = useStore(parley, (state) => state.chats[chatId]);
  const [view, setView] = useState<View>('overview');
  const { run, problem } = useAct(() => actions().loadParticipants(chatId));
  const left = chat?.role === 'left';

  useEffect(() => {
    if (!left) void run();
  }, [chatId]);

  if (!chat) return null;
  const back = () => setView('overview');
  if (view === 'edit') return <Edit chat={chat} onDone={back} />;
  if (view === 'add') return <Add chatId={chatId} onDone={back} />;
  if (view === 'leave') return <Leave chatId={chatId} onStay={back} onLeft={onClose} />;
  return (
    <Dialog title={t('group.title')} onClose={onClose}>
      <div className="flex flex-col gap-6">
        <div className="flex flex-col items-center gap-3 text-center">
          <Avatar id={chat.id} name={chat.name} group size="large" />
          <div className="min-w-0 max-w-full">
            <p dir="auto" className="font-semibold text-xl [overflow-wrap:anywhere]">
              {chat.name}
            </p>
            <p dir="auto" className="mt-1 whitespace-pre-wrap text-soft [overflow-wrap:anywhere]">
              {chat.description || t('group.noDescription')}
            </p>
            <p className="mt-1 text-small text-soft">
              {t('group.created', { when: momentName(Date.parse(chat.createdAt)) })}
            </p>
          </div>
          {chat.role === 'admin' && (
            <div className="flex flex-wrap justify-center gap-2">
              <Button
                look="quiet"
                icon={<Pencil aria-hidden className="size-4" />}
                onClick={() => setView('edit')}
              >
                {t('group.edit')}
              </Button>
              <Button
                look="quiet"
                icon={<UserPlus aria-hidden className="size-4" />}
                onClick={() => setView('add')}
              >
                {t('group.add')}
              </Button>
            </div>
          )}
        </div>
        {problem && <Problem>{generalText(problem)}</Problem>}
        <Members chat={chat} />
        {!left && (
          <Button
            look="danger"
            icon={<LogOut aria-hidden className="size-4.5" />}
            onClick={() => setView('leave')}
          >
            {t('group.leave')}
          </Button>
        )}
      </div>
    </Dialog>
  );
}

function Members({ chat }: { chat: Chat }) {
  const { t } = useTranslation();
  const participants = useStore(parley, (state) => state.participants[chat.id]);
  const { run, problem } = useAct((act: () => Promise<void>) => act());
  return (
    <section>
      <h3 className="mb-2 font-medium text-small text-soft">
        {t('group.members', { count: chat.participantCount })}
      </h3>
      {problem && <Problem>{generalText(problem)}</Problem>}
      {participants ? (
        <ul>
          {participants.map((one) => (
            <Member key={one.userId} chat={chat} participant={one} onAct={(act) => void run(act)} />
          ))}
        </ul>
      ) : (
        chat.role !== 'left' && (
          <p className="flex items-center gap-2.5 text-soft">
            <Spinner /> {t('common.loading')}
          </p>
        )
      )}
    </section>
  );
}

interface MemberProps {
  chat: Chat;
  participant: Participant;
  onAct: (act: () => Promise<void>) => void;
}

function Member({ chat, participant, onAct }: MemberProps) {
  const { t } = useTranslation();
  const me = useStore(parley, (state) => state.me?.id);
  const { userId, displayName, username, role } = participant;
  const mine = userId === me;
  const presence = usePresence(userId);
  return (
    <li className="flex items-center gap-3 py-1.5">
      <Avatar id={userId} name={displayName} size="small" presence={presence} />
      <span className="min-w-0 flex-1">
        <span dir="auto" className="block truncate font-medium leading-tight">
          {mine ? t('common.you') : displayName}
        </span>
        <span className="block truncate text-small text-soft leading-tight">
          @{username}
          {presence !== 'offline' && `, ${t(`presence.${presence}`)}`}
        </span>
      </span>
      {role === 'admin' && (
        <span className="rounded-full bg-accent-soft px-2.5 py-0.5 font-medium text-accent-ink text-meta">
          {t('group.admin')}
        </span>
      )}
      {chat.role === 'admin' && !mine && (
        <Menu
          trigger={
            <IconButton label={t('group.actions', { name: displayName })} className="size-9">
              <EllipsisVertical className="size-4.5" />
            </IconButton>
          }
          items={[
            {
              label: t(role === 'admin' ? 'group.demote' : 'group.promote'),
              onSelect: () =>
                onAct(() =>
                  actions().setRole(chat.id, userId, role === 'admin' ? 'member' : 'admin'),
                ),
            },
            {
              label: t('group.remove'),
              danger: true,
              onSelect: () => onAct(() => actions().removeMember(chat.id, userId)),
            },
          ]}
        />
      )}
    </li>
  );
}

function Edit({ chat, onDone }: { chat: Chat; onDone: () => void }) {
  const { t } = useTranslation();
  const [texts, setTexts] = useState<GroupTexts>(chat);
  const [name, description] = [texts.name.trim(), texts.description.trim()];
  const { run, busy, problem } = useAct(async () => {
    await actions().updateGroup(chat.id, {
      ...(name === chat.name ? {} : { name }),
      ...(description === chat.description ? {} : { description }),
    });
    onDone();
  });
  const changed = name !== chat.name || description !== chat.description;
  return (
    <Dialog
      title={t('group.edit')}
      onClose={onDone}
      footer={
        <Button
          className="flex-1"
          busy={busy}
          disabled={!changed || !name}
          onClick={() => void run()}
        >
          {t('common.save')}
        </Button>
      }
    >
      <div className="flex flex-col gap-5">
        <GroupFields value={texts} onChange={setTexts} problem={problem} />
        <GroupProblem problem={problem} />
      </div>
    </Dialog>
  );
}

function Add({ chatId, onDone }: { chatId: string; onDone: () => void }) {
  const { t } = useTranslation();
  const [members, setMembers] = useState<User[]>([]);
  const { run, busy, problem } = useAct(async () => {
    const usernames = members.map(({ username }) => username);
    await actions().addMembers(chatId, usernames);
    onDone();
  });
  return (
    <Dialog
      title={t('group.add')}
      onClose={onDone}
      footer={
        <Button
          className="flex-1"
          busy={busy}
          disabled={members.length === 0}
          onClick={() => void run()}
        >
          {t('group.addSubmit')}
        </Button>
      }
    >
      <div className="flex flex-col gap-5">
        <MembersField members={members} onChange={setMembers} />
        {problem && <Problem>{generalText(problem)}</Problem>}
      </div>
    </Dialog>
  );
}

interface LeaveProps {
  chatId: string;
  onStay: () => void;
  onLeft: () => void;
}

function Leave({ chatId, onStay, onLeft }: LeaveProps) {
  const { t } = useTranslation();
  const { run, busy, problem } = useAct(async () => {
    await actions().leave(chatId);
    onLeft();
  });
  return (
    <Dialog
      title={t('group.leaveSure')}
      onClose={onStay}
      footer={
        <>
          <Button look="quiet" className="flex-1" onClick={onStay}>
            {t('common.cancel')}
          </Button>
          <Button look="danger" className="flex-1" busy={busy} onClick={() => void run()}>
            {t('group.leave')}
          </Button>
        </>
      }
    >
      <p className="text-soft">{t('group.leaveLead')}</p>
      {problem && (
        <div className="pt-4">
          <Problem>{generalText(problem)}</Problem>
        </div>
      )}
    </Dialog>
  );
}
