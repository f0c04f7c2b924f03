import type { Word, WordPart } from './syntax.ts';
import { textOf } from './syntax.ts';

/** Something in one word of which nothing is known. */
const UNKNOWN: WordPart = { kind: 'parameter', name: '*', operation: '', isLength: false, isQuoted: true };

/** Any number of words that come from data. */
const MORE: Word = [{ kind: 'parameter', name: '@', operation: '', isLength: false, isQuoted: true }];

/** Words to which a program adds others. */
export function openEnded(words: readonly Word[]): readonly Word[] {
  return [...words, MORE];
}

/**
 * Words in which a program replaces a text, with what is not known in its place; `restore` puts the words back as they
 * were, and takes away what {@link openEnded} added.
 */
export function withPlaceholder(
  words: readonly Word[],
  placeholder: string | undefined,
): { readonly changed: readonly Word[]; readonly restore: (judged: readonly Word[]) => readonly Word[] } {
  const originals = new Map<Word, Word>();
  const changed = words.map((word) => {
    const text = placeholder === undefined ? undefined : textOf(word);
    if (text === undefined || placeholder === undefined || !text.includes(placeholder)) return word;
    const pieces = text.split(placeholder);
    const made = pieces.flatMap(
      (piece, index): Word => [
        ...(index === 0 ? [] : [UNKNOWN]),
        ...(piece === '' ? [] : [{ kind: 'text' as const, text: piece }]),
      ],
    );
    originals.set(made, word);
    return made;
  });
  return {
    changed,
    restore: (judged) => judged.filter((word) => word !== MORE).map((word) => originals.get(word) ?? word),
  };
}
