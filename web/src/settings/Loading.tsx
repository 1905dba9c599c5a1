import { useTranslation } from 'react-i18next';
import { Button } from '../ui/Button';
import { Spinner } from '../ui/Spinner';

/** In the place of what has not been loaded yet. */
export function Loading({ failed, onRetry }: { failed: boolean; onRetry: () => void }) {
  const { t } = useTranslation();
  if (failed) {
    return (
      <div className="flex flex-wrap items-center gap-3 text-small text-soft">
        <span role="alert">{t('settings.notLoaded')}</span>
        <Button look="quiet" onClick={onRetry}>
          {t('common.retry')}
        </Button>
      </div>
    );
  }
  return (
    <p role="status" className="flex items-center gap-2.5 text-soft">
      <Spinner /> {t('common.loading')}
    </p>
  );
}
