import { describe, expect, it } from 'vitest';
import type { AccessRequest } from '../../model/access-request.ts';
import type { FieldUse, StatementFacts } from '../../model/facts.ts';
import type { MaskObligation } from '../../model/obligation.ts';
import { unfulfilled } from './index.ts';
import { createMaskFulfiller } from './mask.ts';

const fulfiller = createMaskFulfiller(new Set(['postgres']));
const SSN: MaskObligation = { kind: 'mask', rule: 'r', columns: ['*.ssn'], method: 'redact' };

function access(fields: readonly FieldUse[] | undefined, protocol = 'postgres'): AccessRequest {
  const statement: StatementFacts = {
    summary: '',
    atoms: [],
    attributes: {},
    opaque: [],
    ...(fields === undefined ? {} : { fields }),
  };
  return {
    principal: { issuer: '', subject: '', groups: [], delegation: [], tokenDigest: '', expiresAtMs: 0 },
    resource: { name: 'r', protocol, labels: {}, mode: 'enforce' },
    account: '',
    facts: { family: 'sql', action: 'query', statements: [statement] },
    context: { nowMs: 0, sessionId: 'ses_1', sourceAddress: '', hints: {} },
  };
}

const BY = { dimension: 'tables', names: ['public.v'] };

describe('a mask', () => {
  it.each<FieldUse>([
    { names: ['public.t.ssn'], as: 'output' },
    { names: ['public.t.ssn'], as: 'written' },
    { names: ['public.t.name'], as: 'filter' },
    { names: ['public.t.name', 'public.t.id'], as: 'expression' },
    { names: ['public.u.name'], as: 'carried', by: BY },
  ])('can be kept with $as of $names', (use) => {
    expect(fulfiller.canFulfil(SSN, access([use]))).toBe(true);
  });

  it.each<[FieldUse, string]>([
    [{ names: ['public.t.ssn'], as: 'filter' }, 'public.t.ssn is masked: conditions, sorting and grouping'],
    [
      { names: ['public.t.*'], as: 'expression' },
      'a column of public.t is masked: its value cannot be masked inside',
    ],
    [{ names: ['public.a.id', 'public.b.ssn'], as: 'filter' }, 'public.b.ssn is masked'],
    [{ names: ['*'], as: 'carried', by: BY }, 'public.v may hand out masked columns'],
    [{ names: ['secret.t.ssn'], as: 'carried', by: BY }, 'public.v may hand out masked columns'],
  ])('P5: cannot be kept with %o', (use, reason) => {
    const answer = fulfiller.canFulfil(SSN, access([{ names: ['public.t.id'], as: 'output' }, use]));
    expect(answer).toContain(reason);
    expect(String(answer).length).toBeLessThan(180);
    expect(answer).not.toContain('secret');
  });

  it.each(['audit', 'allow'] as const)(
    'P5: with inference: %s lets be asked, and no value go elsewhere',
    (inference) => {
      const mask = { ...SSN, inference };
      const uses = (as: FieldUse['as']): FieldUse[] => [{ names: ['public.t.ssn'], as }];
      for (const as of ['filter', 'computed'] as const) {
        expect(fulfiller.canFulfil(mask, access(uses(as)))).toBe(true);
        expect(fulfiller.canFulfil(SSN, access(uses(as)))).toContain('is masked');
      }
      for (const as of ['expression', 'carried'] as const)
        expect(fulfiller.canFulfil(mask, access(uses(as)))).not.toBe(true);
    },
  );

  it('P5: what a view carries is let through only if the policy vouches for the view', () => {
    const uses: FieldUse[] = [{ names: ['*'], as: 'carried', by: BY }];
    expect(fulfiller.canFulfil({ ...SSN, vouched: [BY] }, access(uses))).toBe(true);
    const others = [
      { dimension: 'functions', names: ['public.v'] },
      { dimension: 'tables', names: ['public.w'] },
    ];
    expect(fulfiller.canFulfil({ ...SSN, vouched: others }, access(uses))).toBeTypeOf('string');
    const through: FieldUse[] = [{ names: ['public.t.ssn'], as: 'filter', by: BY }];
    expect(fulfiller.canFulfil({ ...SSN, vouched: [BY] }, access(through))).toBe(true);
    expect(fulfiller.canFulfil({ ...SSN, vouched: others }, access(through))).toBeTypeOf('string');
    const beside: FieldUse[] = [...through, { names: ['public.t.ssn'], as: 'filter' }];
    expect(fulfiller.canFulfil({ ...SSN, vouched: [BY] }, access(beside))).toBeTypeOf('string');
  });

  it('P3: cannot be kept where nothing is known of columns, nor by a protocol that does not mask', () => {
    expect(fulfiller.canFulfil(SSN, access(undefined))).toBeTypeOf('string');
    expect(fulfiller.canFulfil(SSN, access([], 'mysql'))).toContain('mysql');
    expect(fulfiller.canFulfil({ kind: 'limits', rule: 'r' }, access([]))).toBe(false);
  });

  it('of what detectors find can be kept whatever is done with columns', () => {
    const mask: MaskObligation = {
      kind: 'mask',
      rule: 'r',
      columns: [],
      detect: ['email'],
      method: 'redact',
    };
    expect(fulfiller.canFulfil(mask, access([{ names: ['*'], as: 'expression' }]))).toBe(true);
    expect(
      fulfiller.canFulfil({ ...mask, columns: ['*.note'] }, access([{ names: ['*'], as: 'filter' }])),
    ).toBeTypeOf('string');
  });

  it('answers the same for the same facts, and anew for others', () => {
    const first = access([{ names: ['public.t.ssn'], as: 'output' }]);
    expect([fulfiller.canFulfil(SSN, first), fulfiller.canFulfil(SSN, first)]).toEqual([true, true]);
    expect(fulfiller.canFulfil({ ...SSN }, access([{ names: ['public.t.ssn'], as: 'filter' }]))).toBeTypeOf(
      'string',
    );
  });

  it('P9: says why and what to do instead; without a reason the rule and the kind are named', () => {
    const request = access([{ names: ['public.t.ssn'], as: 'filter' }]);
    expect(unfulfilled([SSN], request, [fulfiller])?.reason).toContain('plain column');
    expect(unfulfilled([SSN], request, [])).toEqual({
      rule: 'r',
      kind: 'mask',
      reason: 'rule r asks for mask, which this gateway cannot fulfil here',
    });
    expect(unfulfilled([SSN], access([]), [fulfiller])).toBeUndefined();
  });
});
