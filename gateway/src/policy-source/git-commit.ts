import { readFile, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, resolve } from 'node:path';

const OBJECT_ID = /^[0-9a-f]{40}([0-9a-f]{24})?$/;
const MAX_REF_DEPTH = 5;

/**
 * Finds the commit that is checked out where a folder lies, by reading `.git` (HEAD, loose refs, packed-refs,
 * worktrees); no process is started. Undefined outside a repository, before the first commit, or when anything
 * there cannot be read. It says what HEAD is, not that the files equal it: the content hash says what the files are.
 */
export async function readGitCommit(folder: string): Promise<string | undefined> {
  const gitFolder = await findGitFolder(resolve(folder));
  if (gitFolder === undefined) {
    return undefined;
  }
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

async function findGitFolder(start: string): Promise<string | undefined> {
  for (let folder = start; ; folder = dirname(folder)) {
    const candidate = join(folder, '.git');
    const found = await stat(candidate).catch(() => undefined);
    if (found?.isDirectory()) {
      return candidate;
    }
    if (found?.isFile()) {
      const pointer = /^gitdir: (.+)$/m.exec((await readText(candidate)) ?? '')?.[1];
      return pointer === undefined ? undefined : absolute(pointer.trim(), folder);
    }
    if (dirname(folder) === folder) {
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
