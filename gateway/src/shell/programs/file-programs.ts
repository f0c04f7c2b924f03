import { type Argument, mayBeOption } from '../arguments.ts';
import type { Word } from '../syntax.ts';
import type { FileUse } from './program-facts.ts';

/** How a program uses the files among its operands. */
interface FileTable {
  readonly use: 'reads' | 'writes' | 'copies' | 'both';
  /** Letters of short options whose value is the next word. */
  readonly values?: string;
  /** The first operand is no file: a pattern, a mode, an owner. */
  readonly skips?: true;
  /** Letters of options beside which that is still so: `-e` gives the pattern, `-x` is a mode. */
  readonly plain?: string;
  /** Letters, and long names, with which it takes everything below as well. */
  readonly deep?: readonly [letters: string, long: string];
  /** Options, or beginnings of them, that name files in another way. */
  readonly other?: RegExp;
}

const READS: FileTable = { use: 'reads' };
const WRITES: FileTable = { use: 'writes' };
const SUMS: FileTable = { use: 'reads', other: /^-[a-z]*c|^--c/ };
const GREP: FileTable = {
  use: 'reads',
  values: 'ABCmdD',
  skips: true,
  plain: 'rRinvclLhHoqswxEFGPaABCmz0123456789',
  deep: ['rR', 'recursive'],
};
const MODES: FileTable = { use: 'writes', skips: true, plain: 'Rvcfh', deep: ['R', 'recursive'] };

const TABLES: Readonly<Record<string, FileTable>> = {
  cat: READS,
  tac: READS,
  wc: { use: 'reads', other: /^--f/ },
  file: { use: 'reads', other: /^-[a-zA-Z]*[fm]|^--[fm]/ },
  stat: READS,
  readlink: READS,
  realpath: READS,
  md5sum: SUMS,
  sha1sum: SUMS,
  sha256sum: SUMS,
  sha512sum: SUMS,
  cksum: SUMS,
  strings: READS,
  base64: { use: 'reads', values: 'w' },
  head: { use: 'reads', values: 'nc' },
  tail: { use: 'reads', values: 'ncs' },
  nl: { use: 'reads', values: 'bdfhilnsvw' },
  cut: { use: 'reads', values: 'bcdf' },
  od: { use: 'reads', values: 'AjNt' },
  sort: { use: 'reads', values: 'kSt', other: /^-[a-zA-Z]*[oT]|^--[ofct]/ },
  diff: { use: 'reads', deep: ['r', 'recursive'] },
  cmp: READS,
  comm: READS,
  ls: { use: 'reads', values: 'ITw', deep: ['R', 'recursive'] },
  du: { use: 'reads', values: 'Bdt', deep: ['', ''], other: /^-[a-zA-Z]*X|^--[ef]/ },
  grep: GREP,
  egrep: GREP,
  fgrep: GREP,
  rm: { use: 'writes', deep: ['rR', 'recursive'] },
  rmdir: WRITES,
  unlink: WRITES,
  mkfifo: WRITES,
  shred: { use: 'writes', values: 'ns' },
  truncate: { use: 'writes', values: 'sr' },
  touch: { use: 'writes', values: 'drt' },
  mkdir: { use: 'writes', values: 'm' },
  tee: WRITES,
  chmod: MODES,
  chown: MODES,
  chgrp: MODES,
  cp: { use: 'copies', values: 'S', deep: ['raR', 'recursive'] },
  // With one operand it makes a link of that name here; with `-d` all are folders.
  ln: { use: 'both', values: 'S' },
  install: { use: 'both', values: 'gmoS' },
  // A second operand is written.
  uniq: { use: 'both', values: 'fsw' },
  xxd: { use: 'both', values: 'clos' },
  mv: { use: 'both', values: 'S', deep: ['', ''] },
};

/** Programs and builtins that use no file, whatever their arguments are. */
const FILELESS: ReadonlySet<string> = new Set(
  'echo printf true false : test [ cd pwd exit return break continue shift sleep wait kill umask ulimit times type whoami id groups hostname uname uptime date cal nproc arch tty seq yes expr basename dirname factor tr rev free df ps pgrep pidof which jobs bg fg'.split(
    ' ',
  ),
);

/** Files of a program, and whether these are all. */
export interface KnownFiles {
  readonly reads: readonly FileUse[];
  readonly writes: readonly FileUse[];
  readonly knowsFiles: boolean;
}

