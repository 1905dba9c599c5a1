import { ShieldAlert, X } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { useStore } from 'zustand';
import { parley } from '../state/store';
import { IconButton } from '../ui/Button';
import { deviceName } from './device';

/** Tells what happened to the account just now, and where to look. Stays until it is dismissed. */
export function Warning() {
  const { t } = useTranslation();
  const warning = useStore(parley, (state) => state.warning);
  const dismiss = () => parley.setState({ warning: null });
  if (!warning) return <div role="alert" />;

  const device = deviceName(warning.userAgent);
  const known = warning.kind === 'new_device' && device;
  const text = known
    ? t('account.events.newDevice', { device })
    : t(`account.events.kinds.${warning.kind}`);
  return (
    <div
      role="alert"
      className="fixed inset-x-4 top-4 z-70 mx-auto flex max-w-md animate-rise items-start gap-3 rounded-2xl border border-line bg-raised py-3 pr-2 pl-4 shadow-high"
    >
      <ShieldAlert aria-hidden className="mt-0.5 size-5 shrink-0 text-accent-ink" />
      <div className="min-w-0 flex-1">
        <p className="font-medium">{text}</p>
        <Link
          to="/settings/security"
          onClick={dismiss}
          className="text-accent-ink text-small underline underline-offset-2"
        >
          {t('account.events.look')}
        </Link>
      </div>
      <IconButton label={t('account.events.dismiss')} onClick={dismiss} className="-mt-1">
        <X className="size-4.5" />
      </IconButton>
    </div>
  );
}
