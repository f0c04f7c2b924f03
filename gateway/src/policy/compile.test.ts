import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FactsFamily } from '../model/facts.ts';
import { type CompiledPolicy, compilePolicy } from './compile.ts';
import type { GroupsKnowledge } from './groups-knowledge.ts';
import type { PolicyPreset } from './preset.ts';
import { atom, requestOf, statement, testFamilies } from './testing/store-family.ts';

const HEADER = 'apiVersion: sallyport.dev/v1\n';

function compileFiles(
  files: Readonly<Record<string, string>>,
  options: {
    readonly presets?: readonly PolicyPreset[];
    readonly groups?: GroupsKnowledge;
    readonly nowMs?: number;
  } = {},
) {
  const list = Object.entries(files).map(([path, text]) => ({ path, text: HEADER + text }));
  return compilePolicy(list, { families: testFamilies, presets: [], version: { hash: 'x' }, ...options });
}

function errorsOf(files: Readonly<Record<string, string>>, presets: readonly PolicyPreset[] = []): string[] {
  const compiled = compileFiles(files, { presets });
  return compiled.ok ? [] : compiled.errors.map(({ path, line, message }) => `${path}:${line} ${message}`);
}

function accepted(compiled: ReturnType<typeof compilePolicy>): CompiledPolicy {
  if (!compiled.ok) {
    throw new Error(compiled.errors.map(({ message }) => message).join('\n'));
  }
  return compiled;
}

const baseline: PolicyPreset = {
  name: 'client-baseline/store',
  description: 'What clients send by themselves.',
  yaml: '- { id: ping, effect: allow, on: store, match: { kinds: [ADMIN] } }\n',
};

describe('a policy of several files', () => {
  it('is one policy, ordered by file name, with calendars known everywhere', () => {
    const policy = accepted(
      compileFiles({
        'b.yaml': 'rules: [{ id: second, effect: allow, on: store, match: { time: office } }]',
        'a.yaml': 'calendars: { office: { timezone: UTC } }\nrules: [{ id: first, effect: deny, on: store }]',
      }),
    );
    expect(policy.rules.map(({ id }) => id)).toEqual(['first', 'second']);
  });

  it('refuses an id that is used twice, rules and freezes alike, and says where it was first', () => {
    const files = {
      'a.yaml': 'rules: [{ id: same, effect: allow, on: store }]',
      'b.yaml': 'freezes: [{ id: same, on: store, from: 2026-01-01, until: 2026-01-02 }]',
    };
    expect(errorsOf(files)).toEqual(['b.yaml:2 duplicate rule id `same`, first used at a.yaml:2']);
  });

  it('P8: compiles nothing when any file has an error, and reports the errors of all', () => {
    const errors = errorsOf({
      'a.yaml': 'rules: [{ id: a, effect: allow, on: store, match: { kindz: [READ] } }]',
      'b.yaml': 'rules: [{ id: b, effect: allow, on: store, when: store.nope }]',
      'c.yaml': 'rules: [',
    });
    expect(errors.map((error) => error.split(':')[0])).toEqual(['a.yaml', 'b.yaml', 'c.yaml']);
  });

  it('accepts no rules at all and then denies everything', () => {
    const policy = accepted(compileFiles({}));
    expect(policy.engine.decide(requestOf([statement([atom('READ')])])).effect).toBe('deny');
  });
});

