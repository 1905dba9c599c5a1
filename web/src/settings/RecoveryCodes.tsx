import { Check, Copy, Download } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../ui/Button';

/** Codes that are shown this once, to be kept where the authenticator is not. */
export function RecoveryCodes({ codes, onDone }: { codes: string[]; onDone: () => void }) {
  const { t } = useTranslation();
  const [copied, setCopied] = useState(false);
  const text = `${codes.join('\n')}\n`;

  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => setCopied(true),
      () => setCopied(false),
    );
  const download = () => {
    const url = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
    const link = document.createElement('a');
    link.href = url;
    link.download = 'parley-recovery-codes.txt';
    link.click();
    URL.revokeObjectURL(url);
  };
  return (
    <div className="flex flex-col gap-5">
      <p className="text-soft">{t('settings.recovery.lead')}</p>
      <ul
        aria-label={t('settings.recovery.title')}
        className="grid grid-cols-2 gap-x-4 gap-y-2 rounded-xl bg-sunken p-4 text-center font-mono text-small"
      >
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <div className="grid grid-cols-2 gap-3">
        {/* Browsers have no clipboard at an address that is not secure. */}
        {'clipboard' in navigator && (
          <Button
            look="quiet"
            icon={
              copied ? (
                <Check aria-hidden className="size-4.5" />
              ) : (
                <Copy aria-hidden className="size-4.5" />
              )
            }
            onClick={() => void copy()}
          >
            <span role="status">
              {t(copied ? 'settings.recovery.copied' : 'settings.recovery.copy')}
            </span>
          </Button>
        )}
        <Button
          look="quiet"
          icon={<Download aria-hidden className="size-4.5" />}
          onClick={download}
        >
          {t('settings.recovery.download')}
        </Button>
      </div>
      <Button onClick={onDone}>{t('settings.recovery.done')}</Button>
    </div>
  );
}
