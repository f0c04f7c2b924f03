import { describe, expect, it } from 'vitest';
import type { FieldUse } from '../model/facts.ts';
import type { MaskObligation } from '../model/obligation.ts';
import { explain } from './explain.ts';
import { atom, compileText, type RequestParts, requestOf, statement } from './testing/store-family.ts';

const POLICY = `
apiVersion: sallyport.dev/v1
calendars: { never: { timezone: UTC, from: "00:00", to: "00:01" } }
rules:
  - { id: customers, effect: allow, on: store, match: { groups: [data-agents], kinds: [READ], tables: [public.customers] }, mask: [{ columns: ["*.ssn"], with: redact }, { detect: [email], with: null }] }
  - { id: at-night, effect: allow, on: store, match: { kinds: [READ], tables: [hr.people], time: never }, when: store.bounded, mask: [{ columns: [hr.people.salary], with: null }] }
  - { id: expired, effect: allow, on: store, expires: 1970-01-01, match: { kinds: [ADMIN] }, mask: [{ columns: ["*"], with: null }] }
  - { id: observed, effect: allow, on: store, mode: observe, match: { kinds: [ADMIN] }, mask: [{ columns: ["*"], with: null }] }
  - { id: others, effect: allow, on: store, match: { groups: [others], kinds: [READ] }, mask: [{ columns: ["*.name"], with: null }] }
  - { id: views, effect: allow, on: store, match: { kinds: [READ], tables: [reporting.*] } }
  - { id: clean, effect: allow, on: store, match: { kinds: [READ], tables: [reporting.totals] }, unmasked: true }
  - { id: masked-view, effect: allow, on: store, match: { groups: [maskers], kinds: [READ], tables: [masked.*] }, mask: [{ columns: ["*.ssn"], with: null }], unmasked: true }
`;

const policy = compileText(POLICY, { detectors: ['email'] });

function carried(view: string, ...names: string[]): FieldUse {
  return { names, as: 'carried', by: { dimension: 'tables', names: [view] } };
}

const DAY: RequestParts = { nowMs: Date.parse('2026-07-01T12:00:00Z') };

function masksOf(view: string, fields: readonly FieldUse[], parts: RequestParts = DAY): MaskObligation[] {
  const decision = policy.engine.decide(requestOf([statement([atom('READ', view)], { fields })], parts));
  if (decision.effect === 'deny') throw new Error(decision.subject);
  return decision.obligations.flatMap((one) => (one.kind === 'mask' ? [one] : []));
}

describe('masks that reach through views and functions', () => {
  it('P5: a rule in scope obliges to its masks where what it masks is carried, whoever covers the view', () => {
    expect(masksOf('reporting.people', [carried('reporting.people', 'public.customers.ssn')])).toEqual([
      { kind: 'mask', rule: 'customers', columns: ['*.ssn'], method: 'redact' },
    ]);
  });

  it('P5: at any time of the day, and whatever its `when` says', () => {
    expect(
      masksOf('reporting.pay', [carried('reporting.pay', 'hr.people.*')]).map(({ rule }) => rule),
    ).toEqual(['at-night', 'customers']);
    expect(masksOf('reporting.pay', [carried('reporting.pay', '*')]).map(({ rule }) => rule)).toContain(
      'at-night',
    );
  });

  it('but not for others, nor after its end, nor where it is only observed', () => {
    const rules = masksOf('reporting.x', [carried('reporting.x', '*')]).map(({ rule }) => rule);
    expect(rules).toEqual(['at-night', 'customers']);
  });

  it('not where nothing is carried that it masks, nor for plain uses of other tables', () => {
    const uses: FieldUse[] = [
      carried('reporting.x', 'public.customers.name'),
      { names: ['reporting.x.ssn'], as: 'output' },
    ];
    expect(masksOf('reporting.x', uses)).toEqual([]);
  });

  it('a covering rule vouches for the views that it names, and for no others', () => {
    const uses = [carried('reporting.totals', '*')];
    expect(masksOf('reporting.totals', uses)).toEqual([]);
    const both = [...uses, carried('reporting.x', 'public.customers.ssn')];
    const atoms = [atom('READ', 'reporting.totals'), atom('READ', 'reporting.x')];
    const decision = policy.engine.decide(requestOf([statement(atoms, { fields: both })], DAY));
    expect(decision).toMatchObject({
      obligations: [{ rule: 'customers', vouched: [{ dimension: 'tables', names: ['reporting.totals'] }] }],
    });
  });

  it('P5: only if it names every one that may be meant, in the right dimension', () => {
    const ambiguous: FieldUse = {
      names: ['*'],
      as: 'carried',
      by: { dimension: 'tables', names: ['reporting.totals', 'public.totals'] },
    };
    expect(masksOf('reporting.totals', [ambiguous])).toHaveLength(2);
    const byFunction: FieldUse = {
      ...ambiguous,
      by: { dimension: 'functions', names: ['reporting.totals'] },
    };
    expect(masksOf('reporting.totals', [byFunction])).toHaveLength(2);
    expect(masksOf('reporting.totals', [{ names: ['*'], as: 'carried' }])).toHaveLength(2);
  });

  const maskers: RequestParts = { ...DAY, principal: { groups: ['maskers'] } };

  it('its own masks hold for what it vouches for, by the names of the view', () => {
    expect(masksOf('masked.people', [carried('masked.people', 'public.customers.ssn')], maskers)).toEqual([
      {
        kind: 'mask',
        rule: 'masked-view',
        columns: ['*.ssn'],
        method: 'null',
        vouched: [{ dimension: 'tables', names: ['masked.people'] }],
      },
    ]);
  });

  it('is said by explain', () => {
    const fields = [carried('reporting.people', 'public.customers.ssn')];
    const request = requestOf([statement([atom('READ', 'reporting.people')], { fields })], DAY);
    const customers = explain(policy, request).rules.find(({ rule }) => rule === 'customers');
    expect(customers?.reasons[0]).toContain('its masks apply all the same');
  });
});
