import { useTranslation } from 'react-i18next';
import { deviceName } from '../account/device';
import type { SecurityEvent, SecurityEventPage } from '../protocol';
import { actions } from '../state/actions';
import { Button } from '../ui/Button';
import { Problem } from '../ui/Notice';
import { generalText, useAct } from '../ui/problem';
import { momentName } from '../ui/time';
import { Card } from './Card';
import { Loading } from './Loading';
import { useLoaded } from './loaded';

const newest = () => actions().securityEvents();

/** What happened to my account, newest first. */
export function SecurityEvents() {
  const { t } = useTranslation();
  const { value, setValue, failed, reload } = useLoaded<SecurityEventPage>(newest);
  const more = useAct(async (cursor: string) => {
    const page = await actions().securityEvents(cursor);
    setValue((shown) => ({ ...page, events: [...(shown?.events ?? []), ...page.events] }));
  });
  const cursor = value?.nextCursor;
  return (
    <Card title={t('settings.events.title')} lead={t('settings.events.lead')}>
      {!value && <Loading failed={failed} onRetry={reload} />}
      {value?.events.length === 0 && <p className="text-soft">{t('settings.events.none')}</p>}
      {value && value.events.length > 0 && (
        <ul className="flex flex-col divide-y divide-line">
          {value.events.map((event) => (
            <Row key={event.id} event={event} />
          ))}
        </ul>
      )}
      {more.problem && <Problem>{generalText(more.problem)}</Problem>}
      {cursor && (
        <div>
          <Button look="quiet" busy={more.busy} onClick={() => void more.run(cursor)}>
            {t('settings.events.more')}
          </Button>
        </div>
      )}
    </Card>
  );
}

function Row({ event }: { event: SecurityEvent }) {
  const { t } = useTranslation();
  const from = [deviceName(event.userAgent), event.address].filter(Boolean).join(' · ');
  return (
    <li className="py-2.5">
      <p className="font-medium">{t(`account.events.kinds.${event.kind}`)}</p>
      <p className="text-small text-soft">
        {momentName(Date.parse(event.at))}
        {from && ` · ${from}`}
      </p>
    </li>
  );
}
