import type { Argument } from '../arguments.ts';
import type { Word } from '../syntax.ts';
import { type LeadingOptions, optionTable, readOptions } from './options.ts';
import { PLAIN, type ProgramReader, unseen } from './program-facts.ts';
import { isVersion } from './unseen-programs.ts';

/**
 * Shells whose texts are read here and written again in the form that all of them read alike. Not zsh and ksh: their
 * `[ $x -eq 1 ]` evaluates what is in `x`.
 */
const POSIX_SHELLS: ReadonlySet<string> = new Set(['sh', 'bash', 'dash', 'ash']);

/** Options that change nothing of what a text means. `-o` is looked at by its value. */
const OPTIONS = optionTable('cseuxlo:', ['login', 'norc', 'noprofile', 'posix']);

const SETTINGS: ReadonlySet<string> = new Set(['errexit', 'nounset', 'pipefail', 'xtrace']);

export function isPosixShell(name: string): boolean {
  return POSIX_SHELLS.has(name);
}

/** `sh -c text` runs the text; `sh file` and `sh` alone run what is not seen here. */
export const readShell: ProgramReader = (args, name) => {
  if (isVersion(name, args)) return PLAIN;
  const read = readOptions(args, 1, OPTIONS);
  if (read === undefined) return unseen('options', name);
  const isOdd = read.options.some((option) => option.name === '-o' && !SETTINGS.has(option.value ?? ''));
  if (isOdd) return unseen('options', name);
  const operand = args[read.next];
  if (read.options.some((option) => option.name === '-c')) {
    if (operand?.text === undefined) return unseen('code', name);
    return {
      ...PLAIN,
      isOwn: false,
      runs: [{ from: read.next, to: read.next + 1, form: 'text', keepsInput: true }],
    };
  }
  if (operand === undefined || read.options.some((option) => option.name === '-s')) {
    return { ...PLAIN, isOwn: false, readsText: (text) => withText(args, read, text) };
  }
  if (operand.text === '-') return unseen('options', name);
  return { ...PLAIN, script: operand.word, reads: [{ word: operand.word, isDeep: false }] };
};

/** `bash -es a` with the text as an argument: `bash -e -c text bash a`. */
function withText(args: readonly Argument[], { options, next }: LeadingOptions, text: Word): readonly Word[] {
  const name = args[0]?.word ?? [];
  const kept = options
    .filter((option) => option.name !== '-s')
    .flatMap((option) => [plain(option.name), ...(option.value === undefined ? [] : [plain(option.value)])]);
  const operands = args.slice(next).map(({ word }) => word);
  return [name, ...kept, plain('-c'), text, ...(operands.length === 0 ? [] : [name, ...operands])];
}

function plain(text: string): Word {
  return [{ kind: 'text', text }];
}

/** `su [options] [-] [user]`: its command is a text for the shell of that user. */
export const readSu: ProgramReader = (args, name) => {
  const table = optionTable('lc:', ['login', 'command=']);
  const read = readOptions(args, 1, table);
  if (read === undefined) return unseen('options', name);
  const isDash = args[read.next]?.text === '-';
  const userAt = read.next + (isDash ? 1 : 0);
  const user = args[userAt];
  const rest = user === undefined ? undefined : readOptions(args, userAt + 1, table);
  if (user !== undefined && (rest === undefined || rest.next < args.length)) return unseen('options', name);
  const commands = [...read.options, ...(rest?.options ?? [])].filter((option) =>
    /^-c$|^--command$/.test(option.name),
  );
  const at = args.findIndex(({ text }, index) => index > 0 && (text === '-c' || text === '--command'));
  if (commands.length === 0) return unseen('stdin', name);
  // Of several the last one counts; one that is joined to its option is not looked for.
  if (commands.length > 1 || at === -1 || args[at + 1]?.text === undefined) return unseen('options', name);
  return {
    ...PLAIN,
    isOwn: false,
    runs: [
      {
        from: at + 1,
        to: at + 2,
        form: 'text',
        user: user === undefined ? 'root' : (user.text ?? '*'),
        isElsewhere: true,
      },
    ],
  };
};

/** `watch text`, where several words make one text. */
export const readWatch: ProgramReader = (args, name) => {
  const read = readOptions(
    args,
    1,
    optionTable('n:dtegbc', ['interval=', 'differences?', 'no-title', 'errexit', 'chgexit', 'beep', 'color']),
  );
  if (read === undefined || read.next >= args.length) return unseen('options', name);
  const isKnown = args.slice(read.next).every(({ text }) => text !== undefined);
  if (!isKnown) return unseen('code', name);
  return { ...PLAIN, isOwn: false, runs: [{ from: read.next, to: args.length, form: 'text' }] };
};
