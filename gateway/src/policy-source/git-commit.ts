import { createHash } from 'node:crypto';
import { readFile, realpath, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { type GitIndexEntry, parseGitIndex } from './git-index.ts';

const OBJECT_ID = /^[0-9a-f]{40}([0-9a-f]{24})?$/;
const MAX_REF_DEPTH = 5;

/** A file of a folder, with the bytes it has. */
export interface FolderFile {
  /** Relative to the folder, with `/`. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

const MAX_INDEX_BYTES = 64 * 1024 * 1024;

/**
 * Names the commit that is checked out where a folder lies, by reading `.git` (HEAD, loose refs, packed-refs, worktrees,
 * the index); no process is started. `-dirty` is appended unless git's index has exactly these files under the folder
 * (among those that `isMember` accepts) with these contents. Undefined outside a repository and before its first commit.
 *
 * What is staged but not committed is in the index and therefore not noticed; the content hash is the proof, this is the
 * name for people.
 */
export async function describeGitCommit(
  folder: string,
  files: readonly FolderFile[],
  isMember: (path: string) => boolean,
): Promise<string | undefined> {
  const top = await realpath(folder).catch(() => undefined);
  const repository = top === undefined ? undefined : await findRepository(top);
  if (top === undefined || repository === undefined) {
    return undefined;
  }
  const commit = await readHead(repository.gitFolder);
  if (commit === undefined) {
    return undefined;
  }
  const prefix = relative(repository.workTree, top).split(sep).join('/');
  const index = await readIndex(repository.gitFolder, commit.length === 64 ? 32 : 20);
  const algorithm = commit.length === 64 ? 'sha256' : 'sha1';
  const expected = index?.filter(({ path }) => isBelow(path, prefix) && isMember(below(path, prefix)));
  const same = expected !== undefined && hasSameFiles(expected, files, { prefix, algorithm });
  return same ? commit : `${commit}-dirty`;
}

function hasSameFiles(
  expected: readonly GitIndexEntry[],
  files: readonly FolderFile[],
  { prefix, algorithm }: { readonly prefix: string; readonly algorithm: string },
): boolean {
  const ids = new Map(expected.map(({ path, id }) => [below(path, prefix), id]));
  return (
    ids.size === files.length &&
    files.every(({ path, bytes }) => {
      const id = createHash(algorithm).update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
      return ids.get(path) === id;
    })
  );
}

function isBelow(path: string, prefix: string): boolean {
  return prefix === '' || path.startsWith(`${prefix}/`);
}

function below(path: string, prefix: string): string {
  return prefix === '' ? path : path.slice(prefix.length + 1);
}

async function readIndex(gitFolder: string, idBytes: 20 | 32): Promise<readonly GitIndexEntry[] | undefined> {
  const path = join(gitFolder, 'index');
  const size = (await stat(path).catch(() => undefined))?.size ?? Number.POSITIVE_INFINITY;
  const bytes = size > MAX_INDEX_BYTES ? undefined : await readFile(path).catch(() => undefined);
  return bytes === undefined ? undefined : parseGitIndex(bytes, idBytes);
}

async function readHead(gitFolder: string): Promise<string | undefined> {
  const common = await readText(join(gitFolder, 'commondir'));
  const refsFolder = common === undefined ? gitFolder : absolute(common.trim(), gitFolder);
  let content = (await readText(join(gitFolder, 'HEAD')))?.trim();
  for (let depth = 0; depth < MAX_REF_DEPTH && content !== undefined; depth++) {
    if (OBJECT_ID.test(content)) {
      return content;
    }
    const ref = /^ref: (refs\/[^\0]+)$/.exec(content)?.[1];
    content = ref === undefined || ref.includes('..') ? undefined : await readRef(ref, gitFolder, refsFolder);
  }
  return undefined;
}

interface Repository {
  readonly gitFolder: string;
  readonly workTree: string;
}

async function findRepository(start: string): Promise<Repository | undefined> {
  for (let workTree = start; ; workTree = dirname(workTree)) {
    const candidate = join(workTree, '.git');
    const found = await stat(candidate).catch(() => undefined);
    if (found?.isDirectory()) {
      return { gitFolder: candidate, workTree };
    }
    if (found?.isFile()) {
      const pointer = /^gitdir: (.+)$/m.exec((await readText(candidate)) ?? '')?.[1];
      return pointer === undefined ? undefined : { gitFolder: absolute(pointer.trim(), workTree), workTree };
    }
    if (dirname(workTree) === workTree) {
      return undefined;
    }
  }
}

async function readRef(ref: string, gitFolder: string, refsFolder: string): Promise<string | undefined> {
  const loose = (await readText(join(gitFolder, ref))) ?? (await readText(join(refsFolder, ref)));
  if (loose !== undefined) {
    return loose.trim();
  }
  const packed = (await readText(join(refsFolder, 'packed-refs'))) ?? '';
  const line = packed.split('\n').find((entry) => entry.endsWith(` ${ref}`));
  return line?.split(' ', 1)[0];
}

async function readText(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined);
}

function absolute(path: string, base: string): string {
  return isAbsolute(path) ? path : resolve(base, path);
}
