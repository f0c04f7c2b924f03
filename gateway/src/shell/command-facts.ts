import type { ArgvWord } from '../names/argv-pattern.ts';

/** What one simple command of a text does, however deep it stands in it. */
export interface CommandFacts {
  /** Canonical name: bare for programs of the system, else a path; empty for assignments and redirections alone. */
  readonly name: string;
  readonly argv: readonly ArgvWord[];
  /** Options by their letters and long names, each in all forms that it has. */
  readonly flags: readonly string[];
  /** Whose rights it gets other than those of the account. */
  readonly users: readonly string[];
  /** Programs that run it, outermost first. */
  readonly via: readonly string[];
  /** Files that the program uses, as far as that is known. */
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  /** Files that the shell opens for it. */
  readonly opened: { readonly reads: readonly string[]; readonly writes: readonly string[] };
  /** Variables that are set. */
  readonly variables: readonly string[];
  /** `kind:name` of what it may run, and nobody can see: denied unless a rule names it. */
  readonly opaque: readonly string[];
  /** Why it cannot be judged at all. */
  readonly faults: readonly string[];
  readonly isBackground: boolean;
  /** Where it stands in the outermost text, in UTF-16 units. */
  readonly at: number;
}

/** Facts of a command that does nothing yet. */
export const NO_FACTS: Omit<CommandFacts, 'at'> = {
  name: '',
  argv: [],
  flags: [],
  users: [],
  via: [],
  reads: [],
  writes: [],
  opened: { reads: [], writes: [] },
  variables: [],
  opaque: [],
  faults: [],
  isBackground: false,
};
