import { describe, expect, it } from 'vitest';
import { parseSuiteResults, suitesPage } from './suites-page.ts';

const LINES = [
  '{"suite":"own","test":"a","reasons":["unexplained"]}',
  '{"suite":"own","test":"a","reasons":[]}',
  '{"suite":"own","test":"b","reasons":["do-block","follows","follows"]}',
  '{"suite":"own","test":"c","reasons":["do-block","unexplained"]}',
  '{"suite":"own","test":"d","rea',
  '{"suite":"own"}',
];

describe('the page of the suites', () => {
  const results = parseSuiteResults(LINES.join('\n'));
  const suite = {
    name: 'own',
    title: 'Own suite',
    tests: ['a', 'b', 'c', 'd'],
    leftOut: new Map([['e', 'no e']]),
  };
  const page = suitesPage([suite], results, { date: '2026-11-28', node: '24' });

  it('counts the last of each test, and what was not run as that', () => {
    expect(page).toContain('| Own suite | 4 | 1 | 1 | 1 | 1 |');
    expect(page).toContain('Same: `a`.');
    expect(page).toContain('Not run: `d`.');
  });

  it('names those that are left out, with why', () => {
    expect(page).toContain('Left out, and not counted above:\n\n- `e`: no e\n');
  });

  it('names the reasons of what differs', () => {
    expect(page).toContain('- `b`: 1 do-block, 2 follows');
    expect(page).toContain('- `c`: 1 do-block, 1 unexplained');
    expect(page).toContain('| do-block | DO blocks');
    expect(page).not.toContain('| repeated |');
  });
});
