import { useCallback, useEffect, useState } from 'react';
import { useStore } from 'zustand';
import { parley } from '../state/store';

/** Something of the server's, or nothing yet. */
export type Loaded<T> = ReturnType<typeof useLoaded<T>>;

/** What the server answers, asked for whenever the connection is there again. */
export function useLoaded<T>(load: () => Promise<T>) {
  const online = useStore(parley, (state) => state.link === 'online');
  const [value, setValue] = useState<T | null>(null);
  const [failed, setFailed] = useState(false);
  const [wanted, setWanted] = useState(0);

  useEffect(() => {
    if (!online) return;
    let gone = false;
    load().then(
      (answer) => {
        if (gone) return;
        setValue(answer);
        setFailed(false);
      },
      () => gone || setFailed(true),
    );
    return () => {
      gone = true;
    };
  }, [online, load, wanted]);

  const reload = useCallback(() => setWanted((times) => times + 1), []);
  return { value, setValue, failed, reload };
}
