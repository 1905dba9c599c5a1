import { type ReactNode, useId } from 'react';

interface CardProps {
  title: string;
  lead?: ReactNode;
  children: ReactNode;
}

/** One matter of the settings, with what it is for. */
export function Card({ title, lead, children }: CardProps) {
  const id = useId();
  return (
    <section
      aria-labelledby={id}
      className="flex flex-col gap-5 rounded-2xl border border-line bg-surface p-5 shadow-soft sm:p-6"
    >
      <div>
        <h2 id={id} className="font-semibold text-lg tracking-tight">
          {title}
        </h2>
        {lead && <div className="mt-1 text-small text-soft">{lead}</div>}
      </div>
      {children}
    </section>
  );
}

/** A button's row, with a word about what became of the last press. */
export function Done({ children, said }: { children: ReactNode; said: string | null }) {
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
      {children}
      <span role="status" className="text-good text-small">
        {said}
      </span>
    </div>
  );
}
