import { type PushBrowser, RealBrowser } from '../notifications/browser';
import { noteKeeper } from '../notifications/note';
import { Notifications } from '../notifications/notifications';
import type { Events, Profile } from '../protocol';
import type { Actions } from '../state/actions';
import { chatsDescribed, participantsRead, personMet } from '../state/apply';
import { EMPTY, type State, type Store } from '../state/store';
import { accountActions, entryActions } from './account';
import { Acks } from './acks';
import { Attention } from './attention';
import { CatchUp, type Request } from './catch-up';
import { Conversations } from './conversations';
import { Database } from './database';
import { eventHandlers } from './events';
import { groupActions } from './groups';
import { keepState } from './keep';
import { exclusively } from './locks';
import { Outbox } from './outbox';
import { attended, linkWhenLost, listenToPage, socketUrl } from './page';
import { hasEnded, Session } from './session';
import { Socket, type SocketOptions } from './socket';

/** The parts a client is made of; tests bring their own. */
export interface ClientParts {
  session?: Session;
  database?: Database;
  socket?: Partial<SocketOptions>;
  browser?: PushBrowser;
}

// A quiet connection is tried this often while somebody looks.
const PROBE_MS = 90_000;

/**
 * The connection of this page: it signs in, stays connected, reads what was
 * missed, and sends what waits. It changes the store and nothing else.
 */
export class Client {
  readonly actions: Actions;
  private readonly session: Session;
  private readonly database: Database;
  private readonly socket: Socket;
  private readonly outbox: Outbox;
  private readonly acks: Acks;
  private readonly catchUp: CatchUp;
  private readonly conversations: Conversations;
  private readonly notifications: Notifications;
  private readonly handlers: ReturnType<typeof eventHandlers>;
  private readonly tabs = new BroadcastChannel('parley');
  private readonly attention = new Attention(() => this.sayAway());
  private stopKeeping: (() => void) | null = null;

  private readonly request: Request = (op, data) => this.socket.request(op, data);

  constructor(
    private readonly store: Store,
    parts: ClientParts = {},
  ) {
    this.session = parts.session ?? new Session();
    this.database = parts.database ?? new Database();
    this.socket = new Socket(
      {
        token: (fresh) => (fresh ? this.session.refresh() : this.session.accessToken()),
        away: () => this.attention.away,
        onReady: () => {
          this.sayAway();
          void this.catchUpNow();
        },
        onEvent: (event, data) => this.take(event, data),
        onLost: () => store.setState({ link: linkWhenLost(), presences: {}, typists: {} }),
        onSignedOut: () => void this.ended(),
      },
      { url: socketUrl(), ...parts.socket },
    );
    const canSend = () => this.socket.isReady;
    const request = this.request;
    this.acks = new Acks(store, { canSend, request }, attended);
    this.catchUp = new CatchUp(store, this.database, request, (id) => this.acks.consider(id));
    this.outbox = new Outbox(this.database, {
      canSend,
      send: (message) => request('message:send', message),
      myId: () => store.getState().me?.id ?? '',
      onAccepted: (message) => this.catchUp.hear(message),
      onChange: (outbox) => store.setState({ outbox }),
    });
    const { database, catchUp, outbox, acks } = this;
    const inConversation = { canSend, request, database, catchUp, outbox, acks };
    this.conversations = new Conversations(store, inConversation);
    this.handlers = eventHandlers(store, catchUp, {
      renewToken: () => void this.renewToken(),
      sync: () => void this.catchUpNow(),
      isOpen: (chatId) => this.conversations.isOpen(chatId),
    });
    this.notifications = new Notifications({
      store,
      browser: parts.browser ?? new RealBrowser(),
      note: noteKeeper(),
      request,
      exclusively,
    });
    this.actions = {
      ...groupActions(store, request, catchUp),
      ...this.conversations.actions,
      ...entryActions(this.session, (me) => this.begin(me)),
      ...accountActions(store, request),
      ...this.notifications.actions,
      signOut: async () => {
        await this.session.signOut();
        await this.end(false);
      },
      signOutEverywhere: async () => {
        await this.session.signOutEverywhere();
        await this.end(false);
      },
      reconnect: () => this.socket.nudge(),
    };
  }

