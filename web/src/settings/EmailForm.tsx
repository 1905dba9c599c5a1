import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { PasswordField } from '../account/PasswordField';
import type { Profile } from '../protocol';
import { actions } from '../state/actions';
import { Button } from '../ui/Button';
import { Field } from '../ui/Field';
import { Problem } from '../ui/Notice';
import { generalText, problemText, useAct } from '../ui/problem';
import { Done } from './Card';

/** My address, whether it is verified, and another one. */
export function EmailForm({ me }: { me: Profile }) {
  const { t } = useTranslation();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [saved, setSaved] = useState(false);
  const { run, busy, problem, clear } = useAct(actions().setEmail);
  const wrong = problem?.code === 'invalid_credentials';
  const taken = problem?.code === 'email_taken' || problem?.code === 'email_not_allowed';

  const save = async () => {
    const change = { email: email.trim(), ...(me.hasPassword ? { password } : {}) };
    if (!(await run(change))) return;
    setEmail('');
    setPassword('');
    setSaved(true);
  };
  const general = wrong || taken ? null : generalText(problem, 'email', 'password');
  return (
    <>
      {me.email && <Current email={me.email} verified={me.emailVerified} />}
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Field
          label={t(me.email ? 'settings.email.another' : 'settings.email.label')}
          name="email"
          type="email"
          value={email}
          onChange={(event) => {
            setEmail(event.target.value);
            setSaved(false);
            clear(taken ? undefined : 'email');
          }}
          autoComplete="email"
          required
          error={taken && problem ? problemText(problem.code) : problem?.fields.email}
        />
        {me.hasPassword && (
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
        {general && <Problem>{general}</Problem>}
        <Done said={saved ? t('settings.email.sent') : null}>
          <Button type="submit" busy={busy} disabled={!email.trim()}>
            {t('settings.email.submit')}
          </Button>
        </Done>
      </form>
    </>
  );
}

function Current({ email, verified }: { email: string; verified: boolean }) {
  const { t } = useTranslation();
  const [sent, setSent] = useState(false);
  const { run, busy, problem } = useAct(actions().sendVerification);
  return (
    <div className="flex flex-col gap-3 rounded-xl bg-sunken px-4 py-3">
      <p className="flex flex-wrap items-center justify-between gap-x-3 gap-y-1">
        <span className="break-all font-medium">{email}</span>
        <span className={verified ? 'text-good text-small' : 'text-danger text-small'}>
          {t(verified ? 'settings.email.verified' : 'settings.email.unverified')}
        </span>
      </p>
      {!verified && (
        <Done said={sent ? t('settings.email.sent') : null}>
          <Button
            look="quiet"
            busy={busy}
            onClick={() => void run().then(setSent)}
            className="bg-surface"
          >
            {t('settings.email.again')}
          </Button>
        </Done>
      )}
      {problem && <Problem>{generalText(problem)}</Problem>}
    </div>
  );
}
