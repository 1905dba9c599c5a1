import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectRefusal } from './harness/errors.ts';
import { PushService, type Subscription } from './harness/push-service.ts';
import { eventually, ParleyNode, signUp, takesLess, type User } from './harness.ts';

// Who is away is woken by a push, one for a burst; who is there is not.

const service = await PushService.start();
const slowService = await PushService.start();
const node = new ParleyNode({ args: ['--push-to-loopback=on'] });
beforeAll(async () => {
  await node.start();
});
afterAll(async () => {
  await node.dispose();
  await service.stop();
  await slowService.stop();
});

async function subscribe(user: User, at = service): Promise<Subscription> {
  const { web } = await user.get('/devices/services');
  const subscription = at.subscribe(web);
  await user.post('/devices', {
    service: 'web',
    token: subscription.endpoint,
    p256dh: subscription.keys.p256dh,
    auth: subscription.keys.auth,
  });
  return subscription;
}

async function pair(): Promise<{ anna: User; bob: User; chat: string }> {
  const [anna, bob] = [await signUp(node, 'anna'), await signUp(node, 'bob')];
  const { id } = await anna.post('/chats', { type: 'direct', userId: bob.id });
  return { anna, bob, chat: id };
}

describe('Somebody who is away', () => {
  test('gets one push for a burst, with the badge and without a word of it', async () => {
    const { anna, bob, chat } = await pair();
    const subscription = await subscribe(bob);
    await Promise.all(['one', 'two', 'three'].map((text) => anna.send(chat, text)));
    await eventually('a push', () => subscription.pushes.length > 0);
    const [push] = subscription.pushes;
    expect(push?.data).toMatchObject({ kind: 'message', chatId: chat, seq: 3, badge: 3 });
    expect(push?.data).not.toHaveProperty('body');
    expect(push?.urgency).toBe('high');
    expect(push?.topic?.length).toBeLessThanOrEqual(32);

    await anna.send(chat, 'four');
    await eventually('another', () => subscription.pushes.length > 1);
    expect(subscription.pushes[1]?.data).toMatchObject({ seq: 4, badge: 4 });
    expect(subscription.pushes[1]?.topic).toBe(push?.topic);
    // Told once the push service has answered.
    const pushes = await eventually('both in the log', async () => {
      const log = (await bob.get('/devices/log')).pushes;
      return log.length > 1 && log;
    });
    expect(pushes).toHaveLength(2);
    expect(pushes[0]).toMatchObject({ outcome: 'sent', reason: 'message', chatId: chat });
    const { devices } = await bob.get('/devices');
    expect(devices[0].lastPushAt).not.toBeNull();
  });

  test('sees the beginning of what was written, when they want to', async () => {
    const { anna, bob, chat } = await pair();
    const subscription = await subscribe(bob);
    await bob.put('/notifications/settings', { preview: true });
    await anna.send(chat, `Grüße 🎉 ${'x'.repeat(300)}`);
    await eventually('a push', () => subscription.pushes.length > 0);
    const { title, body } = subscription.pushes[0]?.data ?? {};
    expect(title).toBe(anna.profile.displayName);
    expect(body.startsWith('Grüße 🎉 xxx')).toBe(true);
    expect(body.endsWith('…')).toBe(true);
    expect([...body]).toHaveLength(121);
  });

  test('is left in peace while they want quiet, and when they acknowledge', async () => {
    const { anna, bob, chat } = await pair();
    const subscription = await subscribe(bob);
    await bob.put('/notifications/settings', { quietUntil: '2999-01-01T00:00:00.000Z' });
    await anna.send(chat, 'psst');
    let davesPhone: Subscription | undefined;
    // Three seconds are waited for it: whoever takes longer may be woken.
    await takesLess(1_500, async () => {
      const [carol, dave] = [await signUp(node, 'carol'), await signUp(node, 'dave')];
      const { id: other } = await carol.post('/chats', { type: 'direct', userId: dave.id });
      davesPhone = await subscribe(dave);
      const begun = performance.now();
      const { seq } = await carol.send(other, 'are you there?');
      await dave.post(`/chats/${other}/delivered`, { seq });
      return performance.now() - begun;
    });

    // A third pair shows that whoever was to be woken has been by now.
    const { anna: erin, bob: fred, chat: third } = await pair();
    const fredsPhone = await subscribe(fred);
    await erin.send(third, 'wake up');
    await eventually('the third', () => fredsPhone.pushes.length > 0);
    expect(subscription.pushes).toHaveLength(0);
    expect(davesPhone?.pushes).toHaveLength(0);
  });

  test('who signs out is not woken any more', async () => {
    const { bob } = await pair();
    await subscribe(bob);
    const again = await bob.signInAgain();
    expect((await again.get('/devices')).devices).toHaveLength(1);
    await bob.post('/auth/logout');
    expect((await again.get('/devices')).devices).toHaveLength(0);
  });
});

