import { useCallback, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { PasswordField } from '../account/PasswordField';
import type { SecondFactorBegun } from '../protocol';
import { actions } from '../state/actions';
import { Button } from '../ui/Button';
import { Problem } from '../ui/Notice';
import { generalText, useAct } from '../ui/problem';
import { CodeForm } from './CodeForm';
import { QrCode } from './QrCode';

interface TurnOnProps {
  needsPassword: boolean;
  onDone: (recoveryCodes: string[]) => void;
}

/** My password, then the secret for the authenticator, then the first code it shows. */
export function TurnOn({ needsPassword, onDone }: TurnOnProps) {
  const { t } = useTranslation();
  const [begun, setBegun] = useState<SecondFactorBegun | null>(null);
  const [password, setPassword] = useState('');
  const begin = useCallback(
    async (given?: string) => setBegun(await actions().beginSecondFactor(given)),
    [],
  );
  const { run, busy, problem, clear } = useAct(begin);
  const asked = useRef(false);
  useEffect(() => {
    if (needsPassword || asked.current) return;
    asked.current = true;
    void run();
  }, [needsPassword, run]);

  if (begun) {
    return (
      <CodeForm
        lead={<Secret begun={begun} />}
        submit={t('settings.secondFactor.confirm')}
        act={async (code) => onDone(await actions().confirmSecondFactor(code))}
      />
    );
  }
  const wrong = problem?.code === 'invalid_credentials';
  const general = wrong ? null : generalText(problem, 'password');
  return (
    <form
      className="flex flex-col gap-5"
      onSubmit={(event) => {
        event.preventDefault();
        void run(needsPassword ? password : undefined);
      }}
    >
      <p className="text-soft">{t('settings.secondFactor.turnOnLead')}</p>
      {general && <Problem>{general}</Problem>}
      {needsPassword && (
        <PasswordField
          label={t('settings.yourPassword')}
          value={password}
          onChange={(value) => {
            setPassword(value);
            clear(wrong ? undefined : 'password');
          }}
          error={wrong ? t('settings.wrongPassword') : problem?.fields.password}
        />
      )}
      <Button type="submit" busy={busy} disabled={needsPassword && !password}>
        {t('settings.secondFactor.next')}
      </Button>
    </form>
  );
}

function Secret({ begun }: { begun: SecondFactorBegun }) {
  const { t } = useTranslation();
  return (
    <div className="flex flex-col items-center gap-4">
      <p>{t('settings.secondFactor.scan')}</p>
      <QrCode text={begun.uri} label={t('settings.secondFactor.qr')} />
      <p className="text-small">{t('settings.secondFactor.type')}</p>
      <code
        data-testid="secret"
        className="w-full break-all rounded-xl bg-sunken px-4 py-3 text-center font-mono text-ink text-small"
      >
        {begun.secret.replace(/(.{4})(?=.)/g, '$1 ')}
      </code>
    </div>
  );
}
