import type { ButtonHTMLAttributes, ReactNode } from 'react';
import { cx } from './cx';
import { Spinner } from './Spinner';

type Look = 'primary' | 'quiet' | 'danger';

const LOOKS: Record<Look, string> = {
  primary: 'bg-accent text-on-accent hover:bg-accent-hover disabled:opacity-55',
  quiet: 'text-ink bg-sunken hover:bg-line disabled:opacity-55',
  danger: 'text-danger bg-danger-soft hover:brightness-97 disabled:opacity-55',
};

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: Look;
  busy?: boolean;
  icon?: ReactNode;
}

/** A button with words on it. While `busy` it cannot be pressed again. */
export function Button({
  look = 'primary',
  busy = false,
  icon,
  className,
  children,
  disabled,
  type = 'button',
  ...rest
}: ButtonProps) {
  return (
    <button
      {...rest}
      type={type}
      disabled={disabled || busy}
      aria-busy={busy || undefined}
      className={cx(
        'inline-flex h-11 items-center justify-center gap-2 rounded-xl px-5 font-medium transition-colors',
        LOOKS[look],
        className,
      )}
    >
      {busy ? <Spinner /> : icon}
      {children}
    </button>
  );
}

interface IconButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  label: string;
}

/** A button that shows an icon; its label is read aloud and shown on hover. */
export function IconButton({ label, className, type = 'button', ...rest }: IconButtonProps) {
  return (
    <button
      {...rest}
      type={type}
      aria-label={label}
      title={label}
      className={cx(
        'inline-flex size-10 shrink-0 items-center justify-center rounded-full text-soft transition-colors hover:bg-hover hover:text-ink disabled:opacity-50',
        className,
      )}
    />
  );
}
