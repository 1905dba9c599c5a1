// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react';
import { MemoryRouter } from 'react-router';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Actions, provideActions } from '../state/actions';
import { Failure } from '../state/failure';
import '../ui/texts';
import SignIn from './SignIn';

const signIn = vi.fn<Actions['signIn']>();

const fill = (label: string, value: string) =>
  fireEvent.change(screen.getByLabelText(label), { target: { value } });
const press = (name: string) => fireEvent.click(screen.getByRole('button', { name }));

beforeEach(() => {
  signIn.mockReset();
  const methods = {
    registration: 'closed' as const,
    phone: false,
    email: false,
    passkeys: true,
    providers: ['Mill'],
  };
  provideActions({ signIn, signInMethods: async () => methods } as Partial<Actions> as Actions);
  render(
    <MemoryRouter>
      <SignIn />
    </MemoryRouter>,
  );
});

afterEach(cleanup);

async function givePassword(): Promise<void> {
  signIn.mockRejectedValueOnce(new Failure('second_factor_required'));
  fill('Username', ' ada ');
  fill('Password', 'pw');
  press('Sign in');
  await screen.findByRole('heading', { name: 'Confirm that it is you' });
}

test('offers what the server offers, and no more', async () => {
  await screen.findByRole('button', { name: 'Sign in with Mill' });
  expect(screen.queryByText('Sign in with a phone number')).toBeNull();
  expect(screen.queryByText('Forgot your password?')).toBeNull();
  expect(screen.queryByText('Create an account')).toBeNull();
  // This browser has none.
  expect(screen.queryByText('Sign in with a passkey')).toBeNull();
});

test('a second factor is asked for, and goes along with the same password', async () => {
  await givePassword();
  expect(signIn).toHaveBeenCalledWith('ada', 'pw', undefined);
  signIn.mockResolvedValueOnce();
  fill('Code', '123 456');
  press('Confirm');
  await waitFor(() => expect(signIn).toHaveBeenLastCalledWith('ada', 'pw', '123456'));
});

test('a wrong code stands beside its field, and a recovery code may follow', async () => {
  await givePassword();
  signIn.mockRejectedValueOnce(new Failure('invalid_code'));
  fill('Code', '000000');
  press('Confirm');
  await screen.findByText('This code is wrong, has been used, or is too old.');
  press('Use a recovery code instead');
  expect(screen.queryByText('This code is wrong, has been used, or is too old.')).toBeNull();
  signIn.mockResolvedValueOnce();
  fill('Recovery code', ' abcd-efgh ');
  press('Confirm');
  await waitFor(() => expect(signIn).toHaveBeenLastCalledWith('ada', 'pw', 'abcd-efgh'));
});

test('going back forgets the attempt', async () => {
  await givePassword();
  press('Back');
  await screen.findByRole('heading', { name: 'Welcome back' });
  expect(screen.queryByRole('alert')).toBeNull();
});
