import { describe, expect, it } from 'vitest';
import { compareRun, failuresOf, serversPage, type VitestReport } from './servers-run.ts';

const test = (fullName: string, status = 'passed') => ({ fullName, status });
const report = (...assertionResults: ReturnType<typeof test>[]): VitestReport => ({
  testResults: [
    {
      name: '/repo/a.test.ts',
      status: assertionResults.some(({ status }) => status === 'failed') ? 'failed' : 'passed',
      assertionResults,
    },
  ],
});
const compared = (one: VitestReport, known: readonly string[] = []) =>
  compareRun('16.1', one, { known: { 'a.test.ts': known }, root: '/repo' });

describe('a run with an older server', () => {
  it('tells what passed, and what needs a newer one', () => {
    const run = compared(report(test('one'), test('two', 'failed')), ['two']);
    expect(run).toEqual({ version: '16.1', passed: 1, needNewer: 1, unexpected: [] });
  });

  it('tells a failure that is not listed, as often as it is there', () => {
    const twice = report(test('two', 'failed'), test('two', 'failed'));
    expect(compared(twice, ['two']).unexpected).toEqual(['a.test.ts: two']);
  });

  it('tells what is listed and passes, and what was left out', () => {
    expect(compared(report(test('two')), ['two']).unexpected).toEqual([
      'a.test.ts: two is listed, and passes',
    ]);
    expect(compared(report(test('one', 'skipped'))).unexpected).toEqual(['a.test.ts: one']);
  });

  it('tells a file that did not begin', () => {
    const broken = { testResults: [{ name: '/repo/a.test.ts', status: 'failed', assertionResults: [] }] };
    expect(compared(broken).unexpected).toEqual(['a.test.ts: did not run']);
  });

  it('has its failures as a list', () => {
    expect(failuresOf(report(test('one'), test('two', 'failed')), '/repo')).toEqual({ 'a.test.ts': ['two'] });
  });
});

describe('the page', () => {
  it('has a line for each server, and names what was unexpected', () => {
    const setting = { date: '2026-11-28', commit: 'abc', node: '24.0.0' };
    const run = { version: '16.1', passed: 1234, needNewer: 5, unexpected: ['a.test.ts: two'] };
    const page = serversPage([run], setting);
    expect(page).toContain('| 16.1 | 1,234 | 5 | 1 |');
    expect(page).toContain('- 16.1: a.test.ts: two');
    expect(serversPage([{ ...run, unexpected: [] }], setting)).not.toContain('## Otherwise');
  });
});
