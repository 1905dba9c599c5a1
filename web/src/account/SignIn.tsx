import { KeyRound, LogIn, Smartphone } from 'lucide-react';
import { useCallback, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { actions } from '../state/actions';
import { Button } from '../ui/Button';
import { Field } from '../ui/Field';
import { generalText, useAct } from '../ui/problem';
import { AccountPage, TextLink } from './AccountPage';
import { useEntry } from './entry';
import { useMethods } from './methods';
import { PasswordField } from './PasswordField';
import { usePasskeySignIn } from './passkey-sign-in';
import { goToProvider } from './provider';
import { SecondFactorStep } from './SecondFactorStep';

interface Attempt {
  username: string;
  password: string;
}

export default function SignIn() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const methods = useMethods();
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const enter = useCallback(
    (attempt: Attempt, code?: string) => actions().signIn(attempt.username, attempt.password, code),
    [],
  );
  const entry = useEntry(enter);
  const passkey = usePasskeySignIn(methods?.passkeys === true);
  const provider = useAct(goToProvider);
  const { busy, problem, clear } = entry;
  if (entry.asked) return <SecondFactorStep entry={entry} />;

  const icon = 'size-4.5 text-soft';
  const ways = [
    passkey.possible && (
      <Button
        key="passkey"
        look="quiet"
        busy={passkey.busy}
        icon={<KeyRound aria-hidden className={icon} />}
        onClick={() => void passkey.run()}
      >
        {t('account.signIn.passkey')}
      </Button>
    ),
    methods?.phone && (
      <Button
        key="phone"
        look="quiet"
        icon={<Smartphone aria-hidden className={icon} />}
        onClick={() => void navigate('/sign-in/phone')}
      >
        {t('account.signIn.phone')}
      </Button>
    ),
    ...(methods?.providers ?? []).map((name) => (
      <Button
        key={`provider ${name}`}
        look="quiet"
        busy={provider.busy}
        icon={<LogIn aria-hidden className={icon} />}
        onClick={() => void provider.run(name)}
      >
        {t('account.signIn.provider', { name })}
      </Button>
    )),
  ].filter(Boolean);

  return (
    <AccountPage
      title={t('account.signIn.title')}
      lead={t('account.signIn.lead')}
      submit={t(busy ? 'account.signIn.submitting' : 'account.signIn.submit')}
      busy={busy}
      problem={
        generalText(problem, 'username', 'password') ??
        generalText(passkey.problem) ??
        generalText(provider.problem)
      }
      onSubmit={() => {
        passkey.clear();
        void entry.attempt({ username: username.trim(), password });
      }}
      ways={
        ways.length > 0 && (
          <>
            <p className="flex items-center gap-3 text-small text-soft before:h-px before:flex-1 before:bg-line after:h-px after:flex-1 after:bg-line">
              {t('account.signIn.or')}
            </p>
            <div className="flex flex-col gap-2.5">{ways}</div>
          </>
        )
      }
      other={
        methods?.registration === 'closed'
          ? undefined
          : {
              text: t('account.signIn.other'),
              link: t('account.signIn.otherLink'),
              to: '/register',
            }
      }
    >
      <Field
        label={t('account.signIn.identifier')}
        hint={t('account.signIn.identifierHint')}
        name="username"
        value={username}
        onChange={(event) => {
          setUsername(event.target.value);
          clear('username');
        }}
        // "webauthn" makes browsers offer passkeys here.
        autoComplete="username webauthn"
        autoCapitalize="none"
        spellCheck={false}
        autoFocus
        required
        error={problem?.fields.username}
      />
      <div className="flex flex-col gap-2">
        <PasswordField
          label={t('account.signIn.password')}
          value={password}
          onChange={(value) => {
            setPassword(value);
            clear('password');
          }}
          error={problem?.fields.password}
        />
        {methods?.email && (
          <p className="self-end text-small">
            <TextLink to="/forgot-password">{t('account.forgot.link')}</TextLink>
          </p>
        )}
      </div>
    </AccountPage>
  );
}
