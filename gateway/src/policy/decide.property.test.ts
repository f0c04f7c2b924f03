import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StatementFacts } from '../model/facts.ts';
import { explain } from './explain.ts';
import { atom, compileText, requestOf, statement } from './testing/store-family.ts';

interface RandomRule {
  readonly effect: 'allow' | 'deny';
  readonly mode: 'enforce' | 'observe';
  readonly kinds?: readonly string[] | undefined;
  readonly classes?: readonly string[] | undefined;
  readonly tables?: readonly string[] | undefined;
  readonly paths?: readonly string[] | undefined;
  readonly routes?: readonly string[] | undefined;
  readonly calls?: readonly string[] | undefined;
  readonly groups?: readonly string[] | undefined;
  readonly resources?: readonly string[] | undefined;
  readonly when?: string | undefined;
}

const some = <T>(...values: readonly T[]): fc.Arbitrary<T[] | undefined> =>
  fc.option(fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 3 }), { nil: undefined });

const randomRule: fc.Arbitrary<RandomRule> = fc.record({
  effect: fc.constantFrom('allow', 'allow', 'deny'),
  mode: fc.constantFrom('enforce', 'enforce', 'enforce', 'observe'),
  kinds: some('READ', 'WRITE', 'DROP'),
  classes: some('read', 'write'),
  tables: some('a.*', '*.t', 'b.t', '*', 'a.u', 'b.*', '*.u'),
  paths: fc.option(fc.constantFrom(['/p'], ['*'], ['/p', '/q']), { nil: undefined, freq: 1 }),
  routes: fc.option(fc.constantFrom(['/r/*'], ['/**'], ['/R', '/r']), { nil: undefined, freq: 1 }),
  calls: fc.option(fc.constantFrom(['c'], ['*'], ['c', 'd']), { nil: undefined, freq: 1 }),
  groups: some('g1', 'g2', 'g3'),
  resources: some('pg-prod', 'pg-test', 'pg-*'),
  when: fc.constantFrom(undefined, undefined, 'store.bounded', '!store.bounded'),
});

const randomStatement: fc.Arbitrary<StatementFacts> = fc
  .record({
    atoms: fc.array(
      fc.record({
        kinds: fc.uniqueArray(fc.constantFrom('READ', 'WRITE', 'DROP'), { maxLength: 2 }),
        classes: fc.uniqueArray(fc.constantFrom('read', 'write'), { maxLength: 2 }),
        tables: fc.uniqueArray(fc.constantFrom('a.t', 'a.u', 'b.t', 'b.u', 'u', 'a.*', '*.*', 'b."*"'), {
          maxLength: 2,
        }),
        paths: fc.uniqueArray(fc.constantFrom('/p', '/q'), { maxLength: 1 }),
        routes: fc.uniqueArray(fc.constantFrom('/r/1', '/R/', '/r', '*'), { maxLength: 2 }),
        calls: fc.uniqueArray(fc.constantFrom('c', 'd'), { maxLength: 2 }),
      }),
      { minLength: 1, maxLength: 3 },
    ),
    bounded: fc.boolean(),
    details: fc.constantFrom(undefined, ['paths']),
  })
  .map(({ atoms, bounded, details }) =>
    statement(
      atoms.map((values) => ({ label: JSON.stringify(values), values, ...(details && { details }) })),
      { attributes: { bounded } },
    ),
  );

const randomGroups = fc.uniqueArray(fc.constantFrom('g1', 'g2', 'g3'));
const randomRules = fc.array(randomRule, { maxLength: 12 });
const manyRules = fc.array(randomRule, { maxLength: 40 });
const randomStatements = fc.array(randomStatement, { minLength: 1, maxLength: 3 });

function policyOf(rules: readonly RandomRule[]): ReturnType<typeof compileText> {
  const entries = rules.map(({ effect, mode, when, ...match }, index) => ({
    id: `r${index}`,
    effect,
    mode,
    on: 'store',
    match,
    ...(when === undefined ? {} : { when }),
  }));
  return compileText(JSON.stringify({ apiVersion: 'sallyport.dev/v1', rules: entries }));
}

