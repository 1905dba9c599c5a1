import type { RegisterDevice } from '../protocol';

/** As much of a `PushSubscription` as is used. */
export interface Subscription {
  readonly endpoint: string;
  readonly options?: { readonly applicationServerKey?: ArrayBuffer | null };
  getKey(name: 'p256dh' | 'auth'): ArrayBuffer | null;
  unsubscribe(): Promise<boolean>;
}

/** What the server is told of a subscription. */
export function deviceOf(subscription: Subscription): RegisterDevice {
  return {
    service: 'web',
    token: subscription.endpoint,
    p256dh: base64url(subscription.getKey('p256dh')),
    auth: base64url(subscription.getKey('auth')),
  };
}

/** Whether a subscription listens to this server: to `key`, as the server spells it. */
export function listensTo(subscription: Subscription, key: string, noted: string): boolean {
  const own = subscription.options?.applicationServerKey;
  // Not every browser tells the key again.
  return (own ? base64url(own) : noted) === unpadded(key);
}

export function base64url(bytes: ArrayBuffer | null): string {
  const text = String.fromCharCode(...new Uint8Array(bytes ?? new ArrayBuffer(0)));
  return unpadded(btoa(text).replaceAll('+', '-').replaceAll('/', '_'));
}

function unpadded(text: string): string {
  return text.replace(/=+$/, '');
}
