/** Somebody looks at this page. */
export function attended(): boolean {
  return document.visibilityState === 'visible' && document.hasFocus();
}

/** Why there is no connection, as far as the browser knows. */
export function linkWhenLost(): 'offline' | 'connecting' {
  return navigator.onLine ? 'connecting' : 'offline';
}

export function socketUrl(): string {
  return `${location.origin.replace(/^http/, 'ws')}/ws`;
}

interface PageOwner {
  onAttended(): void;
  onNetwork(): void;
  onNoNetwork(): void;
}

/** Tells when somebody looks at the page again and when the network comes and goes. */
export function listenToPage(owner: PageOwner): void {
  const look = () => attended() && owner.onAttended();
  document.addEventListener('visibilitychange', look);
  window.addEventListener('focus', look);
  window.addEventListener('online', () => owner.onNetwork());
  window.addEventListener('offline', () => owner.onNoNetwork());
}
