import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import { actions } from '../state/actions';
import { parley } from '../state/store';
import { useLoaded } from './loaded';
import { NotificationChoices } from './NotificationChoices';
import { NotificationDevices } from './NotificationDevices';
import { NotificationLog } from './NotificationLog';
import { NotificationsHere } from './NotificationsHere';

// A push is under way for a moment; only the log tells how it ended.
const LOOK_AGAIN_MS = [500, 1_500, 3_000, 6_000, 10_000, 15_000];

/** Being told of messages while Parley is closed: here, on my other devices, and what became of it. */
export function NotificationSettings() {
  const { t } = useTranslation();
  const services = useLoaded(actions().pushServices);
  const devices = useLoaded(actions().devices);
  const log = useLoaded(actions().pushLog);
  const [tested, setTested] = useState(0);
  const [reloadDevices, reloadLog] = [devices.reload, log.reload];
  useEffect(() => {
    if (tested === 0) return;
    const look = () => {
      reloadLog();
      reloadDevices();
    };
    const timers = LOOK_AGAIN_MS.map((ms) => setTimeout(look, ms));
    return () => timers.forEach(clearTimeout);
  }, [tested, reloadDevices, reloadLog]);
  // What was found out at the start, or by the browser, changes the list as well.
  const on = useStore(parley, (state) => state.notifications.on);
  const [listedWhen, setListedWhen] = useState(on);
  useEffect(() => {
    if (on === listedWhen) return;
    setListedWhen(on);
    reloadDevices();
  }, [on, listedWhen, reloadDevices]);
  const offline = useStore(parley, (state) => state.link !== 'online');
  return (
    <>
      {offline && (
        <p role="status" className="rounded-xl bg-sunken px-4 py-3 text-small text-soft">
          {t('settings.notifications.offline')}
        </p>
      )}
      <NotificationsHere services={services} />
      <NotificationChoices />
      <NotificationDevices devices={devices} onTested={() => setTested((times) => times + 1)} />
      <NotificationLog log={log} devices={devices.value ?? []} />
    </>
  );
}