function decideFor(
  rules: readonly RandomRule[],
  groups: readonly string[],
  statements: readonly StatementFacts[],
) {
  return policyOf(rules).engine.decide(requestOf(statements, { principal: { groups } }));
}

/** A part that is missing or stands for everything is taken for the pattern by a deny, and against it by an allow. */
function fitsTable(effect: 'allow' | 'deny') {
  return (pattern: string, table: string): boolean => {
    const parts = table.split('.').reverse();
    return pattern
      .split('.')
      .reverse()
      .every((part, index) => {
        const actual = parts[index] ?? '*';
        return part === '*' || (actual === '*' ? effect === 'deny' : part === actual);
      });
  };
}

/** By a table of what there is: a deny ignores case and a last slash, and `*` may be any route. */
function fitsRoute(effect: 'allow' | 'deny') {
  return (pattern: string, route: string): boolean => {
    if (pattern === '/**') return true;
    if (route === '*') return effect === 'deny';
    if (pattern === '/r/*') return route === '/r/1';
    return effect === 'allow' ? pattern === route : route === '/r' || route === '/R/';
  };
}

/** Lists of a rule with their values in an atom and how they compare: of each effect, allow rules need all of them. */
function fitsAtom(rule: RandomRule, values: StatementFacts['atoms'][number]['values']): boolean {
  const same = (pattern: string, value: string): boolean => pattern === value;
  const anyOrSame = (pattern: string, value: string): boolean => pattern === '*' || pattern === value;
  const lists = [
    [rule.paths, values['paths'], anyOrSame],
    [rule.calls, values['calls'], anyOrSame],
    [rule.routes, values['routes'], fitsRoute(rule.effect)],
    [rule.kinds, values['kinds'], same],
    [rule.classes, values['classes'], same],
    [rule.tables, values['tables'], fitsTable(rule.effect)],
  ] as const;
  return lists.every(([wanted, actual = [], fits]) => {
    const fitsAny = (value: string): boolean => wanted?.some((pattern) => fits(pattern, value)) === true;
    return wanted === undefined || (rule.effect === 'allow' ? actual.every(fitsAny) : actual.some(fitsAny));
  });
}

/** The semantics once more, as plainly as they can be said: no index, no order, no memory. */
function plainEffect(
  rules: readonly RandomRule[],
  groups: readonly string[],
  statements: readonly StatementFacts[],
): 'permit' | 'deny' {
  const matches = (
    rule: RandomRule,
    facts: StatementFacts,
    { values, details = [] }: StatementFacts['atoms'][number],
  ) => {
    const names = { tables: rule.tables, paths: rule.paths, routes: rule.routes, calls: rule.calls };
    const objects = Object.entries(names).filter(([, wanted]) => wanted !== undefined);
    const isAbout = objects.some(([name]) => (values[name] ?? []).length > 0 && !details.includes(name));
    const has = (name: 'kinds' | 'classes' | 'calls') =>
      rule[name] === undefined || (values[name] ?? []).length > 0;
    const isBounded = facts.attributes['bounded'] === true;
    return (
      (rule.groups === undefined || rule.groups.some((group) => groups.includes(group))) &&
      (rule.resources === undefined ||
        rule.resources.some((name) => name === 'pg-prod' || name === 'pg-*')) &&
      (rule.effect === 'deny' || objects.length === 0 || isAbout) &&
      has('kinds') &&
      has('classes') &&
      has('calls') &&
      fitsAtom(rule, values) &&
      (rule.when === undefined || (rule.when === 'store.bounded') === isBounded)
    );
  };
  const enforced = rules.filter((rule) => rule.mode === 'enforce');
  for (const facts of statements) {
    for (const atom of facts.atoms) {
      const applying = enforced.filter((rule) => matches(rule, facts, atom));
      if (applying.length === 0 || applying.some((rule) => rule.effect === 'deny')) {
        return 'deny';
      }
    }
  }
  return 'permit';
}

