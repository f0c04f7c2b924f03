import { mayMeet } from './file-pattern.ts';
import { compileGlob, type GlobMatcher } from './glob.ts';
import { covers, type Element, meets } from './sequences.ts';

/** A compiled pattern for the words of a command with the two readings a policy needs. */
export interface ArgvPattern {
  /** Surely matches, for allow rules. */
  covers(argv: string): boolean;
  /** Possibly matches, for deny rules; a program is also known by the last part of its path. */
  hits(argv: string): boolean;
}

/** What stands for an unknown run of characters inside of a word; no argument of a program has it. */
const HOLE = '\u0000';

const MOST_WORDS = 64;

interface WantedWord {
  readonly text: string;
  readonly matches: GlobMatcher;
  readonly isOpen: boolean;
}

/**
 * Compiles a pattern for commands, words apart by blanks: `systemctl status *`. A `*` is a run of characters inside of one
 * word; at the beginning of a word it does not stand for `-`, so that `*` is an argument and no option, and in a word with a
 * slash it does not stand for `..`. `**` as a whole word is any number of words, options included. `'…'` holds blanks and stars. Undefined when it cannot be read.
 *
 * Values are written the same way ({@link writeArgv}), where stars are what is not known of a command.
 */
export function compileArgvPattern(pattern: string): ArgvPattern | undefined {
  const words = readArgv(pattern);
  if (words === undefined || words.length === 0 || words.length > MOST_WORDS) return undefined;
  const compiled = words.map(
    (word): Element<WantedWord> => (word === 'many' ? 'many' : { one: wanted(word.one) }),
  );
  const begins = beginningOf(words);
  return {
    covers: (argv) => begins(argv) && covers(compiled, readArgv(argv) ?? [], surely),
    hits: (argv) => {
      if (!begins(argv) && !begins(argv.slice(slashOf(argv) + 1))) return false;
      const given = readArgv(argv);
      if (given === undefined) return true;
      return meets(compiled, given, possibly) || meets(compiled, byLastPart(given), possibly);
    },
  };
}

/** A test of the first word that most patterns fail, before the others are looked at: names of programs are not quoted. */
function beginningOf([first]: readonly Element<string>[]): (argv: string) => boolean {
  if (first === undefined || first === 'many' || !/^[A-Za-z0-9_./-]+$/.test(first.one)) return () => true;
  const name = first.one;
  return (argv) => {
    // With quotes or stars in it, it has to be read.
    if (/^[^ ]*['\\*]/.test(argv)) return true;
    return argv.startsWith(name) && (argv.length === name.length || argv[name.length] === ' ');
  };
}

/** Where the last slash of the first word is. */
function slashOf(argv: string): number {
  const end = argv.indexOf(' ');
  return argv.lastIndexOf('/', end === -1 ? argv.length : end);
}

function wanted(text: string): WantedWord {
  // The glob knows stars only; a star in quotes is one of the text.
  const pieces = text.split(HOLE);
  const matchers = pieces.some((piece) => piece.includes('*'));
  return {
    text: text.replaceAll(HOLE, '*'),
    matches: matchers ? piecewise(pieces) : compileGlob(pieces.join('*')),
    isOpen: text.startsWith(HOLE),
  };
}

/** As {@link compileGlob}, for pieces that hold stars themselves. */
function piecewise(pieces: readonly string[]): GlobMatcher {
  const glob = compileGlob(pieces.map((piece) => piece.replaceAll('*', '\u0001')).join('*'));
  return (value) => glob(value.replaceAll('*', '\u0001'));
}

function surely({ text, matches, isOpen }: WantedWord, given: string): boolean {
  if (isOpen && (given.startsWith('-') || given.startsWith(HOLE))) return false;
  if (/\/.*\*|\*.*\//s.test(text) && LEADS_UP.test(given)) return false;
  return matches(given);
}

/** Who writes `/var/log/*` does not mean what lies above; what is not known may lead there. */
const LEADS_UP = /(?:^|[/=])\.\.(?:\/|$)|\u0000/;

function possibly({ text, matches }: WantedWord, given: string): boolean {
  return given.includes(HOLE) ? mayMeet(text, given.replaceAll(HOLE, '*')) : matches(given);
}

function byLastPart(words: readonly Element<string>[]): readonly Element<string>[] {
  const [first, ...rest] = words;
  if (first === undefined || first === 'many') return words;
  return [{ one: first.one.slice(first.one.lastIndexOf('/') + 1) }, ...rest];
}

/** A word of a command: its text, with undefined for what is not known inside of it; or any number of words. */
export type ArgvWord = 'many' | readonly (string | undefined)[];

/** Writes words so that {@link compileArgvPattern} and people can read them. */
export function writeArgv(words: readonly ArgvWord[]): string {
  return words.map((word) => (word === 'many' ? '**' : writeWord(word))).join(' ');
}

function writeWord(pieces: readonly (string | undefined)[]): string {
  let text = '';
  for (const piece of pieces) {
    if (piece !== undefined) text += piece === '' ? '' : quote(piece);
    // Two stars would be any number of words. A star of the text itself is in quotes.
    else if (!text.endsWith('*')) text += '*';
  }
  return text === '' ? "''" : text;
}

function quote(text: string): string {
  return /^[A-Za-z0-9_./:=@%+,^~#{}[\]!?-]*$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Splits a text into words; undefined when a quote is left open. */
function readArgv(text: string): readonly Element<string>[] | undefined {
  const words: Element<string>[] = [];
  let at = 0;
  while (at < text.length) {
    if (text[at] === ' ') {
      at += 1;
      continue;
    }
    const word = readWord(text, at);
    if (word === undefined) return undefined;
    words.push(text.slice(at, word.end) === '**' ? 'many' : { one: word.text });
    at = word.end;
  }
  return words;
}

function readWord(text: string, start: number): { readonly text: string; readonly end: number } | undefined {
  let word = '';
  let at = start;
  while (at < text.length && text[at] !== ' ') {
    const character = text[at] ?? '';
    if (character === "'") {
      const close = text.indexOf("'", at + 1);
      if (close === -1) return undefined;
      word += text.slice(at + 1, close);
      at = close + 1;
    } else if (character === '\\' && at + 1 < text.length) {
      word += text[at + 1] ?? '';
      at += 2;
    } else {
      word += character === '*' ? HOLE : character;
      at += 1;
    }
  }
  return { text: word, end: at };
}