/** Files that the arguments of a well-known program name; more than there are where that is in doubt. */
export function filesOf(name: string, args: readonly Argument[]): KnownFiles {
  if (name === 'dd') return { reads: ddFiles(args, 'if='), writes: ddFiles(args, 'of='), knowsFiles: true };
  const table = Object.hasOwn(TABLES, name) ? TABLES[name] : undefined;
  if (table === undefined) return { reads: [], writes: [], knowsFiles: FILELESS.has(name) };
  const { operands, isDeep } = operandsOf(args, table);
  const files = operands.slice(skipsFirst(args, table) ? 1 : 0).map((word): FileUse => ({ word, isDeep }));
  const knowsFiles = !args.some(({ text }) => text !== undefined && table.other?.test(text) === true);
  return { ...byUse(table.use, files, { name, args, isDeep }), knowsFiles };
}

function byUse(
  use: FileTable['use'],
  files: readonly FileUse[],
  { name, args, isDeep }: { name: string; args: readonly Argument[]; isDeep: boolean },
): { readonly reads: readonly FileUse[]; readonly writes: readonly FileUse[] } {
  switch (use) {
    case 'reads':
      return { reads: files.length === 0 ? impliedFolder(name, isDeep) : files, writes: [] };
    case 'writes':
      return { reads: [], writes: files };
    case 'copies':
      // Which one is the target depends on options: each may be.
      return hasTarget(args)
        ? { reads: files, writes: files }
        : { reads: files.slice(0, -1), writes: files.slice(-1) };
    case 'both':
      return files.length === 1 && STREAMS.has(name)
        ? { reads: files, writes: [] }
        : { reads: files, writes: files.length === 1 ? [...files, HERE] : files };
  }
}

/** Filters that read one operand, and write to a second. */
const STREAMS: ReadonlySet<string> = new Set(['uniq', 'xxd']);

const HERE: FileUse = { word: [{ kind: 'text', text: '.' }], isDeep: true };

function skipsFirst(args: readonly Argument[], { skips, plain = '' }: FileTable): boolean {
  if (skips === undefined) return false;
  return args.slice(1).every((arg) => {
    if (!mayBeOption(arg) || arg.text === '--') return true;
    return arg.text !== undefined && [...arg.text.slice(1)].every((letter) => plain.includes(letter));
  });
}

const LISTS: ReadonlySet<string> = new Set(['ls', 'du']);

function impliedFolder(name: string, isDeep: boolean): readonly FileUse[] {
  return isDeep || LISTS.has(name) ? [{ word: [{ kind: 'text', text: '.' }], isDeep }] : [];
}

function hasTarget(args: readonly Argument[]): boolean {
  return args.some(
    ({ text }) => text?.startsWith('-') === true && (text.includes('t') || text.startsWith('--t')),
  );
}

interface Operands {
  readonly operands: readonly Word[];
  readonly isDeep: boolean;
}

/** Words that are no options, and values of options that may be files. */
function operandsOf(args: readonly Argument[], table: FileTable): Operands {
  const dashes = args.findIndex(({ text }) => text === '--');
  const end = dashes === -1 ? args.length : dashes;
  const operands: Word[] = [];
  let isDeep = table.deep?.[0] === '' && table.deep[1] === '';
  for (let at = 1; at < end; at += 1) {
    const arg = args[at];
    if (arg === undefined) break;
    if (arg.text === '-') continue;
    if (arg.text === undefined || !arg.text.startsWith('-')) {
      operands.push(arg.word);
      // What is not known may be the option for it.
      isDeep ||= table.deep !== undefined && arg.text === undefined && mayBeOption(arg);
      continue;
    }
    isDeep ||= isDeepOption(arg.text, table);
    const value = valueWithin(arg.text);
    if (value !== undefined) operands.push(plainWord(value));
    const takesNext = arg.text.length === 2 && table.values?.includes(arg.text.slice(1)) === true;
    if (takesNext && args[at + 1]?.isMany === false) at += 1;
  }
  return { operands: [...operands, ...args.slice(end + 1).map(({ word }) => word)], isDeep };
}

function isDeepOption(text: string, { deep }: FileTable): boolean {
  if (deep === undefined) return false;
  const [letters, long] = deep;
  if (text.startsWith('--')) return long !== '' && long.startsWith(text.slice(2));
  return [...letters].some((letter) => text.includes(letter));
}

/** A value that is put right behind its option may be a file: `-t/etc`, `--target=etc`. */
function valueWithin(text: string): string | undefined {
  if (!text.startsWith('--')) return text.slice(2).includes('/') ? text.slice(2) : undefined;
  const equals = text.indexOf('=');
  return equals === -1 ? undefined : text.slice(equals + 1);
}

function plainWord(text: string): Word {
  return [{ kind: 'text', text }];
}

function ddFiles(args: readonly Argument[], key: string): readonly FileUse[] {
  return args.slice(1).flatMap((arg): readonly FileUse[] => {
    // A word that is not known whole may name any file.
    if (arg.text === undefined) return [{ word: [], isDeep: false }];
    return arg.text.startsWith(key) ? [{ word: plainWord(arg.text.slice(key.length)), isDeep: false }] : [];
  });
}
