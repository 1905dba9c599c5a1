import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import type { Profile } from '../protocol';
import { actions } from '../state/actions';
import { parley } from '../state/store';
import { Avatar } from '../ui/Avatar';
import { Button } from '../ui/Button';
import { Field } from '../ui/Field';
import { Problem } from '../ui/Notice';
import { generalText, useAct } from '../ui/problem';
import { Select } from '../ui/Select';
import { Appearance } from './Appearance';
import { AvailabilityForm } from './AvailabilityForm';
import { Card, Done } from './Card';
import { languageChoices } from './languages';
import { StatusForm } from './StatusForm';

/** How others see me, and how Parley looks to me. */
export function ProfileSettings() {
  const { t } = useTranslation();
  const me = useStore(parley, (state) => state.me);
  if (!me) return null;
  return (
    <>
      <Card title={t('settings.profile.title')} lead={t('settings.profile.lead')}>
        <div className="flex items-center gap-4">
          <Avatar id={me.id} name={me.displayName} size="large" />
          <div className="min-w-0">
            <p dir="auto" className="truncate font-semibold text-lg">
              {me.displayName}
            </p>
            <p className="truncate text-soft">@{me.username}</p>
          </div>
        </div>
        <NamesForm me={me} />
      </Card>
      <Card title={t('settings.availability.title')} lead={t('settings.availability.lead')}>
        <AvailabilityForm userId={me.id} />
      </Card>
      <Card title={t('settings.status.title')} lead={t('settings.status.lead')}>
        <StatusForm me={me} />
      </Card>
      <Card title={t('settings.language.title')} lead={t('settings.language.lead')}>
        <LanguageForm language={me.language ?? ''} />
      </Card>
      <Card title={t('settings.appearance.title')} lead={t('settings.appearance.lead')}>
        <Appearance />
      </Card>
    </>
  );
}

const NAMES = ['displayName', 'firstName', 'lastName', 'about'] as const;
type Names = Record<(typeof NAMES)[number], string>;

function namesOf(me: Profile): Names {
  return {
    displayName: me.displayName,
    firstName: me.firstName ?? '',
    lastName: me.lastName ?? '',
    about: me.about,
  };
}

function NamesForm({ me }: { me: Profile }) {
  const { t } = useTranslation();
  const known = namesOf(me);
  const [edited, setEdited] = useState<Partial<Names>>({});
  const [saved, setSaved] = useState(false);
  const { run, busy, problem, clear } = useAct(actions().updateProfile);
  const names = { ...known, ...edited };
  const changes = Object.fromEntries(
    NAMES.filter((name) => names[name] !== known[name]).map((name) => [name, names[name].trim()]),
  );
  const field = (name: keyof Names) => ({
    value: names[name],
    onChange: (event: { target: { value: string } }) => {
      setEdited({ ...edited, [name]: event.target.value });
      setSaved(false);
      clear(name);
    },
    dir: 'auto',
    error: problem?.fields[name],
  });
  const save = async () => {
    if (!(await run(changes))) return;
    setEdited({});
    setSaved(true);
  };
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <Field
        label={t('settings.profile.displayName')}
        hint={t('settings.profile.displayNameHint')}
        maxLength={64}
        required
        autoComplete="nickname"
        {...field('displayName')}
      />
      <div className="grid gap-4 sm:grid-cols-2">
        <Field
          label={t('settings.profile.firstName')}
          maxLength={64}
          autoComplete="given-name"
          {...field('firstName')}
        />
        <Field
          label={t('settings.profile.lastName')}
          maxLength={64}
          autoComplete="family-name"
          {...field('lastName')}
        />
      </div>
      <Field
        label={t('settings.profile.about')}
        hint={t('settings.profile.aboutHint')}
        maxLength={139}
        {...field('about')}
      />
      {problem && generalText(problem, ...NAMES) && (
        <Problem>{generalText(problem, ...NAMES)}</Problem>
      )}
      <Done said={saved ? t('settings.saved') : null}>
        <Button
          type="submit"
          busy={busy}
          disabled={Object.keys(changes).length === 0 || !names.displayName.trim()}
        >
          {t('common.save')}
        </Button>
      </Done>
    </form>
  );
}

function LanguageForm({ language }: { language: string }) {
  const { t } = useTranslation();
  const { run, problem } = useAct(actions().updateProfile);
  return (
    <>
      <Select
        label={t('settings.language.label')}
        value={language}
        onChange={(chosen) => void run({ language: chosen })}
        options={languageChoices(language, t('settings.language.none'))}
      />
      {problem && <Problem>{generalText(problem)}</Problem>}
    </>
  );
}
