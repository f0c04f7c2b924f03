import type { WordPart as ParsedPart, Word as ParsedWord } from 'unbash';
import { MOST_WORDS } from '../limits.ts';
import type { Word, WordPart } from '../syntax.ts';
import { expandBraces } from './expand-braces.ts';
import { type Expansion, readExpansion } from './read-expansion.ts';
import { countContinuations, type Reading, refuse } from './reading.ts';

/** Where a word stands: what the shell does with it. */
export type WordPlace =
  /** Argument or word of a loop: split, globbed, braces expanded. */
  | 'argument'
  /** Pattern of `case`, and file of a redirection: globs and all, but one word. */
  | 'pattern'
  /** Value of an assignment: one word, nothing globbed. */
  | 'value';

/** Reads a word that may become several by its braces. */
export function readArguments(word: ParsedWord, reading: Reading): readonly Word[] {
  if (hasOddBraces(word)) refuse(reading, 'braces that shells read differently; quote them', word);
  const hasBraces = word.parts?.some((part) => part.type === 'BraceExpansion') === true;
  if (!hasBraces) return [checkDots(readWord(word, 'argument', reading), word, reading)];
  if (reading.expanded > MOST_WORDS) {
    refuse(reading, `braces that make more than ${MOST_WORDS} words`, word);
    return [];
  }
  for (const part of word.parts ?? []) if (part.type === 'Literal') checkText(part, reading);
  const expanded = expandBraces(word.parts ?? [], (part) => readPart(part, 'argument', reading));
  if (expanded === undefined) {
    refuse(reading, 'braces that cannot be expanded here; write the words out', word);
    return [];
  }
  reading.expanded += expanded.length;
  return expanded.map((parts) => checkDots(joinText(parts), word, reading));
}

/** Some shells find `..` by `.*`, and some do not. */
function checkDots(word: Word, node: { readonly pos: number }, reading: Reading): Word {
  word.forEach((part, index) => {
    const before = word[index - 1];
    const begins = before?.kind === 'text' && /(?:^|\/)\.\.?$/.test(before.text);
    if (part.kind === 'glob' && begins) refuse(reading, 'a glob that may stand for the folder above', node);
  });
  return word;
}

/**
 * Whether there are braces that the parser took for text and a shell may expand: `a{}b,c}`. A brace that is not quoted counts where
 * the word has a comma or two dots, in which case there may be something to expand.
 */
function hasOddBraces({ text, parts }: ParsedWord): boolean {
  if (!/,|\.\./.test(text)) return false;
  const literals =
    parts === undefined ? [text] : parts.map((part) => (part.type === 'Literal' ? part.text : ''));
  return literals.some((literal) => /[{}]/.test(literal.replace(/\\[\s\S]/g, '')));
}

/** Reads one word. */
export function readWord(word: ParsedWord, place: WordPlace, reading: Reading): Word {
  if (word.parts === undefined) return readPlain(word, place, reading);
  const [first] = word.parts;
  // With anything but a slash behind it the tilde is none: `~''` is a tilde (XCU 2.6.1).
  const isAlone = first?.type === 'Literal' && first.text === '~' && word.parts.length > 1;
  for (const part of word.parts) if (part.type === 'Literal') checkText(part, reading);
  const lead = first?.type === 'Literal' && !isAlone ? readTilde(first, place, reading) : undefined;
  const rest = lead === undefined ? word.parts : word.parts.slice(1);
  return joinText([...(lead ?? []), ...rest.flatMap((part) => readPart(part, place, reading))]);
}

/**
 * Text without quotes that holds what ends a word or begins an expansion. The parser is tolerant, and takes some of it for
 * text (`v=(a)$(b)`), where a shell does not.
 */
