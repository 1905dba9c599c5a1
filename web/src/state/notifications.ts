import type {
  ChangeNotificationSettings,
  Device,
  NotificationSettings,
  PushRecord,
  PushServices,
} from '../protocol';

/** Whether this browser can be woken at all: `insecure` without https, `unsupported` when it is too old. */
export type Possible = 'yes' | 'insecure' | 'unsupported';

/** How it stands with notifications in this browser. */
export interface NotificationsHere {
  possible: Possible;
  /** What the person has told the browser; `default` when it was not asked yet. */
  permission: NotificationPermission;
  /** The server has been told how to wake this browser for me. */
  on: boolean;
  /** It was on until somebody took this device off the list. */
  removed: boolean;
}

export const NO_NOTIFICATIONS: NotificationsHere = {
  possible: 'unsupported',
  permission: 'default',
  on: false,
  removed: false,
};

/** Why this browser could not be made to notify; `code` names the words for it. */
export class NotificationFailure extends Error {
  override name = 'NotificationFailure';

  constructor(
    readonly code:
      | 'notifications_denied'
      | 'notifications_not_answered'
      | 'notifications_no_worker'
      | 'notifications_no_service',
    options?: ErrorOptions,
  ) {
    super(code, options);
  }
}

/** What somebody does about being notified. How it stands here is in the store. */
export interface NotificationActions {
  /** Asks the browser for its permission. To be called by a click. */
  turnOnNotifications(): Promise<void>;
  turnOffNotifications(): Promise<void>;

  pushServices(): Promise<PushServices>;
  devices(): Promise<Device[]>;
  /** Wakes a device no more; this browser is unsubscribed as well when it is the one. */
  removeDevice(device: Device): Promise<void>;
  /** Tells to how many devices it goes. */
  testNotification(): Promise<number>;
  /** Newest first. */
  pushLog(): Promise<PushRecord[]>;
  notificationSettings(): Promise<NotificationSettings>;
  changeNotificationSettings(change: ChangeNotificationSettings): Promise<NotificationSettings>;
}
