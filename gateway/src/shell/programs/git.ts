import type { Argument } from '../arguments.ts';
import { optionTable, readOptions } from './options.ts';
import { PLAIN, type ProgramReader, unseen } from './program-facts.ts';
import { findHazard } from './read-hazards.ts';

/** Options in front of the subcommand; `-c` and its like may name programs, so they are in no table. */
const GLOBAL = optionTable('C:pP', [
  'no-pager',
  'paginate',
  'no-optional-locks',
  'literal-pathspecs',
  'bare',
  'version',
  'help',
]);

/** Subcommands of git itself: everything else may be an alias, which is a command. */
const KNOWN: ReadonlySet<string> = new Set(
  'add annotate apply archive blame branch bundle cat-file check-ignore checkout cherry cherry-pick clean clone commit count-objects describe diff diff-files diff-index diff-tree fetch for-each-ref format-patch fsck gc grep init log ls-files ls-remote ls-tree merge merge-base mv name-rev notes pull push range-diff rebase reflog remote reset restore rev-list rev-parse revert rm shortlog show show-branch show-ref sparse-checkout stash status submodule switch symbolic-ref tag update-index update-ref var verify-commit version whatchanged worktree'.split(
    ' ',
  ),
);

/** Options of subcommands that name a program. */
const HAZARD = {
  short: 'cxuOp',
  long: [
    'exec',
    'upload-pack',
    'receive-pack',
    'config',
    'open-files-in-pager',
    'ext-diff',
    'textconv',
    'extcmd',
    'tool',
    'template',
    'edit',
    'edit-description',
    'edit-todo',
    'continue',
    'strategy',
    'gpg-sign',
    'output',
    'patch',
    'interactive',
  ],
} as const;

/** Subcommands in which these letters mean something else, and nothing is run by one of them. */
const HARMLESS_SHORT: ReadonlyMap<string, string> = new Map([
  ['add', 'u'],
  ['apply', 'p'],
  ['cat-file', 'p'],
  ['fetch', 'p'],
  ['pull', 'p'],
  ['worktree', 'p'],
  ['blame', 'cp'],
  ['branch', 'cu'],
  ['cherry-pick', 'x'],
  ['clean', 'x'],
  ['commit', 'cu'],
  ['diff', 'up'],
  ['grep', 'cp'],
  ['log', 'cup'],
  ['ls-files', 'cxu'],
  ['push', 'u'],
  ['show', 'cup'],
  ['stash', 'u'],
  ['status', 'u'],
  ['switch', 'c'],
  ['tag', 'u'],
]);

/** Letters by which these open an editor. */
const EDITING: ReadonlyMap<string, string> = new Map([
  ['add', 'ei'],
  ['cherry-pick', 'e'],
  ['commit', 'e'],
  ['merge', 'e'],
  ['pull', 'e'],
  ['rebase', 'i'],
  ['revert', 'e'],
  ['tag', 'e'],
]);

/** Whether git opens an editor for want of a message. */
function wantsMessage(part: string, args: readonly Argument[]): boolean {
  if (part === 'commit') return !hasMessage(args);
  if (part === 'tag') return args.some(({ text }) => ANNOTATED.test(text ?? '')) && !hasMessage(args);
  return part === 'notes' && /^(?:add|append|edit)$/.test(args[1]?.text ?? '') && !hasMessage(args);
}

const ANNOTATED = /^-[a-zA-Z]*[asu]|^--(?:a|si|lo)/;

/** Options of commit whose value is the next word. */
const VALUED =
  /^(?:-t|--(?:author|date|trailer|cleanup|template|squash|fixup|reedit-message|pathspec-from-file))$/;

function hasMessage(all: readonly Argument[]): boolean {
  const dashes = all.findIndex(({ text }) => text === '--');
  const args = dashes === -1 ? all : all.slice(0, dashes);
  const isReworded = args.some(
    ({ lead }, index) =>
      /^--fixup=(?:amend|reword)/.test(lead) ||
      (args[index - 1]?.text === '--fixup' && /^(?:amend|reword)/.test(lead)),
  );
  if (isReworded) return false;
  return args.some(
    ({ text, lead }, index) =>
      !VALUED.test(args[index - 1]?.text ?? '') &&
      (/^-[a-zA-Z]*[mFC]/.test(text ?? '') || /^--(?:message|file|no-edit|reuse-message|fixup)\b/.test(lead)),
  );
}

/** `git`: opaque where an option or a URL names a program. Hooks and the configuration of the repository are not seen. */
export const readGit: ProgramReader = (args, name) => {
  const read = readOptions(args, 1, GLOBAL);
  if (read === undefined) return unseen('options', name);
  const part = args[read.next];
  if (part === undefined) return PLAIN;
  if (part.text === undefined || !KNOWN.has(part.text)) return unseen('alias', name);
  const harmless = HARMLESS_SHORT.get(part.text) ?? '';
  const editing = EDITING.get(part.text) ?? '';
  const short = [...HAZARD.short].filter((letter) => !harmless.includes(letter)).join('') + editing;
  const rest = args.slice(read.next);
  // A message may be anything; elsewhere `-m` has no value.
  const values = part.text === 'commit' ? 'm' : '';
  const words = part.text === 'submodule' ? { words: ['foreach', 'update'] } : {};
  const found = findHazard(rest, { ...HAZARD, ...words, short, values });
  if (found !== 'none') return unseen(found === 'found' ? 'options' : 'arguments', name);
  // Help is shown by man, which has a pager.
  if (wantsMessage(part.text, rest) || rest.some(({ text }) => text === '--help'))
    return unseen('escape', name);
  // `ext::command` is a transport that runs a command; `-`… as a host is one to ssh.
  const isTransport = rest.some(
    ({ text, lead }) => (text ?? lead).includes('::') || (text ?? '').includes('://-'),
  );
  return isTransport ? unseen('options', name) : PLAIN;
};
