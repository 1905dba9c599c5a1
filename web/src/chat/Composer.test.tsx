// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Actions, provideActions } from '../state/actions';
import { EMPTY, parley } from '../state/store';
import '../ui/texts';
import { Composer } from './Composer';

const send = vi.fn<Actions['send']>();
const typing = vi.fn<Actions['typing']>();
const saveDraft = vi.fn<Actions['saveDraft']>();
const onSent = vi.fn();

const field = () => screen.getByLabelText<HTMLTextAreaElement>('Message');
const type = (value: string) => fireEvent.change(field(), { target: { value } });
const open = () => render(<Composer chatId="c1" onSent={onSent} />);

beforeEach(() => {
  vi.resetAllMocks();
  send.mockResolvedValue();
  parley.setState(EMPTY, true);
  provideActions({ send, typing, saveDraft } as Partial<Actions> as Actions);
});

afterEach(cleanup);

test('Enter sends the text as it is and empties the field', () => {
  open();
  type('  two\nlines ');
  fireEvent.keyDown(field(), { key: 'Enter' });
  expect(send).toHaveBeenCalledWith('c1', '  two\nlines ');
  expect(field().value).toBe('');
  expect(saveDraft).toHaveBeenLastCalledWith('c1', '');
  expect(onSent).toHaveBeenCalledOnce();
});

test('Shift+Enter and the Enter that ends a composition do not send', () => {
  open();
  type('text');
  fireEvent.keyDown(field(), { key: 'Enter', shiftKey: true });
  fireEvent.keyDown(field(), { key: 'Enter', isComposing: true });
  expect(send).not.toHaveBeenCalled();
});

test('blank text is not sent', () => {
  open();
  type(' \n ');
  fireEvent.keyDown(field(), { key: 'Enter' });
  expect(send).not.toHaveBeenCalled();
  expect(screen.getByRole<HTMLButtonElement>('button', { name: 'Send' }).disabled).toBe(true);
});

test('a text that could not be kept comes back, with the reason', async () => {
  send.mockRejectedValueOnce(new Error('quota'));
  open();
  type('precious');
  fireEvent.keyDown(field(), { key: 'Enter' });
  await waitFor(() => expect(field().value).toBe('precious'));
  expect(screen.getByRole('alert').textContent).toContain('could not keep the message');
});

test('begins with the draft, and keeps it when the chat is left', () => {
  parley.setState({ drafts: { c1: 'half a' } });
  const { unmount } = open();
  expect(field().value).toBe('half a');
  type('half a thought');
  unmount();
  expect(saveDraft).toHaveBeenLastCalledWith('c1', 'half a thought');
  expect(typing).toHaveBeenLastCalledWith('c1', false);
});
