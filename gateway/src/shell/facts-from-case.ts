import type { Facts } from '../model/facts.ts';
import { analyseShell, type ShellSurroundings } from './analyse-shell.ts';
import { terminalFacts } from './facts.ts';

const KEYS: ReadonlySet<string> = new Set(['text', 'folder', 'home']);

/**
 * The facts of a policy test case: `shell: rm -rf /srv/x`, or `shell: { text: …, home: /home/deploy, folder: /srv/app }`. Without
 * `folder` it begins in `home`, as sshd has it; without both, relative paths may be anything. `shell: { terminal: recorded }` is a whole
 * terminal.
 * @throws {Error} for a case that cannot be read
 */
export function shellFactsFromCase(body: unknown): Facts {
  const given: unknown = typeof body === 'string' ? { text: body } : body;
  if (isTerminal(given)) return terminalFacts();
  if (!isCase(given)) {
    throw new Error(
      '`shell` is the text of a command, or `{ text: …, home: …, folder: … }`, folders as absolute paths, or `{ terminal: recorded }`',
    );
  }
  const { text, home } = given;
  const folder = given.folder ?? home;
  return analyseShell(text, {
    ...(home === undefined ? {} : { home }),
    ...(folder === undefined ? {} : { folder }),
  }).facts;
}

function isTerminal(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Object.keys(value).length !== 1) return false;
  return Reflect.get(value, 'terminal') === 'recorded';
}

function isCase(value: unknown): value is ShellSurroundings & { readonly text: string } {
  if (typeof value !== 'object' || value === null || !('text' in value) || typeof value.text !== 'string')
    return false;
  const isKnown = Object.keys(value).every((key) => KEYS.has(key));
  return isKnown && isFolder(value, 'folder') && isFolder(value, 'home');
}

function isFolder(value: object, key: string): boolean {
  const folder: unknown = Reflect.get(value, key);
  return folder === undefined || (typeof folder === 'string' && /^(?:\/[^/]+)+$|^\/$/.test(folder));
}
