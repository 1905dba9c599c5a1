import type { FormEvent, ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { Button } from '../ui/Button';
import { Logo } from '../ui/Logo';
import { Problem } from '../ui/Notice';

interface AccountPageProps {
  title: string;
  lead: ReactNode;
  /** What the button says; without it there is nothing to send. */
  submit?: string;
  busy?: boolean;
  problem?: string | null | undefined;
  onSubmit?: () => void;
  /** Below the button: other ways to get there. */
  ways?: ReactNode;
  other?: { text: string; link: string; to: string } | undefined;
  children?: ReactNode;
}

/** The frame of everything that is done before one is signed in. */
export function AccountPage(props: AccountPageProps) {
  const { t } = useTranslation();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!props.busy) props.onSubmit?.();
  };
  return (
    <main className="thin-scroll flex h-full flex-col items-center overflow-y-auto bg-paper px-4 pt-safe pb-safe">
      <div className="my-auto w-full max-w-[26rem] py-8">
        <div className="mb-7 flex items-center justify-center gap-3">
          <Logo className="size-10" />
          <span className="font-semibold text-2xl tracking-tight">{t('app.name')}</span>
        </div>
        <form
          onSubmit={submit}
          noValidate
          className="flex flex-col gap-5 rounded-3xl border border-line bg-surface p-6 shadow-soft sm:p-8"
        >
          <div>
            <h1 className="font-semibold text-xl tracking-tight">{props.title}</h1>
            <p className="mt-1 text-soft">{props.lead}</p>
          </div>
          {props.problem && <Problem>{props.problem}</Problem>}
          {props.children}
          {props.submit && (
            <Button type="submit" busy={props.busy ?? false} className="mt-1 w-full">
              {props.submit}
            </Button>
          )}
          {props.ways}
          {props.other && (
            <p className="text-center text-small text-soft">
              {props.other.text} <TextLink to={props.other.to}>{props.other.link}</TextLink>
            </p>
          )}
        </form>
        <p className="mt-6 text-center text-small text-soft">{t('app.tagline')}</p>
      </div>
    </main>
  );
}

const LINK = 'font-medium text-accent-ink underline underline-offset-2';

export function TextLink({ to, children }: { to: string; children: ReactNode }) {
  return (
    <Link to={to} className={LINK}>
      {children}
    </Link>
  );
}

/** Looks like a link, but stays on the page. */
export function TextButton({
  onClick,
  disabled,
  children,
}: {
  onClick: () => void;
  disabled?: boolean;
  children: ReactNode;
}) {
  return (
    <button
      type="button"
      onClick={onClick}
      disabled={disabled}
      className={`${LINK} self-center text-small disabled:text-soft disabled:no-underline`}
    >
      {children}
    </button>
  );
}
