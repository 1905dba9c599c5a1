// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react';
import { MemoryRouter } from 'react-router';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Actions, provideActions } from '../state/actions';
import { Failure } from '../state/failure';
import '../ui/texts';
import Register from './Register';

const register = vi.fn<Actions['register']>();

const type = (label: string, value: string) =>
  fireEvent.change(screen.getByLabelText(label), { target: { value } });
const submit = () => fireEvent.click(screen.getByRole('button', { name: 'Create account' }));

beforeEach(() => {
  register.mockReset();
  provideActions({
    register,
    signInMethods: () => new Promise(() => undefined),
  } as Partial<Actions> as Actions);
  render(
    <MemoryRouter>
      <Register />
    </MemoryRouter>,
  );
});

afterEach(cleanup);

test('shows which rules of the password are met while it is typed', () => {
  const met = () =>
    screen.getAllByRole('listitem').filter((item) => item.textContent?.endsWith('done')).length;
  expect(met()).toBe(0);
  type('Password', 'abcDEF');
  expect(met()).toBe(2);
  type('Password', 'Correct-horse-7');
  expect(met()).toBe(5);
});

test('an empty name is left out, and the username is trimmed', async () => {
  register.mockResolvedValueOnce();
  type('Username', ' ada ');
  type('Password', 'Correct-horse-7');
  submit();
  await waitFor(() =>
    expect(register).toHaveBeenCalledWith({ username: 'ada', password: 'Correct-horse-7' }),
  );
});

test('the words of the server stand beside the field they are about', async () => {
  register.mockRejectedValueOnce(
    new Failure('validation_failed', 'no', { username: 'must start with a letter or digit' }),
  );
  submit();
  await screen.findByText('must start with a letter or digit');
  expect(screen.getByLabelText('Username').getAttribute('aria-invalid')).toBe('true');
  expect(screen.queryByText('Please check what you entered.')).toBeNull();
  type('Username', 'ada');
  expect(screen.queryByText('must start with a letter or digit')).toBeNull();
});

test('what is about no field is said above them', async () => {
  register.mockRejectedValueOnce(new Failure('rate_limited'));
  submit();
  await screen.findByText('Too many attempts. Wait a moment and try again.');
});
