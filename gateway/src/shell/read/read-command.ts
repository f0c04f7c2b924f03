import type { Assignment as ParsedAssignment, Command as ParsedCommand, Word as ParsedWord } from 'unbash';
import { MOST_COMMANDS, MOST_REDIRECTIONS, MOST_WORDS } from '../limits.ts';
import type { Assignment, SimpleCommand, Word } from '../syntax.ts';
import { readRedirection } from './read-redirection.ts';
import { joinText, readArguments, readWord } from './read-word.ts';
import { type Reading, refuse } from './reading.ts';

/** Reads a simple command: assignments, words, redirections. */
export function readSimple(command: ParsedCommand, reading: Reading): SimpleCommand {
  reading.commands += 1;
  if (reading.commands > MOST_COMMANDS) {
    if (reading.commands === MOST_COMMANDS + 1)
      refuse(reading, `more than ${MOST_COMMANDS} commands`, command);
    return { kind: 'simple', assignments: [], words: [], redirections: [], at: command.pos };
  }
  const words: Word[] = [];
  const assignments: Assignment[] = [];
  for (const part of command.prefix) {
    if (part.type === 'Assignment') assignments.push(readAssignment(part, reading));
  }
  if (command.name !== undefined) words.push(...readArguments(command.name, reading));
  for (const part of command.suffix) {
    if (words.length > MOST_WORDS) break;
    if (part.type === 'Word') words.push(...readArguments(part, reading));
    else if (part.type === 'Assignment') words.push(readDeclared(part, reading));
  }
  if (command.redirects.length > MOST_REDIRECTIONS) {
    refuse(reading, `a command of more than ${MOST_REDIRECTIONS} redirections`, command);
    return { kind: 'simple', assignments: [], words: [], redirections: [], at: command.pos };
  }
  if (words.length > MOST_WORDS) refuse(reading, `a command of more than ${MOST_WORDS} words`, command);
  const redirections = command.redirects.flatMap((redirect) => readRedirection(redirect, reading));
  return { kind: 'simple', assignments, words, redirections, at: command.pos };
}

function readAssignment(parsed: ParsedAssignment, reading: Reading): Assignment {
  return { name: parsed.name, value: readValue(parsed, reading) };
}

/** An assignment among the words of `export` and its like: one word, whatever the value expands to. */
function readDeclared(parsed: ParsedAssignment, reading: Reading): Word {
  const value = readValue(parsed, reading);
  if (value.some(({ kind }) => kind === 'home')) {
    refuse(reading, 'a tilde in a declaration; write the path out', parsed);
  }
  return joinText([{ kind: 'text', text: `${parsed.name}=` }, ...value]);
}

function readValue(parsed: ParsedAssignment, reading: Reading): Word {
  const { value, index, append, name } = parsed;
  if (value.type === 'ArrayValue' || index !== undefined || append === true) {
    refuse(reading, 'an array, or an assignment that adds; assign the whole value', parsed);
    return [];
  }
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) refuse(reading, 'an assignment to no plain name', parsed);
  return valueWord(value, reading);
}

function valueWord(value: ParsedWord, reading: Reading): Word {
  const word = readWord(value, 'value', reading);
  return word.length === 0 ? [{ kind: 'text', text: '' }] : word;
}
