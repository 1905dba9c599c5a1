import { expect, test, vi } from 'vitest';
import { Failure } from '../state/failure';
import { profile } from '../state/make.test-values';
import { createParley } from '../state/store';
import { accountActions, entryActions } from './account';
import type { Request } from './catch-up';
import type { Session } from './session';

const ask = vi.fn();
const enter = vi.fn();
const begin = vi.fn(async () => undefined);
const entry = entryActions({ ask, enter } as unknown as Session, begin);

test('a server that does not tell its methods offers the usual ones', async () => {
  ask.mockRejectedValueOnce(new Failure('route_not_found'));
  expect(await entry.signInMethods()).toMatchObject({ registration: 'open', providers: [] });
  ask.mockResolvedValueOnce({ registration: 'closed', phone: false });
  expect(await entry.signInMethods()).toMatchObject({ registration: 'closed', phone: false });
  ask.mockRejectedValueOnce(new Failure('unreachable'));
  await expect(entry.signInMethods()).rejects.toMatchObject({ code: 'unreachable' });
});

test('whoever came in by whatever way is signed in', async () => {
  enter.mockResolvedValueOnce(profile('me'));
  await entry.signIn('ada', 'pw');
  expect(enter).toHaveBeenCalledWith('/auth/login', { username: 'ada', password: 'pw' });
  expect(begin).toHaveBeenCalledWith(profile('me'));
  enter.mockRejectedValueOnce(new Failure('second_factor_required'));
  await expect(entry.signIn('ada', 'pw')).rejects.toMatchObject({ code: 'second_factor_required' });
  expect(begin).toHaveBeenCalledOnce();
});

test('what the server answers about me is what the store knows', async () => {
  const store = createParley();
  const answers: Record<string, unknown> = {
    'user:set-email': profile('me', { email: 'me@example.org' }),
    'second-factor:confirm': { recoveryCodes: ['a'] },
    'second-factor:remove': {},
  };
  const request = vi.fn(async (op: string) => answers[op]);
  const account = accountActions(store, request as unknown as Request);
  await account.setEmail({ email: 'me@example.org' });
  expect(store.getState().me?.email).toBe('me@example.org');
  expect(await account.confirmSecondFactor('1')).toEqual(['a']);
  expect(store.getState().me?.secondFactor).toBe(true);
  await account.removeSecondFactor('1');
  expect(store.getState().me?.secondFactor).toBe(false);
});
