import { useTranslation } from 'react-i18next';
import { Field } from '../ui/Field';
import { useMethods } from './methods';
import type { NewNameDraft } from './new-name';

interface DraftProps {
  draft: NewNameDraft;
  onChange: (draft: NewNameDraft) => void;
}

interface NameFieldsProps extends DraftProps {
  errorOf: (field: string) => string | undefined;
  onEdit: (field: string) => void;
}

/** Asks how a new account is to be called. */
export function NameFields({ draft, onChange, errorOf, onEdit }: NameFieldsProps) {
  const { t } = useTranslation();
  return (
    <>
      <Field
        label={t('account.register.displayName')}
        hint={t('account.register.displayNameHint')}
        name="displayName"
        value={draft.displayName}
        onChange={(event) => {
          onChange({ ...draft, displayName: event.target.value });
          onEdit('displayName');
        }}
        autoComplete="name"
        autoFocus
        dir="auto"
        maxLength={64}
        error={errorOf('displayName')}
      />
      <Field
        label={t('account.register.username')}
        hint={t('account.register.usernameHint')}
        name="username"
        value={draft.username}
        onChange={(event) => {
          onChange({ ...draft, username: event.target.value });
          onEdit('username');
        }}
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        required
        error={errorOf('username')}
      />
    </>
  );
}

/** Asks for an invite where nobody gets in without one. */
export function InviteField({ draft, onChange }: DraftProps) {
  const { t } = useTranslation();
  const methods = useMethods();
  if (methods?.registration !== 'invite') return null;
  return (
    <Field
      label={t('account.register.invite')}
      hint={t('account.register.inviteHint')}
      name="invite"
      value={draft.invite}
      onChange={(event) => onChange({ ...draft, invite: event.target.value })}
      autoComplete="off"
      autoCapitalize="none"
      spellCheck={false}
      required
    />
  );
}
