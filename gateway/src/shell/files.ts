import { ANY_FILE } from '../names/file-pattern.ts';
import type { FileUse, Surroundings } from './programs/program-facts.ts';
import type { Word } from './syntax.ts';

/**
 * The file, or set of files, that a word names, as policies compare it: an absolute path without `.`, `..` and double
 * slashes, with `*` for what a shell or a variable fills in, or {@link ANY_FILE} where it may be any. Links are not looked at.
 */
export function fileOf(word: Word, { folder, home }: Pick<Surroundings, 'folder' | 'home'>): string {
  const path = patternOf(word, home);
  if (path === undefined) return ANY_FILE;
  if (path.startsWith('/')) return toCanonical(path) ?? ANY_FILE;
  return folder === undefined ? ANY_FILE : (toCanonical(`${folder}/${path}`) ?? ANY_FILE);
}

/** As {@link fileOf}, with all that is below where the use is deep. */
export function filesOfUse(
  { word, isDeep }: FileUse,
  surroundings: Pick<Surroundings, 'folder' | 'home'>,
): string {
  const file = fileOf(word, surroundings);
  if (!isDeep || file === ANY_FILE) return file;
  return file === '/' ? '/**' : `${file}/**`;
}

/** Text with stars for globs; undefined where more than a name inside of a folder is unknown. */
function patternOf(word: Word, home: string | undefined): string | undefined {
  let path = '';
  for (const part of word) {
    switch (part.kind) {
      case 'text':
        path += part.text;
        break;
      case 'glob':
        path += '*';
        break;
      case 'home':
        if (home === undefined) return undefined;
        path += home;
        break;
      default:
        return undefined;
    }
  }
  return path === '' ? undefined : path;
}

/** Without `.` and double slashes; undefined with `..`, of which links decide where it leads. */
function toCanonical(path: string): string | undefined {
  const segments = path.split('/').filter((segment) => segment !== '' && segment !== '.');
  // `.*` stands for `..`, too, in some shells.
  const leadsUp = segments.some((segment) => segment === '..' || /^\.\.?\*/.test(segment));
  // Two stars would be read as any number of folders.
  const names = segments.map((segment) => segment.replace(/\*+/g, '*'));
  return leadsUp ? undefined : `/${names.join('/')}`;
}
