/**
 * What the gateway writes to the shell of a guarded session: a line that was judged, between two marks that nobody can guess. Pure.
 *
 * - The line is one group, which the shell has read as a whole before any of it runs, and which has no standard input: nothing in
 *   it can read what comes next. `$?` in it is that of the line before.
 * - Marks are written in halves, so that a shell that shows what it runs does not write one.
 * - All words are quoted, so that no alias is in the way; functions cannot take the place of what is used here (`shell/lasting-shell.ts`).
 */
import { quote } from '../../../shell/write-word.ts';

/** The marks of one line. Each begins with a character that output seldom has. */
export interface Marks {
  /** Before the output of the line: what comes earlier is of lines before. */
  readonly begin: string;
  /** Behind it, on both streams. */
  readonly end: string;
  /** Behind what is told of the end: exit status and folder. */
  readonly close: string;
}

/** The shell that stays. It is given no start files, and reads what to do from its standard input. */
export const SHELL_COMMAND = `'exec' '/bin/sh'`;

/** Exit status of a shell that cannot begin where it should. */
export const NO_FOLDER = 97;

/**
 * The shell keeps its input open while a line runs, and a pipe can be opened anew by `/proc/…/fd`, to write commands into it that
 * nobody judged. Permissions of the pipe itself forbid that to all accounts but root; who has it open keeps it.
 */
const CLOSED = `'chmod' '0' '/dev/fd/0' 2>'/dev/null'`;

/** First of all: an interrupt ends what the shell runs, and not the shell. @param folder where the shell before it was */
export function beginning(folder: string | undefined): string {
  const change = folder === undefined ? '' : `'cd' ${quote(folder)} || 'exit' '${NO_FOLDER}'\n`;
  return `'trap' ':' INT\n${CLOSED}\n${change}`;
}

/**
 * One line.
 *
 * @param group as `writeGroup` gave it
 * @param status that `$?` is at first, 0 to 255
 */
export function lineText(group: string, status: number, marks: Marks): string {
  // The last of a list of commands by `||`, so that `set -e` means in it what it means outside.
  const before = status === 0 ? '' : `( 'exit' '${status}' ) || `;
  return `${say(marks.begin)}; ${say(marks.begin)} >&2\n${before}${group}\n${told(marks)}\n`;
}

/** `END 0 : /folder\nx CLOSE` on standard output, `END` on the other one. A folder may end with a line end: hence the `x`. */
function told({ end, close }: Marks): string {
  const [first, second] = halves(end);
  const [third, fourth] = halves(close);
  const folder = `"$('pwd' '-P'; 'printf' 'x')"`;
  return `'printf' '%s%s%s:%s%s%s' ${first} ${second} "$?" ${folder} ${third} ${fourth}; ${say(end)} >&2`;
}

function say(mark: string): string {
  const [first, second] = halves(mark);
  return `'printf' '%s%s' ${first} ${second}`;
}

function halves(mark: string): readonly [string, string] {
  const middle = Math.floor(mark.length / 2);
  return [quote(mark.slice(0, middle)), quote(mark.slice(middle))];
}

/** What a shell told of the end of a line. */
export interface LineEnd {
  readonly status: number;
  /** Where it is now, without links; undefined where nobody can say. */
  readonly folder: string | undefined;
}

/** Reads what stands between `end` and `close`; undefined for anything else. */
export function readLineEnd(text: string): LineEnd | undefined {
  const match = /^([0-9]{1,3}):([\s\S]*)x$/.exec(text);
  if (match === null) return undefined;
  const [, status = '', folder = ''] = match;
  return { status: Number(status) & 255, folder: readFolder(folder) };
}

/** Rules read folders as text: what is not written plainly is not known. */
function readFolder(told: string): string | undefined {
  if (!told.endsWith('\n')) return undefined;
  const folder = told.slice(0, -1);
  return /^\/[^\p{C}\p{Z}*?[\]\\\u{FFFD}]*$/u.test(folder.replaceAll(' ', '')) &&
    !/\/\.{0,2}(?:\/|$)/.test(folder.slice(1))
    ? folder
    : undefined;
}
