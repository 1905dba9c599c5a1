/**
 * What a browser can do about notifications, so that the rest does not depend on a real one.
 * All of it is missing in some browser, or at an address without https.
 */
import type { Possible } from '../state/notifications';
import type { Subscription } from './subscription';

/** As much of a `Notification` that is shown as is used. */
export interface ShownNotification {
  readonly data: unknown;
  close(): void;
}

export interface PushBrowser {
  possible(): Possible;
  permission(): NotificationPermission;
  /** Asks the person, unless they have answered before. To be called by a click of theirs. */
  askPermission(): Promise<NotificationPermission>;
  /** Calls back when the permission was changed in the browser's own settings. */
  onPermission(changed: () => void): void;
  /** Installs the service worker. Rejects when the browser refuses it. */
  install(): Promise<void>;
  subscription(): Promise<Subscription | null>;
  subscribe(key: string): Promise<Subscription>;
  shown(): Promise<ShownNotification[]>;
  /** The number on the app's icon, where there is one; 0 takes it away. */
  badge(count: number): void;
}

const WORKER = '/sw.js';

/** The browser that this page is open in. */
export class RealBrowser implements PushBrowser {
  possible(): Possible {
    if (!globalThis.isSecureContext) return 'insecure';
    const there =
      'serviceWorker' in navigator && 'PushManager' in globalThis && 'Notification' in globalThis;
    return there ? 'yes' : 'unsupported';
  }

  permission(): NotificationPermission {
    return 'Notification' in globalThis ? Notification.permission : 'denied';
  }

  askPermission(): Promise<NotificationPermission> {
    return Notification.requestPermission();
  }

  onPermission(changed: () => void): void {
    // Not every browser knows the name; then the page learns of it when it is opened again.
    navigator.permissions
      ?.query({ name: 'notifications' })
      .then((status) => status.addEventListener('change', changed))
      .catch(() => undefined);
  }

  async install(): Promise<void> {
    await navigator.serviceWorker.register(WORKER);
  }

  async subscription(): Promise<Subscription | null> {
    return (await this.registration())?.pushManager.getSubscription() ?? null;
  }

  async subscribe(key: string): Promise<Subscription> {
    await this.install();
    const { pushManager } = await navigator.serviceWorker.ready;
    return pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  }

  async shown(): Promise<ShownNotification[]> {
    return (await this.registration())?.getNotifications() ?? [];
  }

  badge(count: number): void {
    if (!('setAppBadge' in navigator)) return;
    // A number that cannot be drawn hurts nobody.
    const drawn = count > 0 ? navigator.setAppBadge(count) : navigator.clearAppBadge();
    drawn.catch(() => undefined);
  }

  private async registration(): Promise<ServiceWorkerRegistration | undefined> {
    if (!globalThis.isSecureContext || !('serviceWorker' in navigator)) return undefined;
    return navigator.serviceWorker.getRegistration();
  }
}
