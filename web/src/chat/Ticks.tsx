import { Check, CheckCheck, CircleAlert, Clock } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { Progress } from '../state/receipts';
import { cx } from '../ui/cx';

const ICONS = {
  failed: CircleAlert,
  sending: Clock,
  sent: Check,
  delivered: CheckCheck,
  read: CheckCheck,
};

/** How far a message of mine has come: clock, one tick, two ticks, two coloured ticks. */
export function Ticks({ progress, onBubble }: { progress: Progress; onBubble?: boolean }) {
  const { t } = useTranslation();
  const Icon = ICONS[progress];
  const colour = {
    failed: onBubble ? 'text-seen' : 'text-danger',
    sending: '',
    sent: '',
    delivered: '',
    read: onBubble ? 'text-seen' : 'text-unread',
  }[progress];
  return (
    <span className="inline-flex shrink-0" data-progress={progress}>
      <Icon aria-hidden className={cx(progress === 'sending' ? 'size-3.5' : 'size-4', colour)} />
      <span className="sr-only">{t(`ticks.${progress}`)}</span>
    </span>
  );
}
