import { ArrowDown } from 'lucide-react';
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Virtualizer, type VirtualizerHandle } from 'virtua';
import { useStore } from 'zustand';
import type { Chat } from '../protocol';
import { actions } from '../state/actions';
import type { Log } from '../state/messages';
import { waiting } from '../state/outbox';
import { parley } from '../state/store';
import { type Row, rowsOf, type UnreadMark } from '../state/timeline';
import { Spinner } from '../ui/Spinner';
import { RowView } from './RowView';

// This close to an edge counts as being there (pixels).
const NEAR_END = 60;
const NEAR_START = 600;
// The line above the first row, `h-12`.
const TOP_HEIGHT = 48;

interface MessageListProps {
  chat: Chat;
  log: Log;
  me: string;
  mark: UnreadMark | null;
}

/**
 * The rows of a conversation. Only those near the screen exist; older ones load
 * before they are reached and leave what is on the screen where it is. At the
 * end it follows what arrives, elsewhere it counts it.
 */
export function MessageList({ chat, log, me, mark }: MessageListProps) {
  const { t } = useTranslation();
  const outbox = useStore(parley, (state) => state.outbox);
  const rows = useMemo(
    () => rowsOf(log, waiting(outbox, chat.id, log), chat, me, mark),
    [log, outbox, chat, me, mark],
  );

  const scroller = useRef<HTMLDivElement>(null);
  const list = useRef<VirtualizerHandle>(null);
  const atEnd = useRef(true);
  const [away, setAway] = useState(false);
  const [missed, setMissed] = useState(0);
  const older = useOlder(chat.id, log);

  const toEnd = useCallback((length: number) => {
    list.current?.scrollToIndex(length - 1, { align: 'end' });
  }, []);

  // Rows put before the first one must not move what is on the screen.
  const from = useRef(log.from);
  const prepended = log.from < from.current;
  useLayoutEffect(() => {
    from.current = log.from;
  });

  // Opened: at the first unread message, else at the end.
  const opened = useRef(false);
  useLayoutEffect(() => {
    if (opened.current || rows.length === 0) return;
    opened.current = true;
    const unread = rows.findIndex((row) => row.kind === 'unread');
    if (unread < 0) toEnd(rows.length);
    else list.current?.scrollToIndex(unread, { align: 'start', offset: -80 });
  }, [rows, toEnd]);

  const last = useRef<Row | undefined>(rows.at(-1));
  useLayoutEffect(() => {
    const before = last.current;
    const newest = rows.at(-1);
    last.current = newest;
    if (!before || !newest || newest.key === before.key) return;
    const place = rows.findIndex((row) => row.key === before.key);
    const arrived = rows.slice(place + 1).filter((row) => row.kind === 'bubble' && !row.mine);
    const sentHere = newest.kind === 'bubble' && newest.mine;
    if (atEnd.current || sentHere) toEnd(rows.length);
    else setMissed((count) => count + arrived.length);
  }, [rows, toEnd]);

  // The keyboard of a phone, a growing composer: the end stays in sight.
  const length = rows.length;
  const lengthNow = useRef(length);
  lengthNow.current = length;
  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const observer = new ResizeObserver(() => {
      if (atEnd.current) toEnd(lengthNow.current);
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [toEnd]);

  const scrolled = () => {
    const element = scroller.current;
    if (!element) return;
    const below = element.scrollHeight - element.scrollTop - element.clientHeight;
    atEnd.current = below < NEAR_END;
    setAway(below > NEAR_START);
    if (atEnd.current) setMissed(0);
    if (element.scrollTop < NEAR_START) older.load();
  };

  // A window too short to scroll would never ask for more.
  const { load } = older;
  useEffect(() => {
    const element = scroller.current;
    if (element && length > 0 && element.scrollHeight <= element.clientHeight) load();
  }, [length, load]);

  return (
    <div className="relative min-h-0 flex-1">
      <section
        ref={scroller}
        onScroll={scrolled}
        aria-label={t('conversation.messages')}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: scrolled with the arrow keys
        tabIndex={0}
        className="thin-scroll flex h-full flex-col overflow-y-auto overscroll-contain -outline-offset-2 [overflow-anchor:none]"
      >
        <div className="grow" />
        <Top older={older} complete={log.complete} />
        <Virtualizer ref={list} scrollRef={scroller} startMargin={TOP_HEIGHT} shift={prepended}>
          {rows.map((row) => (
            <RowView key={row.key} row={row} chat={chat} me={me} />
          ))}
        </Virtualizer>
      </section>
      {(away || missed > 0) && (
        <button
          type="button"
          aria-label={
            missed > 0 ? t('conversation.jumpNew', { count: missed }) : t('conversation.jump')
          }
          onClick={() => toEnd(rows.length)}
          className="absolute right-4 bottom-3 flex h-11 min-w-11 animate-rise items-center justify-center gap-1.5 rounded-full border border-line bg-raised px-3 text-accent-ink shadow-high hover:bg-hover"
        >
          <ArrowDown aria-hidden className="size-5" />
          {missed > 0 && <span className="font-semibold text-small">{missed}</span>}
        </button>
      )}
    </div>
  );
}

interface Older {
  state: 'idle' | 'loading' | 'failed';
  load: () => void;
}

function useOlder(chatId: string, log: Log): Older {
  const [state, setState] = useState<Older['state']>('idle');
  const busy = useRef(false);
  const load = useCallback(() => {
    if (busy.current || log.complete) return;
    busy.current = true;
    setState('loading');
    actions()
      .loadOlder(chatId)
      .then(
        () => setState('idle'),
        () => setState('failed'),
      )
      .finally(() => {
        busy.current = false;
      });
  }, [chatId, log.complete]);
  return { state, load };
}

function Top({ older, complete }: { older: Older; complete: boolean }) {
  const { t } = useTranslation();
  return (
    <div className="flex h-12 shrink-0 items-center justify-center gap-2 text-small text-soft">
      {complete ? (
        t('conversation.beginning')
      ) : older.state === 'failed' ? (
        <button type="button" onClick={older.load} className="text-accent-ink hover:underline">
          {t('conversation.olderFailed')} {t('common.retry')}
        </button>
      ) : (
        older.state === 'loading' && (
          <>
            <Spinner /> {t('conversation.loadingOlder')}
          </>
        )
      )}
    </div>
  );
}
