import { compileGlob } from './glob.ts';
import { covers, type Element, meets } from './sequences.ts';

/** A compiled pattern for files with the two readings a policy needs. */
export interface FilePattern {
  /** Surely matches, for allow rules. */
  covers(file: string): boolean;
  /** Possibly matches, for deny rules. */
  hits(file: string): boolean;
}

/** A file of which nothing is known. */
export const ANY_FILE = '*';

/** Files of which nobody knows whether there are any: covered by everything only, and hit by nothing else. */
export const UNSEEN_FILES = '?';

const MOST_SEGMENTS = 64;

/**
 * Compiles a pattern for absolute paths of files: `/var/log/**`. A `*` is a run of characters inside of one segment, `**`
 * as a whole segment any number of segments, none included. Undefined when it cannot be read.
 *
 * The files that it is compared with may be sets, too: `/var/log/*.log` for what a shell expands, `/srv/x/**` for a
 * whole folder, {@link ANY_FILE}. An allow needs the whole set inside of its pattern; a deny is hit by what may be in both.
 */
export function compileFilePattern(pattern: string): FilePattern | undefined {
  if (!pattern.startsWith('/')) return undefined;
  const segments = pattern.slice(1).split('/');
  if (segments.length > MOST_SEGMENTS || (segments.length > 1 && segments.includes(''))) return undefined;
  if (segments.some((segment) => (segment.includes('**') && segment !== '**') || /^\.\.?$/.test(segment))) {
    return undefined;
  }
  const elements = toElements(pattern);
  const compiled = elements.map(
    (element): Element<{ text: string; matches: (value: string) => boolean }> =>
      element === 'many' ? 'many' : { one: { text: element.one, matches: compileGlob(element.one) } },
  );
  const isAll = pattern === '/**';
  return {
    covers: (file) =>
      isAll ||
      (file.startsWith('/') && covers(compiled, toElements(file), (wanted, given) => wanted.matches(given))),
    hits: (file) =>
      isAll ||
      file === ANY_FILE ||
      (file.startsWith('/') &&
        meets(compiled, toElements(file), (wanted, given) =>
          given.includes('*') ? mayMeet(wanted.text, given) : wanted.matches(given),
        )),
  };
}

function toElements(path: string): readonly Element<string>[] {
  if (path === '/') return [];
  return path
    .slice(1)
    .split('/')
    .map((segment) => (segment === '**' ? 'many' : { one: segment }));
}

/** Whether two globs may have a value in common: by what stands before their first and behind their last star. */
export function mayMeet(left: string, right: string): boolean {
  const [leftStart, leftEnd] = ends(left);
  const [rightStart, rightEnd] = ends(right);
  return (
    (leftStart.startsWith(rightStart) || rightStart.startsWith(leftStart)) &&
    (leftEnd.endsWith(rightEnd) || rightEnd.endsWith(leftEnd))
  );
}

function ends(glob: string): readonly [string, string] {
  const first = glob.indexOf('*');
  return first === -1 ? [glob, glob] : [glob.slice(0, first), glob.slice(glob.lastIndexOf('*') + 1)];
}
