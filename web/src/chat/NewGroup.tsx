import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import type { User } from '../protocol';
import { actions } from '../state/actions';
import { Button } from '../ui/Button';
import { Dialog } from '../ui/Dialog';
import { Field, TextArea } from '../ui/Field';
import { Problem } from '../ui/Notice';
import { generalText, useAct } from '../ui/problem';
import { MembersField } from './MembersField';

/** Brings people together under a name. */
export default function NewGroup({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [name, setName] = useState('');
  const [description, setDescription] = useState('');
  const [members, setMembers] = useState<User[]>([]);
  const { run, busy, problem } = useAct(async () => {
    const chat = await actions().createGroup({
      name: name.trim(),
      description: description.trim(),
      members: members.map(({ username }) => username),
    });
    onClose();
    await navigate(`/chats/${chat.id}`);
  });
  const general = generalText(problem, 'name', 'description');
  return (
    <Dialog
      title={t('newGroup.title')}
      onClose={onClose}
      footer={
        <Button
          className="flex-1"
          busy={busy}
          disabled={!name.trim() || members.length === 0}
          onClick={() => void run()}
        >
          {t('newGroup.submit')}
        </Button>
      }
    >
      <div className="flex flex-col gap-5">
        <Field
          label={t('newGroup.name')}
          value={name}
          onChange={(event) => setName(event.target.value)}
          maxLength={100}
          dir="auto"
          autoFocus
          required
          error={problem?.fields.name}
        />
        <TextArea
          label={`${t('newGroup.description')} (${t('common.optional')})`}
          value={description}
          onChange={(event) => setDescription(event.target.value)}
          rows={2}
          maxLength={500}
          dir="auto"
          error={problem?.fields.description}
        />
        <MembersField members={members} onChange={setMembers} />
        {general && <Problem>{general}</Problem>}
      </div>
    </Dialog>
  );
}
