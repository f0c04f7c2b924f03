import { UNSEEN_FILES } from '../names/file-pattern.ts';
import { type Argument, toArguments, toArgvWord } from './arguments.ts';
import { type CommandFacts, NO_FACTS } from './command-facts.ts';
import { fileOf, filesOfUse } from './files.ts';
import { judgeRedirections } from './judge-redirections.ts';
import { judgeWordsOf } from './judge-words.ts';
import { nameProgram } from './program-name.ts';
import { flagsOf } from './programs/flags.ts';
import { pagerOf } from './programs/pagers.ts';
import type { InnerRun, ProgramFacts } from './programs/program-facts.ts';
import { readProgram } from './programs/read-program.ts';
import { hazards } from './programs/variables.ts';
import { parseShell } from './read/parse.ts';
import { openEnded, withPlaceholder } from './run-words.ts';
import { type DocumentInput, type Judging, note, type Scene } from './scene.ts';
import { type Redirection, type SimpleCommand, textOf, type Word } from './syntax.ts';
import { writeChecked } from './write-checked.ts';

/** Judges a simple command, and all that its program runs. */
export function judgeSimple(command: SimpleCommand, outer: Scene, judging: Judging): SimpleCommand {
  const scene: Scene = { ...outer, at: outer.at ?? command.at };
  const { redirections, opened } = judgeRedirections(command.redirections, scene, judging);
  const words = judgeWordsOf(command.words, scene, judging);
  const assignments = command.assignments.map(({ name, value }) => ({
    name,
    value: judgeWordsOf([value], scene, judging)[0] ?? value,
  }));
  const variables = assignments.map(({ name }) => name);
  const shellPart = { opened, variables, opaque: hazards(variables), faults: opened.faults };
  const isOpening = opened.reads.length > 0 || opened.writes.length > 0 || opened.faults.length > 0;
  if (words.length === 0 || isOpening || variables.length > 0) {
    note(judging, { ...factsIn(scene), ...shellPart });
  }
  const input = documentOf(redirections);
  const inner: Scene = {
    ...scene,
    input: input ?? (redirections.some(takesInput) ? undefined : scene.input),
  };
  const judged = words.length === 0 ? words : judgeWords(words, inner, judging);
  return { ...command, assignments, words: judged, redirections: withoutTaken(redirections, input) };
}

function factsIn({ users, via, isBackground, at }: Scene): CommandFacts {
  return { ...NO_FACTS, users, via, isBackground, at: at ?? 0 };
}

function takesInput({ descriptor, kind, ...rest }: Redirection): boolean {
  const isInput = kind === 'document' || ('operator' in rest && rest.operator.startsWith('<'));
  return descriptor === 0 || (descriptor === undefined && isInput);
}

/** The only redirection of standard input, if it is a document without expansions. */
function documentOf(redirections: readonly Redirection[]): DocumentInput | undefined {
  const inputs = redirections.filter(takesInput);
  const [only] = inputs;
  const text = inputs.length === 1 && only?.kind === 'document' ? textOf(only.body) : undefined;
  return text === undefined ? undefined : { text, isTaken: false };
}

/** A document that has become an argument is empty for what else reads it. */
function withoutTaken(
  redirections: readonly Redirection[],
  input: DocumentInput | undefined,
): readonly Redirection[] {
  if (input?.isTaken !== true) return redirections;
  return redirections.map((one) =>
    takesInput(one) && one.kind === 'document' ? { ...one, body: [{ kind: 'text', text: '' }] } : one,
  );
}

