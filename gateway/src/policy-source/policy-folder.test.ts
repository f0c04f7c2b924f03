import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hashFiles, loadPolicyFolder } from './policy-folder.ts';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sallyport-policy-'));
});

afterEach(async () => {
  await rm(root, { recursive: true });
});

async function write(path: string, content: string | Uint8Array = ''): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), content);
}

describe('a policy folder', () => {
  it('gives all yaml files below it in order, tests apart, hidden and other files left out', async () => {
    await write('b.yaml', 'b');
    await write('a/z.yml', 'z');
    await write('a/z.test.yaml', 't');
    await write('README.md', 'x');
    await write('.git/config.yaml', 'x');
    await write('.hidden.yaml', 'x');
    const folder = await loadPolicyFolder(root);
    expect(folder.files).toEqual([
      { path: 'a/z.yml', text: 'z' },
      { path: 'b.yaml', text: 'b' },
    ]);
    expect(folder.testFiles.map(({ path }) => path)).toEqual(['a/z.test.yaml']);
  });

  it('has a version that depends on names and contents of the policy, and on nothing else', async () => {
    await write('a.yaml', 'one');
    const first = (await loadPolicyFolder(root)).version;
    await write('a.test.yaml', 'cases');
    await write('notes.txt', 'text');
    expect((await loadPolicyFolder(root)).version).toEqual(first);
    await write('a.yaml', 'two');
    expect((await loadPolicyFolder(root)).version.hash).not.toBe(first.hash);
    expect(hashFiles([{ path: 'ab', text: 'c' }])).not.toBe(hashFiles([{ path: 'a', text: 'bc' }]));
  });

  it('follows linked files, as Kubernetes mounts them, but not linked folders', async () => {
    await write('..data_1/a.yaml', 'linked');
    await symlink('..data_1', join(root, '..data'));
    await symlink('..data/a.yaml', join(root, 'a.yaml'));
    await symlink('.', join(root, 'loop'));
    expect((await loadPolicyFolder(root)).files).toEqual([{ path: 'a.yaml', text: 'linked' }]);
  });

  it.each([
    ['ERR_POLICY_SOURCE_EMPTY', async () => write('only.test.yaml')],
    ['ERR_POLICY_SOURCE_UNREADABLE', async () => symlink('gone.yaml', join(root, 'a.yaml'))],
    ['ERR_POLICY_SOURCE_ENCODING', async () => write('a.yaml', Uint8Array.of(0x61, 0xff))],
    ['ERR_POLICY_SOURCE_TOO_LARGE', async () => write('a.yaml', 'x'.repeat(1024 * 1024 + 1))],
    ['ERR_POLICY_SOURCE_TOO_LARGE', async () => write(`${'d/'.repeat(20)}a.yaml`)],
  ])('is refused with %s', async (code, prepare) => {
    await prepare();
    await expect(loadPolicyFolder(root)).rejects.toMatchObject({ code });
  });

  it('is refused when it is not there', async () => {
    await expect(loadPolicyFolder(join(root, 'nope'))).rejects.toMatchObject({
      code: 'ERR_POLICY_SOURCE_UNREADABLE',
    });
  });
});