describe('deciding', () => {
  it('agrees with the plain reading of the semantics, index or not', () => {
    fc.assert(
      fc.property(manyRules, randomGroups, randomStatements, (rules, groups, statements) => {
        expect(decideFor(rules, groups, statements).effect).toBe(plainEffect(rules, groups, statements));
      }),
      { numRuns: 300 },
    );
  });

  it('never permits more when a deny rule is added', () => {
    fc.assert(
      fc.property(
        randomRules,
        randomRule,
        randomGroups,
        randomStatements,
        (rules, extra, groups, statements) => {
          const before = decideFor(rules, groups, statements).effect;
          const after = decideFor([...rules, { ...extra, effect: 'deny' }], groups, statements).effect;
          expect(before === 'deny' && after === 'permit').toBe(false);
        },
      ),
    );
  });

  it('never permits more when an allow rule is removed', () => {
    fc.assert(
      fc.property(randomRules, fc.nat(), randomGroups, randomStatements, (rules, at, groups, statements) => {
        const allows = rules.flatMap((rule, index) => (rule.effect === 'allow' ? [index] : []));
        const removed = allows[at % Math.max(1, allows.length)];
        const before = decideFor(rules, groups, statements).effect;
        const after = decideFor(
          rules.filter((_, index) => index !== removed),
          groups,
          statements,
        ).effect;
        expect(before === 'deny' && after === 'permit').toBe(false);
      }),
    );
  });

  it('has the same effect in any order of the rules', () => {
    const shuffled = randomRules.chain((rules) =>
      fc.tuple(fc.constant(rules), fc.shuffledSubarray(rules, { minLength: rules.length })),
    );
    fc.assert(
      fc.property(shuffled, randomGroups, randomStatements, ([rules, other], groups, statements) => {
        const effects = [rules, other].map((order) => decideFor(order, groups, statements).effect);
        expect(effects[0]).toBe(effects[1]);
      }),
    );
  });

  it('never permits more when a statement is added', () => {
    fc.assert(
      fc.property(
        randomRules,
        randomGroups,
        randomStatements,
        randomStatement,
        (rules, groups, statements, extra) => {
          const before = decideFor(rules, groups, statements).effect;
          const after = decideFor(rules, groups, [...statements, extra]).effect;
          expect(before === 'deny' && after === 'permit').toBe(false);
        },
      ),
    );
  });

  it('never acts on a rule in observe mode', () => {
    fc.assert(
      fc.property(randomRules, randomGroups, randomStatements, (rules, groups, statements) => {
        const enforced = rules.filter((rule) => rule.mode === 'enforce');
        const all = decideFor(rules, groups, statements);
        expect(all.effect).toBe(decideFor(enforced, groups, statements).effect);
      }),
    );
  });

  it('P7: gives the same decision for the same request, whatever was decided in between', () => {
    fc.assert(
      fc.property(
        randomRules,
        randomGroups,
        fc.array(randomStatements, { minLength: 2, maxLength: 4 }),
        (rules, groups, series) => {
          const policy = policyOf(rules);
          const requests = series.map((statements) => requestOf(statements, { principal: { groups } }));
          const first = requests.map((request) => policy.engine.decide(request));
          const again = requests
            .toReversed()
            .map((request) => policy.engine.decide(request))
            .reverse();
          expect(again).toEqual(first);
        },
      ),
    );
  });

  it('names the same rules as the explanation', () => {
    fc.assert(
      fc.property(randomRules, randomGroups, randomStatements, (rules, groups, statements) => {
        const policy = policyOf(rules);
        const { decision, rules: explained } = explain(
          policy,
          requestOf(statements, { principal: { groups } }),
        );
        const wanted = decision.effect === 'permit' ? ['covers', 'covers-part'] : ['hits'];
        const named = explained.filter(({ mode, outcome }) => mode === 'enforce' && wanted.includes(outcome));
        expect(decision.rules).toEqual(named.map(({ rule }) => rule));
      }),
    );
  });

  it('P3: never throws and never permits garbage in place of facts', () => {
    const policy = policyOf([{ effect: 'allow', mode: 'enforce' }]);
    fc.assert(
      fc.property(fc.anything(), (garbage) => {
        const request = { ...requestOf([statement([atom('READ')])]), facts: garbage as never };
        const isFacts =
          typeof garbage === 'object' &&
          garbage !== null &&
          'family' in garbage &&
          garbage.family === 'store';
        expect(isFacts || policy.engine.decide(request).effect === 'deny').toBe(true);
      }),
    );
  });
});
