import type { Argument } from '../arguments.ts';
import { optionTable, readOptions } from './options.ts';
import { PLAIN, type ProgramReader, unseen } from './program-facts.ts';

/** Builtins of bash that run text, or change what later text means. */
const UNSEEN: ReadonlySet<string> = new Set(
  'eval source . exec builtin trap alias unalias mapfile readarray let getopts shopt enable bind complete compgen compopt fc history'.split(
    ' ',
  ),
);

/** Builtins that set variables whose names are their arguments. */
const DECLARE: ReadonlySet<string> = new Set(['export', 'readonly', 'local', 'declare', 'typeset', 'unset']);

/** Words of the grammar, which are no programs; quoted they would be looked for as such. */
const RESERVED: ReadonlySet<string> = new Set(
  '! { } [[ ]] case do done elif else esac fi for function if in select then time until while coproc'.split(
    ' ',
  ),
);

export function isReserved(name: string): boolean {
  return RESERVED.has(name);
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Reads a builtin that is not like a program; undefined for everything else. */
export function builtinReader(name: string): ProgramReader | undefined {
  if (UNSEEN.has(name)) return () => unseen('builtin', name);
  if (DECLARE.has(name)) return readDeclare;
  if (name === 'read') return readRead;
  return name === 'set' ? readSet : undefined;
}

const readDeclare: ProgramReader = (args, name) => {
  const operands = args.slice(1);
  const names = operands.map(declaredName);
  const isKnown = names.every((one) => one !== undefined);
  if (!isKnown) return unseen('builtin', name);
  return { ...PLAIN, knowsFiles: true, variables: names.filter((one) => one !== undefined) };
};

/** The name in `NAME` or `NAME=value`; a name with an index would have it evaluated. */
function declaredName({ text, lead, isMany }: Argument): string | undefined {
  if (isMany) return undefined;
  const equals = lead.indexOf('=');
  const name = equals === -1 ? text : lead.slice(0, equals);
  return name !== undefined && NAME.test(name) ? name : undefined;
}

const readRead: ProgramReader = (args, name) => {
  const read = readOptions(args, 1, optionTable('rsp:n:N:t:d:u:'));
  const names = read === undefined ? [] : args.slice(read.next).map(({ text }) => text ?? '');
  if (read === undefined || !names.every((one) => NAME.test(one))) return unseen('builtin', name);
  return { ...PLAIN, knowsFiles: true, variables: names.length === 0 ? ['REPLY'] : names };
};

const SETTINGS: ReadonlySet<string> = new Set([
  'errexit',
  'nounset',
  'pipefail',
  'xtrace',
  'noglob',
  'noclobber',
]);

const readSet: ProgramReader = (args, name) => {
  const words = args.slice(1).map(({ text }) => text);
  const isHarmless = words.every((word, index) => {
    if (word === undefined) return false;
    return /^[-+][euxfC]*o?$/.test(word)
      ? word.length > 1
      : (words[index - 1] ?? '').endsWith('o') && SETTINGS.has(word);
  });
  return isHarmless ? { ...PLAIN, knowsFiles: true } : unseen('builtin', name);
};
