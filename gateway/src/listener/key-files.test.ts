import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createKeyFiles } from './key-files.ts';

const root = mkdtempSync(join(tmpdir(), 'sallyport-key-files-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('keys of the gateway', () => {
  it('are made once, for all who ask at once and for all who ask later', async () => {
    const folder = join(root, 'once');
    let made = 0;
    const make = (): string => `key ${(made += 1)}`;
    const files = createKeyFiles(folder);
    expect(await Promise.all([files.open('a', make), files.open('a', make)])).toEqual(['key 1', 'key 1']);
    expect(await createKeyFiles(folder).open('a', make)).toBe('key 1');
    expect(await files.open('b', make)).toBe('key 2');
  });

  it('P6: can be read by nobody else, and are closed where they could be', async () => {
    const folder = join(root, 'private');
    const file = join(folder, 'a');
    await createKeyFiles(folder).open('a', () => 'key');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    chmodSync(file, 0o644);
    await createKeyFiles(folder).open('a', () => 'key');
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('are not made anew where the old one is damaged: that is for its reader to say', async () => {
    const folder = join(root, 'damaged');
    const files = createKeyFiles(folder);
    await files.open('a', () => 'key');
    writeFileSync(join(folder, 'a'), '');
    expect(await createKeyFiles(folder).open('a', () => 'another')).toBe('');
    await expect(files.read(join(folder, 'none'))).rejects.toThrow(/cannot read/);
  });
});
