import { Check, Circle, Eye, EyeOff } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { IconButton } from '../ui/Button';
import { cx } from '../ui/cx';
import { Field } from '../ui/Field';
import { metRules, RULES } from './password';

interface PasswordFieldProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  error?: string | undefined;
  /** Shows what a new password needs. */
  fresh?: boolean;
}

export function PasswordField({
  label,
  value,
  onChange,
  error,
  fresh = false,
}: PasswordFieldProps) {
  const { t } = useTranslation();
  const [shown, setShown] = useState(false);
  const met = metRules(value);
  return (
    <div className="flex flex-col gap-2.5">
      <Field
        label={label}
        name="password"
        type={shown ? 'text' : 'password'}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        autoComplete={fresh ? 'new-password' : 'current-password'}
        required
        error={error}
        end={
          <IconButton
            label={t(shown ? 'account.password.hide' : 'account.password.show')}
            aria-pressed={shown}
            onClick={() => setShown(!shown)}
            className="size-9"
          >
            {shown ? <EyeOff className="size-4.5" /> : <Eye className="size-4.5" />}
          </IconButton>
        }
      />
      {fresh && (
        <ul aria-label={t('account.password.needs')} className="flex flex-wrap gap-x-4 gap-y-1.5">
          {RULES.map((rule) => (
            <li
              key={rule}
              className={cx(
                'flex items-center gap-1.5 text-small',
                met.has(rule) ? 'text-good' : 'text-soft',
              )}
            >
              {met.has(rule) ? (
                <Check aria-hidden className="size-3.5" strokeWidth={3} />
              ) : (
                <Circle aria-hidden className="size-3.5" />
              )}
              {t(`account.password.${rule}`)}
              <span className="sr-only">
                {t(met.has(rule) ? 'account.password.met' : 'account.password.missing')}
              </span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
