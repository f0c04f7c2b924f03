import type { Argument } from '../arguments.ts';
import { optionTable, readOptions } from './options.ts';
import { type FileUse, PLAIN, type ProgramReader, unseen } from './program-facts.ts';

const AWK = optionTable('F:v:', []);

/** A program of awk that starts, writes and loads nothing has none of these; by the last three it may name files itself. */
const AWK_UNSEEN = /system|getline|[|>@]|close|fflush|\\|ARGV|ARGC|SYMTAB/;

/** `awk program file…`. */
export const readAwk: ProgramReader = (args, name) => {
  const read = readOptions(args, 1, AWK);
  const program = read === undefined ? undefined : args[read.next];
  if (read === undefined || program === undefined) return unseen('options', name);
  if (program.text === undefined || AWK_UNSEEN.test(program.text)) return unseen('code', name);
  const files = args.slice(read.next + 1);
  if (files.some(mayAssign)) return unseen('arguments', name, { reads: files.map(use) });
  return { ...PLAIN, knowsFiles: true, reads: files.map(use) };
};

/** Awk takes `name=value` among the files for an assignment, which may be to `ARGV`. */
function mayAssign({ text, lead }: Argument): boolean {
  return text === undefined ? lead === '' : text.includes('=');
}

const SED = optionTable('nErsuz', [
  'quiet',
  'silent',
  'regexp-extended',
  'separate',
  'unbuffered',
  'null-data',
]);
const SED_IN_PLACE = optionTable('nErsuzi', [...SED.long, 'in-place?']);

/** Text up to `mark`: brackets are whole and hold no mark, so that it ends at the same place for every sed. */
function upTo(mark: string): string {
  const bounded = mark === '|' ? '\\|' : mark;
  return String.raw`(?:[^\\\n[${mark}]|\\[^\n]|\[[^\]\\\n${mark}]+\])*` + bounded;
}

const ADDRESS = `(?:[0-9]+|\\$|/${upTo('/')})`;
const SUBSTITUTIONS = ['/', '|', '#', ','].map(
  (mark) => `s${mark === '|' ? '\\|' : mark}${upTo(mark)}${upTo(mark)}[gpiI0-9]*`,
);
const SED_COMMAND = `(?:${ADDRESS}(?:,${ADDRESS})?!?[ \\t]*)?(?:[pdqDNPhHgGx=]|${SUBSTITUTIONS.join('|')})[ \\t]*`;

/**
 * Scripts of sed that print, delete and substitute: no `e`, `w`, `r`, and no flag of that kind. No text fits in two ways, so
 * that the match takes a time that grows with its length alone.
 */
const SED_PLAIN = new RegExp(`^[ \\t]*${SED_COMMAND}(?:[;\\n][ \\t]*${SED_COMMAND})*[;\\n]?$`);

const LONGEST_SED = 2000;

/** `sed [-i] script file…`. */
export const readSed: ProgramReader = (args, name) => {
  const read = readOptions(args, 1, SED_IN_PLACE);
  const script = read === undefined ? undefined : args[read.next];
  if (read === undefined || script === undefined) return unseen('options', name);
  // A suffix may be a path to another folder, where a copy of the file is left.
  const before = args.slice(1, read.next);
  if (before.some(({ text }) => /^-[a-zA-Z]*i.|^--in-place=/s.test(text ?? '')))
    return unseen('options', name);
  const isPlain =
    script.text !== undefined && script.text.length <= LONGEST_SED && SED_PLAIN.test(script.text);
  if (!isPlain) return unseen('code', name);
  const files = args.slice(read.next + 1);
  // Options may stand behind operands.
  if (files.some(({ text, lead }) => lead.startsWith('-') || (text === undefined && lead === ''))) {
    return unseen('options', name);
  }
  const isInPlace = read.options.some((option) => option.name === '-i' || option.name === '--in-place');
  return { ...PLAIN, knowsFiles: true, reads: files.map(use), writes: isInPlace ? files.map(use) : [] };
};

function use({ word }: Argument): FileUse {
  return { word, isDeep: false };
}
