import { writeArgv } from '../../src/names/argv-pattern.ts';
import { analyseShell } from '../../src/shell/analyse-shell.ts';
import type { CommandFacts } from '../../src/shell/command-facts.ts';

/** Where a case begins unless it says otherwise. */
const HOME = '/home/agent';

/** A case: its text, and where it runs. */
export interface ShellCase {
  readonly text: string;
  readonly home?: string;
  readonly folder?: string;
}

/** Options in lines before the text: `#@ home: none`, `#@ folder: /srv/app`. */
export function readShellCase(input: string): ShellCase {
  const lines = input.split('\n');
  const first = lines.findIndex((line) => !line.startsWith('#@ '));
  const option = (name: string): string | undefined =>
    lines
      .slice(0, first)
      .find((line) => line.startsWith(`#@ ${name}: `))
      ?.slice(name.length + 5);
  const home = option('home') ?? HOME;
  const folder = option('folder') ?? home;
  const text = lines.slice(first).join('\n');
  return home === 'none' ? { text } : { text, home, folder };
}

/** What is made of a case: the commands in it, and the text that is sent. */
export function renderShell(input: string): string {
  const { text, ...surroundings } = readShellCase(input);
  const { commands, canonical, facts } = analyseShell(text, surroundings);
  const refused = facts.statements.flatMap(({ opaque }) => opaque).map((reason) => `refused: ${reason}`);
  return [
    ...refused,
    ...commands.map(renderCommand),
    ...(canonical === undefined ? [] : ['sent:', canonical]),
  ]
    .join('\n')
    .trimEnd();
}

function renderCommand(command: CommandFacts): string {
  const { argv, name, opened } = command;
  const lists: readonly (readonly [string, readonly string[]])[] = [
    ['users', command.users],
    ['via', command.via],
    ['flags', command.flags],
    ['reads', command.reads],
    ['writes', command.writes],
    ['opens to read', opened.reads],
    ['opens to write', opened.writes],
    ['sets', command.variables],
    ['opaque', command.opaque],
  ];
  const details = lists
    .filter(([, list]) => list.length > 0)
    .map(([key, list]) => ` | ${key}: ${list.join(' ')}`);
  const background = command.isBackground ? ' | in the background' : '';
  return `${name === '' ? '-' : writeArgv(argv).replaceAll('\n', '⏎')}${details.join('')}${background}`;
}
