import { lazy, Suspense, useState } from 'react';
import { Outlet, useParams } from 'react-router';
import { cx } from '../ui/cx';
import { Announcer } from './Announcer';
import { ChatList } from './ChatList';

const NewChat = lazy(() => import('./NewChat'));
const NewGroup = lazy(() => import('./NewGroup'));

/** What can be started from anywhere on the page. */
export type Starting = 'chat' | 'group';

export interface ChatsOutlet {
  start: (what: Starting) => void;
}

/** Two panes on a desk, one on a phone: the list, and the conversation that the address names. */
export default function ChatsPage() {
  const { chatId } = useParams();
  const [starting, setStarting] = useState<Starting | null>(null);
  const close = () => setStarting(null);
  return (
    <div className="flex h-full bg-paper">
      <div
        className={cx(
          'h-full w-full shrink-0 border-line bg-surface md:flex md:w-[22rem] md:border-r lg:w-[24rem]',
          chatId ? 'hidden' : 'flex',
        )}
      >
        <ChatList selected={chatId} onStart={setStarting} />
      </div>
      <main className={cx('h-full min-w-0 flex-1 md:block', !chatId && 'hidden')}>
        <Outlet context={{ start: setStarting } satisfies ChatsOutlet} />
      </main>
      <Suspense fallback={null}>
        {starting === 'chat' && <NewChat onClose={close} onGroup={() => setStarting('group')} />}
        {starting === 'group' && <NewGroup onClose={close} />}
      </Suspense>
      <Announcer openChatId={chatId} />
    </div>
  );
}
