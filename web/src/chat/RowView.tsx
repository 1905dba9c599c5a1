import { memo } from 'react';
import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import type { Chat, Message } from '../protocol';
import { parley } from '../state/store';
import type { Row } from '../state/timeline';
import { dayName } from '../ui/time';
import { Bubble } from './Bubble';
import { systemText } from './names';

/** One row of a conversation, whatever it is. */
export const RowView = memo(
  function RowView({ row, chat, me }: { row: Row; chat: Chat; me: string }) {
    const { t } = useTranslation();
    switch (row.kind) {
      case 'day':
        return (
          <div className="flex justify-center py-3">
            <span className="rounded-full bg-sunken px-3 py-1 font-medium text-meta text-soft">
              {dayName(row.at)}
            </span>
          </div>
        );
      case 'unread':
        return (
          <div className="mx-auto flex w-full max-w-3xl items-center gap-3 px-4 py-3 font-medium text-meta text-unread">
            <span className="h-px flex-1 bg-unread/35" />
            {t('conversation.unread', { count: row.count })}
            <span className="h-px flex-1 bg-unread/35" />
          </div>
        );
      case 'system':
        return <SystemLine entry={row.entry} me={me} />;
      case 'bubble':
        return <Bubble row={row} chat={chat} />;
    }
  },
  (before, after) => sameRow(before.row, after.row) && before.chat.type === after.chat.type,
);

function SystemLine({ entry, me }: { entry: Message; me: string }) {
  const people = useStore(parley, (state) => state.people);
  return (
    <p className="px-10 py-1.5 text-balance text-center text-soft text-small">
      {systemText(entry, people, me)}
    </p>
  );
}

// Rows are made anew with every change; most are equal to what they were.
function sameRow(a: Row, b: Row): boolean {
  const keys = Object.keys(a) as (keyof Row)[];
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}