describe('A test notification', () => {
  test('goes to every device, and the log says what became of it', async () => {
    const { bob } = await pair();
    const [good, dead] = [await subscribe(bob), await subscribe(bob)];
    dead.gone = true;
    expect(await bob.post('/devices/test')).toEqual({ devices: 2 });
    await eventually('both', async () => (await bob.get('/devices/log')).pushes.length === 2);
    expect(good.pushes[0]?.data).toMatchObject({ kind: 'test' });
    const { pushes } = await bob.get('/devices/log');
    const outcomes = pushes.map((p: { outcome: string }) => p.outcome).sort();
    expect(outcomes).toEqual(['gone', 'sent']);
    expect((await bob.get('/devices')).devices).toHaveLength(1);
  });

  test('waits as long as a service asks for, then arrives', async () => {
    const { bob } = await pair();
    const subscription = await subscribe(bob);
    subscription.refusals.push({ status: 429, retryAfter: 6 });
    const begun = Date.now();
    await bob.post('/devices/test');
    await eventually('the push', () => subscription.pushes.length > 0, 30_000);
    expect(Date.now() - begun).toBeGreaterThan(5_500);
    const outcomes = async () =>
      (await bob.get('/devices/log')).pushes.map((p: { outcome: string }) => p.outcome);
    await eventually('the log', async () => (await outcomes()).length === 2);
    expect(await outcomes()).toEqual(['sent', 'postponed']);
  });

  test('is not held up by a service that hangs', async () => {
    await takesLess(5_000, async () => {
      const { bob: slow } = await pair();
      for (let i = 0; i < 4; ++i) (await subscribe(slow, slowService)).hangs = true;
      await slow.post('/devices/test');
      const { bob } = await pair();
      const subscription = await subscribe(bob);
      const begun = performance.now();
      await bob.post('/devices/test');
      await eventually('the push', () => subscription.pushes.length > 0);
      return performance.now() - begun;
    });
  });
});

describe('A device', () => {
  test('is registered once, whoever asks last', async () => {
    const { anna, bob } = await pair();
    const subscription = await subscribe(bob);
    const [first] = (await bob.get('/devices')).devices;
    expect(first).toMatchObject({ service: 'web', current: true });
    await anna.post('/devices', {
      service: 'web',
      token: subscription.endpoint,
      ...subscription.keys,
    });
    expect((await bob.get('/devices')).devices).toHaveLength(0);
    const [moved] = (await anna.get('/devices')).devices;
    expect(moved.id).toBe(first.id);
    expectRefusal(await bob.call('DELETE', `/devices/${moved.id}`), 'device_not_found');
    expect((await anna.call('DELETE', `/devices/${moved.id}`)).status).toBe(204);
  });

  const good = () => service.subscribe('');
  test.each([
    ['no URL', (s: Subscription) => ({ token: `x${s.endpoint.slice(4)}`, ...s.keys })],
    ['no keys', (s: Subscription) => ({ token: s.endpoint })],
    [
      'a key that is too short',
      (s: Subscription) => ({
        token: s.endpoint,
        ...s.keys,
        p256dh: s.keys.p256dh.slice(0, 86),
      }),
    ],
    [
      'a key in another form',
      (s: Subscription) => ({
        token: s.endpoint,
        ...s.keys,
        p256dh: Buffer.alloc(65, 2).toString('base64url'),
      }),
    ],
    [
      'a secret of another length',
      (s: Subscription) => ({
        token: s.endpoint,
        ...s.keys,
        auth: Buffer.alloc(17).toString('base64url'),
      }),
    ],
    ['a blank in its token', (s: Subscription) => ({ token: `${s.endpoint} `, ...s.keys })],
  ])('with %s is refused', async (_, body) => {
    const { bob } = await pair();
    const answer = await bob.call('POST', '/devices', { service: 'web', ...body(good()) });
    expectRefusal(answer, 'validation_failed');
    expect((await bob.get('/devices')).devices).toHaveLength(0);
  });

  test('of a service this server has no account with is refused', async () => {
    const { bob } = await pair();
    for (const service of ['fcm', 'apns']) {
      const answer = await bob.call('POST', '/devices', { service, token: 'a-device-token' });
      expectRefusal(answer, 'push_not_configured');
    }
  });
});
