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

  it('P5: keeps apart masks of whole values, of what detectors find, and of paths', () => {
    const masks: Obligation[] = [
      { kind: 'mask', rule: 'a', columns: ['*.note'], method: 'redact', detect: ['card'] },
      { kind: 'mask', rule: 'b', columns: ['*.note'], method: 'partial' },
      { kind: 'mask', rule: 'c', columns: ['*.note'], method: 'partial', detect: ['card'] },
      { kind: 'mask', rule: 'd', columns: [], method: 'pseudonym', detect: ['email'] },
      { kind: 'mask', rule: 'e', columns: [], method: 'redact', detect: ['email'] },
      { kind: 'mask', rule: 'f', columns: ['*.doc'], method: 'redact', paths: ['a.b'] },
      { kind: 'mask', rule: 'g', columns: ['*.doc'], method: 'redact' },
    ];
    const combined = combineObligations(masks);
    expect(combined.map(({ rule }) => rule)).toEqual(['g', 'a', 'e', 'b']);
    expect(
      combineObligations(masks.toReversed())
        .map(({ rule }) => rule)
        .sort(),
    ).toEqual(['a', 'b', 'e', 'g']);
  });

  it('P5: a stricter mask does not take away that another denies inference', () => {
    const masks: Obligation[] = [
      { kind: 'mask', rule: 'a', columns: ['*.x', '*.y'], method: 'null', inference: 'allow' },
      { kind: 'mask', rule: 'b', columns: ['*.x'], method: 'redact' },
      { kind: 'mask', rule: 'c', columns: ['*.x', '*.y'], method: 'partial', inference: 'audit' },
      { kind: 'mask', rule: 'd', columns: ['*.y'], method: 'partial', inference: 'allow' },
    ];
    const expected = [
      masks[0],
      masks[1],
      { kind: 'mask', rule: 'c', columns: ['*.y'], method: 'partial', inference: 'audit' },
    ];
    expect(combineObligations(masks)).toEqual(expected);
    expect(combineObligations(masks.toReversed())).toEqual(expected);
  });

  it('P5: of two partial masks the one that leaves less comes first', () => {
    const partial = (rule: string, first: number, columns: string[]): Obligation => ({
      kind: 'mask',
      rule,
      columns,
      method: 'partial',
      keep: { first, last: 0 },
    });
    expect(combineObligations([partial('a', 4, ['*.x', '*.y']), partial('b', 1, ['*.x'])])).toEqual([
      partial('b', 1, ['*.x']),
      partial('a', 4, ['*.y']),
    ]);
  });

  it('keeps the smallest of each limit, with the rule that sets it, and all that rules count for themselves', () => {
    const limits: Obligation[] = [
      { kind: 'limits', rule: 'a', rows: 100, timeoutMs: 1000 },
      { kind: 'limits', rule: 'b', rows: 10, bytes: 5000 },
      { kind: 'limits', rule: 'c', rows: 0 },
      { kind: 'limits', rule: 'd', statementsPerMinute: 60, distinctTables: 3, sessions: 2 },
      { kind: 'limits', rule: 'e', statementsPerMinute: 10, distinctTables: 9, sessions: 4 },
    ];
    expect(combineObligations(limits)).toEqual([
      { kind: 'limits', rule: 'c', rows: 0 },
      { kind: 'limits', rule: 'b', bytes: 5000 },
      { kind: 'limits', rule: 'a', timeoutMs: 1000 },
      { kind: 'limits', rule: 'd', sessions: 2, statementsPerMinute: 60, distinctTables: 3 },
      { kind: 'limits', rule: 'e', statementsPerMinute: 10, distinctTables: 9 },
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

  it('the shortest wait is that of all who say one', () => {
    const approval = (rule: string, by: string, waitMs?: number): Obligation => ({
      kind: 'approval',
      rule,
      by: [by],
      count: 1,
      withinMs: 60_000,
      ...(waitMs === undefined ? {} : { waitMs }),
    });
    expect(combineObligations([approval('a', 'x'), approval('b', 'y', 5000), approval('c', 'z', 0)])).toEqual(
      [approval('a', 'x', 0), approval('b', 'y', 0), approval('c', 'z', 0)],
    );
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
