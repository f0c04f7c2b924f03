import type {
  Command,
  CompoundCommand,
  Item,
  Pipeline,
  Redirection,
  Script,
  SimpleCommand,
  Word,
} from './syntax.ts';
import { quote, writeExpansion, writeWord } from './write-word.ts';

/** Text that waits for the end of the line: bodies of here-documents (XCU 2.7.4). */
type Bodies = string[];

/**
 * Writes a script as the one text that is sent: every word quoted, one line an item, here-documents behind their line.
 * What is written is read back as the same script.
 */
export function writeScript(script: Script): string {
  const lines = script.items.map((item, index) => {
    const bodies: Bodies = [];
    const isLast = index === script.items.length - 1;
    const line = writeItem(item, bodies);
    return bodies.length === 0 ? `${line}${isLast ? '' : '\n'}` : `${line}\n${bodies.join('')}`;
  });
  return lines.join('');
}

function wordOf(word: Word): string {
  return writeWord(word, writeScript);
}

/** On one line, for lists inside of commands: each item with its end. */
function writeList(script: Script, bodies: Bodies): string {
  return script.items.map((item) => `${writeItem(item, bodies)}${item.isBackground ? '' : ';'}`).join(' ');
}

function writeItem(item: Item, bodies: Bodies): string {
  // In the order of the text: so are the bodies of here-documents.
  const first = writePipeline(item.first, bodies);
  const rest = item.rest.map(({ operator, pipeline }) => ` ${operator} ${writePipeline(pipeline, bodies)}`);
  return `${first}${rest.join('')}${item.isBackground ? ' &' : ''}`;
}

function writePipeline({ isTimed, isNegated, stages }: Pipeline, bodies: Bodies): string {
  const prefix = `${isTimed ? 'time ' : ''}${isNegated ? '! ' : ''}`;
  return prefix + stages.map((stage) => writeCommand(stage, bodies)).join(' | ');
}

function writeCommand(command: Command, bodies: Bodies): string {
  if (command.kind === 'simple') return writeSimple(command, bodies);
  const compound = writeCompound(command, bodies);
  const redirections = command.redirections.map((redirection) => ` ${writeRedirection(redirection, bodies)}`);
  return compound + redirections.join('');
}

function writeSimple({ assignments, words, redirections }: SimpleCommand, bodies: Bodies): string {
  return [
    ...assignments.map(({ name, value }) => `${name}=${wordOf(value)}`),
    ...words.map(wordOf),
    ...redirections.map((redirection) => writeRedirection(redirection, bodies)),
  ].join(' ');
}

function writeCompound(command: CompoundCommand, bodies: Bodies): string {
  const list = (script: Script): string => writeList(script, bodies);
  switch (command.kind) {
    case 'group':
      return `{ ${list(command.body)} }`;
    case 'subshell':
      return `( ${list(command.body)} )`;
    case 'while':
    case 'until':
      return `${command.kind} ${list(command.condition)} do ${list(command.body)} done`;
    case 'for': {
      const words = command.words === undefined ? '' : ` in ${command.words.map(wordOf).join(' ')}`;
      return `for ${command.name}${words}; do ${list(command.body)} done`;
    }
    case 'if': {
      const branches = command.branches.map(
        ({ condition, body }, index) =>
          `${index === 0 ? 'if' : 'elif'} ${list(condition)} then ${list(body)}`,
      );
      const otherwise = command.otherwise === undefined ? '' : ` else ${list(command.otherwise)}`;
      return `${branches.join(' ')}${otherwise} fi`;
    }
    case 'case': {
      const choices = command.choices.map(
        ({ patterns, body }) => ` (${patterns.map(wordOf).join('|')}) ${list(body)};`,
      );
      return `case ${wordOf(command.word)} in${choices.map(endChoice).join('')} esac`;
    }
    case 'function':
      return `${command.name}() ${writeCommand(command.body, bodies)}`;
  }
}

/** `a;` with one more, `a &` and nothing with two. */
function endChoice(choice: string): string {
  if (choice.endsWith(';;')) return choice;
  return choice.endsWith(' ;') || choice.endsWith('&;') ? `${choice.slice(0, -1)};;` : `${choice};`;
}

function writeRedirection(redirection: Redirection, bodies: Bodies): string {
  const descriptor = redirection.descriptor === undefined ? '' : String(redirection.descriptor);
  switch (redirection.kind) {
    case 'file':
      return `${descriptor}${redirection.operator}${wordOf(redirection.file)}`;
    case 'duplicate':
      return `${descriptor}${redirection.operator}${redirection.to}`;
    case 'document':
      return `${descriptor}${writeDocument(redirection, bodies)}`;
  }
}

function writeDocument(
  { body }: Extract<Redirection, { readonly kind: 'document' }>,
  bodies: Bodies,
): string {
  const isLiteral = body.every(({ kind }) => kind === 'text');
  const text = body
    .map((part) => {
      if (part.kind === 'text') return isLiteral ? part.text : part.text.replace(/[\\$`]/g, '\\$&');
      return part.kind === 'glob' || part.kind === 'home' ? '' : writeExpansion(part, writeScript);
    })
    .join('');
  const end = delimiterFor(text);
  bodies.push(`${text}${end}\n`);
  return `<<${isLiteral ? quote(end) : end}`;
}

/** A line that the body does not have. */
function delimiterFor(text: string): string {
  const lines = new Set(text.split('\n'));
  let end = 'END';
  for (let count = 1; lines.has(end); count += 1) end = `END${count}`;
  return end;
}
