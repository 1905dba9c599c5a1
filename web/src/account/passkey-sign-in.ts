import { useCallback, useEffect, useRef } from 'react';
import { actions } from '../state/actions';
import { useAct } from '../ui/problem';
import { askForPasskey, autofillPossible, passkeysPossible } from './passkey';

/**
 * Signing in with a passkey: offered where the username is typed, if the browser
 * can, and by a button.
 */
export function usePasskeySignIn(offered: boolean) {
  const quiet = useRef<AbortController | null>(null);

  const offerQuietly = useCallback(async () => {
    quiet.current?.abort();
    const waiting = new AbortController();
    quiet.current = waiting;
    try {
      if (!(await autofillPossible())) return;
      const options = await actions().passkeySignInOptions();
      if (waiting.signal.aborted) return;
      const passkey = await askForPasskey(options, { quietly: true, signal: waiting.signal });
      await actions().signInByPasskey(passkey);
    } catch {
      // Nobody asked for it by a button, so nobody waits for an answer; the button tells more.
    }
  }, []);

  const possible = offered && passkeysPossible();
  useEffect(() => {
    if (!possible) return;
    void offerQuietly();
    return () => quiet.current?.abort();
  }, [possible, offerQuietly]);

  const signIn = useCallback(async () => {
    // A browser asks for one passkey at a time.
    quiet.current?.abort();
    try {
      await actions().signInByPasskey(await askForPasskey(await actions().passkeySignInOptions()));
    } catch (failure) {
      void offerQuietly();
      throw failure;
    }
  }, [offerQuietly]);

  return { possible, ...useAct(signIn) };
}
