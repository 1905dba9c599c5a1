import { useCallback, useEffect, useRef } from 'react';
import { actions } from '../state/actions';
import { useAct } from '../ui/problem';
import { askForPasskey, autofillPossible, passkeysPossible } from './passkey';

/**
 * Signing in with a passkey: offered where the username is typed, if the browser
 * can, and by a button.
 */
export function usePasskeySignIn(offered: boolean) {
  const quiet = useRef<{ stop: () => void; over: Promise<boolean> } | null>(null);

  const offerQuietly = useCallback(() => {
    quiet.current?.stop();
    const waiting = new AbortController();
    quiet.current = { stop: () => waiting.abort(), over: signInQuietly(waiting.signal) };
  }, []);

  const possible = offered && passkeysPossible();
  useEffect(() => {
    if (!possible) return;
    offerQuietly();
    return () => quiet.current?.stop();
  }, [possible, offerQuietly]);

  const signIn = useCallback(async () => {
    // A browser asks for one passkey at a time, and needs a moment to stop.
    quiet.current?.stop();
    if (await quiet.current?.over) return;
    try {
      await actions().signInByPasskey(await askForPasskey(await actions().passkeySignInOptions()));
    } catch (failure) {
      offerQuietly();
      throw failure;
    }
  }, [offerQuietly]);

  return { possible, ...useAct(signIn) };
}

// Whether it signed in.
async function signInQuietly(signal: AbortSignal): Promise<boolean> {
  try {
    if (!(await autofillPossible())) return false;
    const options = await actions().passkeySignInOptions();
    if (signal.aborted) return false;
    const passkey = await askForPasskey(options, { quietly: true, signal });
    if (signal.aborted) return false;
    await actions().signInByPasskey(passkey);
    return true;
  } catch {
    // Nobody pressed a button, so nobody waits for an answer; the button tells more.
    return false;
  }
}
