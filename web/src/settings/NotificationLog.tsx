import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Device, PushRecord } from '../protocol';
import { Button } from '../ui/Button';
import { cx } from '../ui/cx';
import { momentName } from '../ui/time';
import { Card } from './Card';
import { Loading } from './Loading';
import type { Loaded } from './loaded';

const SHOWN_AT_FIRST = 8;

interface LogProps {
  log: Loaded<PushRecord[]>;
  devices: readonly Device[];
}

/** What became of the last notifications, newest first. */
export function NotificationLog({ log, devices }: LogProps) {
  const { t } = useTranslation();
  const { value, failed, reload } = log;
  const [all, setAll] = useState(false);
  const shown = all ? value : value?.slice(0, SHOWN_AT_FIRST);
  return (
    <Card title={t('settings.notifications.log.title')} lead={t('settings.notifications.log.lead')}>
      {!value && <Loading failed={failed} onRetry={reload} />}
      {value?.length === 0 && <p className="text-soft">{t('settings.notifications.log.none')}</p>}
      {shown && shown.length > 0 && (
        <ul
          aria-label={t('settings.notifications.log.title')}
          className="flex flex-col divide-y divide-line"
        >
          {shown.map((push) => (
            <Row
              key={push.id}
              push={push}
              device={devices.find(({ id }) => id === push.deviceId)}
            />
          ))}
        </ul>
      )}
      {!all && value && value.length > SHOWN_AT_FIRST && (
        <div>
          <Button look="quiet" onClick={() => setAll(true)}>
            {t('settings.notifications.log.more')}
          </Button>
        </div>
      )}
    </Card>
  );
}

function Row({ push, device }: { push: PushRecord; device: Device | undefined }) {
  const { t } = useTranslation();
  const about = [
    t(`settings.notifications.log.${push.reason}`),
    device?.name || device?.platform,
    momentName(Date.parse(push.at)),
  ];
  return (
    <li className="py-2.5">
      <p
        className={cx(
          'font-medium',
          (push.outcome === 'refused' || push.outcome === 'gone') && 'text-danger',
        )}
      >
        {t(`settings.notifications.log.${push.outcome}`)}
      </p>
      <p className="text-small text-soft">{about.filter(Boolean).join(' · ')}</p>
      {push.why && (
        <p dir="auto" className="break-words text-small text-soft">
          {t('settings.notifications.log.why', { why: push.why })}
        </p>
      )}
    </li>
  );
}
