import type { Atom, Facts, StatementFacts } from '../model/facts.ts';
import type { JsonValue } from '../model/json.ts';
import { writeArgv } from '../names/argv-pattern.ts';
import { type CommandFacts, NO_FACTS } from './command-facts.ts';
import { shellFamily } from './facts-family.ts';

/** The action of AuthZEN: a text for the shell of an account. */
const ACTION = 'exec';

const LONGEST_LABEL = 120;
const LONGEST_LINE = 200;

/** The facts of a text, a statement for each of its commands. */
export function shellFacts(commands: readonly CommandFacts[]): Facts {
  return {
    family: shellFamily.name,
    action: ACTION,
    statements: commands.map((command) => statementOf(command, commands.length)),
  };
}

/** The facts of a text that cannot be read. */
export function refusedFacts(reason: string): Facts {
  const atoms = [{ label: 'a shell text', values: { kinds: ['RUN'] } }];
  const statement = { summary: 'a shell text', atoms, attributes: {}, opaque: [reason] };
  return { family: shellFamily.name, action: ACTION, statements: [statement] };
}

/** The facts of a whole terminal, in which anything may be done. */
export function terminalFacts(): Facts {
  const label = 'a whole terminal, recorded and not judged';
  const atoms = [{ label, values: { kinds: ['TERMINAL'], terminals: ['recorded'] } }];
  const attributes = attributesOf({ ...NO_FACTS, at: 0 }, 0);
  const statement = { summary: label, atoms, attributes, unknown: ['argv'], opaque: [] };
  return { family: shellFamily.name, action: 'terminal', statements: [statement] };
}

function statementOf(command: CommandFacts, count: number): StatementFacts {
  const { argv, faults } = command;
  const label = labelOf(command);
  const isKnown = argv.every((word) => word !== 'many' && !word.includes(undefined));
  return {
    summary: command.name === '' ? 'the shell itself' : command.name,
    atoms: atomsOf(command, label),
    attributes: { ...attributesOf(command, count), ...(isKnown ? { argv: argv.map(plain) } : {}) },
    ...(isKnown ? {} : { unknown: ['argv'] }),
    opaque: faults.map((fault) => oneLine(`${fault} (command at character ${command.at + 1})`)),
  };
}

function plain(word: CommandFacts['argv'][number]): string {
  return word === 'many' ? '' : word.join('');
}

/** `rm -rf /srv/x as root, by sudo`. */
function labelOf(command: CommandFacts): string {
  const { argv, users, via, opaque } = command;
  const words = writeArgv(argv);
  const text = words.length > LONGEST_LABEL ? `${words.slice(0, LONGEST_LABEL)}…` : words;
  const user = users.length === 0 ? '' : ` as ${users.join(', ')}`;
  const by = via.length === 0 ? '' : `, by ${via.join(' ')}`;
  const unseen = opaque.length === 0 ? '' : `, which runs what cannot be seen (${opaque.join(', ')})`;
  return oneLine(`${text === '' ? 'the shell itself' : text}${user}${by}${unseen}${landing(command)}`);
}

/** A rule for the one file does not cover it, which is hard to see from the command. */
function landing({ name, argv, writes }: CommandFacts): string {
  const [target, inside] = writes;
  const mayBeFolder = (name === 'cp' || name === 'install') && inside?.startsWith(`${target}/`) === true;
  // Of these everybody knows.
  const isFolder = /(?:^|\/)\.{0,2}$/.test(plain(argv.at(-1) ?? []));
  return mayBeFolder && !isFolder
    ? `, which writes ${inside} if ${target} is a folder (-T says that it is none)`
    : '';
}

/** Labels go into denials, which have one line. */
function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  return line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE)}…` : line;
}

function atomsOf(command: CommandFacts, label: string): readonly Atom[] {
  const { opened, name, argv, variables, opaque } = command;
  const around = { users: command.users, via: command.via };
  const files: Atom[] = [
    ...opened.reads.map(
      (file): Atom => ({
        label: oneLine(`read ${file}`),
        values: { kinds: ['READ'], reads: [file], ...around },
        details: DETAILS,
      }),
    ),
    ...opened.writes.map(
      (file): Atom => ({
        label: oneLine(`write ${file}`),
        values: { kinds: ['WRITE'], writes: [file], ...around },
        details: DETAILS,
      }),
    ),
  ];
  const isProgram = name !== '' || argv.length > 0;
  const sets: Atom[] =
    variables.length === 0 && (isProgram || opaque.length === 0)
      ? []
      : [
          {
            label: oneLine(`set ${[...variables, ...opaque].join(', ')}`),
            values: { kinds: ['SET'], variables, opaque, ...around },
            details: DETAILS,
          },
        ];
  const isNothing = !isProgram && files.length === 0 && sets.length === 0;
  return [
    ...files,
    ...sets,
    ...(isProgram ? [runOf(command, label)] : []),
    ...(isNothing ? [nothing(label)] : []),
  ];
}

/** How it is done, not what: no rule allows a command by these alone. */
const DETAILS = ['users', 'via'];
const RUN_DETAILS = [...DETAILS, 'flags', 'reads', 'writes', 'variables', 'opaque'];

function runOf(command: CommandFacts, label: string): Atom {
  const { name, argv, flags, users, via, reads, writes, opaque } = command;
  const last = name.slice(name.lastIndexOf('/') + 1);
  const commands = last === name ? [name] : [name, last];
  const values = {
    kinds: ['RUN'],
    commands,
    argv: [writeArgv(argv)],
    flags,
    users,
    via,
    reads,
    writes,
    opaque,
  };
  return { label, values, details: RUN_DETAILS };
}

/** A redirection to nowhere is as good as the command that does nothing. */
function nothing(label: string): Atom {
  return { label, values: { kinds: ['RUN'], commands: [':'], argv: [':'] } };
}

function attributesOf(command: CommandFacts, count: number): Readonly<Record<string, JsonValue>> {
  const { opened, reads, writes } = command;
  return {
    name: command.name,
    flags: command.flags,
    users: command.users,
    via: command.via,
    reads: [...reads, ...opened.reads],
    writes: [...writes, ...opened.writes],
    variables: command.variables,
    opaque: command.opaque,
    background: command.isBackground,
    commands: count,
  };
}
