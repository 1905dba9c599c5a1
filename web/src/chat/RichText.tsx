import { Fragment, memo } from 'react';
import { pieces } from './links';

/** The text of a message as it was typed, with its addresses made into links. */
export const RichText = memo(function RichText({ text }: { text: string }) {
  return pieces(text).map((piece, place) =>
    piece.href ? (
      <a
        key={place}
        href={piece.href}
        target="_blank"
        rel="noopener noreferrer nofollow"
        className="underline underline-offset-2 [overflow-wrap:anywhere]"
      >
        {piece.text}
      </a>
    ) : (
      <Fragment key={place}>{piece.text}</Fragment>
    ),
  );
});
