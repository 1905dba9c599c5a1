import { TriangleAlert } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Button } from './Button';
import { Logo } from './Logo';
import { EmptyState } from './Notice';

/** The moment before anything is known. */
export function Starting() {
  const { t } = useTranslation();
  return (
    <main className="flex h-full items-center justify-center bg-paper">
      <h1 className="sr-only">{t('app.name')}</h1>
      <Logo className="size-14 animate-pulse" />
      <p role="status" className="sr-only">
        {t('account.starting')}
      </p>
    </main>
  );
}

/** Something broke while drawing. */
export function Crash() {
  const { t } = useTranslation();
  return (
    <main className="h-full bg-paper">
      <EmptyState
        icon={<TriangleAlert aria-hidden className="size-7" />}
        title={t('errors.crash')}
        actions={<Button onClick={() => location.reload()}>{t('errors.reload')}</Button>}
      >
        {t('errors.crashLead')}
      </EmptyState>
    </main>
  );
}
