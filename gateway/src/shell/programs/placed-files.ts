/** Files of programs that put something where their last operand, or an option, says: cp, ln, mv, install. */
import type { Argument } from '../arguments.ts';
import { textOf, type Word } from '../syntax.ts';
import type { FileUse } from './program-facts.ts';

/** What is read and written; where the target may be a folder, also what would then be in it. */
export function placedFiles(
  name: string,
  args: readonly Argument[],
  files: readonly FileUse[],
): { readonly reads: readonly FileUse[]; readonly writes: readonly FileUse[] } {
  const isLink = name === 'ln';
  if (isOfFolders(name, args)) return { reads: files, writes: files };
  // Which one is the target depends on options: each may be, and it is a folder.
  if (hasFolder(args)) {
    const deep = files.map(({ word }): FileUse => ({ word, isDeep: true }));
    return { reads: isLink ? [...files, ANY] : files, writes: deep };
  }
  const [target, sources] = [files.at(-1), files.slice(0, -1)];
  if (target === undefined) return { reads: [], writes: [] };
  if (sources.length === 0) return { reads: files, writes: [...files, HERE] };
  const isWhole = target.isDeep || isFileItself(args);
  const inside = isWhole ? [] : landings(target, sources);
  switch (name) {
    case 'cp':
      return { reads: sources, writes: [target, ...inside] };
    case 'ln':
      return { reads: [...files, ...ends(target, sources)], writes: [...files, ...inside] };
    default:
      return { reads: files, writes: [...files, ...inside] };
  }
}

const ANY: FileUse = { word: [], isDeep: false };
const HERE: FileUse = { word: [{ kind: 'text', text: '.' }], isDeep: true };

function hasFolder(args: readonly Argument[]): boolean {
  return args.slice(1).some(({ text }) => /^-[^-]*t|^--t/s.test(text ?? ''));
}

const FLAGS = /^-[abdfHilLnPpRrsTuvx]+$/;

/** `-T`, where nothing in front of it may have it for a value. */
function isFileItself(args: readonly Argument[]): boolean {
  for (const { text } of args.slice(1)) {
    if (text === '--no-target-directory') return true;
    if (text === undefined || !FLAGS.test(text)) return false;
    if (text.includes('T')) return true;
  }
  return false;
}

/** `install -d` makes folders, and copies nothing. */
function isOfFolders(name: string, args: readonly Argument[]): boolean {
  return name === 'install' && ['-d', '--directory'].includes(args[1]?.text ?? '');
}

/** What would be written if the target were a folder. */
function landings({ word }: FileUse, sources: readonly FileUse[]): readonly FileUse[] {
  return sources.map(({ word: source, isDeep }): FileUse => {
    const text = textOf(source)?.replace(/\/+$/, '');
    const last = text?.slice(text.lastIndexOf('/') + 1);
    return last === undefined || last === '' ? { word, isDeep: true } : { word: below(word, last), isDeep };
  });
}

/** Where symbolic links lead that are not absolute: from the folder that they are in. */
function ends({ word }: FileUse, sources: readonly FileUse[]): readonly FileUse[] {
  const target = textOf(word);
  return sources.flatMap(({ word: source, isDeep }): readonly FileUse[] => {
    const text = textOf(source);
    if (text?.startsWith('/') === true) return [];
    if (text === undefined || target === undefined) return [ANY];
    const folder = target.slice(0, target.lastIndexOf('/') + 1);
    return [folder + text, `${target}/${text}`].map((path) => ({
      word: [{ kind: 'text', text: path }],
      isDeep,
    }));
  });
}

function below(word: Word, name: string): Word {
  return [...word, { kind: 'text', text: `/${name}` }];
}
