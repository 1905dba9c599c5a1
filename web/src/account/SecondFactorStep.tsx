import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Field } from '../ui/Field';
import { generalText, problemText } from '../ui/problem';
import { AccountPage, TextButton } from './AccountPage';
import type { Entry } from './entry';

/** Asks for the code of the authenticator, or for one of the recovery codes. */
export function SecondFactorStep({ entry }: { entry: Entry }) {
  const { t } = useTranslation();
  const [recovery, setRecovery] = useState(false);
  const [code, setCode] = useState('');
  const { busy, problem, clear } = entry;
  const wrong = problem?.code === 'invalid_code';
  const words = recovery ? 'recovery' : 'digits';
  return (
    <AccountPage
      title={t('account.secondFactor.title')}
      lead={t(`account.secondFactor.${words}.lead`)}
      submit={t(busy ? 'account.signIn.submitting' : 'account.secondFactor.submit')}
      busy={busy}
      problem={wrong ? null : generalText(problem)}
      onSubmit={() => void entry.answer(recovery ? code.trim() : code.replace(/\s/g, ''))}
      ways={
        <>
          <TextButton
            onClick={() => {
              setRecovery(!recovery);
              setCode('');
              clear();
            }}
          >
            {t(`account.secondFactor.${words}.instead`)}
          </TextButton>
          <TextButton onClick={entry.back}>{t('common.back')}</TextButton>
        </>
      }
    >
      <Field
        key={words}
        label={t(`account.secondFactor.${words}.label`)}
        name="code"
        value={code}
        onChange={(event) => {
          setCode(event.target.value);
          clear();
        }}
        autoComplete={recovery ? 'off' : 'one-time-code'}
        inputMode={recovery ? 'text' : 'numeric'}
        autoCapitalize="none"
        spellCheck={false}
        autoFocus
        required
        error={wrong && problem ? problemText(problem.code) : undefined}
      />
    </AccountPage>
  );
}
