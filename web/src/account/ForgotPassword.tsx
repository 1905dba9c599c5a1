import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { actions } from '../state/actions';
import { Field } from '../ui/Field';
import { generalText, useAct } from '../ui/problem';
import { AccountPage, TextButton } from './AccountPage';

/** Has a link mailed. Whether anybody has the address is not told. */
export default function ForgotPassword() {
  const { t } = useTranslation();
  const [email, setEmail] = useState('');
  const [sentTo, setSentTo] = useState<string | null>(null);
  const { run, busy, problem, clear } = useAct(actions().forgotPassword);
  const other = {
    text: t('account.forgot.other'),
    link: t('account.register.otherLink'),
    to: '/sign-in',
  };
  if (sentTo !== null) {
    return (
      <AccountPage
        title={t('account.forgot.sentTitle')}
        lead={<span role="status">{t('account.forgot.sent', { email: sentTo })}</span>}
        ways={<TextButton onClick={() => setSentTo(null)}>{t('account.forgot.again')}</TextButton>}
        other={other}
      />
    );
  }
  const submit = async () => {
    if (await run(email.trim())) setSentTo(email.trim());
  };
  return (
    <AccountPage
      title={t('account.forgot.title')}
      lead={t('account.forgot.lead')}
      submit={t('account.forgot.submit')}
      busy={busy}
      problem={generalText(problem, 'email')}
      onSubmit={() => void submit()}
      other={other}
    >
      <Field
        label={t('account.email.label')}
        name="email"
        type="email"
        value={email}
        onChange={(event) => {
          setEmail(event.target.value);
          clear('email');
        }}
        autoComplete="email"
        autoFocus
        required
        error={problem?.fields.email}
      />
    </AccountPage>
  );
}
