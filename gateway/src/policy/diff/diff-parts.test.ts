import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { testFamilies } from '../testing/store-family.ts';
import { diffParts } from './diff-parts.ts';
import { policyParts } from './policy-parts.ts';

const HEAD = 'apiVersion: sallyport.dev/v1\n';
const RULES = [
  '{ id: reads, effect: allow, on: store, match: { groups: [a, b], kinds: [READ] }, limits: { rows: 5, bytes: 9 } }',
  '{ id: writes, effect: allow, on: store, match: { kinds: [WRITE] }, approval: { by: [x], within: 1m } }',
  '{ id: drops, effect: deny, on: store, match: { kinds: [DROP] }, message: no }',
];

const parts = (...texts: readonly string[]) =>
  policyParts(
    texts.map((text, index) => ({ path: `${index}.yaml`, text: `${HEAD}${text}` })),
    testFamilies,
    [],
  );
const rules = (list: readonly string[]): string => `rules:\n${list.map((rule) => `  - ${rule}\n`).join('')}`;

describe('what differs between two policies', () => {
  it('is neither the files, the order, the lines nor how it is written', () => {
    const before = parts(rules(RULES));
    fc.assert(
      fc.property(
        fc.shuffledSubarray(RULES, { minLength: RULES.length }),
        fc.nat({ max: RULES.length }),
        (list, at) => {
          const files = [list.slice(0, at), list.slice(at)].filter((half) => half.length > 0);
          const after = parts(
            ...files.map(
              (half) => `# other words\n${rules(half.map((one) => one.replace('[a, b]', '["b", a]')))}`,
            ),
          );
          expect(diffParts(before, after)).toEqual([]);
        },
      ),
    );
  });

  it('is what is there on one side alone, with its place', () => {
    const [before, after] = [parts(rules(RULES.slice(0, 2))), parts(rules(RULES.slice(1)))];
    expect(diffParts(before, after)).toEqual([
      { kind: 'rule', id: 'reads', change: 'removed', source: '0.yaml:3', keys: [] },
      { kind: 'rule', id: 'drops', change: 'added', source: '0.yaml:4', keys: [] },
    ]);
  });

  it('is each key of a rule, one that is gone or new among them', () => {
    const changed = (RULES[0] ?? '')
      .replace('[a, b]', '[a]')
      .replace('kinds: [READ]', 'tables: [t]')
      .replace('rows: 5', 'rows: 6');
    expect(diffParts(parts(rules(RULES)), parts(rules([changed, ...RULES.slice(1)])))).toEqual([
      {
        kind: 'rule',
        id: 'reads',
        change: 'changed',
        source: '0.yaml:3',
        keys: [
          { key: 'match.groups', before: ['b'], after: [] },
          { key: 'match.kinds', before: ['READ'], after: undefined },
          { key: 'limits', before: { rows: 5, bytes: 9 }, after: { rows: 6, bytes: 9 } },
          { key: 'match.tables', before: undefined, after: ['t'] },
        ],
      },
    ]);
  });

  it('is calendars, freezes, repeats and presets too', () => {
    const more = `calendars: { office: { timezone: UTC, days: [mon] } }
freezes: [{ id: end, on: store, from: 2026-12-24T00:00:00Z, until: 2026-12-27T00:00:00Z }]
repeats: { after: 3 }
`;
    const before = parts(more, rules(RULES));
    const after = [
      ...parts(more.replace('[mon]', '[mon, tue]').replace('after: 3', 'after: 4'), rules(RULES)),
      { kind: 'preset' as const, id: 'p', source: '', keys: new Map() },
    ];
    expect(diffParts(before, after).map(({ kind, id, change }) => `${kind} ${id} ${change}`)).toEqual([
      'calendar office changed',
      'repeats repeats changed',
      'preset p added',
    ]);
    expect(diffParts(before, parts(rules(RULES))).map(({ id }) => id)).toEqual(['end', 'office', 'repeats']);
  });
});
