import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { actions } from '../state/actions';
import { problemText, useAct } from '../ui/problem';
import { Spinner } from '../ui/Spinner';
import { AccountPage, TextButton } from './AccountPage';
import { useLinkToken } from './link-token';

/** Where the link that verifies an address leads: /verify-email#token. */
export default function VerifyEmail() {
  const { t } = useTranslation();
  const token = useLinkToken();
  const [done, setDone] = useState(false);
  const { run, busy, problem } = useAct(actions().verifyEmail);
  // A link works once.
  const used = useRef('');
  useEffect(() => {
    if (!token || used.current === token) return;
    used.current = token;
    void run(token).then(setDone);
  }, [token, run]);

  const code = token ? problem?.code : 'invalid_link';
  return (
    <AccountPage
      title={t(done ? 'account.verify.doneTitle' : 'account.verify.title')}
      lead={
        <span role="status" className="inline-flex items-center gap-2">
          {busy && <Spinner />}
          {t(
            done
              ? 'account.verify.done'
              : code
                ? 'account.verify.failed'
                : 'account.verify.verifying',
          )}
        </span>
      }
      problem={code ? problemText(code) : null}
      ways={
        code &&
        code !== 'invalid_link' && (
          <TextButton onClick={() => void run(token).then(setDone)}>{t('common.retry')}</TextButton>
        )
      }
      other={{
        text: t(code ? 'account.verify.again' : 'account.verify.next'),
        link: t('account.verify.nextLink'),
        to: '/',
      }}
    />
  );
}
