import { ArrowUp } from 'lucide-react';
import { type KeyboardEvent, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { actions } from '../state/actions';
import { parley } from '../state/store';
import { Problem } from '../ui/Notice';

const DRAFT_PAUSE_MS = 250;
const TYPING_PAUSE_MS = 4_000;
const TALLEST = 180;

/** Where a message is written. What is not sent yet stays as this chat's draft. */
export function Composer({ chatId, onSent }: { chatId: string; onSent: () => void }) {
  const { t } = useTranslation();
  const [text, setText] = useState(() => parley.getState().drafts[chatId] ?? '');
  const [notKept, setNotKept] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  const draft = useRef({ text, saved: text });
  draft.current.text = text;

  // A draft is kept as it grows, and when the chat is left.
  useEffect(() => {
    const save = () => {
      if (draft.current.saved === draft.current.text) return;
      draft.current.saved = draft.current.text;
      actions().saveDraft(chatId, draft.current.text);
    };
    const timer = setInterval(save, DRAFT_PAUSE_MS);
    return () => {
      clearInterval(timer);
      save();
      actions().typing(chatId, false);
    };
  }, [chatId]);

  // Typing ends by itself when no key is pressed for a while.
  useEffect(() => {
    if (!text) return;
    const timer = setTimeout(() => actions().typing(chatId, false), TYPING_PAUSE_MS);
    return () => clearTimeout(timer);
  }, [chatId, text]);

  useLayoutEffect(() => {
    const element = field.current;
    if (!element) return;
    element.style.height = 'auto';
    // An empty field measures its placeholder too.
    element.style.height = `${Math.min(text ? element.scrollHeight : 0, TALLEST)}px`;
  }, [text]);

  useEffect(() => {
    // On a phone the keyboard would cover what is to be read.
    if (matchMedia('(pointer: fine)').matches) field.current?.focus();
  }, []);

  const send = () => {
    if (!text.trim()) return;
    setText('');
    setNotKept(false);
    actions().saveDraft(chatId, '');
    draft.current.saved = '';
    actions()
      .send(chatId, text)
      .catch(() => {
        setText(text);
        setNotKept(true);
      });
    onSent();
    field.current?.focus();
  };

  const pressed = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };

  return (
    <div className="shrink-0 bg-paper px-3 pt-1 pb-safe">
      <div className="mx-auto max-w-3xl pb-3">
        {notKept && (
          <div className="pb-2">
            <Problem>{t('composer.notKept')}</Problem>
          </div>
        )}
        <div className="flex items-end gap-2 rounded-3xl border border-line bg-raised py-1 pr-1 pl-4 shadow-soft focus-within:border-accent-ink/60">
          <textarea
            ref={field}
            rows={1}
            dir="auto"
            aria-label={t('composer.label')}
            placeholder={t('composer.placeholder')}
            value={text}
            onChange={(event) => {
              setText(event.target.value);
              actions().typing(chatId, event.target.value !== '');
            }}
            onKeyDown={pressed}
            className="thin-scroll min-h-10 flex-1 resize-none bg-transparent py-2.25 leading-[1.375rem] placeholder:text-soft focus:outline-none"
          />
          <button
            type="button"
            aria-label={t('composer.send')}
            title={t('composer.send')}
            disabled={!text.trim()}
            onClick={send}
            className="flex size-10 shrink-0 items-center justify-center rounded-full bg-accent text-on-accent transition-colors hover:bg-accent-hover disabled:bg-sunken disabled:text-soft"
          >
            <ArrowUp aria-hidden className="size-5" strokeWidth={2.4} />
          </button>
        </div>
      </div>
    </div>
  );
}
