import { Monitor, Smartphone, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Device } from '../protocol';
import { actions } from '../state/actions';
import { Button, IconButton } from '../ui/Button';
import { Problem } from '../ui/Notice';
import { generalText, useAct } from '../ui/problem';
import { momentName } from '../ui/time';
import { Card, Done } from './Card';
import { Loading } from './Loading';
import type { Loaded } from './loaded';

const HELD = new Set(['Android', 'iOS', 'iPhone', 'iPad']);

interface DevicesProps {
  devices: Loaded<Device[]>;
  /** A test is on its way: the log will tell. */
  onTested: () => void;
}

/** All that is woken when somebody writes to me, taking it off the list, and trying it out. */
export function NotificationDevices({ devices, onTested }: DevicesProps) {
  const { t } = useTranslation();
  const { value, failed, reload } = devices;
  const removal = useAct(actions().removeDevice);
  const [reached, setReached] = useState<number | null>(null);
  const test = useAct(async () => {
    setReached(null);
    setReached(await actions().testNotification());
    onTested();
  });
  const problem = removal.problem ?? test.problem;
  const remove = async (device: Device) => {
    await removal.run(device);
    reload();
  };
  return (
    <Card
      title={t('settings.notifications.devices.title')}
      lead={t('settings.notifications.devices.lead')}
    >
      {!value && <Loading failed={failed} onRetry={reload} />}
      {value?.length === 0 && (
        <p className="text-soft">{t('settings.notifications.devices.none')}</p>
      )}
      {value && value.length > 0 && (
        <ul
          aria-label={t('settings.notifications.devices.title')}
          className="flex flex-col divide-y divide-line"
        >
          {value.map((device) => (
            <Row
              key={device.id}
              device={device}
              busy={removal.busy}
              onRemove={() => void remove(device)}
            />
          ))}
        </ul>
      )}
      {problem && <Problem>{generalText(problem)}</Problem>}
      {value && value.length > 0 && (
        <Done
          said={
            reached === null || test.problem
              ? null
              : t('settings.notifications.devices.tested', { count: reached })
          }
        >
          <Button look="quiet" busy={test.busy} onClick={() => void test.run()}>
            {t('settings.notifications.devices.test')}
          </Button>
        </Done>
      )}
    </Card>
  );
}

function Row({ device, busy, onRemove }: { device: Device; busy: boolean; onRemove: () => void }) {
  const { t } = useTranslation();
  const Icon = device.service !== 'web' || HELD.has(device.platform) ? Smartphone : Monitor;
  const name = device.name || device.platform || t('settings.notifications.devices.unknown');
  const used = device.lastPushAt
    ? t('settings.notifications.devices.last', { when: momentName(Date.parse(device.lastPushAt)) })
    : t('settings.notifications.devices.added', {
        when: momentName(Date.parse(device.registeredAt)),
      });
  return (
    <li className="flex items-center gap-3 py-2.5">
      <Icon aria-hidden className="size-5 shrink-0 text-soft" />
      <div className="min-w-0 flex-1">
        <p dir="auto" className="truncate font-medium">
          {name}
        </p>
        <p className="text-small text-soft">
          {device.current && `${t('settings.notifications.devices.current')} · `}
          {used}
        </p>
      </div>
      <IconButton
        label={t('settings.notifications.devices.remove', { name })}
        disabled={busy}
        onClick={onRemove}
      >
        <Trash2 className="size-4.5" />
      </IconButton>
    </li>
  );
}
