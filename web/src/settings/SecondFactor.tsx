import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Profile } from '../protocol';
import { actions } from '../state/actions';
import { Button } from '../ui/Button';
import { Dialog } from '../ui/Dialog';
import { Card } from './Card';
import { CodeForm } from './CodeForm';
import { RecoveryCodes } from './RecoveryCodes';
import { TurnOn } from './TurnOnSecondFactor';

type Doing = 'turnOn' | 'turnOff' | 'renew';

/** The code of an authenticator app beside the password. */
export function SecondFactor({ me }: { me: Profile }) {
  const { t } = useTranslation();
  const [doing, setDoing] = useState<Doing | null>(null);
  const [codes, setCodes] = useState<string[] | null>(null);
  const close = () => {
    setDoing(null);
    setCodes(null);
  };
  return (
    <Card title={t('settings.secondFactor.title')} lead={t('settings.secondFactor.lead')}>
      <div className="flex flex-wrap items-center gap-3">
        <p className="mr-auto w-full font-medium sm:w-auto">
          {t(me.secondFactor ? 'settings.secondFactor.on' : 'settings.secondFactor.off')}
        </p>
        {me.secondFactor ? (
          <>
            <Button look="quiet" onClick={() => setDoing('renew')}>
              {t('settings.secondFactor.renew')}
            </Button>
            <Button look="danger" onClick={() => setDoing('turnOff')}>
              {t('settings.secondFactor.turnOff')}
            </Button>
          </>
        ) : (
          <Button onClick={() => setDoing('turnOn')}>{t('settings.secondFactor.turnOn')}</Button>
        )}
      </div>
      {doing && (
        <Dialog
          title={codes ? t('settings.recovery.title') : t(`settings.secondFactor.${doing}`)}
          onClose={close}
        >
          {codes ? (
            <RecoveryCodes codes={codes} onDone={close} />
          ) : doing === 'turnOn' ? (
            <TurnOn needsPassword={me.hasPassword} onDone={setCodes} />
          ) : doing === 'renew' ? (
            <CodeForm
              lead={t('settings.secondFactor.renewLead')}
              submit={t('settings.secondFactor.renew')}
              act={async (code) => setCodes(await actions().confirmSecondFactor(code))}
            />
          ) : (
            <CodeForm
              lead={t('settings.secondFactor.turnOffLead')}
              submit={t('settings.secondFactor.turnOff')}
              danger
              act={async (code) => {
                await actions().removeSecondFactor(code);
                close();
              }}
            />
          )}
        </Dialog>
      )}
    </Card>
  );
}
