import type { Events, User } from '../protocol';
import type { Actions } from '../state/actions';
import { chatsDescribed, participantsRead, personMet } from '../state/apply';
import { withStatus } from '../state/presence';
import { EMPTY, type State, type Store } from '../state/store';
import { Acks } from './acks';
import { CatchUp, type Request } from './catch-up';
import { Database } from './database';
import { eventHandlers } from './events';
import { keepState } from './keep';
import { Outbox } from './outbox';
import { hasEnded, Session } from './session';
import { Socket, type SocketOptions } from './socket';

/** The parts a client is made of; tests bring their own. */
export interface ClientParts {
  session?: Session;
  database?: Database;
  socket?: Partial<SocketOptions>;
}

// A quiet connection is tried this often while somebody looks.
const PROBE_MS = 90_000;
const TYPING_REPEAT_MS = 3_000;

/**
 * The connection of this page: it signs in, stays connected, reads what was
 * missed, and sends what waits. It changes the store and nothing else.
 */
export class Client implements Actions {
  private readonly session: Session;
  private readonly database: Database;
  private readonly socket: Socket;
  private readonly outbox: Outbox;
  private readonly acks: Acks;
  private readonly catchUp: CatchUp;
  private readonly handlers: ReturnType<typeof eventHandlers>;
  private readonly tabs = new BroadcastChannel('parley');
  private stopKeeping: (() => void) | null = null;
  private opened: string | null = null;
  private typedAt = 0;

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
        onReady: () => void this.catchUpNow(),
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
    this.handlers = eventHandlers(store, this.catchUp, {
      renewToken: () => void this.renewToken(),
      sync: () => void this.catchUpNow(),
      isOpen: (chatId) => chatId === this.opened,
    });
  }

  /** Paints what was kept, then connects. Called once. */
  async start(): Promise<void> {
    this.listenToThePage();
    this.tabs.onmessage = ({ data }) => {
      this.halt();
      if (data === 'signed-in') void this.resume();
    };
    await this.resume();
  }

  // --- account -------------------------------------------------------------

  async register(...[account]: Parameters<Actions['register']>): Promise<void> {
    await this.begin(await this.session.register(account));
  }

  async signIn(username: string, password: string): Promise<void> {
    await this.begin(await this.session.signIn(username, password));
  }

  async signOut(): Promise<void> {
    await this.session.signOut();
    await this.end(false);
  }

  async updateProfile(change: { displayName?: string; about?: string }): Promise<void> {
    const me = await this.request('user:update', change);
    this.store.setState((state) => ({ me, ...personMet(state, me) }));
    await this.database.keepMe(me);
  }

  // --- conversations -------------------------------------------------------

  open(chatId: string): void {
    this.opened = chatId;
    this.acks.look(chatId);
    void this.showChat(chatId).catch(() => undefined);
  }

  close(chatId: string): void {
    if (this.opened !== chatId) return;
    this.opened = null;
    this.acks.look(null);
    const chat = this.store.getState().chats[chatId];
    if (chat?.type === 'group' && this.socket.isReady) {
      void this.request('presence:unwatch', { chatId }).catch(() => undefined);
    }
  }

  loadOlder(chatId: string): Promise<void> {
    return this.catchUp.loadOlder(chatId);
  }

  async send(chatId: string, content: string): Promise<void> {
    this.typedAt = 0;
    await this.outbox.add(chatId, content);
  }

  resend(clientMessageId: string): Promise<void> {
    return this.outbox.resend(clientMessageId);
  }

  discard(clientMessageId: string): Promise<void> {
    return this.outbox.discard(clientMessageId);
  }

  typing(chatId: string, typing: boolean): void {
    const now = Date.now();
    if (typing && now - this.typedAt < TYPING_REPEAT_MS) return;
    if (!typing && this.typedAt === 0) return;
    this.typedAt = typing ? now : 0;
    void this.request('message:typing', { chatId, typing }).catch(() => undefined);
  }

  saveDraft(chatId: string, text: string): void {
    this.store.setState(({ drafts }) => ({ drafts: { ...drafts, [chatId]: text } }));
    void this.database.keepDraft(chatId, text);
  }

  // --- chats and groups ----------------------------------------------------

  async startDirect(username: string) {
    const chat = await this.request('chat:create', { type: 'direct', username });
    this.catchUp.describe([chat]);
    return chat;
  }

  async createGroup(group: { name: string; description: string; members: string[] }) {
    const chat = await this.request('chat:create', { type: 'group', ...group });
    this.catchUp.describe([chat]);
    return chat;
  }

  async findUser(username: string): Promise<User> {
    const user = await this.request('user:get', { username });
    this.store.setState((state) => personMet(state, user));
    return user;
  }

  loadParticipants(chatId: string): Promise<void> {
    return this.catchUp.loadParticipants(chatId);
  }

  async updateGroup(chatId: string, change: { name?: string; description?: string }) {
    this.catchUp.describe([await this.request('chat:update', { chatId, ...change })]);
    await this.catchUp.fill(chatId);
  }

  async addMembers(chatId: string, members: string[]): Promise<void> {
    await this.request('chat:add-members', { chatId, members });
    await this.groupChanged(chatId);
  }

  async removeMember(chatId: string, userId: string): Promise<void> {
    await this.request('chat:remove-member', { chatId, userId });
    await this.groupChanged(chatId);
  }

  async setRole(chatId: string, userId: string, role: 'admin' | 'member'): Promise<void> {
    await this.request('chat:set-role', { chatId, userId, role });
    await this.groupChanged(chatId);
  }

  async leave(chatId: string): Promise<void> {
    await this.request('chat:leave', { chatId });
    const chat = this.store.getState().chats[chatId];
    if (chat) this.catchUp.describe([{ ...chat, role: 'left' }]);
  }

  messageInfo(chatId: string, messageId: string) {
    return this.request('message:info', { chatId, messageId });
  }

  reconnect(): void {
    this.socket.nudge();
  }

  // --- the life of the connection ------------------------------------------

  private async begin(me: User): Promise<void> {
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
  }

  // The server ended the session. What was not sent yet waits for the same user.
  private async ended(): Promise<void> {
    await this.end(true);
  }

  private async end(keepUnsent: boolean): Promise<void> {
    this.halt();
    await this.database.wipe(keepUnsent);
    this.tabs.postMessage('signed-out');
  }

  private halt(): void {
    this.socket.stop();
    this.outbox.stop();
    this.stopKeeping?.();
    this.stopKeeping = null;
    this.catchUp.forget();
    this.session.forgetToken();
    this.store.setState({ ...EMPTY, phase: 'signed-out' });
  }

  private async catchUpNow(): Promise<void> {
    this.store.setState({ link: 'updating' });
    this.outbox.pump();
    try {
      const changed = await this.catchUp.sync();
      this.store.setState({ link: 'online' });
      if (this.opened) await this.showChat(this.opened);
      await this.catchUp.readMissing(changed);
      this.acks.considerAll();
    } catch {
      // Lost again, or refused: connecting anew starts over.
      this.socket.renew();
    }
  }

  private async renewToken(): Promise<void> {
    try {
      await this.request('auth:renew', { accessToken: await this.session.refresh() });
    } catch {
      // The server closes with 4401 when the old token ends, and that is handled.
    }
  }

  private async showChat(chatId: string): Promise<void> {
    await this.catchUp.ensureLog(chatId);
    this.acks.consider(chatId);
    if (!this.socket.isReady) return;
    await this.catchUp.fill(chatId);
    const chat = this.store.getState().chats[chatId];
    if (chat?.type === 'group' && chat.role !== 'left') await this.loadParticipants(chatId);
    if (this.opened === chatId) await this.watch(chatId);
  }

  private async watch(chatId: string): Promise<void> {
    const chat = this.store.getState().chats[chatId];
    if (!chat || chat.role === 'left') return;
    if (chat.peer) {
      const status = await this.request('user:status', { userId: chat.peer.id });
      this.store.setState(({ presences }) => ({ presences: withStatus(presences, status) }));
      return;
    }
    const { online } = await this.request('presence:watch', { chatId });
    const now = Object.fromEntries(online.map((id) => [id, { online: true, lastSeenAt: null }]));
    this.store.setState(({ presences }) => ({ presences: { ...presences, ...now } }));
  }

  private async groupChanged(chatId: string): Promise<void> {
    await this.catchUp.refresh(chatId);
    await Promise.all([this.catchUp.fill(chatId), this.loadParticipants(chatId)]);
  }

  private take<E extends keyof Events>(event: E, data: Events[E]): void {
    // An event of a newer server than this client is no concern of it.
    this.handlers[event]?.(data);
  }

  private listenToThePage(): void {
    const attend = () => {
      if (!attended()) return;
      this.socket.nudge();
      if (this.opened) this.acks.consider(this.opened);
    };
    document.addEventListener('visibilitychange', attend);
    window.addEventListener('focus', attend);
    window.addEventListener('online', () => {
      this.store.setState(({ link }) => (link === 'offline' ? { link: 'connecting' } : {}));
      this.socket.nudge();
    });
    window.addEventListener('offline', () => this.socket.renew());
    setInterval(() => {
      const quiet = this.socket.isReady && Date.now() - this.socket.heardAt > PROBE_MS;
      if (quiet && attended()) void this.catchUpNow();
    }, PROBE_MS / 3);
  }
}

function attended(): boolean {
  return document.visibilityState === 'visible' && document.hasFocus();
}

function linkWhenLost(): 'offline' | 'connecting' {
  return navigator.onLine ? 'connecting' : 'offline';
}

function socketUrl(): string {
  return `${location.origin.replace(/^http/, 'ws')}/ws`;
}
