import { useCallback, useState } from 'react';
import { texts } from './texts';
import en from './texts/en.json';

/** What is known of a failure: its code, and remarks on members of what was sent. */
export interface Problem {
  code: string;
  fields: Readonly<Record<string, string>>;
}

function problemOf(failure: unknown): Problem {
  const { code, fields } = (failure ?? {}) as Partial<Problem>;
  return { code: typeof code === 'string' ? code : 'internal', fields: fields ?? {} };
}

/** A failure in words, by its code. */
export function problemText(code: string): string {
  const known = code in en.errors ? (code as keyof typeof en.errors) : 'internal';
  return texts.t(`errors.${known}`);
}

/** Runs one act at a time and remembers why the last one failed. */
export function useAct<A extends unknown[]>(act: (...args: A) => Promise<unknown>) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);

  const run = useCallback(
    async (...args: A): Promise<boolean> => {
      setBusy(true);
      setProblem(null);
      try {
        await act(...args);
        return true;
      } catch (failure) {
        setProblem(problemOf(failure));
        return false;
      } finally {
        setBusy(false);
      }
    },
    [act],
  );

  const clear = useCallback((field?: string) => {
    setProblem((known) => {
      if (!known || !field || !(field in known.fields)) return field ? known : null;
      const { [field]: _, ...fields } = known.fields;
      return Object.keys(fields).length > 0 ? { ...known, fields } : null;
    });
  }, []);

  return { run, busy, problem, clear };
}

/** The words for a problem as a whole, when no single field is to blame. */
export function generalText(problem: Problem | null, ...shownFields: string[]): string | null {
  if (!problem) return null;
  const shown = shownFields.some((field) => field in problem.fields);
  return shown ? null : problemText(problem.code);
}
