import { X } from 'lucide-react';
import { Dialog as Radix } from 'radix-ui';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { IconButton } from './Button';

interface DialogProps {
  title: string;
  onClose: () => void;
  children: ReactNode;
  /** Stays below the scrolling part. */
  footer?: ReactNode;
}

/**
 * Something to do before going on. Focus stays inside, Escape closes, and on a
 * phone it takes the whole screen.
 *
 * The shade is ours: Radix' own overlay puts a style element into the page, which
 * the content security policy forbids.
 */
export function Dialog({ title, onClose, children, footer }: DialogProps) {
  const { t } = useTranslation();
  return (
    <Radix.Root open onOpenChange={(open) => !open && onClose()}>
      <Radix.Portal>
        <div className="fixed inset-0 z-40 bg-shade" aria-hidden />
        <Radix.Content
          aria-describedby={undefined}
          className="fixed inset-0 z-50 flex animate-rise flex-col bg-surface pt-safe pb-safe shadow-high focus:outline-none sm:inset-x-auto sm:top-[8vh] sm:bottom-auto sm:left-1/2 sm:ml-[-14rem] sm:max-h-[84vh] sm:w-[28rem] sm:rounded-2xl"
        >
          <header className="flex items-center justify-between gap-3 py-3 pr-3 pl-6">
            <Radix.Title className="font-semibold text-lg">{title}</Radix.Title>
            <Radix.Close asChild>
              <IconButton label={t('common.close')}>
                <X className="size-5" />
              </IconButton>
            </Radix.Close>
          </header>
          <div className="thin-scroll min-h-0 flex-1 overflow-y-auto px-6 pt-1 pb-6">
            {children}
          </div>
          {footer && (
            <footer className="flex gap-3 border-line border-t px-6 py-4">{footer}</footer>
          )}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
