import { describe, expect, it } from 'vitest';
import { createSessionNames } from '../relay/effects.ts';
import { SharedNameBudget } from '../relay/name-budget.ts';
import { SessionState } from './session-state.ts';
import { StatementReader } from './statement-reader.ts';

const reader = await StatementReader.create(18);

function weightOf(text: string): number {
  return reader.read(text, new SessionState(['public'], 'app'), createSessionNames(new SharedNameBudget()))
    .weight;
}

describe('weighStatement', () => {
  it('P10: weighs what a text of many small parts becomes, not how long it is', () => {
    const length = 9_000;
    expect(weightOf('SELECT 1;'.repeat(1_000))).toBeGreaterThan(100 * length);
    const tables = Array.from({ length: 1_000 }, (_, index) => `table${index}`).join(', ');
    expect(weightOf(`SELECT 1 FROM ${tables}`)).toBeGreaterThan(40 * length);
    expect(weightOf(`SELECT '${'x'.repeat(length)}'`)).toBeLessThan(2 * length);
  });
});