const NO_TEXT = /[|&;()<>\s'"`]|\$[A-Za-z_0-9({'"@*#?!$-]/;

function checkText(literal: { readonly text: string; readonly pos: number }, reading: Reading): void {
  if (NO_TEXT.test(literal.text.replace(/\\[\s\S]/g, ''))) {
    refuse(reading, 'text that is not grammatical: quotes are missing', literal);
  }
}

function readPlain(word: ParsedWord, place: WordPlace, reading: Reading): Word {
  checkText(word, reading);
  if (word.value === '' && word.text.includes('\\\n'))
    refuse(reading, 'a line that goes on to nothing', word);
  return joinText(readTilde(word, place, reading) ?? [{ kind: 'text', text: word.value }]);
}

/** What begins with a tilde that is not quoted; undefined where nothing does. */
function readTilde(
  literal: { readonly text: string; readonly value: string; readonly pos: number },
  place: WordPlace,
  reading: Reading,
): WordPart[] | undefined {
  if (place === 'value' && literal.text.includes(':~')) {
    refuse(reading, 'a tilde behind a colon; write the path out', literal);
  }
  if (!literal.text.startsWith('~')) return undefined;
  if (literal.text !== '~' && !literal.text.startsWith('~/')) {
    refuse(reading, 'a tilde with a name; write the path out', literal);
  }
  return [{ kind: 'home' }, { kind: 'text', text: literal.value.slice(1) }];
}

function readPart(part: ParsedPart, place: WordPlace, reading: Reading): WordPart[] {
  switch (part.type) {
    case 'Literal':
      if (place === 'value' && part.text.includes(':~')) {
        refuse(reading, 'a tilde behind a colon; write the path out', part);
      }
      // A line that goes on is nothing; quotes without text are a word.
      return part.value === '' ? [] : [{ kind: 'text', text: part.value }];
    case 'SingleQuoted':
      reading.quotedContinuations += countContinuations(part.text);
      return [{ kind: 'text', text: part.value }];
    case 'AnsiCQuoted':
      if (ODD_ESCAPE.test(part.text)) refuse(reading, "an escape in $'…' that is no plain character", part);
      return [{ kind: 'text', text: part.value }];
    case 'DoubleQuoted':
    case 'LocaleString':
      if (part.parts.length === 0) return [{ kind: 'text', text: '' }];
      return part.parts.flatMap((child) => readQuoted(child, reading));
    case 'Glob':
      return readGlob(part, place, reading);
    case 'ExtendedGlob':
      refuse(reading, 'an extended glob, which depends on a setting of the shell', part);
      return [];
    case 'BraceExpansion':
      refuse(reading, 'braces where they may or may not be expanded', part);
      return [];
    case 'ProcessSubstitution':
      refuse(reading, 'a process substitution; use a pipe or a file', part);
      return [];
    default:
      return readExpansion(part, place === 'value', reading);
  }
}

/** Bytes beyond ASCII, control keys: what they become depends on locale and version. */
const ODD_ESCAPE = /\\(?:x[89A-Fa-f][0-9A-Fa-f]|[23][0-7][0-7]|c|x\{)/;

/** Reads what stands in double quotes, or in a here-document. */
export function readQuoted(
  part: Expansion | { readonly type: 'Literal'; readonly value: string },
  reading: Reading,
): WordPart[] {
  return part.type === 'Literal' ? [{ kind: 'text', text: part.value }] : readExpansion(part, true, reading);
}

function readGlob(
  part: Extract<ParsedPart, { readonly type: 'Glob' }>,
  place: WordPlace,
  reading: Reading,
): WordPart[] {
  if (place === 'value') return [{ kind: 'text', text: part.value }];
  if (part.kind === 'bracket' && !BRACKET.test(part.text)) {
    refuse(reading, 'a bracket expression that shells read differently', part);
    return [];
  }
  return [{ kind: 'glob', text: part.text }];
}

const BRACKET = /^\[!?[A-Za-z0-9_.,@%+-]+\]$/;

/** One part of text instead of several, so that the same word has one form. */
export function joinText(parts: readonly WordPart[]): Word {
  const joined: WordPart[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    if (part.kind === 'text' && last?.kind === 'text') {
      joined[joined.length - 1] = { kind: 'text', text: last.text + part.text };
    } else {
      joined.push(part);
    }
  }
  const isEmptyText = (part: WordPart): boolean => part.kind === 'text' && part.text === '';
  // An empty text beside others says nothing, but for one: quotes keep a word from vanishing.
  const kept = joined.filter((part) => !isEmptyText(part));
  const isKeptByQuotes = kept.length < joined.length && kept.every(mayVanish);
  return isKeptByQuotes ? [{ kind: 'text', text: '' }, ...kept] : kept;
}

function mayVanish(part: WordPart): boolean {
  if (part.kind === 'parameter') return !part.isQuoted || part.name === '@';
  return part.kind === 'substitution' && !part.isQuoted;
}
