import { toArguments } from './arguments.ts';
import { nameProgram } from './program-name.ts';
import { parseShell } from './read/parse.ts';
import { textOf, type Word } from './syntax.ts';

/** A text that is one command and nothing beside it. */
export interface PlainCommand {
  /** Bare name of a program of the system. */
  readonly name: string;
  /** Behind the name, quotes undone. */
  readonly words: readonly Word[];
}

/**
 * Reads a text that starts one program of the system, with words of text, globs and `~` alone: no assignment, redirection,
 * pipeline, expansion. Undefined for every other text.
 */
export function readPlainCommand(text: string): PlainCommand | undefined {
  const parsed = parseShell(text);
  const [item, ...others] = parsed.ok ? parsed.script.items : [];
  if (item === undefined || others.length > 0 || item.rest.length > 0 || item.isBackground) return undefined;
  const { isNegated, isTimed, stages } = item.first;
  const [command, ...more] = stages;
  if (isNegated || isTimed || more.length > 0 || command?.kind !== 'simple') return undefined;
  const { words, assignments, redirections } = command;
  if (assignments.length > 0 || redirections.length > 0 || !words.every(isPlain)) return undefined;
  const [first] = toArguments(words);
  const named = first === undefined ? undefined : nameProgram(first, { folder: undefined, home: undefined });
  if (named?.ok !== true || named.opaque.length > 0) return undefined;
  return { name: named.name, words: words.slice(1) };
}

function isPlain(word: Word): boolean {
  return word.every(({ kind }) => kind === 'text' || kind === 'glob' || kind === 'home');
}

/** A word without globs as text, where `~` stands for the home folder; undefined for one with globs. */
export function plainText(word: Word, home: string): string | undefined {
  return textOf(word.map((part) => (part.kind === 'home' ? { kind: 'text', text: home } : part)));
}
