import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Field } from '../ui/Field';
import { generalText, type Problem, problemText } from '../ui/problem';
import { AccountPage } from './AccountPage';
import { inviteInAddress } from './link-token';
import { useMethods } from './methods';

export interface NewName {
  username: string;
  displayName?: string;
  inviteToken?: string;
}

interface ChooseNameStepProps {
  onChoose: (name: NewName) => void;
  busy: boolean;
  problem: Problem | null;
  clear: (field?: string) => void;
}

/** For somebody who has shown who they are, and has no account yet. */
export function ChooseNameStep({ onChoose, busy, problem, clear }: ChooseNameStepProps) {
  const { t } = useTranslation();
  const methods = useMethods();
  const [username, setUsername] = useState('');
  const [displayName, setDisplayName] = useState('');
  const [invite, setInvite] = useState(inviteInAddress);
  const taken = problem?.code === 'username_taken';
  return (
    <AccountPage
      title={t('account.chooseName.title')}
      lead={t('account.chooseName.lead')}
      submit={t(busy ? 'account.register.submitting' : 'account.register.submit')}
      busy={busy}
      problem={taken ? null : generalText(problem, 'username', 'displayName')}
      onSubmit={() =>
        onChoose({
          username: username.trim(),
          ...(displayName.trim() ? { displayName: displayName.trim() } : {}),
          ...(invite.trim() ? { inviteToken: invite.trim() } : {}),
        })
      }
      other={{
        text: t('account.register.other'),
        link: t('account.register.otherLink'),
        to: '/sign-in',
      }}
    >
      <Field
        label={t('account.register.displayName')}
        hint={t('account.register.displayNameHint')}
        name="displayName"
        value={displayName}
        onChange={(event) => {
          setDisplayName(event.target.value);
          clear('displayName');
        }}
        autoComplete="name"
        autoFocus
        dir="auto"
        maxLength={64}
        error={problem?.fields.displayName}
      />
      <Field
        label={t('account.register.username')}
        hint={t('account.register.usernameHint')}
        name="username"
        value={username}
        onChange={(event) => {
          setUsername(event.target.value);
          clear(taken ? undefined : 'username');
        }}
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        required
        error={taken ? problemText('username_taken') : problem?.fields.username}
      />
      {methods?.registration === 'invite' && <InviteField value={invite} onChange={setInvite} />}
    </AccountPage>
  );
}

export function InviteField(props: { value: string; onChange: (value: string) => void }) {
  const { t } = useTranslation();
  return (
    <Field
      label={t('account.register.invite')}
      hint={t('account.register.inviteHint')}
      name="invite"
      value={props.value}
      onChange={(event) => props.onChange(event.target.value)}
      autoComplete="off"
      autoCapitalize="none"
      spellCheck={false}
      required
    />
  );
}
