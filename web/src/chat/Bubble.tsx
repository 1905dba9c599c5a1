import { ChevronDown, Copy, Info, RotateCw, Trash2 } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import type { Chat, Message } from '../protocol';
import { actions } from '../state/actions';
import type { OutboxEntry } from '../state/outbox';
import { parley } from '../state/store';
import type { Row } from '../state/timeline';
import { Avatar } from '../ui/Avatar';
import { cx } from '../ui/cx';
import { Menu, type MenuItem } from '../ui/Menu';
import { problemText } from '../ui/problem';
import { timeOfDay } from '../ui/time';
import { personName } from './names';
import { RichText } from './RichText';
import { Ticks } from './Ticks';

const MessageInfo = lazy(() => import('./MessageInfo'));

const LONGEST_CHARS = 1_500;
const LONGEST_LINES = 30;

type BubbleRow = Extract<Row, { kind: 'bubble' }>;

/** One message: what was said, when, by whom in a group, and how far mine has come. */
export function Bubble({ row, chat }: { row: BubbleRow; chat: Chat }) {
  const { mine, first, last, message, waiting } = row;
  const group = chat.type === 'group';
  return (
    <div
      data-message={row.key}
      className={cx(
        'mx-auto flex w-full max-w-3xl gap-2.5 px-4',
        mine ? 'justify-end' : 'justify-start',
        last ? 'pb-2.5' : 'pb-0.5',
      )}
    >
      {group && !mine && <SenderFace senderId={row.senderId} shown={last} />}
      <div
        className={cx(
          'group relative flex min-w-0 max-w-[84%] flex-col rounded-2xl px-3.5 py-2 shadow-soft sm:max-w-[76%]',
          mine ? 'bg-mine text-on-mine' : 'bg-raised text-ink',
          last && (mine ? 'rounded-br-md' : 'rounded-bl-md'),
          waiting?.refusal && 'ring-2 ring-danger/60',
        )}
      >
        {group && !mine && first && <SenderName senderId={row.senderId} />}
        <Content row={row} />
        {message && <Actions message={message} group={group} mine={mine} />}
        {waiting?.refusal && <Refused entry={waiting} />}
      </div>
    </div>
  );
}

function Content({ row }: { row: BubbleRow }) {
  const { t } = useTranslation();
  const { message, mine, progress } = row;
  const [whole, setWhole] = useState(false);
  const start = beginning(row.content);
  const cut = !whole && start.length < row.content.length;
  const deleted = message?.deletedAt !== undefined;
  return (
    <p dir="auto" className="min-w-0 [overflow-wrap:anywhere]">
      <span className={cx('whitespace-pre-wrap', deleted && 'italic opacity-80')}>
        {deleted ? t('message.deleted') : <RichText text={cut ? `${start}…` : row.content} />}
      </span>
      {cut && !deleted && (
        <button
          type="button"
          onClick={() => setWhole(true)}
          className="block font-medium underline underline-offset-2 focus-visible:outline-current"
        >
          {t('message.showAll')}
        </button>
      )}
      <span
        className={cx(
          'float-end ms-3 mt-1.5 -mb-0.5 select-none text-meta leading-4',
          mine ? 'text-on-mine-soft' : 'text-soft',
        )}
      >
        <span dir="ltr" className="inline-flex items-center gap-1">
          {message?.editedAt && <span>{t('message.edited')}</span>}
          <time dateTime={new Date(row.at).toISOString()}>{timeOfDay(row.at)}</time>
          {progress && <Ticks progress={progress} onBubble />}
        </span>
      </span>
    </p>
  );
}

// A very long message must not bury the ones around it.
function beginning(text: string): string {
  const lines = text.split('\n', LONGEST_LINES + 1);
  const short = lines.length > LONGEST_LINES ? lines.slice(0, -1).join('\n') : text;
  if (short.length <= LONGEST_CHARS) return short;
  // Not in the middle of a character.
  return short.slice(0, LONGEST_CHARS).replace(/[\uD800-\uDBFF]$/, '');
}

function SenderFace({ senderId, shown }: { senderId: string; shown: boolean }) {
  const name = useStore(parley, (state) => personName(state.people, senderId));
  return (
    <span className="flex w-9 shrink-0 items-end">
      {shown && <Avatar id={senderId} name={name} size="small" />}
    </span>
  );
}

function SenderName({ senderId }: { senderId: string }) {
  const name = useStore(parley, (state) => personName(state.people, senderId));
  return (
    <span dir="auto" className="truncate font-semibold text-accent-ink text-small">
      {name}
    </span>
  );
}

function Actions({ message, group, mine }: { message: Message; group: boolean; mine: boolean }) {
  const { t } = useTranslation();
  const [info, setInfo] = useState(false);
  const items: MenuItem[] = [
    {
      label: t('message.copy'),
      icon: <Copy aria-hidden className="size-4.5 text-soft" />,
      onSelect: () => void navigator.clipboard?.writeText(message.content ?? ''),
    },
  ];
  if (group && mine) {
    items.push({
      label: t('message.info'),
      icon: <Info aria-hidden className="size-4.5 text-soft" />,
      onSelect: () => setInfo(true),
    });
  }
  return (
    <>
      <Menu
        trigger={
          <button
            type="button"
            aria-label={t('message.actions')}
            className={cx(
              'absolute top-1 right-1 flex size-7 items-center justify-center rounded-full opacity-0 transition-opacity focus-visible:opacity-100 group-hover:opacity-100 data-[state=open]:opacity-100',
              mine
                ? 'bg-mine text-on-mine focus-visible:outline-on-mine'
                : 'bg-raised text-soft hover:text-ink',
            )}
          >
            <ChevronDown aria-hidden className="size-4.5" />
          </button>
        }
        items={items}
      />
      <Suspense fallback={null}>
        {info && <MessageInfo message={message} onClose={() => setInfo(false)} />}
      </Suspense>
    </>
  );
}

function Refused({ entry }: { entry: OutboxEntry }) {
  const { t } = useTranslation();
  const act =
    'inline-flex items-center gap-1.5 rounded-lg bg-on-mine/15 px-2.5 py-1.5 font-medium hover:bg-on-mine/25 focus-visible:outline-on-mine';
  return (
    <div
      role="alert"
      className="mt-2 flex flex-col gap-2 border-on-mine/25 border-t pt-2 text-small"
    >
      <p>{t('message.notSent', { reason: problemText(entry.refusal ?? '') })}</p>
      <div className="flex gap-2 pb-1">
        <button
          type="button"
          className={act}
          onClick={() => void actions().resend(entry.clientMessageId)}
        >
          <RotateCw aria-hidden className="size-3.5" /> {t('message.retry')}
        </button>
        <button
          type="button"
          className={act}
          onClick={() => void actions().discard(entry.clientMessageId)}
        >
          <Trash2 aria-hidden className="size-3.5" /> {t('message.discard')}
        </button>
      </div>
    </div>
  );
}
