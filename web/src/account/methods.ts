import { useEffect, useState } from 'react';
import type { SignInMethods } from '../protocol';
import { actions } from '../state/actions';

let known: Promise<SignInMethods> | null = null;

/** What this server offers to strangers; null until it has told. Asked for once. */
export function useMethods(): SignInMethods | null {
  const [methods, setMethods] = useState<SignInMethods | null>(null);
  useEffect(() => {
    let gone = false;
    known ??= actions().signInMethods();
    known.then(
      (answer) => gone || setMethods(answer),
      () => {
        known = null;
      },
    );
    return () => {
      gone = true;
    };
  }, []);
  return methods;
}
