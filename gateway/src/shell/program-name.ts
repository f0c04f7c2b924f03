import type { Argument } from './arguments.ts';
import { isReserved } from './programs/builtins.ts';
import type { Surroundings } from './programs/program-facts.ts';

/** Folders of the system: what is in them is what its name says. */
const SYSTEM_FOLDERS: ReadonlySet<string> = new Set([
  '/bin',
  '/sbin',
  '/usr/bin',
  '/usr/sbin',
  '/usr/local/bin',
  '/usr/local/sbin',
]);

/** PATH_MAX of Linux. */
const LONGEST_NAME = 4096;

/** The program that a command names. */
export type ProgramName =
  | { readonly ok: true; readonly name: string; readonly opaque: readonly string[] }
  /** Nobody can say which one it is. */
  | { readonly ok: false; readonly reason: string };

/**
 * Which program a first word names: a bare name, or an absolute path. Programs of the system go by their bare name; other
 * files are opaque, because a copy of anything may be there.
 */
export function nameProgram(argument: Argument, { folder }: Surroundings): ProgramName {
  const { text } = argument;
  if (text === undefined) return { ok: false, reason: 'a command whose name is not written out' };
  if (text === '') return { ok: false, reason: 'a command without a name' };
  if (text.startsWith('-'))
    return { ok: false, reason: `the option ${text.slice(0, 40)} where a command should be` };
  if (text.length > LONGEST_NAME || !/^[A-Za-z0-9_./:@%+,~^[\]!{}-]+$/.test(text)) {
    return {
      ok: false,
      reason: `the command name ${JSON.stringify(text.slice(0, 40))}, which is no plain name`,
    };
  }
  if (!text.includes('/')) {
    return isReserved(text)
      ? { ok: false, reason: `the word ${text} as a command` }
      : { ok: true, name: text, opaque: [] };
  }
  return namePath(text, folder);
}

function namePath(text: string, folder: string | undefined): ProgramName {
  const segments = text.split('/').filter((segment) => segment !== '' && segment !== '.');
  if (segments.includes('..')) return { ok: false, reason: 'a command by a path with `..`' };
  if (!text.startsWith('/') && folder === undefined) {
    return { ok: false, reason: `the command ${text.slice(0, 40)} in a folder that is not known` };
  }
  const path = `${text.startsWith('/') ? '' : folder}/${segments.join('/')}`;
  if (/^\/(?:proc|dev|sys|run)\//.test(path))
    return { ok: false, reason: `the command ${path.slice(0, 40)}, a path round its name` };
  const slash = path.lastIndexOf('/');
  if (SYSTEM_FOLDERS.has(path.slice(0, slash))) return { ok: true, name: path.slice(slash + 1), opaque: [] };
  return { ok: true, name: path, opaque: [`program:${path}`] };
}
