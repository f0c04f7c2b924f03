import { type Argument, endOfOptions, mayBeOption } from '../arguments.ts';
import type { Word } from '../syntax.ts';
import { placedFiles } from './placed-files.ts';
import type { FileUse } from './program-facts.ts';

/** How a program uses the files among its operands. */
interface FileTable {
  /** `places` puts what it reads where its last operand says; `none` has no files among its operands. */
  readonly use: 'reads' | 'writes' | 'places' | 'both' | 'none';
  /** Letters of short options whose value is the next word. */
  readonly values?: string;
  /** The first operand is no file: a pattern, a mode, an owner. */
  readonly skips?: true;
  /** Letters of options beside which that is still so: `-e` gives the pattern, `-x` is a mode. */
  readonly plain?: string;
  /** Letters, and long names, with which it takes everything below as well; none where it always may. */
  readonly deep?: readonly [letters: string, ...long: string[]];
  /** A short option with the file that is its value put right behind it, as the first group. */
  readonly joined?: RegExp;
  /** Arguments, or beginnings of them, that name files in another way: then it may be any. */
  readonly other?: RegExp;
  /** Options by which it reads files that are listed in one, and shows nothing of them. */
  readonly lists?: RegExp;
}

const READS: FileTable = { use: 'reads' };
const WRITES: FileTable = { use: 'writes' };
const SUMS: FileTable = { use: 'reads', lists: /^-[a-z]*c|^--c/ };
const GREP: FileTable = {
  use: 'reads',
  values: 'ABCmdD',
  skips: true,
  plain: 'rRinvclLhHoqswxEFGPaABCmz0123456789',
  // `-d recurse` is `-r`.
  deep: ['rRd', 'recursive', 'dereference-recursive', 'directories'],
  joined: /^-[rRinvclLhHoqswxEFGPaUzZTby0-9]*f(.+)/s,
};
const ALWAYS_DEEP = [''] as const;
/** Where it puts things: `-tDIR`. */
const INTO = /^-[abCcdDfFHilLnPpRrsTuvxZ]*t(.+)/s;
/** What was there before stays under a name of its own. */
const BACKUPS = /^-[a-zA-Z]*[bS]|^--(?:b|su)/;
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
  // `@file` holds further arguments, and messages show them.
  strings: { use: 'reads', other: /^@/ },
  rev: READS,
  base64: { use: 'reads', values: 'w' },
  head: { use: 'reads', values: 'nc' },
  tail: { use: 'reads', values: 'ncs' },
  nl: { use: 'reads', values: 'bdfhilnsvw' },
  cut: { use: 'reads', values: 'bcdf' },
  od: { use: 'reads', values: 'AjNt' },
  sort: { use: 'reads', values: 'kSt', other: /^-[a-zA-Z]*[oT]|^--[ofct]/ },
  // Of two folders it compares what is in them, of a folder and a file the one of that name.
  diff: { use: 'reads', deep: ALWAYS_DEEP },
  cmp: READS,
  comm: READS,
  ls: { use: 'reads', values: 'ITw', deep: ['R', 'recursive'] },
  du: { use: 'reads', values: 'Bdt', deep: ALWAYS_DEEP, other: /^-[a-zA-Z]*X|^--[ef]/ },
  grep: GREP,
  egrep: GREP,
  fgrep: GREP,
  rm: { use: 'writes', deep: ['rR', 'recursive'] },
  rmdir: { use: 'writes', other: /^-[a-zA-Z]*p|^--p/ },
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
  cp: {
    use: 'places',
    values: 'S',
    deep: ['raR', 'recursive', 'archive'],
    joined: INTO,
    other: BACKUPS,
  },
  // With one operand it makes a link of that name here. What is below a folder is below a link to it.
  ln: { use: 'places', values: 'S', deep: ALWAYS_DEEP, joined: INTO, other: BACKUPS },
  mv: { use: 'places', values: 'S', deep: ALWAYS_DEEP, joined: INTO, other: BACKUPS },
  // With `-d` all are folders.
  install: { use: 'places', values: 'gmoS', joined: INTO, other: BACKUPS },
  // A second operand is written.
  uniq: { use: 'both', values: 'fsw' },
  xxd: { use: 'both', values: 'clos' },
  // Each line of the file comes back in a message.
  date: { use: 'none', values: 'ds', other: /^-[uR]*[fr]|^--(?:f|re)/ },
  hostname: { use: 'none', other: /^-[a-zA-Z]*F|^--fi?$|^--fil/ },
  pgrep: { use: 'none', values: 'GPUdgstu', other: /^-[a-zA-Z]*F|^--pidf/ },
};

