/**
 * Lines that are about the prompt and the terminal of a guarded shell, which are the gateway's own: tools that drive a shell send them first.
 * They go nowhere. Pure.
 */
import { readLiteralCommand } from '../../../shell/literal-command.ts';

/** What a line asks of the gateway itself. */
export interface LocalLine {
  readonly prompts?: { readonly first?: string; readonly second?: string };
  readonly isEchoing?: boolean;
  readonly columns?: number;
}

/** Settings of a terminal that say nothing here. */
const QUIET: ReadonlySet<string> = new Set(
  'sane onlcr -onlcr ixon -ixon opost -opost iutf8 -iutf8 echoe echok -echoctl -echonl'.split(' '),
);

/** Whole lines by which tools switch off what a shell for people does, and this one does not. */
const NOTHING: ReadonlySet<string> = new Set([
  'unset PROMPT_COMMAND',
  'unset HISTFILE',
  'set +o history',
  'set +o vi',
  'set +o emacs',
  'bind set enable-bracketed-paste off',
]);

/** Reads such a line; undefined where it is a line for the machine. */
export function readLocalLine(text: string): LocalLine | undefined {
  const plain = readLiteralCommand(text);
  if (plain === undefined) return undefined;
  const { words, assignments } = plain;
  if (words.length === 0) return readAssignments(assignments);
  if (assignments.length > 0) return undefined;
  if (NOTHING.has(words.join(' '))) return {};
  if (words[0] === 'export') return readAssignments(words.slice(1).map(split));
  return words[0] === 'stty' ? readStty(words.slice(1)) : undefined;
}

function split(word: string): { readonly name: string; readonly value: string } {
  const equals = word.indexOf('=');
  return equals === -1
    ? { name: '', value: '' }
    : { name: word.slice(0, equals), value: word.slice(equals + 1) };
}

function readAssignments(
  assignments: readonly { readonly name: string; readonly value: string }[],
): LocalLine | undefined {
  let first: string | undefined;
  let second: string | undefined;
  for (const { name, value } of assignments) {
    if (name === 'PS1') first = value;
    else if (name === 'PS2') second = value;
    else if (name !== 'PROMPT_COMMAND' || value !== '') return undefined;
  }
  if (assignments.length === 0) return undefined;
  return {
    prompts: { ...(first === undefined ? {} : { first }), ...(second === undefined ? {} : { second }) },
  };
}

function readStty(words: readonly string[]): LocalLine | undefined {
  let isEchoing: boolean | undefined;
  let columns: number | undefined;
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    const number = Number(words[at + 1]);
    if (word === 'echo' || word === '-echo') isEchoing = word === 'echo';
    else if (
      ['cols', 'columns', 'rows'].includes(word) &&
      Number.isInteger(number) &&
      number >= 0 &&
      number <= 4096
    ) {
      if (word !== 'rows') columns = number;
      at += 1;
    } else if (!QUIET.has(word)) return undefined;
  }
  if (words.length === 0) return undefined;
  return {
    ...(isEchoing === undefined ? {} : { isEchoing }),
    ...(columns === undefined ? {} : { columns }),
  };
}
