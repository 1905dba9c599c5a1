import { useTranslation } from 'react-i18next';
import { generalText, type Problem, problemText } from '../ui/problem';
import { AccountPage } from './AccountPage';
import { InviteField, NameFields } from './NameFields';
import { type NewName, toSend, useNewName } from './new-name';

interface ChooseNameStepProps {
  onChoose: (name: NewName) => void;
  busy: boolean;
  problem: Problem | null;
  clear: (field?: string) => void;
}

/** For somebody who has shown who they are, and has no account yet. */
export function ChooseNameStep({ onChoose, busy, problem, clear }: ChooseNameStepProps) {
  const { t } = useTranslation();
  const [draft, setDraft] = useNewName();
  const taken = problem?.code === 'username_taken';
  return (
    <AccountPage
      title={t('account.chooseName.title')}
      lead={t('account.chooseName.lead')}
      submit={t(busy ? 'account.register.submitting' : 'account.register.submit')}
      busy={busy}
      problem={taken ? null : generalText(problem, 'username', 'displayName')}
      onSubmit={() => onChoose(toSend(draft))}
      other={{
        text: t('account.register.other'),
        link: t('account.register.otherLink'),
        to: '/sign-in',
      }}
    >
      <NameFields
        draft={draft}
        onChange={setDraft}
        errorOf={(field) =>
          taken && field === 'username' ? problemText(problem.code) : problem?.fields[field]
        }
        onEdit={(field) => clear(taken && field === 'username' ? undefined : field)}
      />
      <InviteField draft={draft} onChange={setDraft} />
    </AccountPage>
  );
}
