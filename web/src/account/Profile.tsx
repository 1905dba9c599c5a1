import { LogOut, Monitor, Moon, Sun } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import { actions } from '../state/actions';
import { parley } from '../state/store';
import { Avatar } from '../ui/Avatar';
import { Button } from '../ui/Button';
import { cx } from '../ui/cx';
import { Dialog } from '../ui/Dialog';
import { Field } from '../ui/Field';
import { Problem } from '../ui/Notice';
import { generalText, useAct } from '../ui/problem';
import { chooseTheme, chosenTheme, THEMES } from '../ui/theme';

const ICONS = { system: Monitor, light: Sun, dark: Moon };

/** My name, how it looks here, and the way out. */
export default function Profile({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const me = useStore(parley, (state) => state.me);
  if (!me) return null;
  return (
    <Dialog title={t('account.profile.title')} onClose={onClose}>
      <div className="flex flex-col gap-7">
        <div className="flex items-center gap-4">
          <Avatar id={me.id} name={me.displayName} size="large" />
          <div className="min-w-0">
            <p dir="auto" className="truncate font-semibold text-lg">
              {me.displayName}
            </p>
            <p className="truncate text-soft">@{me.username}</p>
          </div>
        </div>
        <NamesForm displayName={me.displayName} about={me.about} />
        <Appearance />
        <SignOut />
      </div>
    </Dialog>
  );
}

interface Names {
  displayName: string;
  about: string;
}

function NamesForm(known: Names) {
  const { t } = useTranslation();
  const [displayName, setDisplayName] = useState(known.displayName);
  const [about, setAbout] = useState(known.about);
  const [saved, setSaved] = useState(false);
  const { run, busy, problem } = useAct(actions().updateProfile);
  const changed = displayName !== known.displayName || about !== known.about;
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        void run({ displayName: displayName.trim(), about }).then(setSaved);
      }}
    >
      <Field
        label={t('account.profile.displayName')}
        value={displayName}
        onChange={(event) => setDisplayName(event.target.value)}
        maxLength={64}
        dir="auto"
        required
        error={problem?.fields.displayName}
      />
      <Field
        label={t('account.profile.about')}
        hint={t('account.profile.aboutHint')}
        value={about}
        onChange={(event) => setAbout(event.target.value)}
        maxLength={139}
        dir="auto"
        error={problem?.fields.about}
      />
      {problem && <Problem>{generalText(problem)}</Problem>}
      <div className="flex items-center gap-3">
        <Button type="submit" look="quiet" busy={busy} disabled={!changed || !displayName.trim()}>
          {t('common.save')}
        </Button>
        <span role="status" className="text-good text-small">
          {saved && !changed && t('account.profile.saved')}
        </span>
      </div>
    </form>
  );
}

function Appearance() {
  const { t } = useTranslation();
  const [theme, setTheme] = useState(chosenTheme);
  return (
    <fieldset>
      <legend className="mb-2 font-medium text-small">{t('account.profile.theme')}</legend>
      <div className="grid grid-cols-3 gap-1 rounded-xl bg-sunken p-1">
        {THEMES.map((one) => {
          const Icon = ICONS[one];
          return (
            <label
              key={one}
              className={cx(
                'flex h-10 cursor-pointer items-center justify-center gap-2 rounded-lg text-small has-focus-visible:outline-2 has-focus-visible:outline-accent-ink',
                theme === one ? 'bg-surface font-medium shadow-soft' : 'text-soft hover:text-ink',
              )}
            >
              <input
                type="radio"
                name="theme"
                className="sr-only"
                checked={theme === one}
                onChange={() => {
                  chooseTheme(one);
                  setTheme(one);
                }}
              />
              <Icon aria-hidden className="size-4" />
              {t(`account.profile.themes.${one}`)}
            </label>
          );
        })}
      </div>
    </fieldset>
  );
}

function SignOut() {
  const { t } = useTranslation();
  const unsent = useStore(parley, (state) => state.outbox.length);
  const { run, busy, problem } = useAct(actions().signOut);
  return (
    <div className="flex flex-col gap-3 border-line border-t pt-6">
      {problem && <Problem>{generalText(problem)}</Problem>}
      <Button
        look="danger"
        busy={busy}
        icon={<LogOut aria-hidden className="size-4.5" />}
        onClick={() => void run()}
      >
        {t(unsent > 0 ? 'account.profile.signOutAnyway' : 'account.profile.signOut')}
      </Button>
      <p className="text-center text-small text-soft">
        {unsent > 0
          ? t('account.profile.unsent', { count: unsent })
          : t('account.profile.signOutHint')}
      </p>
    </div>
  );
}
