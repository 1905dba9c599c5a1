import { KeyRound, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { makePasskey, passkeysPossible } from '../account/passkey';
import type { Passkey } from '../protocol';
import { actions } from '../state/actions';
import { Button, IconButton } from '../ui/Button';
import { Dialog } from '../ui/Dialog';
import { Problem } from '../ui/Notice';
import { generalText, useAct } from '../ui/problem';
import { momentName } from '../ui/time';
import { Card, Done } from './Card';
import { Loading } from './Loading';
import { useLoaded } from './loaded';

const addPasskey = async () => {
  const made = await makePasskey(await actions().passkeyOptions());
  return actions().addPasskey(made);
};

/** The devices that sign in without a password. */
export function Passkeys() {
  const { t } = useTranslation();
  const { value, failed, reload } = useLoaded(actions().passkeys);
  const [added, setAdded] = useState(false);
  const [removing, setRemoving] = useState<Passkey | null>(null);
  const { run, busy, problem } = useAct(addPasskey);
  const add = async () => {
    setAdded(await run());
    reload();
  };
  return (
    <Card title={t('settings.passkeys.title')} lead={t('settings.passkeys.lead')}>
      {!value && <Loading failed={failed} onRetry={reload} />}
      {value && value.length > 0 && (
        <ul className="flex flex-col divide-y divide-line">
          {value.map((passkey) => (
            <li key={passkey.id} className="flex items-center gap-3 py-2.5">
              <KeyRound aria-hidden className="size-5 shrink-0 text-soft" />
              <div className="min-w-0 flex-1">
                <p dir="auto" className="truncate font-medium">
                  {passkey.name}
                </p>
                <p className="text-small text-soft">
                  {passkey.lastUsedAt
                    ? t('settings.passkeys.used', { when: moment(passkey.lastUsedAt) })
                    : t('settings.passkeys.added', { when: moment(passkey.createdAt) })}
                </p>
              </div>
              <IconButton
                label={t('settings.passkeys.remove', { name: passkey.name })}
                onClick={() => setRemoving(passkey)}
              >
                <Trash2 className="size-4.5" />
              </IconButton>
            </li>
          ))}
        </ul>
      )}
      {problem && <Problem>{generalText(problem)}</Problem>}
      {passkeysPossible() ? (
        <Done said={added && !problem ? t('settings.passkeys.done') : null}>
          <Button look="quiet" busy={busy} onClick={() => void add()}>
            {t('settings.passkeys.add')}
          </Button>
        </Done>
      ) : (
        <p className="text-small text-soft">{t('errors.passkey_impossible')}</p>
      )}
      {removing && (
        <Remove
          passkey={removing}
          onClose={() => {
            setRemoving(null);
            reload();
          }}
        />
      )}
    </Card>
  );
}

function Remove({ passkey, onClose }: { passkey: Passkey; onClose: () => void }) {
  const { t } = useTranslation();
  const { run, busy, problem } = useAct(actions().removePasskey);
  return (
    <Dialog
      title={t('settings.passkeys.sure')}
      onClose={onClose}
      footer={
        <>
          <Button look="quiet" className="flex-1" onClick={onClose}>
            {t('common.cancel')}
          </Button>
          <Button
            look="danger"
            className="flex-1"
            busy={busy}
            onClick={() => void run(passkey.id).then((done) => done && onClose())}
          >
            {t('settings.passkeys.removeSubmit')}
          </Button>
        </>
      }
    >
      <p className="text-soft">{t('settings.passkeys.sureLead', { name: passkey.name })}</p>
      {problem && <Problem>{generalText(problem)}</Problem>}
    </Dialog>
  );
}

function moment(at: string): string {
  return momentName(Date.parse(at));
}
