import { type ComponentType, lazy, Suspense, useState } from 'react';
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

interface ChatsPageProps {
  /** What opens from one's own picture; it belongs to the account, which chats do not know. */
  Profile: ComponentType<{ onClose: () => void }>;
}

/** Two panes on a desk, one on a phone: the list, and the conversation that the address names. */
export default function ChatsPage({ Profile }: ChatsPageProps) {
  const { chatId } = useParams();
  const [starting, setStarting] = useState<Starting | null>(null);
  const [profile, setProfile] = useState(false);
  const close = () => setStarting(null);
  return (
    <div className="flex h-full bg-paper">
      <div
        className={cx(
          'h-full w-full shrink-0 border-line bg-surface md:flex md:w-[22rem] md:border-r lg:w-[24rem]',
          chatId ? 'hidden' : 'flex',
        )}
      >
        <ChatList selected={chatId} onStart={setStarting} onProfile={() => setProfile(true)} />
      </div>
      <main className={cx('h-full min-w-0 flex-1 md:block', !chatId && 'hidden')}>
        <Outlet context={{ start: setStarting } satisfies ChatsOutlet} />
      </main>
      <Suspense fallback={null}>
        {starting === 'chat' && <NewChat onClose={close} onGroup={() => setStarting('group')} />}
        {starting === 'group' && <NewGroup onClose={close} />}
        {profile && <Profile onClose={() => setProfile(false)} />}
      </Suspense>
      <Announcer openChatId={chatId} />
    </div>
  );
}
