import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { actions } from '../state/actions';
import { generalText, problemText, useAct } from '../ui/problem';
import { AccountPage } from './AccountPage';
import { useMethods } from './methods';
import { InviteField, NameFields } from './NameFields';
import { toSend, useNewName } from './new-name';
import { PasswordField } from './PasswordField';

// Refusals that are about one field, though the server need not name it.
const FIELD_OF: Partial<Record<string, string>> = {
  username_taken: 'username',
  weak_password: 'password',
  password_too_long: 'password',
};

export default function Register() {
  const { t } = useTranslation();
  const [draft, setDraft] = useNewName();
  const [password, setPassword] = useState('');
  const methods = useMethods();
  const { run, busy, problem, clear } = useAct(actions().register);

  const blamed = problem ? FIELD_OF[problem.code] : undefined;
  const errorOf = (field: string) =>
    blamed === field && problem ? problemText(problem.code) : problem?.fields[field];
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
      onSubmit={() => void run({ ...toSend(draft), password })}
      other={other}
    >
      <NameFields draft={draft} onChange={setDraft} errorOf={errorOf} onEdit={edited} />
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
      <InviteField draft={draft} onChange={setDraft} />
    </AccountPage>
  );
}
