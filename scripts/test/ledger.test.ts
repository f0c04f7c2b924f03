import { describe, expect, it } from 'vitest';
import { countLedger, type LedgerEntry, parseLedger } from './ledger.ts';

const passed: LedgerEntry = { kind: 'test', name: 'a', state: 'passed' };
const failed: LedgerEntry = { kind: 'test', name: 'b', state: 'failed' };
const skipped: LedgerEntry = { kind: 'test', name: 'c', state: 'skipped', note: 'psql is not installed' };
const good = { exitCode: 0, skipsFail: false };

describe('the verdict of npm test', () => {
  it('tells which files took long', () => {
    const files: readonly LedgerEntry[] = [
      { kind: 'file', name: 'short.test.ts', ms: 400 },
      { kind: 'file', name: 'long.test.ts', ms: 12_600 },
      { kind: 'file', name: 'longer.test.ts', ms: 161_000 },
    ];
    expect(countLedger([passed, ...files], good).notes).toEqual([
      '',
      'Slowest files:',
      '   161 s  longer.test.ts',
      '    13 s  long.test.ts',
    ]);
  });

  it('counts tests and lists skips with their reason', () => {
    const verdict = countLedger([passed, passed, skipped], good);
    expect(verdict).toMatchObject({ passed: 2, failed: 0 });
    expect(verdict.notes.join('\n')).toContain('c (psql is not installed)');
  });

  it('counts a skip as a failure under CI', () => {
    expect(countLedger([passed, skipped], { ...good, skipsFail: true })).toMatchObject({
      passed: 1,
      failed: 1,
    });
  });

  it('counts a file that does not load and an error outside of tests', () => {
    const problem: LedgerEntry = { kind: 'problem', message: 'x.test.ts: cannot find module' };
    expect(countLedger([passed, problem], { ...good, exitCode: 1 })).toMatchObject({ passed: 1, failed: 1 });
  });

  it('does not count the exit code twice', () => {
    expect(countLedger([passed, failed], { ...good, exitCode: 1 }).failed).toBe(1);
  });

  it.each([
    ['nothing ran', [], good],
    ['everything was skipped', [skipped], good],
    ['the runner crashed after passing tests', [passed], { exitCode: undefined, skipsFail: false }],
    ['the runner failed for a reason of its own', [passed], { exitCode: 1, skipsFail: false }],
    ['the time ran out', [passed], { exitCode: undefined, skipsFail: false, timedOutMinutes: 12 }],
  ] as const)('is a failure when %s', (_, entries, ending) => {
    expect(countLedger(entries, ending).failed).toBe(1);
  });
});

describe('a ledger', () => {
  it('is read up to a torn last line', () => {
    expect(parseLedger(`${JSON.stringify(passed)}\n{"kind":"te`)).toEqual([passed]);
  });
});
