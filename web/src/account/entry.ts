import { useCallback, useState } from 'react';
import { useAct } from '../ui/problem';

/**
 * A sign-in that may have to be repeated with the code of a second factor. `asked`
 * is true from when the server wants one; `answer` repeats the same attempt with it.
 */
export function useEntry<A>(enter: (attempt: A, code?: string) => Promise<void>) {
  const [waiting, setWaiting] = useState<{ attempt: A } | null>(null);
  const act = useCallback(
    async (attempt: A, code?: string) => {
      try {
        await enter(attempt, code);
      } catch (failure) {
        if ((failure as { code?: string }).code !== 'second_factor_required') throw failure;
        setWaiting({ attempt });
      }
    },
    [enter],
  );
  const { run, busy, problem, clear } = useAct(act);
  return {
    asked: waiting !== null,
    attempt: (attempt: A) => run(attempt),
    answer: (code: string) => (waiting ? run(waiting.attempt, code) : Promise.resolve(false)),
    back: () => {
      setWaiting(null);
      clear();
    },
    busy,
    problem,
    clear,
  };
}

export type Entry = Omit<ReturnType<typeof useEntry>, 'attempt'>;
