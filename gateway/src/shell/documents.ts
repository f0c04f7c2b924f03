import type { Command, Item, Redirection, Script, Word } from './syntax.ts';

/**
 * Whether a here-document waits for the end of its line while one in a substitution of the same line ends: shells do not
 * agree on which of the lines belongs to which.
 */
export function hasMixedDocuments(script: Script): boolean {
  return script.items.some((item) => {
    const tally: Tally = { own: 0, inside: 0, isMixed: false };
    tallyItem(item, tally);
    return tally.isMixed || (tally.own > 0 && tally.inside > 0);
  });
}

interface Tally {
  /** Here-documents of the line itself, and in substitutions of it. */
  own: number;
  inside: number;
  isMixed: boolean;
}

function tallyScript(script: Script, tally: Tally): void {
  for (const item of script.items) tallyItem(item, tally);
}

function tallyItem(item: Item, tally: Tally): void {
  for (const pipeline of [item.first, ...item.rest.map((one) => one.pipeline)]) {
    for (const stage of pipeline.stages) tallyCommand(stage, tally);
  }
}

function tallyCommand(command: Command, tally: Tally): void {
  for (const redirection of command.redirections) tallyRedirection(redirection, tally);
  switch (command.kind) {
    case 'simple':
      tallyWords([...command.words, ...command.assignments.map(({ value }) => value)], tally);
      return;
    case 'if':
      for (const { condition, body } of command.branches) {
        tallyScript(condition, tally);
        tallyScript(body, tally);
      }
      if (command.otherwise !== undefined) tallyScript(command.otherwise, tally);
      return;
    case 'while':
    case 'until':
      tallyScript(command.condition, tally);
      tallyScript(command.body, tally);
      return;
    case 'case':
      tallyWords([command.word, ...command.choices.flatMap(({ patterns }) => patterns)], tally);
      for (const { body } of command.choices) tallyScript(body, tally);
      return;
    case 'function':
      tallyCommand(command.body, tally);
      return;
    case 'for':
      tallyWords(command.words ?? [], tally);
      tallyScript(command.body, tally);
      return;
    default:
      tallyScript(command.body, tally);
  }
}

function tallyRedirection(redirection: Redirection, tally: Tally): void {
  if (redirection.kind === 'duplicate') return;
  if (redirection.kind === 'document') tally.own += 1;
  tallyWords([redirection.kind === 'document' ? redirection.body : redirection.file], tally);
}

function tallyWords(words: readonly Word[], tally: Tally): void {
  for (const part of words.flat()) {
    if (part.kind !== 'substitution') continue;
    const within: Tally = { own: 0, inside: 0, isMixed: false };
    tallyScript(part.script, within);
    tally.inside += within.own + within.inside;
    tally.isMixed ||= within.isMixed || (within.own > 0 && within.inside > 0);
  }
}
