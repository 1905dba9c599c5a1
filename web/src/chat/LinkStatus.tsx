import { CloudOff } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import { actions } from '../state/actions';
import { parley } from '../state/store';
import { Spinner } from '../ui/Spinner';

// Connections that come back at once are not worth a word.
const PATIENCE_MS = 700;

/** Says when what is shown may not be the newest, and nothing when all is well. */
export function LinkStatus() {
  const { t } = useTranslation();
  const link = useStore(parley, (state) => state.link);
  const [shown, setShown] = useState(link);

  useEffect(() => {
    if (link === 'online') {
      setShown(link);
      return;
    }
    const timer = setTimeout(() => setShown(link), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [link]);

  return (
    <div role="status" data-link={link}>
      {shown !== 'online' && link !== 'online' && (
        <div className="mx-3 mb-2 flex h-10 items-center gap-3 rounded-xl bg-sunken px-3.5 text-small text-soft">
          {shown === 'offline' ? <CloudOff aria-hidden className="size-4" /> : <Spinner />}
          <span className="flex-1">{t(`link.${shown}`)}</span>
          {shown !== 'updating' && (
            <button
              type="button"
              onClick={() => actions().reconnect()}
              className="font-medium text-accent-ink hover:underline"
            >
              {t('link.retry')}
            </button>
          )}
        </div>
      )}
    </div>
  );
}
