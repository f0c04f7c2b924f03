/** One line of a guarded shell: what rules see of it, with what is known of the shell by the lines before. */
import type { ShellAnalysis } from '../../../shell/analyse-shell.ts';
import { changesShell, functionsOf, mayExit } from '../../../shell/lasting-shell.ts';
import { writeGroup } from '../../../shell/write-group.ts';
import type { SshAccount } from '../config.ts';
import { analyseText, type Command, commandOf } from './command.ts';

/** What is known of a shell on the machine. */
export interface ShellState {
  /** Where it is, without links. */
  folder: string | undefined;
  /** Exit status of the last line. */
  status: number;
  readonly functions: Set<string>;
  /** Lines that changed what the shell keeps, in the order in which they ran; undefined where there were too many to show. */
  changes: string[] | undefined;
}

/** A line, before it is judged. */
export interface Line extends Command {
  /** What is sent; undefined where the line cannot be judged, which denies. */
  readonly group: string | undefined;
  readonly analysis: ShellAnalysis;
  readonly mayExit: boolean;
}

/** Changes that people are shown before they agree to a line. */
const MOST_CHANGES = 32;
const LONGEST_CHANGES = 4096;

/** The state in which a shell of the account begins. */
export function freshState({ home }: SshAccount): ShellState {
  return { folder: home, status: 0, functions: new Set(), changes: [] };
}

/** Reads a line. Never throws. */
export function readLine(text: string, account: SshAccount, state: ShellState): Line {
  const { home } = account;
  const { folder, functions, changes } = state;
  const analysis = analyseText(text, {
    ...(home === undefined ? {} : { home }),
    ...(folder === undefined ? {} : { folder }),
    lasting: { functions },
  });
  const group = analysis.canonical === undefined ? undefined : writeGroup(analysis.canonical);
  const more = { shell: 'guarded', ...(folder === undefined ? {} : { folder }) };
  const command = commandOf(
    { ...analysis, canonical: group === undefined ? undefined : analysis.canonical },
    { account, text, more },
  );
  return {
    ...command,
    asked: askedOf(command.canonical, folder, changes),
    group,
    analysis,
    mayExit: mayExit(analysis.commands),
  };
}

/** A line means what it means where it runs, and behind what: people see both, and agree to both. */
function askedOf(
  canonical: string | undefined,
  folder: string | undefined,
  changes: readonly string[] | undefined,
): Command['asked'] {
  // A folder that is not known, or a shell that cannot be shown: nobody can agree to what they do not see.
  if (canonical === undefined || folder === undefined || changes === undefined) return undefined;
  const before = changes.join('\n');
  const behind = before === '' ? '' : `# after:\n${before}\n`;
  return { text: `# in ${folder}\n${behind}${canonical}`, settings: { folder, before } };
}

/** What a line that was sent leaves behind; where the shell is then, it tells itself. */
export function noteLine({ analysis: { commands, canonical = '' } }: Line, state: ShellState): void {
  for (const name of functionsOf(commands)) state.functions.add(name);
  if (!changesShell(commands) || state.changes === undefined) return;
  state.changes.push(canonical);
  const length = state.changes.reduce((sum, one) => sum + one.length, 0);
  if (state.changes.length > MOST_CHANGES || length > LONGEST_CHANGES) state.changes = undefined;
}
