import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { repositoryRoot } from './check/source-files.ts';

function npmTest(...args: readonly string[]): { status: number | null; lines: readonly string[] } {
  const result = spawnSync(process.execPath, [path.join(repositoryRoot, 'scripts/test.ts'), ...args], {
    cwd: repositoryRoot,
    encoding: 'utf8',
    env: { ...process.env, SALLYPORT_NO_APT: '1', CI: '' },
    timeout: 50_000,
  });
  return { status: result.status, lines: result.stdout.trimEnd().split('\n') };
}

describe('npm test', () => {
  it('ends with the count as its only final line, and succeeds', () => {
    const { status, lines } = npmTest('scripts/test/ledger.test.ts');
    expect(lines.at(-1)).toMatch(/^\d+ passed, 0 failed$/);
    expect(lines.filter((line) => /^\d+ passed, \d+ failed$/.test(line))).toHaveLength(1);
    expect(status).toBe(0);
  });

  it('fails when no test file is found', () => {
    const { status, lines } = npmTest('no-such-file');
    expect(lines.at(-1)).toBe('0 passed, 1 failed');
    expect(status).toBe(1);
  });
});
