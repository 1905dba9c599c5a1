import { Monitor, Smartphone } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { SessionInfo } from '../protocol';
import { actions } from '../state/actions';
import { Button } from '../ui/Button';
import { Dialog } from '../ui/Dialog';
import { Problem } from '../ui/Notice';
import { generalText, useAct } from '../ui/problem';
import { momentName } from '../ui/time';
import { Card } from './Card';
import { Loading } from './Loading';
import { useLoaded } from './loaded';

const HELD = new Set(['Android', 'iPhone', 'iPad']);

/** Everywhere I am signed in, and how to end it. */
export function Sessions() {
  const { t } = useTranslation();
  const { value, failed, reload } = useLoaded(actions().sessions);
  const [ending, setEnding] = useState(false);
  const { run, busy, problem } = useAct(actions().endSession);
  return (
    <Card title={t('settings.sessions.title')} lead={t('settings.sessions.lead')}>
      {value ? (
        <ul
          aria-label={t('settings.sessions.title')}
          className="flex flex-col divide-y divide-line"
        >
          {value.map((session) => (
            <Row
              key={session.id}
              session={session}
              busy={busy}
              onEnd={() => void run(session.id).then(reload)}
            />
          ))}
        </ul>
      ) : (
        <Loading failed={failed} onRetry={reload} />
      )}
      {problem && <Problem>{generalText(problem)}</Problem>}
      <div>
        <Button look="danger" onClick={() => setEnding(true)}>
          {t('settings.sessions.everywhere')}
        </Button>
      </div>
      {ending && (
        <Everywhere
          onClose={() => {
            setEnding(false);
            reload();
          }}
        />
      )}
    </Card>
  );
}

interface RowProps {
  session: SessionInfo;
  busy: boolean;
  onEnd: () => void;
}

function Row({ session, busy, onEnd }: RowProps) {
  const { t } = useTranslation();
  const Icon = HELD.has(session.platform) ? Smartphone : Monitor;
  const device = session.device || t('settings.sessions.unknown');
  return (
    <li className="flex items-center gap-3 py-2.5">
      <Icon aria-hidden className="size-5 shrink-0 text-soft" />
      <div className="min-w-0 flex-1">
        <p dir="auto" className="truncate font-medium">
          {device}
        </p>
        <p className="text-small text-soft">
          {session.current
            ? t('settings.sessions.current')
            : t('settings.sessions.used', { when: momentName(Date.parse(session.lastUsedAt)) })}
          {session.address && ` · ${session.address}`}
        </p>
      </div>
      {!session.current && (
        <Button
          look="quiet"
          disabled={busy}
          aria-label={t('settings.sessions.endOf', { device })}
          onClick={onEnd}
          className="h-9 px-4 text-small"
        >
          {t('settings.sessions.end')}
        </Button>
      )}
    </li>
  );
}

function Everywhere({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const others = useAct(actions().endOtherSessions);
  const all = useAct(actions().signOutEverywhere);
  const problem = others.problem ?? all.problem;
  return (
    <Dialog title={t('settings.sessions.everywhere')} onClose={onClose}>
      <div className="flex flex-col gap-4">
        <p className="text-soft">{t('settings.sessions.everywhereLead')}</p>
        {problem && <Problem>{generalText(problem)}</Problem>}
        <Button
          busy={others.busy}
          disabled={all.busy}
          onClick={() => void others.run().then((done) => done && onClose())}
        >
          {t('settings.sessions.others')}
        </Button>
        <Button look="danger" busy={all.busy} disabled={others.busy} onClick={() => void all.run()}>
          {t('settings.sessions.all')}
        </Button>
      </div>
    </Dialog>
  );
}
