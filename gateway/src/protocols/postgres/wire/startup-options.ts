/**
 * The `options` parameter of a StartupMessage: command-line switches, split as PostgreSQL's pg_split_opts and
 * process_postgres_switches do. Only switches that set a setting are accepted, so that each can be judged by its name.
 */
import { WireError } from './errors.ts';

/** A setting and its value, as the client wrote them but for dashes in the name, which become underscores. */
export type StartupOption = readonly [name: string, value: string];

/** Whitespace of C's isspace, which is narrower than that of JavaScript. */
const SPACE = /[ \t\n\v\f\r]/;

/**
 * Splits `-c name=value`, `-cname=value` and `--name=value`, in order and with repetitions (the last one wins in
 * PostgreSQL; names are not case-sensitive there). Throws `ERR_WIRE_OPTIONS` on anything else.
 */
export function parseOptions(options: string): StartupOption[] {
  const words = splitWords(options);
  const settings: StartupOption[] = [];
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    if (word === '-c') {
      index += 1;
      settings.push(toSetting(words[index], index));
    } else if (word.startsWith('-c') || (word.startsWith('--') && word.length > 2)) {
      settings.push(toSetting(word.slice(2), index));
    } else {
      throw refuse('is none of -c name=value, -cname=value, --name=value', index);
    }
  }
  return settings;
}

/** Words between whitespace; a backslash makes the next character part of its word and disappears. */
function splitWords(options: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let isEscaped = false;
  for (const character of options) {
    if (isEscaped) {
      word = (word ?? '') + character;
      isEscaped = false;
    } else if (character === '\\') {
      word ??= '';
      isEscaped = true;
    } else if (SPACE.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = (word ?? '') + character;
    }
  }
  if (word !== undefined) words.push(word);
  return words;
}

function toSetting(assignment: string | undefined, index: number): StartupOption {
  if (assignment === undefined) throw refuse('is missing behind -c', index);
  const equals = assignment.indexOf('=');
  if (equals < 1) throw refuse('gives no name=value', index);
  return [assignment.slice(0, equals).replaceAll('-', '_'), assignment.slice(equals + 1)];
}

function refuse(problem: string, index: number): WireError {
  const message = `startup parameter options: word ${index + 1} ${problem}`;
  return new WireError('ERR_WIRE_OPTIONS', message, { source: 'downstream', offset: 0 });
}
