import { describe, expect, it } from 'vitest';
import { longRunPage, parseLongRuns } from './summary.ts';

const LINES = [
  '{"kind":"queries","runs":1000,"seed":1,"denied":500,"failed":100,"masked":150,"plain":250}',
  '{"kind":"queries","runs":1000,"seed":2,"denied":400,"failed":100,"masked":250,"plain":250}',
  '{"kind":"wire","runs":10,"seed":3,"denied":5,"failed":2,"permitted":3,"postgres":"18.1"}',
  '{"kind":"queries","runs":10',
  '{"kind":"other"}',
  '',
];
const SETTING = { date: '2026-11-27', commit: 'abc', node: '24', failures: [] };

describe('the page of the long run', () => {
  it('adds up what the suites left, and names the seeds', () => {
    const runs = parseLongRuns(LINES.join('\n'));
    expect(runs.length).toBe(3);
    const page = longRunPage(runs, SETTING);
    expect(page).toContain('2,010 generated statements, 2026-11-27, commit abc, Node 24, PostgreSQL 18.1');
    expect(page).toContain('| 2,000 | 900 | 200 | 900 | 1 to 2 |');
    expect(page).toContain('| 10 | 5 | 2 | 3 | 3 |');
    expect(page).toContain('no answer differed');
  });

  it('says what failed', () => {
    expect(longRunPage([], { ...SETTING, failures: ['wire, seed 3'] })).toContain(
      '**Failed:** wire, seed 3.',
    );
  });
});
