import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { actions } from '../state/actions';
import { Field } from '../ui/Field';
import { generalText, problemText, useAct } from '../ui/problem';
import { AccountPage } from './AccountPage';
import { InviteField } from './ChooseNameStep';
import { inviteInAddress } from './link-token';
import { useMethods } from './methods';
import { PasswordField } from './PasswordField';

// Refusals that are about one field, though the server need not name it.
const FIELD_OF: Partial<Record<string, string>> = {
  username_taken: 'username',
  weak_password: 'password',
  password_too_long: 'password',
};

export default function Register() {
  const { t } = useTranslation();
  const [displayName, setDisplayName] = useState('');
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const [invite, setInvite] = useState(inviteInAddress);
  const methods = useMethods();
  const { run, busy, problem, clear } = useAct(actions().register);

  const blamed = problem ? FIELD_OF[problem.code] : undefined;
  const errorOf = (field: string) =>
    blamed === field && problem ? problemText(problem.code) : problem?.fields[field];
  const submit = () => {
    const name = displayName.trim();
    const inviteToken = invite.trim();
    void run({
      username: username.trim(),
      password,
      ...(name ? { displayName: name } : {}),
      ...(inviteToken ? { inviteToken } : {}),
    });
  };
  const edited = (field: string) => clear(blamed === field ? undefined : field);

  const other = {
    text: t('account.register.other'),
    link: t('account.register.otherLink'),
    to: '/sign-in',
  };
  if (methods?.registration === 'closed') {
    return (
      <AccountPage
        title={t('account.register.title')}
        lead={t('account.register.closed')}
        other={other}
      />
    );
  }
  return (
    <AccountPage
      title={t('account.register.title')}
      lead={t('account.register.lead')}
      submit={t(busy ? 'account.register.submitting' : 'account.register.submit')}
      busy={busy}
      problem={blamed ? null : generalText(problem, 'username', 'password', 'displayName')}
      onSubmit={submit}
      other={other}
    >
      <Field
        label={t('account.register.displayName')}
        hint={t('account.register.displayNameHint')}
        name="displayName"
        value={displayName}
        onChange={(event) => {
          setDisplayName(event.target.value);
          edited('displayName');
        }}
        autoComplete="name"
        autoFocus
        dir="auto"
        maxLength={64}
        error={errorOf('displayName')}
      />
      <Field
        label={t('account.register.username')}
        hint={t('account.register.usernameHint')}
        name="username"
        value={username}
        onChange={(event) => {
          setUsername(event.target.value);
          edited('username');
        }}
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        required
        error={errorOf('username')}
      />
      <PasswordField
        label={t('account.register.password')}
        fresh
        value={password}
        onChange={(value) => {
          setPassword(value);
          edited('password');
        }}
        error={errorOf('password')}
      />
      {methods?.registration === 'invite' && <InviteField value={invite} onChange={setInvite} />}
    </AccountPage>
  );
}