/** Programs and builtins that use no file, whatever their arguments are. */
const FILELESS: ReadonlySet<string> = new Set(
  'echo printf true false : test [ cd pwd exit return break continue shift sleep wait kill umask ulimit times type whoami id groups uname uptime cal nproc arch tty seq yes expr basename dirname factor tr free df ps pidof which jobs bg fg'.split(
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
  const { reads, writes } = byUse(table.use, files, { name, args, isDeep });
  const mayBeOther = table.other !== undefined && isOther(args, operands, table.other, table.use);
  return mayBeOther
    ? { reads: [...reads, ANY], writes: [...writes, ANY], knowsFiles: true }
    : { reads, writes, knowsFiles: !hasArgument(args, table.lists) };
}

/** A file of which nothing is known. */
const ANY: FileUse = { word: [], isDeep: false };

function isOther(
  args: readonly Argument[],
  operands: readonly Word[],
  other: RegExp,
  use: FileTable['use'],
): boolean {
  if (hasArgument(args, other)) return true;
  // What is not known counts as a file where operands are files.
  return (
    use === 'none' &&
    args.some((arg) => arg.text === undefined && mayBeOption(arg) && operands.includes(arg.word))
  );
}

function hasArgument(args: readonly Argument[], pattern: RegExp | undefined): boolean {
  return args.slice(1).some(({ text }) => text !== undefined && pattern?.test(text) === true);
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
    case 'places':
      return placedFiles(name, args, files);
    case 'both':
      return { reads: files, writes: files.length === 1 ? [] : files };
    case 'none':
      return { reads: [], writes: [] };
  }
}

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

interface Operands {
  readonly operands: readonly Word[];
  readonly isDeep: boolean;
}

/** Words that are no options, and values of options that may be files. */
function operandsOf(args: readonly Argument[], table: FileTable): Operands {
  const dashes = endOfOptions(args);
  const end = dashes === -1 ? args.length : dashes;
  const operands: Word[] = [];
  let mayBeBehind = false;
  let isDeep = table.deep === ALWAYS_DEEP;
  for (let at = 1; at < end; at += 1) {
    const arg = args[at];
    if (arg === undefined) break;
    // One that may be the value of an option, behind which all may be either.
    mayBeBehind ||= arg.text === '--';
    if (arg.text === '-' || arg.text === '--') continue;
    if (arg.text === undefined || !arg.text.startsWith('-')) {
      operands.push(arg.word);
      // What is not known may be the option for it.
      isDeep ||= table.deep !== undefined && arg.text === undefined && mayBeOption(arg);
      continue;
    }
    isDeep ||= isDeepOption(arg.text, table);
    if (mayBeBehind) operands.push(arg.word);
    const value = valueWithin(arg.text, table);
    if (value !== undefined) operands.push(plainWord(value));
    const takesNext = arg.text.length === 2 && table.values?.includes(arg.text.slice(1)) === true;
    if (takesNext && args[at + 1]?.isMany === false) at += 1;
  }
  return { operands: [...operands, ...args.slice(end + 1).map(({ word }) => word)], isDeep };
}

function isDeepOption(text: string, { deep }: FileTable): boolean {
  if (deep === undefined) return false;
  const [letters, ...long] = deep;
  if (text.startsWith('--')) {
    const begun = text.slice(2).split('=', 1)[0] ?? '';
    return long.some((name) => name.startsWith(begun));
  }
  return [...letters].some((letter) => text.includes(letter));
}

/** A value that is put right behind its option may be a file: `-t/etc`, `--target=etc`. */
function valueWithin(text: string, { joined }: FileTable): string | undefined {
  if (!text.startsWith('--')) {
    return joined?.exec(text)?.[1] ?? (text.slice(2).includes('/') ? text.slice(2) : undefined);
  }
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
