import type { CommandFacts } from './command-facts.ts';
import { MOST_COMMANDS } from './limits.ts';
import type { Surroundings } from './programs/program-facts.ts';
import type { Script } from './syntax.ts';

/** Under which circumstances commands are looked at. */
export interface Scene extends Surroundings {
  readonly users: readonly string[];
  readonly via: readonly string[];
  readonly isBackground: boolean;
  /** Output goes to a terminal, unless something is in between. */
  readonly hasTerminal: boolean;
  /** How deep it is: in constructs, and texts in texts. */
  readonly depth: number;
  /** A here-document that is the standard input. */
  readonly input: DocumentInput | undefined;
  /** Where the command around it stands, for commands in texts of their own. */
  readonly at: number | undefined;
}

/** A literal here-document: a shell that would read it gets the text that was judged as an argument instead. */
export interface DocumentInput {
  readonly text: string;
  isTaken: boolean;
}

/** One judging of a text: what has been found so far. */
export interface Judging {
  readonly commands: CommandFacts[];
  /** Judges the text of a shell of its own: the grammar is recursive, the files are not. */
  readonly judgeScript: (script: Script, scene: Scene, judging: Judging) => Script;
}

/** Notes a command, unless there are too many. */
export function note(judging: Judging, facts: CommandFacts): void {
  const count = judging.commands.length;
  if (count < MOST_COMMANDS) judging.commands.push(facts);
  else if (count === MOST_COMMANDS) {
    judging.commands.push({ ...facts, faults: [`more than ${MOST_COMMANDS} commands`] });
  }
}
