import type { Argument } from '../arguments.ts';
import type { Word } from '../syntax.ts';

/** Where a command runs. */
export interface Surroundings {
  /** Canonical folder in which it starts, where that is known. */
  readonly folder: string | undefined;
  /** Home folder of the account, where that is known. */
  readonly home: string | undefined;
}

/** What a program is about to do, as its arguments tell. */
export interface ProgramFacts {
  /** The program has a part of its own, beside the commands that it runs. */
  readonly isOwn: boolean;
  /** `kind:name` of what it may run, and nobody can see. */
  readonly opaque: readonly string[];
  /** Commands that it runs, in the order of their words. */
  readonly runs: readonly InnerRun[];
  readonly reads: readonly FileUse[];
  readonly writes: readonly FileUse[];
  /** Names of variables that it sets for them. */
  readonly variables: readonly string[];
  /**
   * It is a shell that reads its text from standard input. Gives the words with which it gets the text as an argument:
   * what is read with a text, by the shell and by the commands in it, cannot be told apart.
   */
  readonly readsText?: (text: Word) => readonly Word[];
  /** `reads` and `writes` are all that there are. */
  readonly knowsFiles: boolean;
  /** A file that it runs as a text. */
  readonly script?: Word;
}

/** A file that a program is told to use. */
export interface FileUse {
  readonly word: Word;
  /** With all that is below. */
  readonly isDeep: boolean;
}

/** A command inside of another one's words `from` to before `to`. */
export interface InnerRun {
  readonly from: number;
  readonly to: number;
  /** `words`: a program and its arguments. `text`: each word a part of one text for a shell. */
  readonly form: 'words' | 'text';
  readonly user?: string;
  /** It runs on another machine, in a container, or in a folder that is not known. */
  readonly isElsewhere?: true;
  /** Text in its words that is replaced by what is not known. */
  readonly placeholder?: string;
  /** More arguments may be added behind its words. */
  readonly isOpenEnded?: true;
  /** Its standard input is that of the command around it. */
  readonly keepsInput?: true;
}

/** A program that does nothing but what its name says. */
export const PLAIN: ProgramFacts = {
  knowsFiles: false,
  isOwn: true,
  opaque: [],
  runs: [],
  reads: [],
  writes: [],
  variables: [],
};

/** Reads the arguments of one program; `args[0]` is its name. */
export type ProgramReader = (args: readonly Argument[], name: string) => ProgramFacts;

/** A program whose doing nobody can see. */
export function unseen(kind: string, name: string, more: Partial<ProgramFacts> = {}): ProgramFacts {
  return { ...PLAIN, ...more, opaque: [...(more.opaque ?? []), `${kind}:${name}`] };
}
