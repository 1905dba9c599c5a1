import { useTranslation } from 'react-i18next';
import { Field, TextArea } from '../ui/Field';
import { Problem as Notice } from '../ui/Notice';
import { generalText, type Problem } from '../ui/problem';

export interface GroupTexts {
  name: string;
  description: string;
}

interface GroupFieldsProps {
  value: GroupTexts;
  onChange: (value: GroupTexts) => void;
  problem: Problem | null;
  autoFocus?: boolean;
}

/** What a group is called and what it is for; the limits are the server's. */
export function GroupFields({ value, onChange, problem, autoFocus }: GroupFieldsProps) {
  const { t } = useTranslation();
  return (
    <>
      <Field
        label={t('newGroup.name')}
        value={value.name}
        onChange={(event) => onChange({ ...value, name: event.target.value })}
        maxLength={100}
        dir="auto"
        autoFocus={autoFocus}
        required
        error={problem?.fields.name}
      />
      <TextArea
        label={`${t('newGroup.description')} (${t('common.optional')})`}
        value={value.description}
        onChange={(event) => onChange({ ...value, description: event.target.value })}
        rows={3}
        maxLength={500}
        dir="auto"
        error={problem?.fields.description}
      />
    </>
  );
}

/** What is wrong with neither of the two. */
export function GroupProblem({ problem }: { problem: Problem | null }) {
  const text = generalText(problem, 'name', 'description');
  return text && <Notice>{text}</Notice>;
}
