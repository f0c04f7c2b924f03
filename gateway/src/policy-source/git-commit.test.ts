import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseGitIndex } from './git-index.ts';
import { loadPolicyFolder } from './policy-folder.ts';

const COMMIT = 'a'.repeat(40);

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sallyport-git-'));
});

afterEach(async () => {
  await rm(root, { recursive: true });
});

async function write(path: string, content: string | Uint8Array = ''): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), content);
}

/** An index of version 2 as git writes it, with nothing but names and ids of contents. */
function indexOf(files: Readonly<Record<string, string>>): Uint8Array {
  const entries = Object.entries(files).map(([path, text]) => {
    const entry = Buffer.alloc(Math.floor((62 + Buffer.byteLength(path) + 8) / 8) * 8);
    createHash('sha1')
      .update(`blob ${Buffer.byteLength(text)}\0${text}`)
      .digest()
      .copy(entry, 40);
    entry.writeUInt16BE(Buffer.byteLength(path), 60);
    entry.write(path, 62);
    return entry;
  });
  const header = Buffer.from('DIRC\0\0\0\u0002\0\0\0\0', 'latin1');
  header.writeUInt32BE(entries.length, 8);
  return Buffer.concat([header, ...entries, Buffer.alloc(20)]);
}

async function commitOf(folder: string): Promise<string | undefined> {
  return (await loadPolicyFolder(join(root, folder))).version.commit;
}

describe('the commit of a policy folder', () => {
  beforeEach(async () => {
    await write('policy/a.yaml', 'one');
    await write(
      '.git/index',
      indexOf({ 'README.md': 'x', 'policy/a.test.yaml': 'y', 'policy/a.yaml': 'one' }),
    );
  });

  it('is found from packed refs, a loose branch, and detached', async () => {
    await write('.git/HEAD', 'ref: refs/heads/main\n');
    expect(await commitOf('policy')).toBeUndefined();
    await write('.git/packed-refs', `# pack-refs with: peeled\n${COMMIT} refs/heads/main\n`);
    expect(await commitOf('policy')).toBe(COMMIT);
    await write('.git/refs/heads/main', `${'b'.repeat(40)}\n`);
    expect(await commitOf('policy')).toBe('b'.repeat(40));
    await write('.git/HEAD', `${'c'.repeat(40)}\n`);
    expect(await commitOf('policy')).toBe('c'.repeat(40));
  });

  it('is found in a worktree', async () => {
    await write('tree/.git', 'gitdir: ../repo/.git/worktrees/tree\n');
    await write('tree/a.yaml', 'one');
    await write('repo/.git/worktrees/tree/HEAD', 'ref: refs/heads/side\n');
    await write('repo/.git/worktrees/tree/commondir', '../..\n');
    await write('repo/.git/worktrees/tree/index', indexOf({ 'a.yaml': 'one' }));
    await write('repo/.git/refs/heads/side', COMMIT);
    expect(await commitOf('tree')).toBe(COMMIT);
  });

  it.each(['', 'garbage', 'ref: refs/heads/../../../etc/passwd', 'ref: refs/heads/main'])(
    'is unknown where HEAD is %j',
    async (head) => {
      await write('.git/HEAD', head);
      await write('.git/refs/heads/main', 'ref: refs/heads/main');
      expect(await commitOf('policy')).toBeUndefined();
    },
  );

  it.each([
    ['a file differs', async () => write('policy/a.yaml', 'two')],
    ['a file is new', async () => write('policy/b.yaml', 'new')],
    [
      'a file is gone',
      async () => write('.git/index', indexOf({ 'policy/a.yaml': 'one', 'policy/z.yaml': 'gone' })),
    ],
    ['there is no index', async () => rm(join(root, '.git/index'))],
    [
      'the index cannot be read',
      async () => write('.git/index', indexOf({ 'policy/a.yaml': 'one' }).subarray(0, 50)),
    ],
  ])('is marked dirty when %s', async (_, prepare) => {
    await write('.git/HEAD', COMMIT);
    await prepare();
    expect(await commitOf('policy')).toBe(`${COMMIT}-dirty`);
  });

  it('is not marked dirty by other files, tests among them', async () => {
    await write('.git/HEAD', COMMIT);
    await write('policy/a.test.yaml', 'changed');
    await write('policy/notes.txt', 'new');
    await write('README.md', 'changed');
    expect(await commitOf('policy')).toBe(COMMIT);
  });
});

describe('a git index', () => {
  it('of version 4 shares the beginnings of names', () => {
    const entry = (dropped: number, rest: string) =>
      Buffer.concat([Buffer.alloc(62), Buffer.from([dropped]), Buffer.from(`${rest}\0`)]);
    const header = Buffer.from('DIRC\0\0\0\u0004\0\0\0\u0002', 'latin1');
    const bytes = Buffer.concat([header, entry(0, 'policy/a.yaml'), entry(6, 'b.yaml')]);
    expect(parseGitIndex(bytes, 20)?.map(({ path }) => path)).toEqual(['policy/a.yaml', 'policy/b.yaml']);
  });

  it.each([
    [''],
    ['DIRC'],
    ['XXXX\0\0\0\u0002\0\0\0\0'],
    ['DIRC\0\0\0\u0009\0\0\0\0'],
    ['DIRC\0\0\0\u0002\u00ff\u00ff\u00ff\u00ff'],
  ])('that is none is refused: %j', (text) => {
    expect(parseGitIndex(Buffer.from(text, 'latin1'), 20)).toBeUndefined();
  });
});
