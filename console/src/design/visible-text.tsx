/**
 * Text of others as text: controls of terminals and marks that turn the direction of reading are shown by their number,
 * so that what is read is what is there.
 */
import { Fragment, type ReactNode } from 'react';
import classes from './pieces.module.css';

const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;
const PIECES = /([^\P{C}\n\t]|[\p{Zl}\p{Zp}])/u;

/** Splits text into what is shown as it is and what is shown by number. Line ends and tabs are as they are. */
export function splitVisible(
  text: string,
): readonly { readonly text: string; readonly isControl: boolean }[] {
  if (!HIDDEN.test(text)) return [{ text, isControl: false }];
  return text
    .replaceAll('\r\n', '\n')
    .split(PIECES)
    .filter((piece) => piece !== '')
    .map((piece) =>
      PIECES.test(piece)
        ? { text: `\\u{${(piece.codePointAt(0) ?? 0).toString(16)}}`, isControl: true }
        : { text: piece, isControl: false },
    );
}

/** Text of others. */
export function VisibleText({ children }: { readonly children: string }): ReactNode {
  const pieces = splitVisible(children);
  const [only] = pieces;
  if (pieces.length === 1 && only?.isControl === false) return only.text;
  return pieces.map((piece, index) =>
    piece.isControl ? (
      <span className={classes.control} key={index}>
        {piece.text}
      </span>
    ) : (
      <Fragment key={index}>{piece.text}</Fragment>
    ),
  );
}
