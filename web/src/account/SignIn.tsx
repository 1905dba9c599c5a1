import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { actions } from '../state/actions';
import { Field } from '../ui/Field';
import { generalText, useAct } from '../ui/problem';
import { AccountPage } from './AccountPage';
import { PasswordField } from './PasswordField';

export default function SignIn() {
  const { t } = useTranslation();
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const { run, busy, problem, clear } = useAct(actions().signIn);
  return (
    <AccountPage
      title={t('account.signIn.title')}
      lead={t('account.signIn.lead')}
      submit={t(busy ? 'account.signIn.submitting' : 'account.signIn.submit')}
      busy={busy}
      problem={generalText(problem, 'username', 'password')}
      onSubmit={() => void run(username.trim(), password)}
      other={{
        text: t('account.signIn.other'),
        link: t('account.signIn.otherLink'),
        to: '/register',
      }}
    >
      <Field
        label={t('account.signIn.identifier')}
        hint={t('account.signIn.identifierHint')}
        name="username"
        value={username}
        onChange={(event) => {
          setUsername(event.target.value);
          clear('username');
        }}
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        autoFocus
        required
        error={problem?.fields.username}
      />
      <PasswordField
        label={t('account.signIn.password')}
        value={password}
        onChange={(value) => {
          setPassword(value);
          clear('password');
        }}
        error={problem?.fields.password}
      />
    </AccountPage>
  );
}
