import { LogOut } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import { actions } from '../state/actions';
import { parley } from '../state/store';
import { Button } from '../ui/Button';
import { Problem } from '../ui/Notice';
import { generalText, useAct } from '../ui/problem';

/** The way out of this browser. */
export function SignOut() {
  const { t } = useTranslation();
  const unsent = useStore(parley, (state) => state.outbox.length);
  const { run, busy, problem } = useAct(actions().signOut);
  return (
    <div className="flex flex-col gap-3">
      {problem && <Problem>{generalText(problem)}</Problem>}
      <Button
        look="danger"
        busy={busy}
        icon={<LogOut aria-hidden className="size-4.5" />}
        onClick={() => void run()}
      >
        {t(unsent > 0 ? 'settings.signOut.anyway' : 'settings.signOut.submit')}
      </Button>
      <p className="text-center text-small text-soft">
        {unsent > 0 ? t('settings.signOut.unsent', { count: unsent }) : t('settings.signOut.hint')}
      </p>
    </div>
  );
}
