import { Monitor, Moon, Sun } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { cx } from '../ui/cx';
import { chooseTheme, chosenTheme, THEMES } from '../ui/theme';

const ICONS = { system: Monitor, light: Sun, dark: Moon };

/** Light or dark, for this browser only. */
export function Appearance() {
  const { t } = useTranslation();
  const [theme, setTheme] = useState(chosenTheme);
  return (
    <fieldset>
      <legend className="sr-only">{t('settings.appearance.title')}</legend>
      <div className="grid grid-cols-3 gap-1 rounded-xl bg-sunken p-1">
        {THEMES.map((one) => {
          const Icon = ICONS[one];
          return (
            <label
              key={one}
              className={cx(
                'flex h-10 cursor-pointer items-center justify-center gap-2 rounded-lg text-small has-focus-visible:outline-2 has-focus-visible:outline-accent-ink',
                theme === one ? 'bg-surface font-medium shadow-soft' : 'text-soft hover:text-ink',
              )}
            >
              <input
                type="radio"
                name="theme"
                className="sr-only"
                checked={theme === one}
                onChange={() => {
                  chooseTheme(one);
                  setTheme(one);
                }}
              />
              <Icon aria-hidden className="size-4" />
              {t(`settings.appearance.${one}`)}
            </label>
          );
        })}
      </div>
    </fieldset>
  );
}