  /** Paints what was kept, then connects. Called once. */
  async start(): Promise<void> {
    this.listenToThePage();
    this.tabs.onmessage = ({ data }) => {
      this.halt();
      // What this tab was still writing when the other one wiped the device goes as well.
      if (data === 'signed-in') void this.resume();
      else this.database.wipe(true).catch((failure) => console.warn('could not be wiped', failure));
    };
    await this.resume();
  }

  private async begin(me: Profile): Promise<void> {
    await this.database.welcome(me);
    this.tabs.postMessage('signed-in');
    await this.resume();
  }

  private async resume(): Promise<void> {
    const kept = await this.database.kept();
    if (!kept) return this.adopt();
    this.store.setState((state) => {
      const { me, drafts } = kept;
      let next: State = { ...state, phase: 'signed-in', me, drafts, people: kept.people };
      next = { ...next, ...chatsDescribed(next, kept.chats), loaded: kept.cursor !== null };
      for (const [chatId, all] of Object.entries(kept.participants)) {
        next = { ...next, ...participantsRead(next, chatId, all) };
      }
      return { ...next, ...personMet(next, me), link: linkWhenLost() };
    });
    this.catchUp.resumeFrom(kept.cursor, kept.epoch);
    this.stopKeeping ??= keepState(this.store, this.database);
    this.outbox.start();
    this.socket.start();
    void this.notifications.arrived(kept.me.id);
  }

  // A session without anything kept here: the browser lost its storage but not its cookie.
  private async adopt(): Promise<void> {
    if (this.session.mayExist()) {
      try {
        await this.begin(await this.session.profile());
        return;
      } catch (failure) {
        if (!hasEnded(failure)) {
          setTimeout(() => void this.resume(), 3_000);
          return;
        }
      }
    }
    this.store.setState({ ...EMPTY, phase: 'signed-out' });
    await this.notifications.forget();
  }

  // The server ended the session. What was not sent yet waits for the same user.
  private async ended(): Promise<void> {
    await this.end(true);
  }

  private async end(keepUnsent: boolean): Promise<void> {
    this.halt();
    const forgotten = this.notifications.forget();
    await this.database.wipe(keepUnsent);
    this.tabs.postMessage('signed-out');
    await forgotten;
  }

  private halt(): void {
    this.database.shut();
    this.socket.stop();
    this.notifications.stop();
    this.outbox.stop();
    this.stopKeeping?.();
    this.stopKeeping = null;
    this.catchUp.forget();
    this.session.forgetToken();
    this.store.setState({ ...EMPTY, phase: 'signed-out' });
  }

  private async catchUpNow(): Promise<void> {
    // Who came and went meanwhile is not told again; what is on the screen asks anew.
    this.store.setState({ link: 'updating', presences: {} });
    this.outbox.pump();
    try {
      const changed = await this.catchUp.sync();
      this.store.setState({ link: 'online' });
      await this.conversations.refresh();
      await this.catchUp.readMissing(changed);
      this.acks.considerAll();
      void this.notifications.online();
      void this.actions.refreshStatus().catch(() => undefined);
    } catch {
      // Lost again, or refused: connecting anew starts over.
      this.socket.renew();
    }
  }

  // Ephemeral: a new connection says it anew, and a server of an older release does not know it.
  private sayAway(): void {
    void this.socket.sayAway(this.attention.away).catch(() => undefined);
  }

  private async renewToken(): Promise<void> {
    try {
      await this.request('auth:renew', { accessToken: await this.session.refresh() });
    } catch {
      // The server closes with 4401 when the old token ends, and that is handled.
    }
  }

  private take<E extends keyof Events>(event: E, data: Events[E]): void {
    // An event of a newer server than this client is no concern of it.
    this.handlers[event]?.(data);
  }

  private listenToThePage(): void {
    this.attention.start();
    listenToPage({
      onAttended: () => {
        this.socket.nudge();
        this.conversations.attend();
      },
      onNetwork: () => {
        this.store.setState(({ link }) => (link === 'offline' ? { link: 'connecting' } : {}));
        this.socket.nudge();
      },
      onNoNetwork: () => this.socket.renew(),
    });
    setInterval(() => {
      const quiet = this.socket.isReady && Date.now() - this.socket.heardAt > PROBE_MS;
      if (quiet && attended()) void this.catchUpNow();
    }, PROBE_MS / 3);
  }
}
