import { describe, expect, it } from 'vitest';
import type { Decision, PolicyEngine } from '../../model/decision.ts';
import { createGatewayLimits } from './gateway-limits.ts';
import { accessOf, limitsOf } from './testing/access.ts';

const version = { hash: 'ab'.repeat(32) };
const permit: Decision = { effect: 'permit', rules: ['r'], obligations: [], observed: [], policy: version };
const engine: PolicyEngine = { version, decide: () => permit, masksFor: () => [], filtersFor: () => [] };

describe('the bounds of the config', () => {
  it('P10: oblige every permit besides what the policy obliges to, and no connect', () => {
    const limits = createGatewayLimits({ rows: 10 });
    const bounded = limits(engine);
    expect(limits(engine)).toBe(bounded);
    const decision = bounded.decide(accessOf());
    expect(decision).toEqual({ ...permit, obligations: limitsOf({ rule: '(gateway)', rows: 10 }) });
    expect(bounded.decide(accessOf())).toBe(decision);
    expect(bounded.decide(accessOf({ family: 'connect' }))).toBe(permit);
  });

  it('cost nothing where there are none', () => {
    expect(createGatewayLimits({})(engine)).toBe(engine);
  });
});
