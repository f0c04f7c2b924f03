import { type ParsedScript, parse } from 'unbash';
import { findOddCharacter } from '../characters.ts';
import { MOST_BYTES } from '../limits.ts';
import { readScript } from './read-script.ts';
import { newReading, type Reading } from './reading.ts';

/**
 * What a shell that reads line by line does with the lines so far: it has nothing to do (`nothing`), waits for more
 * (`unfinished`), or begins (`whole`).
 */
export interface Completeness {
  readonly is: 'nothing' | 'unfinished' | 'whole';
  /** The line, without tabs before it, that ends the here-document that is open: no other line changes anything. */
  readonly until?: string;
}

const WHOLE: Completeness = { is: 'whole' };

/**
 * Tells by the errors of the parser. It decides about a prompt, and about nothing else: what is taken for whole is
 * judged as any text is, and refused where it is not grammatical. Never throws.
 */
export function completenessOf(text: string): Completeness {
  if (Buffer.byteLength(text) > MOST_BYTES || findOddCharacter(text) !== undefined) return WHOLE;
  try {
    const parsed = parse(text);
    const until = openDocument(parsed);
    if (until !== undefined) return { is: 'unfinished', until };
    const errors = parsed.errors ?? [];
    if (errors.length === 0 && parsed.commands.length === 0) return { is: 'nothing' };
    const end = text.trimEnd().length;
    const isOpen = errors.some(({ message }) => message.startsWith('unterminated'));
    const isAtEnd = errors.length > 0 && errors.every(({ pos }) => pos >= end);
    return isOpen || isAtEnd || /(?:^|[^\\])(?:\\\\)*\\$/.test(text) ? { is: 'unfinished' } : WHOLE;
  } catch {
    return WHOLE;
  }
}

/** The last line of the first here-document that does not have it yet. */
function openDocument(parsed: ParsedScript): string | undefined {
  const reading: Reading = newReading(0, readScript);
  readScript(parsed, reading);
  return reading.openDocument;
}
