import { BellOff, BellRing } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import type { PushServices } from '../protocol';
import { actions } from '../state/actions';
import type { NotificationsHere as Here } from '../state/notifications';
import { parley } from '../state/store';
import { Button } from '../ui/Button';
import { cx } from '../ui/cx';
import { Problem } from '../ui/Notice';
import { generalText, useAct } from '../ui/problem';
import { Card } from './Card';
import { Loading } from './Loading';
import type { Loaded } from './loaded';

/** How it stands in this browser, in one word: see the texts. */
type Standing = 'none' | 'insecure' | 'unsupported' | 'denied' | 'on' | 'removed' | 'ask' | 'off';

function standingOf(here: Here, { web }: PushServices): Standing {
  if (!web) return 'none';
  if (here.possible !== 'yes') return here.possible;
  if (here.permission === 'denied') return 'denied';
  if (here.on && here.permission === 'granted') return 'on';
  if (here.removed) return 'removed';
  return here.permission === 'granted' ? 'off' : 'ask';
}

/** Notifications in this browser: whether they are possible, and turning them on and off. */
export function NotificationsHere({ services }: { services: Loaded<PushServices> }) {
  const { t } = useTranslation();
  const { value, failed, reload } = services;
  return (
    <Card
      title={t('settings.notifications.here.title')}
      lead={t('settings.notifications.here.lead')}
    >
      {value ? <Standing services={value} /> : <Loading failed={failed} onRetry={reload} />}
    </Card>
  );
}

function Standing({ services }: { services: PushServices }) {
  const { t } = useTranslation();
  const here = useStore(parley, (state) => state.notifications);
  const on = useAct(actions().turnOnNotifications);
  const off = useAct(actions().turnOffNotifications);
  const standing = standingOf(here, services);
  const Icon = standing === 'on' ? BellRing : BellOff;
  const problem = on.problem ?? off.problem;
  const turnOn = () => {
    off.clear();
    void on.run();
  };
  const turnOff = () => {
    on.clear();
    void off.run();
  };
  return (
    <>
      <div className="flex items-start gap-4" role="status">
        <span
          className={cx(
            'flex size-11 shrink-0 items-center justify-center rounded-full',
            standing === 'on' ? 'bg-accent-soft text-accent-ink' : 'bg-sunken text-soft',
          )}
        >
          <Icon aria-hidden className="size-5" />
        </span>
        <div className="min-w-0">
          <p className="font-medium">{t(`settings.notifications.here.${standing}`)}</p>
          <p className="text-small text-soft">{t(`settings.notifications.here.${standing}Lead`)}</p>
        </div>
      </div>
      {/* What the browser blocks is said above already. */}
      {problem && !(standing === 'denied' && problem.code === 'notifications_denied') && (
        <Problem>{generalText(problem)}</Problem>
      )}
      {standing === 'on' && (
        <div>
          <Button look="quiet" busy={off.busy} onClick={turnOff}>
            {t('settings.notifications.here.turnOff')}
          </Button>
        </div>
      )}
      {(standing === 'ask' || standing === 'off' || standing === 'removed') && (
        <div>
          <Button busy={on.busy} onClick={turnOn}>
            {t('settings.notifications.here.turnOn')}
          </Button>
        </div>
      )}
    </>
  );
}
