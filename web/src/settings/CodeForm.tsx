import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../ui/Button';
import { Field } from '../ui/Field';
import { Problem } from '../ui/Notice';
import { generalText, problemText, useAct } from '../ui/problem';

interface CodeFormProps {
  lead: ReactNode;
  submit: string;
  danger?: boolean;
  act: (code: string) => Promise<void>;
}

/** Asks for what the authenticator shows now, and does something with it. */
export function CodeForm({ lead, submit, danger = false, act }: CodeFormProps) {
  const { t } = useTranslation();
  const [code, setCode] = useState('');
  const { run, busy, problem, clear } = useAct(act);
  const wrong = problem?.code === 'invalid_code';
  return (
    <form
      className="flex flex-col gap-5"
      onSubmit={(event) => {
        event.preventDefault();
        void run(code.replace(/\s/g, ''));
      }}
    >
      <div className="text-soft">{lead}</div>
      {problem && !wrong && <Problem>{generalText(problem)}</Problem>}
      <Field
        label={t('account.secondFactor.digits.label')}
        value={code}
        onChange={(event) => {
          setCode(event.target.value);
          clear();
        }}
        autoComplete="one-time-code"
        inputMode={danger ? 'text' : 'numeric'}
        autoCapitalize="none"
        spellCheck={false}
        required
        error={wrong ? problemText('invalid_code') : undefined}
      />
      <Button
        type="submit"
        look={danger ? 'danger' : 'primary'}
        busy={busy}
        disabled={!code.trim()}
      >
        {submit}
      </Button>
    </form>
  );
}
