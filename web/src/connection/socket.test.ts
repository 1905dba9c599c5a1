import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Failure } from '../state/failure';
import { FakeSocket, FakeWebSocket } from './fake-socket.test-values';
import { Socket, type SocketOwner } from './socket';

let socket: Socket;
const owner = {
  token: vi.fn<SocketOwner['token']>(),
  away: vi.fn<() => boolean>(),
  onReady: vi.fn<SocketOwner['onReady']>(),
  onEvent: vi.fn(),
  onLost: vi.fn<SocketOwner['onLost']>(),
  onSignedOut: vi.fn<SocketOwner['onSignedOut']>(),
};

const settle = () => vi.advanceTimersByTimeAsync(0);

beforeEach(() => {
  vi.useFakeTimers();
  vi.resetAllMocks();
  owner.token.mockResolvedValue('t1');
  FakeSocket.opened = [];
  const options = { url: 'ws://host/ws', WebSocket: FakeWebSocket, random: () => 1 };
  socket = new Socket(owner as SocketOwner, options);
});

afterEach(() => {
  socket.stop();
  vi.useRealTimers();
});

async function connected(): Promise<FakeSocket> {
  socket.start();
  await settle();
  FakeSocket.latest.accept();
  return FakeSocket.latest;
}

describe('connecting', () => {
  test('shows its token in a subprotocol and is ready when the server says so', async () => {
    const peer = await connected();
    expect(peer.protocols).toEqual(['parley.v1', 'bearer.t1']);
    expect(owner.onReady).toHaveBeenCalledOnce();
    expect(socket.isReady).toBe(true);
  });

  test('says from the beginning that nobody is there, and later only what is new', async () => {
    owner.away.mockReturnValue(true);
    const peer = await connected();
    expect(peer.url).toBe('ws://host/ws?away=1');
    await socket.sayAway(true);
    expect(peer.sent).toEqual([]);
    const said = socket.sayAway(false);
    expect(peer.asked('presence:away').data).toEqual({ away: false });
    peer.answer('presence:away', {});
    await said;
    peer.drop();
    await socket.sayAway(true);
    expect(peer.sent).toHaveLength(1);
  });

  test('is tried again after longer and longer waits', async () => {
    socket.start();
    await settle();
    for (const wait of [500, 1_000, 2_000]) {
      const attempts = FakeSocket.opened.length;
      FakeSocket.latest.drop();
      await vi.advanceTimersByTimeAsync(wait - 1);
      expect(FakeSocket.opened).toHaveLength(attempts);
      await vi.advanceTimersByTimeAsync(1);
      expect(FakeSocket.opened).toHaveLength(attempts + 1);
    }
  });

  test('waits are short again after a connection that held', async () => {
    socket.start();
    await settle();
    for (const wait of [500, 1_000, 2_000, 4_000]) {
      FakeSocket.latest.drop();
      await vi.advanceTimersByTimeAsync(wait);
    }
    FakeSocket.latest.accept();
    await vi.advanceTimersByTimeAsync(6_000);
    const attempts = FakeSocket.opened.length;
    FakeSocket.latest.drop(1012);
    await vi.advanceTimersByTimeAsync(500);
    expect(FakeSocket.opened).toHaveLength(attempts + 1);
  });

  test('a server that accepts and dies at once is not hammered', async () => {
    socket.start();
    await settle();
    for (const wait of [500, 1_000, 2_000, 4_000, 8_000]) {
      FakeSocket.latest.accept();
      FakeSocket.latest.drop();
      await vi.advanceTimersByTimeAsync(wait);
    }
    expect(FakeSocket.opened).toHaveLength(6);
    FakeSocket.latest.accept();
    FakeSocket.latest.drop();
    await vi.advanceTimersByTimeAsync(15_000);
    expect(FakeSocket.opened).toHaveLength(6);
  });

  test('a nudge makes the next attempt now', async () => {
    socket.start();
    await settle();
    FakeSocket.latest.drop();
    socket.nudge();
    await settle();
    expect(FakeSocket.opened).toHaveLength(2);
  });

  test('a handshake that never ends is given up', async () => {
    socket.start();
    await vi.advanceTimersByTimeAsync(15_000);
    expect(FakeSocket.opened[0]?.closed).toBe(true);
    await vi.advanceTimersByTimeAsync(500);
    expect(FakeSocket.opened).toHaveLength(2);
  });

  test('a refused handshake cannot be told from a dead server: a fresh token finds out', async () => {
    socket.start();
    await settle();
    FakeSocket.latest.drop();
    await vi.advanceTimersByTimeAsync(500);
    FakeSocket.latest.drop();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(owner.token.mock.calls.map(([fresh]) => fresh)).toEqual([false, false, true]);
  });
});

