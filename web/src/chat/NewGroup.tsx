import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import type { User } from '../protocol';
import { actions } from '../state/actions';
import { Button } from '../ui/Button';
import { Dialog } from '../ui/Dialog';
import { useAct } from '../ui/problem';
import { GroupFields, GroupProblem, type GroupTexts } from './GroupFields';
import { MembersField } from './MembersField';

/** Brings people together under a name. */
export default function NewGroup({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [texts, setTexts] = useState<GroupTexts>({ name: '', description: '' });
  const [members, setMembers] = useState<User[]>([]);
  const { run, busy, problem } = useAct(async () => {
    const chat = await actions().createGroup({
      name: texts.name.trim(),
      description: texts.description.trim(),
      members: members.map(({ username }) => username),
    });
    onClose();
    await navigate(`/chats/${chat.id}`);
  });
  return (
    <Dialog
      title={t('newGroup.title')}
      onClose={onClose}
      footer={
        <Button
          className="flex-1"
          busy={busy}
          disabled={!texts.name.trim() || members.length === 0}
          onClick={() => void run()}
        >
          {t('newGroup.submit')}
        </Button>
      }
    >
      <div className="flex flex-col gap-5">
        <GroupFields value={texts} onChange={setTexts} problem={problem} autoFocus />
        <MembersField members={members} onChange={setMembers} />
        <GroupProblem problem={problem} />
      </div>
    </Dialog>
  );
}
