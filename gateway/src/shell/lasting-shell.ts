/**
 * Commands in a shell that stays: one line is judged and run, then the next one in the same shell. What would change
 * what a later line means, or take the shell away from who judges, is refused there, and no rule helps.
 */
import { ANY_FILE } from '../names/file-pattern.ts';
import type { CommandFacts } from './command-facts.ts';

/** What is known of a shell that stays. */
export interface LastingShell {
  /** Functions that earlier lines have defined: a command of that name is one of them. */
  readonly functions: ReadonlySet<string>;
}

/** Runs its words in the shell itself. */
const WITHIN: ReadonlySet<string> = new Set(['command', 'builtin', 'exec', 'eval', 'time']);

/** Every builtin of the POSIX shells and of bash: a function in place of one would change what lines and the gateway's own text mean. */
const BUILTINS: ReadonlySet<string> = new Set(
  ': . [ alias bg bind break builtin caller cd chdir command compgen complete compopt continue declare dirs disown echo enable eval exec exit export false fc fg getopts hash help history jobs kill let local logout mapfile popd printf pushd pwd read readarray readonly return set shift shopt source suspend test times trap true type typeset ulimit umask unalias unset wait'.split(
    ' ',
  ),
);

/** Programs that draw on a whole terminal, or wait for keys. */
const FULL_SCREEN: ReadonlySet<string> = new Set(
  'vi vim nvim view vimdiff rvim rview ex nano pico joe jed emacs emacsclient mc ranger nnn less more most pg htop atop btop tmux screen byobu dialog whiptail watch lynx w3m elinks links mutt neomutt telnet visudo vipw vigr'.split(
    ' ',
  ),
);

/** What a process has open, by its number, its own or any: among it is what the gateway writes to the shell. */
const PROCESS = /^(?:\/proc\/(?:self|thread-self|[^/]*[0-9*?[][^/]*)(?:\/|$)|\/dev\/fd(?:\/(?![0-9]$)|$))/;

/** Programs that change who may open a file. */
const PERMITS: ReadonlySet<string> = new Set(['chmod', 'chown', 'chgrp']);

/** The command with what it may not do in a shell that stays. */
export function inLastingShell(command: CommandFacts, { functions }: LastingShell): CommandFacts {
  const isWithin = isInShell(command);
  const isFunction = isWithin && functions.has(command.name);
  const opaque = isFunction ? [...command.opaque, `function:${command.name}`] : command.opaque;
  const found = [...(isWithin ? shellFaults(command) : []), ...programFaults(command)];
  return { ...command, opaque, faults: [...command.faults, ...found] };
}

/** Names of functions that commands define for later lines. */
export function functionsOf(commands: readonly CommandFacts[]): readonly string[] {
  return commands
    .filter(isInShell)
    .flatMap(({ name, opaque }) =>
      name === '' ? opaque.filter((one) => one.startsWith('function:')).map((one) => one.slice(9)) : [],
    );
}

/** Whether commands change what the shell keeps: variables, functions, options. */
export function changesShell(commands: readonly CommandFacts[]): boolean {
  return (
    commands.some(
      (one) => (setsInShell(one) && one.variables.length > 0) || (isInShell(one) && KEEPERS.has(one.name)),
    ) || functionsOf(commands).length > 0
  );
}

const KEEPERS: ReadonlySet<string> = new Set(['set', 'unset', 'shift', 'umask', 'ulimit', 'cd', 'export']);

/** Whether a command ends the shell. */
export function mayExit(commands: readonly CommandFacts[]): boolean {
  return commands.some((one) => isInShell(one) && one.name === 'exit');
}

function isInShell({ via }: CommandFacts): boolean {
  return via.every((name) => WITHIN.has(name));
}

/** What it sets is set in the shell, and not for a program alone as by `env`. */
function setsInShell(command: CommandFacts): boolean {
  return isInShell(command) && (command.name === '' || BUILTINS.has(command.name));
}

function shellFaults({ name, opaque, variables }: CommandFacts): readonly string[] {
  const faults: string[] = [];
  for (const one of opaque) {
    const [kind = '', what = ''] = one.split(':', 2);
    if (kind === 'builtin')
      faults.push(`${what} changes how later lines are read, or the shell itself; run it as sh -c '…'`);
    if (kind === 'variable' && (name === '' || BUILTINS.has(name)))
      faults.push(`${what} would stay for all later lines; give it to one command by env ${what}=… COMMAND`);
    if (kind === 'function' && BUILTINS.has(what)) faults.push(`a function in the place of ${what}`);
  }
  if (variables.some((one) => one === '_' || one === 'PPID')) faults.push('a variable of the shell itself');
  // A loop in the background of another would come here as well.
  if (name === 'fg' || name === 'bg' || name === 'jobs' || name === 'suspend')
    faults.push(`${name}: there are no jobs here`);
  return faults;
}

function programFaults({ name, argv, isBackground, reads, writes, opened }: CommandFacts): readonly string[] {
  const faults: string[] = [];
  if (isBackground) {
    faults.push(
      'a job in the background, whose output nobody can tell from that of later lines; run it in a connection of its own',
    );
  }
  const last = name.slice(name.lastIndexOf('/') + 1);
  if (
    FULL_SCREEN.has(last) ||
    (last === 'top' && !argv.some((word) => word !== 'many' && /^-[^-]*b/.test(word.join(''))))
  ) {
    faults.push(
      `${last} needs a terminal, which commands have none of here; use what writes its result and ends (cat, head, sed -n, top -b -n 1)`,
    );
  }
  const files = [...reads, ...writes, ...opened.reads, ...opened.writes, ...argv.flatMap(known)];
  if (files.some((file) => PROCESS.test(file))) faults.push('a path to what a process has open');
  // It may be the input of the shell, which permissions keep from what runs in it.
  if (PERMITS.has(last) && writes.includes(ANY_FILE)) {
    faults.push(`${last} of a file that is not written out; name it by its path`);
  }
  return faults;
}

function known(word: CommandFacts['argv'][number]): readonly string[] {
  if (word === 'many') return [];
  const text = word.map((part) => part ?? '*').join('');
  const at = text.search(/\/+(?:proc|dev\/+fd)(?:\/|$)/);
  return at === -1 ? [] : [text.slice(at).replace(/\/+/g, '/')];
}
