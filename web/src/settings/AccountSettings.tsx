import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import { parley } from '../state/store';
import { Card } from './Card';
import { EmailForm } from './EmailForm';
import { PasswordForm } from './PasswordForm';
import { PhoneForm } from './PhoneForm';

/** How I am reached and how I sign in. */
export function AccountSettings() {
  const { t } = useTranslation();
  const me = useStore(parley, (state) => state.me);
  if (!me) return null;
  return (
    <>
      <Card title={t('settings.email.title')} lead={t('settings.email.lead')}>
        <EmailForm me={me} />
      </Card>
      <Card title={t('settings.phone.title')} lead={t('settings.phone.lead')}>
        <PhoneForm me={me} />
      </Card>
      <Card
        title={t('settings.password.title')}
        lead={t(me.hasPassword ? 'settings.password.lead' : 'settings.password.none')}
      >
        <PasswordForm me={me} />
      </Card>
    </>
  );
}
