import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import { actions } from '../state/actions';
import { stateOf } from '../state/presence';
import { parley } from '../state/store';
import { Button } from '../ui/Button';
import { Problem } from '../ui/Notice';
import { generalText, useAct } from '../ui/problem';
import { Select } from '../ui/Select';
import { untilName } from '../ui/time';
import { Done } from './Card';
import { EXPIRIES, type Expiry, untilOf } from './status';

/** Whether I may be disturbed, and until when not. */
export function AvailabilityForm({ userId }: { userId: string }) {
  const { t } = useTranslation();
  const presence = useStore(parley, (state) => state.presences[userId]);
  const [expiry, setExpiry] = useState<Expiry>('hour');
  const { run, busy: saving, problem } = useAct(actions().setStatus);
  const busy = stateOf(presence, Date.now()) === 'busy';
  const until = presence?.busyUntil;

  const beBusy = () => {
    const end = untilOf(expiry, Date.now());
    void run({ availability: 'busy', ...(end ? { until: end } : {}) });
  };
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        beBusy();
      }}
    >
      <p role="status" className="font-medium">
        {!busy
          ? t('settings.availability.available')
          : until
            ? t('settings.availability.busyUntil', { when: untilName(Date.parse(until)) })
            : t('settings.availability.busy')}
      </p>
      <Select
        label={t('settings.availability.expiry')}
        value={expiry}
        onChange={(value) => setExpiry(value as Expiry)}
        options={EXPIRIES.map((value) => ({ value, text: t(`settings.status.${value}`) }))}
      />
      {problem && generalText(problem) && <Problem>{generalText(problem)}</Problem>}
      <Done said={null}>
        <Button type="submit" busy={saving}>
          {t(busy ? 'settings.availability.change' : 'settings.availability.beBusy')}
        </Button>
        {busy && (
          <Button
            look="quiet"
            disabled={saving}
            onClick={() => void run({ availability: 'available' })}
          >
            {t('settings.availability.beAvailable')}
          </Button>
        )}
      </Done>
    </form>
  );
}
