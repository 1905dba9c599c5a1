import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Profile } from '../protocol';
import { actions } from '../state/actions';
import { Button } from '../ui/Button';
import { Field } from '../ui/Field';
import { Problem } from '../ui/Notice';
import { generalText, useAct } from '../ui/problem';
import { Select } from '../ui/Select';
import { untilName } from '../ui/time';
import { Done } from './Card';
import { EXPIRIES, type Expiry, untilOf } from './status';

/** What I am up to, and until when. */
export function StatusForm({ me }: { me: Profile }) {
  const { t } = useTranslation();
  const [edited, setEdited] = useState<string | null>(null);
  const [expiry, setExpiry] = useState<Expiry>('never');
  const [saved, setSaved] = useState(false);
  const { run, busy, problem, clear } = useAct(actions().updateProfile);
  const text = edited ?? me.statusText ?? '';

  const save = async (statusText: string) => {
    const until = statusText ? untilOf(expiry, Date.now()) : null;
    if (!(await run({ statusText, ...(until ? { statusUntil: until } : {}) }))) return;
    setEdited(null);
    setExpiry('never');
    setSaved(true);
  };
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        void save(text.trim());
      }}
    >
      <div className="grid gap-4 sm:grid-cols-2">
        <Field
          label={t('settings.status.label')}
          hint={
            me.statusText && me.statusUntil
              ? t('settings.status.until', { when: untilName(Date.parse(me.statusUntil)) })
              : undefined
          }
          value={text}
          onChange={(event) => {
            setEdited(event.target.value);
            setSaved(false);
            clear('statusText');
          }}
          maxLength={80}
          dir="auto"
          error={problem?.fields.statusText}
        />
        <Select
          label={t('settings.status.expiry')}
          value={expiry}
          onChange={(value) => setExpiry(value as Expiry)}
          options={EXPIRIES.map((value) => ({ value, text: t(`settings.status.${value}`) }))}
        />
      </div>
      {problem && generalText(problem, 'statusText') && (
        <Problem>{generalText(problem, 'statusText')}</Problem>
      )}
      <Done said={saved ? t('settings.saved') : null}>
        <Button type="submit" busy={busy} disabled={!text.trim()}>
          {t('settings.status.submit')}
        </Button>
        {me.statusText && (
          <Button look="quiet" disabled={busy} onClick={() => void save('')}>
            {t('settings.status.remove')}
          </Button>
        )}
      </Done>
    </form>
  );
}
