import type {
  Case,
  CommandNode,
  CompoundList,
  If,
  CompoundCommand as ParsedCompound,
  Function as ParsedFunction,
} from 'unbash';
import type { Choice, Command, CompoundCommand, Redirection, Script, SimpleCommand } from '../syntax.ts';
import { readSimple } from './read-command.ts';
import { readRedirection } from './read-redirection.ts';
import { readArguments, readWord } from './read-word.ts';
import { deeper, type Reading, refuse } from './reading.ts';

/** Reads one stage of a pipeline. */
export function readCommand(node: CommandNode, reading: Reading): Command {
  return deeper(reading, node, () => readStage(node, reading), nothing(node.pos));
}

function readStage(node: CommandNode, reading: Reading): Command {
  switch (node.type) {
    case 'Command':
      return readSimple(node, reading);
    case 'Redirected': {
      const redirections = node.redirects.flatMap((redirect) => readRedirection(redirect, reading));
      return readCompound(node.command, redirections, reading);
    }
    case 'Function':
      return readFunction(node, reading);
    case 'Coproc':
      refuse(reading, 'a coprocess', node);
      return nothing(node.pos);
    default:
      return readCompound(node, [], reading);
  }
}

/** What stands for a command that was refused. */
function nothing(at: number): SimpleCommand {
  return { kind: 'simple', assignments: [], words: [], redirections: [], at };
}

function readCompound(
  node: ParsedCompound,
  redirections: readonly Redirection[],
  reading: Reading,
): CompoundCommand | SimpleCommand {
  const body = (list: CompoundList): Script => readBody(list, reading);
  switch (node.type) {
    case 'BraceGroup':
      return { kind: 'group', body: body(node.body), redirections };
    case 'Subshell':
      return { kind: 'subshell', body: body(node.body), redirections };
    case 'If':
      return { ...readIf(node, reading), redirections };
    case 'While':
      return { kind: node.kind, condition: body(node.clause), body: body(node.body), redirections };
    case 'For': {
      const words = node.wordlist?.flatMap((word) => readArguments(word, reading));
      return { kind: 'for', name: nameOf(node.name, reading), words, body: body(node.body), redirections };
    }
    case 'Case':
      return {
        kind: 'case',
        word: readWord(node.word, 'value', reading),
        choices: choices(node, reading),
        redirections,
      };
    default:
      refuse(reading, `${UNREADABLE[node.type]}; POSIX shells read none`, node);
      return nothing(node.pos);
  }
}

const UNREADABLE = {
  ArithmeticFor: 'an arithmetic loop',
  ArithmeticCommand: 'an arithmetic command',
  Select: 'a menu',
  TestCommand: 'a test by `[[`, use `[`',
} as const;

function readIf(
  node: If,
  reading: Reading,
): { kind: 'if'; branches: readonly { condition: Script; body: Script }[]; otherwise: Script | undefined } {
  const branches = [node, ...node.elif].map((branch) => ({
    condition: readBody(branch.clause, reading),
    body: readBody(branch.then, reading),
  }));
  return {
    kind: 'if',
    branches,
    otherwise: node.else === undefined ? undefined : readBody(node.else, reading),
  };
}

function choices(node: Case, reading: Reading): readonly Choice[] {
  return node.items.map((item) => {
    if (item.terminator !== undefined && item.terminator !== ';;') {
      refuse(reading, 'a `case` that falls through', item);
    }
    const patterns = item.pattern.map((word) => readWord(word, 'pattern', reading));
    return { patterns, body: reading.readScript(item.body, reading) };
  });
}

function readFunction(node: ParsedFunction, reading: Reading): CompoundCommand | SimpleCommand {
  const name = nameOf(node.name, reading);
  const { body } = node;
  if (body.type === 'CompoundList') {
    refuse(reading, 'a function without a body', node);
    return nothing(node.pos);
  }
  return { kind: 'function', name, body: readCommand(body, reading), redirections: [] };
}

/** A list that has to hold something. */
function readBody(list: CompoundList, reading: Reading): Script {
  const script = reading.readScript(list, reading);
  if (script.items.length === 0 && reading.faults.length === 0)
    refuse(reading, 'a list without commands', list);
  return script;
}

function nameOf(word: { readonly text: string; readonly pos: number }, reading: Reading): string {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(word.text)) refuse(reading, 'a name that is no plain one', word);
  return word.text;
}