/** Judges a program by its words, and gives back the words that are to be sent. */
function judgeWords(words: readonly Word[], scene: Scene, judging: Judging): readonly Word[] {
  const args = toArguments(words);
  const [first] = args;
  const own = { ...factsIn(scene), argv: args.map(toArgvWord) };
  const named = first === undefined ? undefined : nameProgram(first, scene);
  if (named?.ok !== true) {
    note(judging, { ...own, faults: [named?.reason ?? 'a command without a name'] });
    return words;
  }
  const program = readProgram(named.name, args);
  const text = program.readsText === undefined ? undefined : judgeInput(scene, named.name, judging);
  const unread = program.readsText !== undefined && text === undefined ? [`stdin:${named.name}`] : [];
  const opaque = [
    ...named.opaque,
    ...program.opaque,
    ...unread,
    ...(scene.hasTerminal ? pagerOf(named.name, args) : []),
    ...hazards(program.variables),
    ...scripts(program, scene),
  ];
  const runs = program.runs.map((run) => ({
    run,
    words: judgeRun(run, { words, scene, name: named.name }, judging),
  }));
  const judged = text === undefined ? spliced(words, runs) : (program.readsText?.(text) ?? words);
  if (program.isOwn || opaque.length > 0 || program.variables.length > 0) {
    // With the texts that are sent, so that what is sent has the same facts.
    const sent = toArguments(judged);
    const argv = [[named.name], ...sent.slice(1).map(toArgvWord)];
    note(judging, { ...own, ...factsOf(program, { name: named.name, args: sent, scene }), argv, opaque });
  }
  return judged;
}

function factsOf(
  program: ProgramFacts,
  { name, args, scene }: { name: string; args: readonly Argument[]; scene: Scene },
): Pick<CommandFacts, 'name' | 'flags' | 'reads' | 'writes' | 'variables'> {
  const unseen = program.knowsFiles ? [] : [UNSEEN_FILES];
  return {
    name,
    flags: flagsOf(name, args),
    reads: [...program.reads.map((use) => filesOfUse(use, scene)), ...unseen],
    writes: [...program.writes.map((use) => filesOfUse(use, scene)), ...unseen],
    variables: program.variables,
  };
}

function scripts({ script }: ProgramFacts, scene: Scene): readonly string[] {
  return script === undefined ? [] : [`script:${fileOf(script, scene)}`];
}

/** The text that a shell would read from a here-document; undefined where nobody knows what it reads. */
function judgeInput(scene: Scene, name: string, judging: Judging): Word | undefined {
  const { input } = scene;
  if (input === undefined || input.isTaken) return undefined;
  input.isTaken = true;
  const text = judgeText(input.text, { ...scene, input: undefined, via: [...scene.via, name] }, judging);
  // What could not be read has been noted, and denies.
  return [{ kind: 'text', text: text ?? '' }];
}

/** Judges a text for a shell; undefined where it cannot be read, which is noted. */
function judgeText(text: string, scene: Scene, judging: Judging): string | undefined {
  const parsed = parseShell(text, scene.depth + 1);
  if (!parsed.ok) {
    note(judging, { ...factsIn(scene), faults: [`${parsed.fault.reason}, in the text for a shell`] });
    return undefined;
  }
  if (parsed.script.items.length === 0) return '';
  const depth = scene.depth + 1;
  const written = writeChecked(judging.judgeScript(parsed.script, { ...scene, depth }, judging), depth);
  if (written.ok) return written.text;
  note(judging, { ...factsIn(scene), faults: [`${written.reason}, in the text for a shell`] });
  return undefined;
}

function judgeRun(
  run: InnerRun,
  { words, scene, name }: { words: readonly Word[]; scene: Scene; name: string },
  judging: Judging,
): readonly Word[] {
  const inner = sceneOf(run, scene, name);
  const own = words.slice(run.from, run.to);
  if (run.form === 'words') {
    const { changed, restore } = withPlaceholder(
      run.isOpenEnded === true ? openEnded(own) : own,
      run.placeholder,
    );
    return restore(judgeWords(changed, inner, judging));
  }
  const text = own.map((word) => textOf(word) ?? '').join(' ');
  const judged = judgeText(text, inner, judging);
  return judged === undefined ? own : [[{ kind: 'text', text: judged }]];
}

function sceneOf(run: InnerRun, scene: Scene, name: string): Scene {
  const elsewhere = run.isElsewhere === true ? { folder: undefined, home: undefined } : {};
  return {
    ...scene,
    ...elsewhere,
    via: [...scene.via, name],
    users: run.user === undefined ? scene.users : [run.user],
    input: run.keepsInput === true ? scene.input : undefined,
  };
}

function spliced(
  words: readonly Word[],
  runs: readonly { readonly run: InnerRun; readonly words: readonly Word[] }[],
): readonly Word[] {
  const result: Word[] = [];
  let at = 0;
  for (const { run, words: judged } of runs) {
    result.push(...words.slice(at, run.from), ...judged);
    at = run.to;
  }
  return [...result, ...words.slice(at)];
}
