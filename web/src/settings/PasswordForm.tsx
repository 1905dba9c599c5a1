import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { PasswordField } from '../account/PasswordField';
import type { Profile } from '../protocol';
import { actions } from '../state/actions';
import { Button } from '../ui/Button';
import { Problem } from '../ui/Notice';
import { generalText, problemText, useAct } from '../ui/problem';
import { Done } from './Card';

const WEAK: ReadonlySet<string> = new Set(['weak_password', 'password_too_long']);

/** Another password, or the first one. */
export function PasswordForm({ me }: { me: Profile }) {
  const { t } = useTranslation();
  const [current, setCurrent] = useState('');
  const [fresh, setFresh] = useState('');
  const [saved, setSaved] = useState(false);
  const { run, busy, problem, clear } = useAct(actions().setPassword);
  const wrong = problem?.code === 'invalid_credentials';
  const weak = problem !== null && WEAK.has(problem.code);

  const save = async () => {
    const change = {
      newPassword: fresh,
      ...(me.hasPassword ? { currentPassword: current } : {}),
    };
    if (!(await run(change))) return;
    setCurrent('');
    setFresh('');
    setSaved(true);
  };
  const general = wrong || weak ? null : generalText(problem, 'currentPassword', 'newPassword');
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      {me.hasPassword && (
        <PasswordField
          label={t('settings.password.current')}
          value={current}
          onChange={(value) => {
            setCurrent(value);
            clear(wrong ? undefined : 'currentPassword');
          }}
          error={wrong ? t('settings.wrongPassword') : problem?.fields.currentPassword}
        />
      )}
      <PasswordField
        label={t('settings.password.fresh')}
        fresh
        value={fresh}
        onChange={(value) => {
          setFresh(value);
          setSaved(false);
          clear(weak ? undefined : 'newPassword');
        }}
        error={weak ? problemText(problem.code) : problem?.fields.newPassword}
      />
      {general && <Problem>{general}</Problem>}
      <Done said={saved ? t('settings.password.saved') : null}>
        <Button type="submit" busy={busy} disabled={!fresh || (me.hasPassword && !current)}>
          {t(me.hasPassword ? 'settings.password.submit' : 'settings.password.first')}
        </Button>
      </Done>
    </form>
  );
}
