import {
  type InputHTMLAttributes,
  type ReactNode,
  type TextareaHTMLAttributes,
  useId,
} from 'react';
import { cx } from './cx';

interface FieldFrame {
  label: string;
  hint?: ReactNode;
  error?: string | undefined;
  /** Placed inside the field, at its end. */
  end?: ReactNode;
}

const BOX =
  'w-full rounded-xl border bg-surface px-3.5 text-ink placeholder:text-soft transition-colors focus:border-accent-ink focus:outline-2 focus:outline-offset-0 focus:outline-accent-ink/35';

/** A line of text with its label, a hint, and what is wrong with it. */
export function Field({
  label,
  hint,
  error,
  end,
  className,
  ...input
}: FieldFrame & InputHTMLAttributes<HTMLInputElement>) {
  const id = useId();
  return (
    <Frame id={id} label={label} hint={hint} error={error} optional={!input.required}>
      <div className="relative">
        <input
          {...input}
          id={id}
          aria-invalid={error ? true : undefined}
          aria-describedby={`${id}-note`}
          className={cx(
            BOX,
            'h-11',
            error ? 'border-danger' : 'border-line-strong/60',
            end ? 'pr-12' : null,
            className,
          )}
        />
        {end && <div className="absolute inset-y-0 right-1 flex items-center">{end}</div>}
      </div>
    </Frame>
  );
}

/** The same for several lines. */
export function TextArea({
  label,
  hint,
  error,
  className,
  ...input
}: Omit<FieldFrame, 'end'> & TextareaHTMLAttributes<HTMLTextAreaElement>) {
  const id = useId();
  return (
    <Frame id={id} label={label} hint={hint} error={error} optional={!input.required}>
      <textarea
        {...input}
        id={id}
        aria-invalid={error ? true : undefined}
        aria-describedby={`${id}-note`}
        className={cx(
          BOX,
          'resize-none py-2.5',
          error ? 'border-danger' : 'border-line-strong/60',
          className,
        )}
      />
    </Frame>
  );
}

function Frame({
  id,
  label,
  hint,
  error,
  children,
}: FieldFrame & { id: string; optional: boolean; children: ReactNode }) {
  return (
    <div className="flex flex-col gap-1.5">
      <label htmlFor={id} className="font-medium text-small">
        {label}
      </label>
      {children}
      <div id={`${id}-note`} className="text-small empty:hidden">
        {error ? (
          <p role="alert" className="text-danger">
            {error}
          </p>
        ) : (
          hint && <div className="text-soft">{hint}</div>
        )}
      </div>
    </div>
  );
}