describe('what a policy file may try', () => {
  it.each([
    ['a bare `match`', 'rules: [{ id: r, effect: allow, on: store, match: }]'],
    ['a list that is empty', 'rules: [{ id: r, effect: allow, on: store, match: { groups: [] } }]'],
    ['a number for a word', 'rules: [{ id: r, effect: allow, on: store, match: { groups: [1] } }]'],
    ['a scalar for a list', 'rules: [{ id: r, effect: allow, on: store, match: { groups: admins } }]'],
    ['a star for a group', 'rules: [{ id: r, effect: deny, on: store, match: { groups: ["*"] } }]'],
    [
      'keys of every object',
      'rules: [{ id: r, effect: allow, on: store, match: { __proto__: { groups: [x] } } }]',
    ],
    ['keys of every object, further up', '__proto__: { rules: [] }'],
    [
      'a prototype as a calendar',
      'rules: [{ id: r, effect: allow, on: store, match: { time: constructor } }]',
    ],
    ['a prototype as a family', 'rules: [{ id: r, effect: allow, on: constructor }]'],
    ['a merge key', 'x: &x { groups: [a] }\nrules: [{ id: r, effect: allow, on: store, match: { <<: *x } }]'],
    ['no effect', 'rules: [{ id: r, on: store }]'],
    ['a `when` that is no text', 'rules: [{ id: r, effect: allow, on: store, when: true }]'],
    ['a `when` that is empty', 'rules: [{ id: r, effect: allow, on: store, when: "" }]'],
  ])('%s is refused', (_, text) => {
    expect(errorsOf({ 'a.yaml': text }).length).toBeGreaterThan(0);
  });

  it('finds errors in what an alias repeats', () => {
    const text =
      'rules:\n  - { id: a, effect: deny, on: store, when: &w store.nope }\n  - { id: b, effect: deny, on: store, when: *w }';
    expect(errorsOf({ 'a.yaml': text }).map((error) => error.slice(0, 8))).toEqual(['a.yaml:3', 'a.yaml:4']);
  });

  it('is judged by YAML 1.2 or refused, also where the file asks for 1.1', () => {
    const text = `%YAML 1.1\n---\n${HEADER}rules: [{ id: r, effect: allow, on: store, expires: 2026-01-01 }]`;
    const compiled = compilePolicy([{ path: 'a.yaml', text }], {
      families: testFamilies,
      presets: [],
      version: { hash: 'x' },
    });
    expect(compiled.ok).toBe(false);
  });

  it('does not fail itself on any text', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc
            .jsonValue()
            .map((value) => JSON.stringify({ rules: [value], calendars: value, freezes: [value] })),
        ),
        (text) => {
          expect(() => compileFiles({ 'a.yaml': text })).not.toThrow();
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('families', () => {
  it('may not take the name of a variable, of a scope key or of one another', () => {
    const [first, second] = testFamilies;
    const compileWith = (families: readonly FactsFamily[]) => () =>
      compilePolicy([], { families, presets: [], version: { hash: 'x' } });
    expect(compileWith([...testFamilies, ...(first ? [first] : [])])).toThrow(TypeError);
    expect(compileWith([{ name: 'principal', dimensions: {}, attributes: {} }])).toThrow(TypeError);
    const groups = second?.dimensions['kinds'];
    expect(compileWith([{ name: 'x', dimensions: groups ? { groups } : {}, attributes: {} }])).toThrow(
      TypeError,
    );
  });
});

describe('a preset', () => {
  it('is on by default, for its protocol only, with its name in front of its ids', () => {
    const policy = accepted(compileFiles({ 'a.yaml': '' }, { presets: [baseline] }));
    const request = requestOf([statement([atom('ADMIN')])]);
    expect(policy.presets).toEqual(['client-baseline/store']);
    expect(policy.engine.decide(request).rules).toEqual(['client-baseline/store#ping']);
    const elsewhere = requestOf([statement([atom('ADMIN')])], { resource: { protocol: 'mysql' } });
    expect(policy.engine.decide(elsewhere).effect).toBe('deny');
  });

  it.each(['{ client-baseline: off }', '{ client-baseline: false }', '{ client-baseline/store: off }'])(
    'is switched off by presets: %s',
    (presets) => {
      const policy = accepted(compileFiles({ 'a.yaml': `presets: ${presets}` }, { presets: [baseline] }));
      expect(policy.presets).toEqual([]);
      expect(policy.engine.decide(requestOf([statement([atom('ADMIN')])])).effect).toBe('deny');
    },
  );

  it('may also be a whole policy file', () => {
    const whole = { ...baseline, yaml: `${HEADER}rules:\n  ${baseline.yaml}` };
    expect(accepted(compileFiles({ 'a.yaml': '' }, { presets: [whole] })).ruleCount).toBe(1);
  });

  it('yields to a deny rule and is no alternative in denials', () => {
    const rules = 'rules: [{ id: no-ping, effect: deny, on: store, match: { kinds: [ADMIN] } }]';
    const policy = accepted(compileFiles({ 'a.yaml': rules }, { presets: [baseline] }));
    const decision = policy.engine.decide(requestOf([statement([atom('ADMIN')])]));
    expect(decision).toMatchObject({ rules: ['no-ping'], alternatives: [] });
  });

  it('is refused where it is unknown, or both used and switched off', () => {
    expect(errorsOf({ 'a.yaml': 'use: [client-baselin/store]' }, [baseline])).toEqual([
      'a.yaml:2 no preset `client-baselin/store`; did you mean `client-baseline/store`?',
    ]);
    const both = { 'a.yaml': 'use: [client-baseline/store]', 'b.yaml': 'presets: { client-baseline: off }' };
    expect(errorsOf(both, [baseline])).toEqual([
      'a.yaml:2 preset `client-baseline/store` is used here and switched off under `presets`',
    ]);
    expect(errorsOf({ 'a.yaml': 'presets: { nope: off }' }, [baseline])).toEqual([
      'a.yaml:2 no preset `nope`',
    ]);
  });

  it("cannot be imitated by a rule of one's own", () => {
    const files = { 'a.yaml': 'rules: [{ id: "client-baseline/store#ping", effect: allow, on: store }]' };
    expect(errorsOf(files, [baseline])).toHaveLength(1);
  });
});

describe('warnings', () => {
  function warningsOf(text: string, groups?: GroupsKnowledge): string[] {
    const connect = '\n  - { id: in, effect: allow, on: connect }';
    const options = {
      nowMs: Date.parse('2026-07-01T00:00:00Z'),
      ...(groups === undefined ? {} : { groups }),
    };
    return accepted(compileFiles({ 'a.yaml': text + connect }, options)).warnings.map(
      ({ message }) => message,
    );
  }

  it.each([
    [
      'an expired rule',
      '{ id: r, effect: deny, on: store, expires: 2026-06-30 }',
      'rule `r` has expired and has no effect',
    ],
    [
      'an unqualified name in an allow',
      '{ id: r, effect: allow, on: store, match: { kinds: [READ], tables: [orders] } }',
      '`orders` is not qualified and matches in every schema',
    ],
    [
      'an allow for every kind',
      '{ id: r, effect: allow, on: store, match: { tables: ["a.*"] } }',
      'allow rule `r` names no `kinds` or `classes`: it covers every kind of statement',
    ],
    [
      'a message on an allow',
      '{ id: r, effect: allow, on: store, match: { kinds: [READ] }, message: hello }',
      '`message` is told when a deny hits; an allow never tells it',
    ],
    [
      'a subject without its issuer',
      '{ id: r, effect: allow, on: store, match: { kinds: [READ], subjects: [alice] } }',
      'a subject is unique only within one issuer; add `issuers`',
    ],
  ])('tell of %s', (_, rule, message) => {
    expect(warningsOf(`rules:\n  - ${rule}`)).toEqual([message]);
  });

  it('tell of an unused calendar and of a policy that lets nobody in', () => {
    const compiled = accepted(
      compileFiles({
        'a.yaml': 'calendars: { x: { timezone: UTC } }\nrules: [{ id: r, effect: deny, on: store }]',
      }),
    );
    expect(compiled.warnings.map(({ message }) => message)).toEqual([
      'no rule allows `on: connect`: nobody can open a session',
      'no rule uses the calendar `x`',
    ]);
  });

  it('tell of groups that no issuer produces and of mapped groups that no rule uses', () => {
    const rule =
      '{ id: r, effect: allow, on: store, match: { kinds: [READ], groups: [data-agent] }, approval: { by: [dba], within: 5m } }';
    const knowledge = { producible: ['data-agents', 'dba', 'ops'], mapped: ['data-agents', 'ops'] };
    expect(warningsOf(`rules:\n  - ${rule}`, knowledge)).toEqual([
      'no rule uses the mapped group `data-agents`',
      'no rule uses the mapped group `ops`',
      'no issuer mapping produces the group `data-agent`; did you mean `data-agents`?',
    ]);
    expect(warningsOf(`rules:\n  - ${rule}`, { producible: 'any', mapped: [] })).toEqual([]);
  });
});

describe('repeated denials', () => {
  it('get a shorter answer from the third on, and no quarantine, unless the policy says otherwise', () => {
    expect(accepted(compileFiles({ 'a.yaml': 'rules: []' })).repeats).toEqual({ after: 3 });
    const text = 'repeats: { after: 2, quarantine: { after: 10, for: 10m } }';
    expect(accepted(compileFiles({ 'a.yaml': text })).repeats).toEqual({
      after: 2,
      quarantine: { after: 10, forMs: 600_000 },
    });
  });

  it('are spoken of once in a folder', () => {
    expect(errorsOf({ 'a.yaml': 'repeats: {}', 'b.yaml': 'repeats: { after: 4 }' })).toEqual([
      'b.yaml:2 `repeats` stands once in a policy; it is in a.yaml already',
    ]);
  });
});

describe('detectors', () => {
  const rule = 'rules: [{ id: r, effect: allow, on: store, mask: [{ detect: [email], with: redact }] }]';

  it('P3: are a closed vocabulary that comes from outside; without one there are none', () => {
    expect(errorsOf({ 'a.yaml': rule })).toEqual(['a.yaml:2 no detector `email`; this gateway has none']);
    const text = HEADER + rule;
    const options = { families: testFamilies, presets: [], version: { hash: 'x' }, detectors: ['email'] };
    expect(accepted(compilePolicy([{ path: 'a.yaml', text }], options)).rules[0]?.obligations).toEqual([
      { kind: 'mask', rule: 'r', columns: [], method: 'redact', detect: ['email'] },
    ]);
  });
});
