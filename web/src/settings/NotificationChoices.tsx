import { useTranslation } from 'react-i18next';
import type { ChangeNotificationSettings, NotificationSettings } from '../protocol';
import { actions } from '../state/actions';
import { Button } from '../ui/Button';
import { Problem } from '../ui/Notice';
import { generalText, useAct } from '../ui/problem';
import { Select } from '../ui/Select';
import { Switch } from '../ui/Switch';
import { untilName } from '../ui/time';
import { Card } from './Card';
import { Loading } from './Loading';
import { useLoaded } from './loaded';
import { NO_QUIET, QUIETS, type Quiet, quietEnd, quietUntil } from './quiet';

/** What notifications show, and when there are none; for all my devices. */
export function NotificationChoices() {
  const { t } = useTranslation();
  const { value, setValue, failed, reload } = useLoaded<NotificationSettings>(
    actions().notificationSettings,
  );
  const { run, busy, problem } = useAct(async (change: ChangeNotificationSettings) => {
    setValue(await actions().changeNotificationSettings(change));
  });
  const change = (wanted: ChangeNotificationSettings) => void run(wanted);
  return (
    <Card
      title={t('settings.notifications.choices.title')}
      lead={t('settings.notifications.choices.lead')}
    >
      {value ? (
        <>
          <Switch
            label={t('settings.notifications.choices.preview')}
            hint={t('settings.notifications.choices.previewHint')}
            checked={value.preview}
            disabled={busy}
            onChange={(preview) => change({ preview })}
          />
          <Switch
            label={t('settings.notifications.choices.digest')}
            hint={t('settings.notifications.choices.digestHint')}
            checked={value.emailDigest}
            disabled={busy}
            onChange={(emailDigest) => change({ emailDigest })}
          />
          <QuietTime until={value.quietUntil} busy={busy} onChange={change} />
        </>
      ) : (
        <Loading failed={failed} onRetry={reload} />
      )}
      {problem && <Problem>{generalText(problem)}</Problem>}
    </Card>
  );
}

interface QuietProps {
  until: string | undefined;
  busy: boolean;
  onChange: (change: ChangeNotificationSettings) => void;
}

function QuietTime({ until, busy, onChange }: QuietProps) {
  const { t } = useTranslation();
  const end = quietEnd(until, Date.now());
  if (end !== null) {
    return (
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-3">
        <div role="status">
          <p className="font-medium">{t('settings.notifications.quiet.label')}</p>
          <p className="text-small text-soft">
            {t('settings.notifications.quiet.until', { when: untilName(end) })}
          </p>
        </div>
        <Button look="quiet" busy={busy} onClick={() => onChange({ quietUntil: NO_QUIET })}>
          {t('settings.notifications.quiet.end')}
        </Button>
      </div>
    );
  }
  return (
    <Select
      label={t('settings.notifications.quiet.label')}
      value=""
      onChange={(chosen) => {
        if (chosen) onChange({ quietUntil: quietUntil(chosen as Quiet, Date.now()) });
      }}
      options={[
        { value: '', text: t('settings.notifications.quiet.none') },
        ...QUIETS.map((value) => ({ value, text: t(`settings.notifications.quiet.${value}`) })),
      ]}
    />
  );
}
