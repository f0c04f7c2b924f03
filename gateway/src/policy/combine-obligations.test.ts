import { describe, expect, it } from 'vitest';
import type { Obligation } from '../model/obligation.ts';
import { combineObligations } from './combine-obligations.ts';
import { atom, compileText, requestOf, statement } from './testing/store-family.ts';

describe('obligations of several rules', () => {
  it('puts the strictest mask first and names each pattern only there', () => {
    const masks: Obligation[] = [
      { kind: 'mask', rule: 'a', columns: ['*.email', '*.phone'], method: 'partial' },
      { kind: 'mask', rule: 'b', columns: ['*.email'], method: 'null' },
      { kind: 'mask', rule: 'c', columns: ['*.email'], method: 'redact' },
    ];
    const expected = [
      { kind: 'mask', rule: 'b', columns: ['*.email'], method: 'null' },
      { kind: 'mask', rule: 'a', columns: ['*.phone'], method: 'partial' },
    ];
    expect(combineObligations(masks)).toEqual(expected);
    expect(combineObligations(masks.toReversed())).toEqual(expected);
  });

  it('keeps the smallest of each limit, with the rule that sets it', () => {
    const limits: Obligation[] = [
      { kind: 'limits', rule: 'a', rows: 100, timeoutMs: 1000 },
      { kind: 'limits', rule: 'b', rows: 10, bytes: 5000 },
      { kind: 'limits', rule: 'c', rows: 0 },
    ];
    expect(combineObligations(limits)).toEqual([
      { kind: 'limits', rule: 'c', rows: 0 },
      { kind: 'limits', rule: 'b', bytes: 5000 },
      { kind: 'limits', rule: 'a', timeoutMs: 1000 },
    ]);
  });

  it('keeps every quorum, the larger count of the same one, and the shortest window for all', () => {
    const approvals: Obligation[] = [
      { kind: 'approval', rule: 'a', by: ['dba'], count: 1, withinMs: 900_000 },
      { kind: 'approval', rule: 'b', by: ['dba'], count: 2, withinMs: 600_000 },
      { kind: 'approval', rule: 'c', by: ['dba', 'legal'], count: 1, withinMs: 1_200_000 },
    ];
    expect(combineObligations(approvals)).toEqual([
      { kind: 'approval', rule: 'b', by: ['dba'], count: 2, withinMs: 600_000 },
      { kind: 'approval', rule: 'c', by: ['dba', 'legal'], count: 1, withinMs: 600_000 },
    ]);
  });

  it('adds up over all rules that cover any atom: no other allow can loosen them', () => {
    const policy = compileText(`
apiVersion: sallyport.dev/v1
rules:
  - { id: masked, effect: allow, on: store, match: { kinds: [READ], tables: [a.t] }, mask: [{ columns: ["*.ssn"], with: null }] }
  - { id: everything, effect: allow, on: store }
  - { id: elsewhere, effect: allow, on: store, match: { kinds: [DROP] }, limits: { rows: 1 } }`);
    const decision = policy.engine.decide(requestOf([statement([atom('READ', 'a.t'), atom('READ', 'b.t')])]));
    expect(decision).toMatchObject({
      effect: 'permit',
      rules: ['masked', 'everything'],
      obligations: [{ kind: 'mask', rule: 'masked', columns: ['*.ssn'], method: 'null' }],
    });
  });
});
