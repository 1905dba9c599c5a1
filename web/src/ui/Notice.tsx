import type { ReactNode } from 'react';

/** A quiet place: nothing is here, and this is what to do about it. */
export function EmptyState({
  icon,
  title,
  children,
  actions,
}: {
  icon: ReactNode;
  title: string;
  children?: ReactNode;
  actions?: ReactNode;
}) {
  return (
    <div className="flex h-full flex-col items-center justify-center gap-3 px-8 py-10 text-center">
      <div className="mb-1 flex size-16 items-center justify-center rounded-full bg-accent-soft text-accent-ink">
        {icon}
      </div>
      <h2 className="font-semibold text-lg">{title}</h2>
      {children && <p className="max-w-sm text-balance text-soft">{children}</p>}
      {actions && <div className="mt-3 flex flex-wrap justify-center gap-3">{actions}</div>}
    </div>
  );
}

/** Something was refused or went wrong, said where it happened. */
export function Problem({ children }: { children: ReactNode }) {
  return (
    <p role="alert" className="rounded-xl bg-danger-soft px-4 py-3 text-danger text-small">
      {children}
    </p>
  );
}
