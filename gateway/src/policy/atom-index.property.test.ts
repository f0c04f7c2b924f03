import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAtomIndex } from './atom-index.ts';
import { matchesAtom } from './compiled-rule.ts';
import { createNameCache } from './dimension.ts';
import { compileText, storeFamily } from './testing/store-family.ts';

const few = <T>(...values: readonly T[]): fc.Arbitrary<T[]> =>
  fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 2 });

const match = fc.record(
  {
    kinds: few('READ', 'WRITE'),
    classes: few('read', 'write'),
    streams: few('open', 'send'),
    tables: few('a.*', '*.t', 'b.t', 'a.u', 'c.a.t', 'x*.t', '"*".t', 't', '*'),
  },
  { requiredKeys: ['tables'] },
);

const values = fc.record({
  kinds: fc.uniqueArray(fc.constantFrom('READ', 'WRITE', 'DROP'), { maxLength: 2 }),
  classes: fc.uniqueArray(fc.constantFrom('read', 'write'), { maxLength: 2 }),
  streams: fc.uniqueArray(fc.constantFrom('open', 'send'), { maxLength: 2 }),
  tables: fc.uniqueArray(
    fc.constantFrom('a.t', 'b.u', 'c.a.t', 't', 'a.*', '*.*', '*', '"*".t', 'b."*"', 'x"'),
    {
      maxLength: 2,
    },
  ),
});

describe('the index of rules by atom', () => {
  it.each(['allow', 'deny'] as const)('finds every %s rule that matches, and no rule twice', (effect) => {
    fc.assert(
      fc.property(fc.array(match, { minLength: 5, maxLength: 14 }), values, (matches, found) => {
        const rules = matches.map((wanted, index) => ({
          id: `r${index}`,
          effect,
          on: 'store',
          match: wanted,
        }));
        const policy = compileText(JSON.stringify({ apiVersion: 'sallyport.dev/v1', rules }));
        const index = createAtomIndex(policy.rules, storeFamily, createNameCache(100));
        const atom = { label: '', values: found };
        const candidates = index.candidates(atom);
        const matching = policy.rules.filter((rule) => matchesAtom(rule, atom));
        expect(matching.filter((rule) => !candidates.includes(rule))).toEqual([]);
        expect(new Set(candidates).size).toBe(candidates.length);
      }),
      { numRuns: 400 },
    );
  });

  it('leaves out rules of other words and other names, so that their number does not matter', () => {
    const rule = (id: string, kind: string, table: string) => ({
      id,
      effect: 'allow',
      on: 'store',
      match: { kinds: [kind], tables: [table] },
    });
    const many = Array.from({ length: 200 }, (_, number) =>
      rule(`r${number}`, number % 2 ? 'READ' : 'WRITE', `s${number}.*`),
    );
    const policy = compileText(
      JSON.stringify({
        apiVersion: 'sallyport.dev/v1',
        rules: [...many, rule('wanted', 'READ', 'app.orders')],
      }),
    );
    const index = createAtomIndex(policy.rules, storeFamily, createNameCache(100));
    const candidates = index.candidates({ label: '', values: { kinds: ['READ'], tables: ['app.orders'] } });
    expect(candidates.map(({ id }) => id)).toEqual(['wanted']);
  });
});
