import { useCallback, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { actions } from '../state/actions';
import { generalText, problemText } from '../ui/problem';
import { AccountPage, TextButton } from './AccountPage';
import { ChooseNameStep } from './ChooseNameStep';
import { useEntry } from './entry';
import type { NewName } from './new-name';
import { CodeField, usePhoneCode } from './PhoneCode';
import { PhoneField } from './PhoneField';
import { SecondFactorStep } from './SecondFactorStep';

interface Attempt {
  code: string;
  name?: NewName;
}

/** A number, then the code sent to it, then a name for who is new. */
export default function PhoneSignIn() {
  const { t } = useTranslation();
  const request = usePhoneCode();
  const [number, setNumber] = useState('');
  const [step, setStep] = useState<'number' | 'code' | 'name'>('number');
  const [impossible, setImpossible] = useState(false);
  const [code, setCode] = useState('');

  const enter = useCallback(
    async (attempt: Attempt, secondFactorCode?: string) => {
      try {
        await actions().signInByCode({
          phoneNumber: number,
          code: attempt.code,
          language: navigator.language,
          ...attempt.name,
          ...(secondFactorCode ? { secondFactorCode } : {}),
        });
      } catch (failure) {
        const refusal = (failure as { code?: string }).code;
        if (attempt.name && refusal === 'invalid_code') setStep('code');
        if (attempt.name || refusal !== 'user_not_found') throw failure;
        setStep('name');
      }
    },
    [number],
  );
  const entry = useEntry(enter);
  const { busy, problem, clear } = entry;
  const digits = code.replace(/\D/g, '');

  const send = async () => {
    const parsed = await request.phone.parse().catch(() => null);
    setImpossible(parsed === null);
    if (parsed === null || !(await request.run(parsed))) return;
    setNumber(parsed);
    setCode('');
    setStep('code');
  };

  if (entry.asked) return <SecondFactorStep entry={entry} />;
  if (step === 'name') {
    return (
      <ChooseNameStep
        onChoose={(name) => void entry.attempt({ code: digits, name })}
        busy={busy}
        problem={problem}
        clear={clear}
      />
    );
  }
  const other = {
    text: t('account.phone.other'),
    link: t('account.phone.otherLink'),
    to: '/sign-in',
  };
  if (step === 'number') {
    return (
      <AccountPage
        title={t('account.phone.title')}
        lead={t('account.phone.lead')}
        submit={t('account.phone.submit')}
        busy={request.busy}
        problem={generalText(request.problem, 'phoneNumber')}
        onSubmit={() => void send()}
        other={other}
      >
        <PhoneField
          phone={request.phone}
          onEdit={() => {
            setImpossible(false);
            request.clear();
          }}
          autoFocus
          error={impossible ? t('account.phone.invalid') : request.problem?.fields.phoneNumber}
        />
      </AccountPage>
    );
  }
  const wrong = problem?.code === 'invalid_code';
  return (
    <AccountPage
      title={t('account.phone.codeTitle')}
      lead={t('account.phone.codeLead', { number: request.phone.text })}
      submit={t(busy ? 'account.signIn.submitting' : 'account.signIn.submit')}
      busy={busy}
      problem={wrong ? null : generalText(problem)}
      onSubmit={() => void entry.attempt({ code: digits })}
      ways={
        <TextButton
          onClick={() => {
            clear();
            setStep('number');
          }}
        >
          {t('account.phone.otherNumber')}
        </TextButton>
      }
      other={other}
    >
      <CodeField
        value={code}
        onChange={(value) => {
          setCode(value);
          clear();
        }}
        resendIn={request.resendIn}
        onResend={() => void request.run(number)}
        resendProblem={request.problem}
        error={wrong ? problemText('invalid_code') : undefined}
      />
    </AccountPage>
  );
}
