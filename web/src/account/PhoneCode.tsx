import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { actions } from '../state/actions';
import { useCountdown } from '../ui/countdown';
import { Field } from '../ui/Field';
import { generalText, useAct } from '../ui/problem';
import { TextButton } from './AccountPage';
import { usePhoneNumber } from './PhoneField';

/** A phone number, and how to have a code sent to it. */
export function usePhoneCode() {
  const phone = usePhoneNumber();
  const [resendIn, startCountdown] = useCountdown();
  const request = useCallback(
    async (number: string) => startCountdown((await actions().requestCode(number)).resendIn),
    [startCountdown],
  );
  return { phone, resendIn, ...useAct(request) };
}

interface CodeFieldProps {
  value: string;
  onChange: (code: string) => void;
  resendIn: number;
  onResend: () => void;
  resendProblem: Parameters<typeof generalText>[0];
  error?: string | undefined;
}

/** The digits of a text message, and the way to another one. */
export function CodeField(props: CodeFieldProps) {
  const { t } = useTranslation();
  return (
    <div className="flex flex-col gap-2.5">
      <Field
        label={t('account.phone.code')}
        name="code"
        value={props.value}
        onChange={(event) => props.onChange(event.target.value)}
        inputMode="numeric"
        autoComplete="one-time-code"
        autoFocus
        required
        error={props.error ?? generalText(props.resendProblem) ?? undefined}
      />
      <div className="flex">
        <TextButton onClick={props.onResend} disabled={props.resendIn > 0}>
          {props.resendIn > 0
            ? t('account.phone.resendIn', { count: props.resendIn })
            : t('account.phone.resend')}
        </TextButton>
      </div>
    </div>
  );
}
