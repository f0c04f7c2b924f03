import { describe, expect, it } from 'vitest';
import type { AccessRequest } from '../model/access-request.ts';
import type { Decision } from '../model/decision.ts';
import type { CompiledRule } from './compiled-rule.ts';
import { withMemo } from './decision-memo.ts';

const rule = {
  activeFromMs: Number.NEGATIVE_INFINITY,
  activeUntilMs: Number.POSITIVE_INFINITY,
} as CompiledRule;
const request = (over: object = {}): AccessRequest =>
  ({ principal: PRINCIPAL, resource: RESOURCE, account: 'app', facts: FACTS, ...over }) as AccessRequest;
const PRINCIPAL = {};
const RESOURCE = {};
const FACTS = {};

function counted(rules: readonly CompiledRule[]): {
  decide: (one: AccessRequest) => Decision;
  calls: () => number;
} {
  let calls = 0;
  const decide = withMemo(rules, () => {
    calls += 1;
    return { effect: 'permit' } as Decision;
  });
  return { decide, calls: () => calls };
}

describe('withMemo', () => {
  it('P7: asks once for the same facts, principal, resource and account', () => {
    const { decide, calls } = counted([rule]);
    decide(request());
    decide(request());
    expect(calls()).toBe(1);
  });

  it('P7: asks again where any of them is another', () => {
    const { decide, calls } = counted([rule]);
    for (const over of [{}, { principal: {} }, { resource: {} }, { account: 'other' }, { facts: {} }]) {
      decide(request(over));
    }
    expect(calls()).toBe(5);
  });

  it.each([
    ['a calendar', { time: { holds: () => true } }],
    ['a beginning', { activeFromMs: 0 }],
    ['an end', { activeUntilMs: 1 }],
    [
      'a condition on the context',
      { when: { source: 'context.source_address == "::1"', evaluate: () => true } },
    ],
  ])('P7: always asks where a rule has %s', (_, part) => {
    const { decide, calls } = counted([rule, { ...rule, ...part } as unknown as CompiledRule]);
    decide(request());
    decide(request());
    expect(calls()).toBe(2);
  });
});
