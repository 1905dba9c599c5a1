import { UsersRound } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { actions } from '../state/actions';
import { Button } from '../ui/Button';
import { Dialog } from '../ui/Dialog';
import { Field } from '../ui/Field';
import { problemText, useAct } from '../ui/problem';

interface NewChatProps {
  onClose: () => void;
  onGroup: () => void;
}

/** Opens the direct chat with somebody, new or not. */
export default function NewChat({ onClose, onGroup }: NewChatProps) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [username, setUsername] = useState('');
  const { run, busy, problem, clear } = useAct(async () => {
    const chat = await actions().startDirect(username.trim().replace(/^@/, '').toLowerCase());
    onClose();
    await navigate(`/chats/${chat.id}`);
  });
  return (
    <Dialog title={t('newChat.title')} onClose={onClose}>
      <form
        className="flex flex-col gap-5"
        onSubmit={(event) => {
          event.preventDefault();
          void run();
        }}
      >
        <Field
          label={t('newChat.username')}
          hint={t('newChat.hint')}
          value={username}
          onChange={(event) => {
            setUsername(event.target.value);
            clear();
          }}
          autoCapitalize="none"
          autoComplete="off"
          spellCheck={false}
          autoFocus
          required
          error={problem ? (problem.fields.username ?? problemText(problem.code)) : undefined}
        />
        <Button type="submit" busy={busy} disabled={!username.trim()}>
          {t('newChat.submit')}
        </Button>
        <Button
          look="quiet"
          icon={<UsersRound aria-hidden className="size-4.5" />}
          onClick={onGroup}
        >
          {t('newChat.group')}
        </Button>
      </form>
    </Dialog>
  );
}
