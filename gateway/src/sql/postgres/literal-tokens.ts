/** Literals of a text, found without a parser: also in text that is not grammatical. */
import { nextToken, quotedEnd, skipSpace } from './lexical-scan.ts';

/** A literal of a text, in UTF-16 units; adjacent strings that are one to the server are one here. */
export interface LiteralToken {
  readonly start: number;
  readonly end: number;
  /** Where the parser may say that it begins: at a sign before it. Not after `start`. */
  readonly from: number;
}

/**
 * The next literal at or after a position. A word is one where `isLiteral` says so of its start: TRUE, NULL.
 * @param from as {@link LiteralToken.end} of the one before, or 0
 */
export function nextLiteral(
  text: string,
  from: number,
  isLiteral: (start: number) => boolean,
): LiteralToken | undefined {
  let signed: number | undefined;
  for (let at = from; ; ) {
    const token = nextToken(text, at);
    if (token === undefined) return undefined;
    const { kind, start } = token;
    const end = unicodeEnd(text, start) ?? token.end;
    const isNumberOrString =
      kind === 'other' && /^(?:[0-9]|[eEbBxXnN]?'|\$(?![0-9]))/.test(text.slice(start, start + 2));
    if (isNumberOrString || end !== token.end || (kind === 'word' && isLiteral(start))) {
      return { start, end: continued(text, start, end), from: signed ?? start };
    }
    // `-5` begins at its sign, and `.5` at its dot.
    signed = kind === 'operator' || text[start] === '.' ? start : undefined;
    at = end;
  }
}

/** Where a `U&'…'` ends that begins there. */
function unicodeEnd(text: string, start: number): number | undefined {
  return /^[uU]&'/.test(text.slice(start, start + 3)) ? quotedEnd(text, start + 2, "'", false) : undefined;
}

/** Strings with nothing but white space between them go on (lexical structure, section 4.1.2.1). */
function continued(text: string, start: number, end: number): number {
  if (text[end - 1] !== "'") return end;
  const escapes = /[eE]/.test(text[start] ?? '');
  for (let last = end; ; ) {
    const next = skipSpace(text, last);
    if (text[next] !== "'") return last;
    last = quotedEnd(text, next, "'", escapes);
  }
}

/** What a literal says, as near to its value as can be told from its form: a plain string without its quotes. */
export function literalValue(text: string): string {
  const plain = /^[nN]?'([^']*(?:''[^']*)*)'$/.exec(text)?.[1];
  if (plain !== undefined) return plain.replaceAll("''", "'");
  const tag = /^\$[^$]*\$/.exec(text)?.[0];
  return tag !== undefined && text.length >= 2 * tag.length && text.endsWith(tag)
    ? text.slice(tag.length, -tag.length)
    : text;
}
