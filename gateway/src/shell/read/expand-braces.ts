import type { WordPart as ParsedPart } from 'unbash';
import type { WordPart } from '../syntax.ts';

const MOST_EXPANDED = 256;
const MOST_CHARACTERS = 16_384;

/** What may stand beside braces. Not `$x`, to whose name bash adds what is in them: `$x{p,q}` is `$xp $xq`. */
const BESIDE: ReadonlySet<string> = new Set([
  'BraceExpansion',
  'Literal',
  'SingleQuoted',
  'DoubleQuoted',
  'AnsiCQuoted',
  'ParameterExpansion',
  'CommandExpansion',
]);

/**
 * Expands braces as bash does (Brace Expansion in its manual), as far as they hold plain words: `{a,b}` and `{1..9}`, one beside the other,
 * not one inside of the other. Undefined for everything else.
 */
export function expandBraces(
  parts: readonly ParsedPart[],
  read: (part: ParsedPart) => WordPart[],
): readonly (readonly WordPart[])[] | undefined {
  if (!parts.every(({ type }) => BESIDE.has(type))) return undefined;
  let words: (readonly WordPart[])[] = [[]];
  let length = 0;
  for (const part of parts) {
    const choices: readonly (readonly WordPart[])[] | undefined =
      part.type === 'BraceExpansion'
        ? choicesOf(part.text)?.map((text) => [{ kind: 'text', text }])
        : [read(part)];
    if (choices === undefined || words.length * choices.length > MOST_EXPANDED) return undefined;
    length += part.end - part.pos;
    if (words.length * choices.length * length > MOST_CHARACTERS) return undefined;
    words = words.flatMap((word) => choices.map((choice) => [...word, ...choice]));
  }
  const [first] = parts;
  // A tilde is looked at after braces, and words of nothing are dropped: not worth a form of their own.
  const hasTilde = first?.type === 'Literal' && first.text.startsWith('~');
  const hasEmpty = words.some((word) => word.every((part) => part.kind === 'text' && part.text === ''));
  return hasTilde || hasEmpty ? undefined : words;
}

function choicesOf(text: string): readonly string[] | undefined {
  const range = /^\{(-?(?:0|[1-9]\d{0,5}))\.\.(-?(?:0|[1-9]\d{0,5}))\}$/.exec(text);
  if (range !== null) return numbers(Number(range[1]), Number(range[2]));
  return /^\{[A-Za-z0-9_./:@%+=-]*(?:,[A-Za-z0-9_./:@%+=-]*)+\}$/.test(text) && !text.includes('..')
    ? text.slice(1, -1).split(',')
    : undefined;
}

function numbers(from: number, to: number): readonly string[] | undefined {
  const count = Math.abs(to - from) + 1;
  if (count > MOST_EXPANDED) return undefined;
  const step = to < from ? -1 : 1;
  return Array.from({ length: count }, (_, index) => String(from + index * step));
}
