import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { actions } from '../state/actions';
import { generalText, problemText, useAct } from '../ui/problem';
import { AccountPage } from './AccountPage';
import { useLinkToken } from './link-token';
import { PasswordField } from './PasswordField';

/** Where the link for a new password leads: /reset-password#token. */
export default function ResetPassword() {
  const { t } = useTranslation();
  const token = useLinkToken();
  const [password, setPassword] = useState('');
  const [done, setDone] = useState(false);
  const { run, busy, problem, clear } = useAct(actions().resetPassword);

  if (done) {
    return (
      <AccountPage
        title={t('account.reset.doneTitle')}
        lead={<span role="status">{t('account.reset.done')}</span>}
        other={{
          text: t('account.reset.next'),
          link: t('account.register.otherLink'),
          to: '/sign-in',
        }}
      />
    );
  }
  const again = {
    text: t('account.reset.other'),
    link: t('account.reset.otherLink'),
    to: '/forgot-password',
  };
  if (!token) {
    return (
      <AccountPage
        title={t('account.reset.title')}
        lead={t('account.reset.broken')}
        problem={problemText('invalid_link')}
        other={again}
      />
    );
  }
  const weak = problem?.code === 'weak_password' || problem?.code === 'password_too_long';
  return (
    <AccountPage
      title={t('account.reset.title')}
      lead={t('account.reset.lead')}
      submit={t('account.reset.submit')}
      busy={busy}
      problem={weak ? null : generalText(problem, 'password')}
      onSubmit={() => void run(token, password).then(setDone)}
      other={again}
    >
      <PasswordField
        label={t('account.reset.password')}
        fresh
        value={password}
        onChange={(value) => {
          setPassword(value);
          clear(weak ? undefined : 'password');
        }}
        error={weak && problem ? problemText(problem.code) : problem?.fields.password}
      />
    </AccountPage>
  );
}
