import type { CompoundList, ParsedScript, PipelineNode, Statement } from 'unbash';
import { MOST_COMMANDS } from '../limits.ts';
import type { Item, Pipeline, Script } from '../syntax.ts';
import { readCommand } from './read-compound.ts';
import { type Reading, refuse } from './reading.ts';

/** Reads a list of commands. What has no form in {@link Script} is noted in `reading`, and the result is then worthless. */
export function readScript(parsed: ParsedScript | CompoundList, reading: Reading): Script {
  if (parsed.type === 'Script') {
    const [error] = parsed.errors ?? [];
    if (error !== undefined) refuse(reading, `text that is not grammatical: ${error.message}`, error);
    if (parsed.shebang !== undefined) refuse(reading, 'a first line that names an interpreter', parsed);
  }
  if (parsed.commands.length > MOST_COMMANDS) {
    refuse(reading, `more than ${MOST_COMMANDS} commands`, parsed);
    return { items: [] };
  }
  return { items: parsed.commands.map((statement) => readItem(statement, reading)) };
}

function readItem({ command, background }: Statement, reading: Reading): Item {
  const isBackground = background === true;
  if (command.type !== 'AndOr') return { first: readPipeline(command, reading), rest: [], isBackground };
  const [first, ...rest] = command.commands;
  if (rest.length > MOST_COMMANDS || first === undefined || rest.length !== command.operators.length) {
    refuse(reading, 'a list that cannot be read', command);
    return { first: { isNegated: false, isTimed: false, stages: [] }, rest: [], isBackground };
  }
  return {
    first: readPipeline(first, reading),
    rest: rest.map((node, index) => ({
      operator: command.operators[index] ?? '&&',
      pipeline: readPipeline(node, reading),
    })),
    isBackground,
  };
}

function readPipeline(node: PipelineNode, reading: Reading): Pipeline {
  if (node.type !== 'Pipeline')
    return { isNegated: false, isTimed: false, stages: [readCommand(node, reading)] };
  const isTimed = node.prefixes.some(({ type }) => type === 'Time');
  const isNegated = node.prefixes.filter(({ type }) => type === 'Negation').length % 2 === 1;
  if (node.commands.length === 0) refuse(reading, 'a pipeline without a command', node);
  if (node.commands.length > MOST_COMMANDS) {
    refuse(reading, `more than ${MOST_COMMANDS} commands`, node);
    return { isNegated, isTimed, stages: [] };
  }
  // A shell without the reserved word looks for a program of that name, and takes what follows for its arguments.
  const [timed] = node.commands;
  const isProgram = timed?.type === 'Command' && timed.name !== undefined && timed.prefix.length === 0;
  if (isTimed && (isNegated || !isProgram))
    refuse(reading, '`time` before anything but a plain command', node);
  const stages = node.commands.map((command, index) => {
    const stage = readCommand(command, reading);
    // `a |& b` sends both outputs, the standard error after all other redirections.
    return node.operators[index] === '|&'
      ? {
          ...stage,
          redirections: [
            ...stage.redirections,
            { kind: 'duplicate' as const, descriptor: 2, operator: '>&' as const, to: '1' },
          ],
        }
      : stage;
  });
  return { isNegated, isTimed, stages };
}
