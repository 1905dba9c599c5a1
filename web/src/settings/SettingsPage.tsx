import { ArrowLeft, AtSign, Bell, ShieldCheck, UserRound } from 'lucide-react';
import { type ComponentType, useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { Navigate, NavLink, useNavigate, useParams } from 'react-router';
import { useStore } from 'zustand';
import { actions } from '../state/actions';
import { parley } from '../state/store';
import { IconButton } from '../ui/Button';
import { cx } from '../ui/cx';
import { AccountSettings } from './AccountSettings';
import { NotificationSettings } from './NotificationSettings';
import { ProfileSettings } from './ProfileSettings';
import { SecuritySettings } from './SecuritySettings';
import { SignOut } from './SignOut';

type SectionName = 'profile' | 'account' | 'security' | 'notifications';

const SECTIONS: readonly {
  name: SectionName;
  icon: typeof UserRound;
  Content: ComponentType;
}[] = [
  { name: 'profile', icon: UserRound, Content: ProfileSettings },
  { name: 'account', icon: AtSign, Content: AccountSettings },
  { name: 'security', icon: ShieldCheck, Content: SecuritySettings },
  { name: 'notifications', icon: Bell, Content: NotificationSettings },
];

/** Everything about oneself: a list of sections beside the one that the address names. */
export default function SettingsPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { section } = useParams();
  const me = useStore(parley, (state) => state.me);
  const online = useStore(parley, (state) => state.link === 'online');
  // What changed while this device was not connected was told to others only.
  useEffect(() => {
    if (online)
      void actions()
        .refreshProfile()
        .catch(() => undefined);
  }, [online]);

  const chosen = SECTIONS.find(({ name }) => name === section);
  if (!chosen) return <Navigate to="/settings/profile" replace />;
  if (!me) return null;
  return (
    <div className="thin-scroll h-full overflow-y-auto bg-paper pt-safe pb-safe">
      <div className="mx-auto flex w-full max-w-4xl flex-col px-4 pb-10 md:px-8">
        <header className="flex items-center gap-2 py-3.5 md:py-6">
          <IconButton
            label={t('settings.back')}
            onClick={() => void navigate('/')}
            className="-ml-2"
          >
            <ArrowLeft className="size-5" />
          </IconButton>
          <h1 className="font-semibold text-2xl tracking-tight">{t('settings.title')}</h1>
        </header>
        <div className="flex flex-col gap-5 md:flex-row md:gap-8">
          <div className="flex flex-col gap-6 md:w-52 md:shrink-0">
            <nav aria-label={t('settings.title')}>
              <ul className="grid grid-cols-2 gap-1 md:grid-cols-1">
                {SECTIONS.map(({ name, icon: Icon }) => (
                  <li key={name}>
                    <NavLink
                      to={`/settings/${name}`}
                      className={({ isActive }) =>
                        cx(
                          'flex h-11 items-center justify-center gap-2.5 rounded-xl px-2 md:justify-start md:px-4',
                          isActive
                            ? 'bg-accent-soft font-medium text-accent-ink'
                            : 'text-soft hover:bg-hover hover:text-ink',
                        )
                      }
                    >
                      <Icon aria-hidden className="size-4.5 shrink-0" />
                      {t(`settings.sections.${name}`)}
                    </NavLink>
                  </li>
                ))}
              </ul>
            </nav>
            <div className="hidden md:block">
              <SignOut />
            </div>
          </div>
          <main key={chosen.name} className="flex min-w-0 flex-1 flex-col gap-5">
            <chosen.Content />
          </main>
          <div className="md:hidden">
            <SignOut />
          </div>
        </div>
      </div>
    </div>
  );
}
