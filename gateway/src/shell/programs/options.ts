import { type Argument, mayBeOption } from '../arguments.ts';

/** Options of a program: letters as for getopt (`u:` takes a value), long names with `=` where they take one, `?` where they may. */
export interface OptionTable {
  readonly short: string;
  readonly long: readonly string[];
}

export interface FoundOption {
  /** `-u` or `--user`. */
  readonly name: string;
  readonly value: string | undefined;
}

/** The options in front of the first operand, and where that is. */
export interface LeadingOptions {
  readonly options: readonly FoundOption[];
  readonly next: number;
}

/** Declares options: `options('u:nE', ['user=', 'login'])`. */
export function optionTable(short: string, long: readonly string[] = []): OptionTable {
  return { short, long };
}

/**
 * Reads options up to the first operand or `--`. Undefined where one is not in the table or not known: then it cannot be said
 * where the operands begin.
 */
export function readOptions(
  args: readonly Argument[],
  start: number,
  table: OptionTable,
): LeadingOptions | undefined {
  const options: FoundOption[] = [];
  let at = start;
  while (at < args.length) {
    const arg = args[at];
    if (arg === undefined || !mayBeOption(arg)) break;
    const { text } = arg;
    if (text === undefined) return undefined;
    at += 1;
    if (text === '--') break;
    const read = text.startsWith('--') ? readLong(text, args[at], table) : readShort(text, args[at], table);
    if (read === undefined) return undefined;
    options.push(...read.options);
    at += read.taken;
  }
  return at > args.length ? undefined : { options, next: at };
}

interface ReadOption {
  readonly options: readonly FoundOption[];
  /** Arguments behind it that are its value. */
  readonly taken: 0 | 1;
}

function readLong(
  text: string,
  following: Argument | undefined,
  { long }: OptionTable,
): ReadOption | undefined {
  const equals = text.indexOf('=');
  const name = equals === -1 ? text.slice(2) : text.slice(2, equals);
  const given = equals === -1 ? undefined : text.slice(equals + 1);
  if (long.includes(`${name}?`) || (given === undefined && long.includes(name))) {
    return { options: [{ name: `--${name}`, value: given }], taken: 0 };
  }
  if (!long.includes(`${name}=`)) return undefined;
  if (given !== undefined) return { options: [{ name: `--${name}`, value: given }], taken: 0 };
  return following === undefined || following.isMany
    ? undefined
    : { options: [{ name: `--${name}`, value: following.text }], taken: 1 };
}

function readShort(
  text: string,
  following: Argument | undefined,
  { short }: OptionTable,
): ReadOption | undefined {
  const options: FoundOption[] = [];
  for (let at = 1; at < text.length; at += 1) {
    const letter = text[at] ?? '';
    const place = letter === ':' ? -1 : short.indexOf(letter);
    if (place === -1) return undefined;
    const name = `-${letter}`;
    if (short[place + 1] !== ':') {
      options.push({ name, value: undefined });
      continue;
    }
    const rest = text.slice(at + 1);
    if (rest !== '') return { options: [...options, { name, value: rest }], taken: 0 };
    if (following === undefined || following.isMany) return undefined;
    return { options: [...options, { name, value: following.text }], taken: 1 };
  }
  return { options, taken: 0 };
}
