import { fileOf } from './files.ts';
import type { Surroundings } from './programs/program-facts.ts';
import { type Command, type Item, type Script, type SimpleCommand, textOf } from './syntax.ts';

/**
 * In which folder each item of a text begins, and the rest of it behind a leading `cd folder &&`. Folders are known only
 * where every change of folder in the text is such a one; else none is.
 */
export interface Folders {
  readonly begin: string | undefined;
  readonly rest: string | undefined;
}

/** Works out the folders of the items of a text. */
export function foldersOf(script: Script, start: Pick<Surroundings, 'folder' | 'home'>): readonly Folders[] {
  const leading = script.items.filter((item) => leadingChange(item) !== undefined).length;
  const isPlain = countChanges(script) === leading;
  let folder = isPlain ? start.folder : undefined;
  return script.items.map((item) => {
    const change = isPlain ? leadingChange(item) : undefined;
    const begin = folder;
    if (change === undefined) return { begin, rest: begin };
    const target = fileOf(change.words[1] ?? [], { folder, home: start.home });
    // Behind the item nobody knows whether it succeeded.
    folder = undefined;
    return { begin, rest: target.includes('*') ? undefined : target };
  });
}

function leadingChange({ first, rest, isBackground }: Item): SimpleCommand | undefined {
  const [stage] = first.stages;
  const isAlone =
    first.stages.length === 1 && !first.isNegated && !isBackground && rest[0]?.operator === '&&';
  if (!isAlone || stage?.kind !== 'simple' || stage.words.length !== 2) return undefined;
  const target = textOf(stage.words[1] ?? []) ?? '~';
  const isPath =
    textOf(stage.words[0] ?? []) === 'cd' && !target.startsWith('-') && stage.assignments.length === 0;
  // Behind `||` nobody knows either.
  return isPath && rest.every(({ operator }) => operator === '&&') ? stage : undefined;
}

const CHANGES: ReadonlySet<string> = new Set(['cd', 'pushd', 'popd', 'chdir']);

function countChanges(script: Script): number {
  let count = 0;
  for (const item of script.items) {
    for (const pipeline of [item.first, ...item.rest.map((one) => one.pipeline)]) {
      for (const stage of pipeline.stages) count += countIn(stage);
    }
  }
  return count;
}

function countIn(command: Command): number {
  switch (command.kind) {
    case 'simple':
      // `command cd` is one, too; more than there are do no harm.
      return command.words.filter((word) => CHANGES.has(textOf(word) ?? '')).length;
    case 'if': {
      const branches = command.branches.map(
        ({ condition, body }) => countChanges(condition) + countChanges(body),
      );
      return branches.reduce((sum, one) => sum + one, countOf(command.otherwise));
    }
    case 'while':
    case 'until':
      return countChanges(command.condition) + countChanges(command.body);
    case 'case':
      return command.choices.reduce((sum, { body }) => sum + countChanges(body), 0);
    case 'function':
      return countIn(command.body);
    default:
      return countChanges(command.body);
  }
}

function countOf(script: Script | undefined): number {
  return script === undefined ? 0 : countChanges(script);
}
