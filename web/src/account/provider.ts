import { actions } from '../state/actions';

const KEY = 'parley.provider-state';

/** Sends this browser to a provider, and remembers that it was this tab which asked. */
export async function goToProvider(provider: string): Promise<void> {
  const { url, state } = await actions().beginWithProvider(provider);
  sessionStorage.setItem(KEY, state);
  location.assign(url);
}

/** Whether this tab asked for what a provider answers. */
export function askedProvider(state: string): boolean {
  return sessionStorage.getItem(KEY) === state;
}

export function forgetProvider(): void {
  sessionStorage.removeItem(KEY);
}
