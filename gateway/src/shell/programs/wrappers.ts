import type { Argument } from '../arguments.ts';
import { type FoundOption, type OptionTable, optionTable, readOptions } from './options.ts';
import { type InnerRun, PLAIN, type ProgramFacts, type ProgramReader, unseen } from './program-facts.ts';

/** A program that runs the command behind its own options and operands. */
interface Wrapper {
  readonly options: OptionTable;
  /** Operands in front of the command. */
  readonly operands?: number;
  /** It sets variables by `NAME=value` in front of the command. */
  readonly assigns?: true;
  /** Whose rights the command gets, and by which options that is said. */
  readonly user?: { readonly byDefault: string; readonly options: readonly string[] };
  /** Options with which it runs nothing, but does something itself. */
  readonly alone?: readonly string[];
  /** Options that change where the command runs. */
  readonly moves?: readonly string[];
  readonly isElsewhere?: true;
  /** It does something itself, too. */
  readonly isOwn?: true;
  /** Always opaque beside the command: it changes what names of files and programs mean. */
  readonly kind?: string;
}

const WRAPPERS: Readonly<Record<string, Wrapper>> = {
  sudo: {
    options: optionTable('u:g:p:C:T:nkHSbAPEis', [
      'user=',
      'group=',
      'prompt=',
      'close-from=',
      'command-timeout=',
      'non-interactive',
      'set-home',
      'stdin',
      'background',
      'askpass',
      'preserve-groups',
      'preserve-env?',
      'login',
      'shell',
      'reset-timestamp',
    ]),
    assigns: true,
    user: { byDefault: 'root', options: ['-u', '--user'] },
    moves: ['-i', '--login', '-s', '--shell'],
  },
  doas: { options: optionTable('u:n'), user: { byDefault: 'root', options: ['-u'] } },
  pkexec: {
    options: optionTable('', ['user=', 'disable-internal-agent']),
    user: { byDefault: 'root', options: ['--user'] },
  },
  env: {
    options: optionTable('i0u:C:v', ['ignore-environment', 'null', 'unset=', 'chdir=', 'debug']),
    assigns: true,
    moves: ['-C', '--chdir'],
  },
  nice: { options: optionTable('n:0123456789', ['adjustment=']) },
  ionice: { options: optionTable('c:n:t', ['class=', 'classdata=', 'ignore']) },
  nohup: { options: optionTable('') },
  setsid: { options: optionTable('cfw', ['ctty', 'fork', 'wait']) },
  stdbuf: { options: optionTable('i:o:e:', ['input=', 'output=', 'error=']) },
  time: { options: optionTable('f:apvq', ['format=', 'append', 'portability', 'verbose', 'quiet']) },
  timeout: {
    options: optionTable('k:s:vfp', ['kill-after=', 'signal=', 'verbose', 'foreground', 'preserve-status']),
    operands: 1,
  },
  command: { options: optionTable('vVp'), alone: ['-v', '-V'] },
  busybox: {
    options: optionTable('', ['list', 'list-full', 'install?']),
    alone: ['--list', '--list-full', '--install'],
  },
  toybox: { options: optionTable('') },
  sshpass: { options: optionTable('p:f:d:evP:'), isOwn: true },
  flock: {
    options: optionTable('sxenoFvw:E:', [
      'shared',
      'exclusive',
      'nonblock',
      'close',
      'no-fork',
      'verbose',
      'wait=',
      'timeout=',
      'conflict-exit-code=',
    ]),
    operands: 1,
    isOwn: true,
  },
  chroot: {
    options: optionTable('', ['groups=', 'userspec=', 'skip-chdir']),
    operands: 1,
    isElsewhere: true,
    isOwn: true,
    kind: 'elsewhere',
  },
  nsenter: {
    options: optionTable('at:FZ', ['all', 'target=', 'no-fork']),
    isElsewhere: true,
    isOwn: true,
    kind: 'elsewhere',
  },
  unshare: {
    options: optionTable('imnprufUCT', [
      'fork',
      'map-root-user',
      'pid?',
      'mount?',
      'net?',
      'user?',
      'mount-proc?',
    ]),
    isElsewhere: true,
    isOwn: true,
    kind: 'elsewhere',
  },
  taskset: { options: optionTable('ac', ['all-tasks', 'cpu-list']), operands: 1, kind: 'runs' },
  chrt: {
    options: optionTable('bfior', ['batch', 'fifo', 'idle', 'other', 'rr']),
    operands: 1,
    kind: 'runs',
  },
};

export const wrapperNames: ReadonlySet<string> = new Set(Object.keys(WRAPPERS));

/** Reads a program that runs the command behind its options. */
export const readWrapper: ProgramReader = (args, name) => {
  const wrapper = WRAPPERS[name];
  const read = wrapper === undefined ? undefined : readOptions(args, 1, wrapper.options);
  if (wrapper === undefined || read === undefined) return unseen('options', name);
  if (read.options.some((option) => wrapper.alone?.includes(option.name) === true)) return PLAIN;
  const from = read.next + (wrapper.operands ?? 0);
  const first = args.slice(read.next, from).find(({ isMany }) => isMany);
  if (first !== undefined) return unseen('options', name);
  const assigned = wrapper.assigns === true ? assignmentsAt(args, from) : { variables: [], next: from };
  if (assigned === undefined) return unseen('options', name);
  const { variables, next } = assigned;
  const kinds = wrapper.kind === undefined ? [] : [`${wrapper.kind}:${name}`];
  if (next >= args.length) return nothingToRun(name, wrapper, { variables, read: read.options, kinds });
  const run: InnerRun = {
    from: next,
    to: args.length,
    form: 'words',
    keepsInput: true,
    ...circumstances(wrapper, read.options),
  };
  return { ...PLAIN, isOwn: wrapper.isOwn === true, opaque: kinds, runs: [run], variables };
};

/** Without a command `env` prints; the others start a shell, or fail. */
function nothingToRun(
  name: string,
  wrapper: Wrapper,
  found: { variables: readonly string[]; read: readonly FoundOption[]; kinds: readonly string[] },
): ProgramFacts {
  const { variables, kinds } = found;
  const startsShell = wrapper.user !== undefined || wrapper.isElsewhere === true;
  return startsShell
    ? unseen('stdin', name, { variables, opaque: kinds })
    : { ...PLAIN, variables, opaque: kinds };
}

function circumstances(wrapper: Wrapper, options: readonly FoundOption[]): Partial<InnerRun> {
  const isElsewhere =
    wrapper.isElsewhere === true || options.some(({ name }) => wrapper.moves?.includes(name) === true);
  if (wrapper.user === undefined) return isElsewhere ? { isElsewhere } : {};
  // Of several the last one counts for those that take more than one.
  const given = options.findLast(({ name }) => wrapper.user?.options.includes(name) === true);
  const user = given === undefined ? wrapper.user.byDefault : (given.value ?? '*');
  return isElsewhere ? { user, isElsewhere } : { user };
}

/** Assignments in front of a command; undefined where it cannot be said whether something is one. */
function assignmentsAt(
  args: readonly Argument[],
  start: number,
): { readonly variables: readonly string[]; readonly next: number } | undefined {
  const variables: string[] = [];
  let at = start;
  for (; at < args.length; at += 1) {
    const arg = args[at];
    const name = /^([^=]*)=/.exec(arg?.lead ?? '')?.[1];
    if (name !== undefined && arg?.isMany === false) {
      variables.push(name);
    } else if (arg?.text === undefined) {
      return undefined;
    } else {
      break;
    }
  }
  return { variables, next: at };
}
