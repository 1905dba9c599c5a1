import { useCallback, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';
import { actions } from '../state/actions';
import { problemText, useAct } from '../ui/problem';
import { Spinner } from '../ui/Spinner';
import { AccountPage } from './AccountPage';
import { ChooseNameStep } from './ChooseNameStep';
import type { NewName } from './new-name';
import { askedProvider, forgetProvider } from './provider';

/** Where a provider sends people back to, with a code for us in the address. */
export default function Provider() {
  const { t } = useTranslation();
  const [parameters] = useSearchParams();
  // Looked at once: what comes back must be what this browser asked for.
  const [answer] = useState(() => {
    const [code, state] = [parameters.get('code'), parameters.get('state')];
    return code && state && askedProvider(state) ? { code, state } : null;
  });
  const [isNew, setIsNew] = useState(false);
  const complete = useCallback(
    async (name?: NewName) => {
      if (!answer) return;
      try {
        await actions().completeWithProvider({ ...answer, ...name });
      } catch (failure) {
        if (name || (failure as { code?: string }).code !== 'user_not_found') throw failure;
        setIsNew(true);
      }
    },
    [answer],
  );
  const { run, busy, problem, clear } = useAct(complete);
  const begun = useRef(false);
  useEffect(() => {
    if (begun.current || !answer) return;
    begun.current = true;
    forgetProvider();
    void run();
  }, [answer, run]);

  if (isNew) {
    return (
      <ChooseNameStep
        onChoose={(name) => void run(name)}
        busy={busy}
        problem={problem}
        clear={clear}
      />
    );
  }
  const refused = parameters.get('error') !== null;
  const failed = !answer || problem;
  return (
    <AccountPage
      title={t('account.provider.title')}
      lead={
        failed ? (
          t(refused ? 'account.provider.refused' : 'account.provider.failed')
        ) : (
          <span role="status" className="inline-flex items-center gap-2">
            <Spinner /> {t('account.signIn.submitting')}
          </span>
        )
      }
      problem={failed && !refused ? problemText(problem?.code ?? 'invalid_sign_in') : null}
      other={{
        text: t('account.provider.again'),
        link: t('account.register.otherLink'),
        to: '/sign-in',
      }}
    />
  );
}