describe('being signed out', () => {
  test('4401 asks for a fresh token and connects at once', async () => {
    const peer = await connected();
    await vi.advanceTimersByTimeAsync(6_000);
    peer.drop(4401);
    await settle();
    expect(owner.token).toHaveBeenLastCalledWith(true);
    expect(FakeSocket.opened).toHaveLength(2);
    expect(owner.onSignedOut).not.toHaveBeenCalled();
  });

  test('4401 over and over is answered more and more slowly', async () => {
    await connected();
    for (const wait of [500, 1_000, 2_000]) {
      const attempts = FakeSocket.opened.length;
      FakeSocket.latest.drop(4401);
      await vi.advanceTimersByTimeAsync(wait - 1);
      expect(FakeSocket.opened).toHaveLength(attempts);
      await vi.advanceTimersByTimeAsync(1);
      FakeSocket.latest.accept();
    }
  });

  test('a session that has ended ends the attempts', async () => {
    const peer = await connected();
    owner.token.mockRejectedValue(new Failure('invalid_refresh_token'));
    peer.drop(4401);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(owner.onSignedOut).toHaveBeenCalledOnce();
    expect(FakeSocket.opened).toHaveLength(1);
  });

  test('no answer about the token is no end: it is asked again', async () => {
    owner.token.mockRejectedValueOnce(new Failure('unreachable'));
    socket.start();
    await vi.advanceTimersByTimeAsync(500);
    expect(FakeSocket.opened).toHaveLength(1);
    expect(owner.onSignedOut).not.toHaveBeenCalled();
  });
});

describe('requests', () => {
  test('replies find their requests in any order', async () => {
    const peer = await connected();
    const profile = socket.request('user:profile', {});
    const sync = socket.request('sync', {});
    peer.answer('sync', { cursor: '9' });
    peer.answer('user:profile', { id: 'me' });
    expect(await sync).toEqual({ cursor: '9' });
    expect(await profile).toEqual({ id: 'me' });
  });

  test('a refusal carries its code and its fields', async () => {
    const peer = await connected();
    const sent = socket.request('user:update', { displayName: '' });
    peer.refuse('user:update', 'validation_failed', { fields: { displayName: 'too short' } });
    await expect(sent).rejects.toMatchObject({
      code: 'validation_failed',
      fields: { displayName: 'too short' },
      temporary: false,
    });
  });

  test('unanswered when the connection is lost, they fail as unreachable', async () => {
    const peer = await connected();
    const sync = socket.request('sync', {});
    peer.drop();
    await expect(sync).rejects.toMatchObject({ code: 'unreachable', temporary: true });
    await expect(socket.request('sync', {})).rejects.toMatchObject({ code: 'unreachable' });
  });

  test('a server that stays silent is left', async () => {
    const peer = await connected();
    const sync = expect(socket.request('sync', {})).rejects.toMatchObject({ code: 'unreachable' });
    await vi.advanceTimersByTimeAsync(15_000);
    await sync;
    expect(peer.closed).toBe(true);
    expect(owner.onLost).toHaveBeenCalledOnce();
  });
});

test('events are passed on, batched or not', async () => {
  const peer = await connected();
  peer.tell('resync', {});
  const frames = [
    { event: 'user:online', data: { userId: 'bob' } },
    { event: 'user:offline', data: { userId: 'eve' } },
  ];
  peer.onmessage?.({ data: JSON.stringify(frames) });
  expect(owner.onEvent.mock.calls.map(([name]) => name)).toEqual([
    'resync',
    'user:online',
    'user:offline',
  ]);
});

test('what an old connection still says is not heard', async () => {
  const old = await connected();
  old.drop();
  old.tell('resync', {});
  expect(owner.onEvent).not.toHaveBeenCalled();
});
