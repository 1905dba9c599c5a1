import { Plus, X } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { User } from '../protocol';
import { actions } from '../state/actions';
import { parley } from '../state/store';
import { Avatar } from '../ui/Avatar';
import { IconButton } from '../ui/Button';
import { Field } from '../ui/Field';
import { problemText, useAct } from '../ui/problem';
import { Spinner } from '../ui/Spinner';

interface MembersFieldProps {
  members: User[];
  onChange: (members: User[]) => void;
}

/** Picks people by username, one after the other; each is looked up at once. */
export function MembersField({ members, onChange }: MembersFieldProps) {
  const { t } = useTranslation();
  const [username, setUsername] = useState('');
  const [own, setOwn] = useState(false);
  const { run, busy, problem, clear } = useAct(async () => {
    const wanted = username.trim().replace(/^@/, '').toLowerCase();
    if (wanted === parley.getState().me?.username) return setOwn(true);
    if (!members.some((member) => member.username === wanted)) {
      onChange([...members, await actions().findUser(wanted)]);
    }
    setUsername('');
  });
  const add = () => {
    if (username.trim()) void run();
  };
  return (
    <div className="flex flex-col gap-3">
      <Field
        label={t('newGroup.members')}
        hint={t('newGroup.membersHint')}
        value={username}
        onChange={(event) => {
          setUsername(event.target.value);
          setOwn(false);
          clear();
        }}
        onKeyDown={(event) => {
          if (event.key !== 'Enter') return;
          event.preventDefault();
          add();
        }}
        autoCapitalize="none"
        autoComplete="off"
        spellCheck={false}
        error={own ? t('newGroup.self') : problem ? problemText(problem.code) : undefined}
        end={
          <IconButton
            label={t('newGroup.add')}
            onClick={add}
            disabled={busy || !username.trim()}
            className="size-9"
          >
            {busy ? <Spinner /> : <Plus className="size-5" />}
          </IconButton>
        }
      />
      {members.length > 0 && (
        <ul className="flex flex-wrap gap-2">
          {members.map((member) => (
            <li
              key={member.id}
              className="flex animate-rise items-center gap-2 rounded-full bg-sunken py-1 pr-1 pl-1"
            >
              <Avatar id={member.id} name={member.displayName} size="small" />
              <span dir="auto" className="max-w-40 truncate text-small">
                {member.displayName}
              </span>
              <IconButton
                label={t('newGroup.remove', { name: member.displayName })}
                onClick={() => onChange(members.filter(({ id }) => id !== member.id))}
                className="size-7"
              >
                <X className="size-4" />
              </IconButton>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
