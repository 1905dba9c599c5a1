import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { CodeField, usePhoneCode } from '../account/PhoneCode';
import { PhoneField } from '../account/PhoneField';
import type { Profile } from '../protocol';
import { actions } from '../state/actions';
import { Button } from '../ui/Button';
import { Problem } from '../ui/Notice';
import { generalText, problemText, useAct } from '../ui/problem';
import { Done } from './Card';

/** My phone number, and another one with the code that is sent to it. */
export function PhoneForm({ me }: { me: Profile }) {
  const { t } = useTranslation();
  const request = usePhoneCode();
  const { phone } = request;
  const [number, setNumber] = useState<string | null>(null);
  const [impossible, setImpossible] = useState(false);
  const [code, setCode] = useState('');
  const [saved, setSaved] = useState(false);
  const { run, busy, problem, clear } = useAct(actions().setPhone);

  const send = async () => {
    const parsed = await phone.parse().catch(() => null);
    setImpossible(parsed === null);
    if (parsed && (await request.run(parsed))) setNumber(parsed);
  };
  const save = async (phoneNumber: string) => {
    if (!(await run({ phoneNumber, code: code.replace(/\D/g, '') }))) return;
    setNumber(null);
    setCode('');
    phone.type('', false);
    setSaved(true);
  };
  const wrong = problem?.code === 'invalid_code';
  const general = number
    ? wrong
      ? null
      : generalText(problem)
    : generalText(request.problem, 'phoneNumber');
  return (
    <>
      {me.phoneNumber && (
        <p className="rounded-xl bg-sunken px-4 py-3 font-medium">
          {phone.phones?.format(me.phoneNumber, phone.country) ?? me.phoneNumber}
        </p>
      )}
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          void (number ? save(number) : send());
        }}
      >
        {number ? (
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
        ) : (
          <PhoneField
            phone={phone}
            onEdit={() => {
              setImpossible(false);
              setSaved(false);
              request.clear();
            }}
            error={impossible ? t('account.phone.invalid') : request.problem?.fields.phoneNumber}
          />
        )}
        {general && <Problem>{general}</Problem>}
        <Done said={saved ? t('settings.saved') : null}>
          <Button
            type="submit"
            busy={busy || request.busy}
            disabled={!number && !phone.text.trim()}
          >
            {t(number ? 'common.save' : 'account.phone.submit')}
          </Button>
          {number && (
            <Button look="quiet" onClick={() => setNumber(null)}>
              {t('common.cancel')}
            </Button>
          )}
        </Done>
      </form>
    </>
  );
}
