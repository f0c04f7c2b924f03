import { describe, expect, it } from 'vitest';
import { plannedRows } from './planned-rows.ts';

const node = (type: string, more: object = {}): object => ({ 'Node Type': type, ...more });
const planned = (top: object): number | undefined => plannedRows(JSON.stringify([{ Plan: top }]));
const outer = (rows: unknown): object =>
  node('Seq Scan', { 'Parent Relationship': 'Outer', 'Plan Rows': rows });

describe('the rows of a plan', () => {
  it('are those that reach the node that changes them, not those of WITH or of subqueries', () => {
    const init = node('Result', { 'Parent Relationship': 'InitPlan', 'Plan Rows': 9 });
    expect(planned(node('ModifyTable', { 'Plan Rows': 0, Plans: [init, outer(42)] }))).toBe(42);
    expect(planned(node('ModifyTable', { Plans: [outer(1), outer(2)] }))).toBe(3);
  });

  it.each([
    undefined,
    '',
    'no plan',
    '[]',
    '{}',
    'null',
    JSON.stringify([{ Plan: node('Seq Scan', { 'Plan Rows': 1 }) }]),
    JSON.stringify([{ Plan: node('ModifyTable') }]),
    JSON.stringify([{ Plan: node('ModifyTable', { Plans: [outer('many')] }) }]),
  ])('are not known of %s', (text) => {
    expect(plannedRows(text)).toBeUndefined();
  });
});
