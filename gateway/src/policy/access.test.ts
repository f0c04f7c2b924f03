import { describe, expect, it } from 'vitest';
import type { AccessRequest } from '../model/access-request.ts';
import type { AccessWindow } from '../model/access-window.ts';
import { accessOffers, accessPolicy } from './access-offers.ts';
import type { CompiledPolicy } from './compile.ts';
import { compilePolicy } from './compile.ts';
import { explain } from './explain.ts';
import { withOpened } from './opened-request.ts';
import {
  atom,
  compileText,
  type RequestParts,
  requestOf,
  statement,
  testFamilies,
} from './testing/store-family.ts';

const RULE = `{ id: repair, effect: allow, on: store, match: { groups: [data-agents], resources: [pg-prod], kinds: [WRITE], tables: ["shop.*"] }, access: { by: [dba], within: 30m, upTo: 4h } }`;

function policyOf(...rules: readonly string[]): CompiledPolicy {
  return compileText(
    `apiVersion: sallyport.dev/v1\nrules:\n${rules.map((rule) => `  - ${rule}\n`).join('')}`,
  );
}

const write = (table: string): ReturnType<typeof statement>[] => [statement([atom('WRITE', table)])];

/** A window for whoever asks, from 1,000 to 2,000 ms, over what the policy says now. */
function windowFor(policy: CompiledPolicy, more: Partial<AccessWindow> = {}): AccessWindow {
  const terms = policy.rules.find(({ id }) => id === 'repair')?.access?.terms ?? '';
  const holder = { issuer: 'https://idp.example', subject: 'alice', agent: 'copilot', delegation: [] };
  return {
    id: 'grt_1',
    holder,
    resource: 'pg-prod',
    account: 'app',
    rules: [{ id: 'repair', terms }],
    only: {},
    fromMs: 1_000,
    untilMs: 2_000,
    ...more,
  };
}

function asked(table: string, windows: readonly AccessWindow[], parts: RequestParts = {}): AccessRequest {
  const request = requestOf(write(table), { nowMs: 1_500, ...parts });
  return { ...request, context: { ...request.context, windows } };
}

describe('a rule that people open', () => {
  const policy = policyOf(RULE);

  it('permits nothing by itself, and the denial says what may be asked for', () => {
    expect(policy.engine.decide(requestOf(write('shop.orders')))).toMatchObject({
      effect: 'deny',
      cause: 'default',
      requestable: [{ rule: 'repair', upToMs: 4 * 3_600_000 }],
      alternatives: [],
    });
    const elsewhere = policy.engine.decide(requestOf(write('hr.pay')));
    expect(elsewhere).not.toHaveProperty('requestable');
  });

  it('permits inside of a window, which the decision names', () => {
    expect(policy.engine.decide(asked('shop.orders', [windowFor(policy)]))).toMatchObject({
      effect: 'permit',
      rules: ['repair'],
      windows: ['grt_1'],
    });
    expect(policy.engine.decide(asked('hr.pay', [windowFor(policy)])).effect).toBe('deny');
  });

  it('P7: the same request is decided again in the same way; nothing is remembered past the window', () => {
    const open = asked('shop.orders', [windowFor(policy)]);
    const over = { ...open, context: { ...open.context, nowMs: 2_000 } };
    expect(policy.engine.decide(open).effect).toBe('permit');
    expect(policy.engine.decide(over).effect).toBe('deny');
    expect(policy.engine.decide(open).effect).toBe('permit');
    const { windows: _windows, ...bare } = open.context;
    expect(policy.engine.decide({ ...open, context: bare }).effect).toBe('deny');
  });

  it.each<[string, Partial<AccessWindow>, RequestParts]>([
    ['another subject', {}, { principal: { subject: 'mallory' } }],
    ['another issuer', {}, { principal: { issuer: 'https://other.example' } }],
    ['another agent', {}, { principal: { agent: 'rogue' } }],
    ['an actor that was not there', {}, { principal: { delegation: [{ subject: 'sub-agent' }] } }],
    [
      'another run than the one that asked',
      {
        holder: {
          issuer: 'https://idp.example',
          subject: 'alice',
          agent: 'copilot',
          delegation: [],
          run: 'r1',
        },
      },
      { principal: { run: 'r2' } },
    ],
    [
      'no run where one asked',
      {
        holder: {
          issuer: 'https://idp.example',
          subject: 'alice',
          agent: 'copilot',
          delegation: [],
          run: 'r1',
        },
      },
      {},
    ],
    ['another resource', { resource: 'pg-test' }, {}],
    ['another account', { account: 'admin' }, {}],
    ['the moment before it begins', {}, { nowMs: 999 }],
    ['the moment in which it ends', {}, { nowMs: 2_000 }],
    ['a rule with another text than was agreed to', { rules: [{ id: 'repair', terms: '{}' }] }, {}],
    ['another rule', { rules: [{ id: 'other', terms: '' }] }, {}],
    ['a principal that the rule is not for', {}, { principal: { groups: ['others'] } }],
  ])('does not open for %s', (_what, window, parts) => {
    expect(policy.engine.decide(asked('shop.orders', [windowFor(policy, window)], parts)).effect).toBe(
      'deny',
    );
  });

  it('opens no more than what was asked for, where that is narrower', () => {
    const narrow = windowFor(policy, { only: { tables: ['shop.orders'] } });
    expect(policy.engine.decide(asked('shop.orders', [narrow])).effect).toBe('permit');
    expect(policy.engine.decide(asked('shop.items', [narrow]))).toMatchObject({
      effect: 'deny',
      requestable: [{ rule: 'repair' }],
    });
    const wider = windowFor(policy, { only: { tables: ['*.*'] } });
    expect(policy.engine.decide(asked('hr.pay', [wider])).effect).toBe('deny');
    // What has no value there is not what was asked for.
    const paths = windowFor(policy, { only: { paths: ['/x'] } });
    expect(policy.engine.decide(asked('shop.orders', [paths])).effect).toBe('deny');
    const unreadable = windowFor(policy, { only: { tables: ['"'] } });
    expect(policy.engine.decide(asked('shop.orders', [unreadable])).effect).toBe('deny');
  });

  it('two narrow windows never add up inside of one atom', () => {
    const one = windowFor(policy, { only: { tables: ['shop.a'] } });
    const two = windowFor(policy, { id: 'grt_2', only: { tables: ['shop.b'] } });
    const both = requestOf([statement([atom('WRITE', undefined, { tables: ['shop.a', 'shop.b'] })])], {
      nowMs: 1_500,
    });
    const request = { ...both, context: { ...both.context, windows: [one, two] } };
    expect(policy.engine.decide(request).effect).toBe('deny');
  });

  it('never loosens: denials, masks, limits and approvals of other rules and its own stay', () => {
    const strict = policyOf(
      `{ id: repair, effect: allow, on: store, match: { kinds: [WRITE], tables: ["shop.*"] }, mask: [{ columns: ["*.email"], with: redact }], limits: { rows: 5 }, approval: { by: [sec], within: 5m }, access: { by: [dba], within: 30m, upTo: 4h } }`,
      `{ id: wide, effect: allow, on: store, match: { kinds: [WRITE], tables: ["shop.*"] }, limits: { rows: 2 } }`,
      `{ id: frozen, effect: deny, on: store, match: { tables: ["shop.ledger"] } }`,
    );
    const window = windowFor(strict);
    expect(strict.engine.decide(asked('shop.orders', [window]))).toMatchObject({
      effect: 'permit',
      obligations: [{ kind: 'mask' }, { kind: 'limits', rows: 2 }, { kind: 'approval', by: ['sec'] }],
    });
    const denied = strict.engine.decide(asked('shop.ledger', [window]));
    expect(denied).toMatchObject({ effect: 'deny', cause: 'rule', rules: ['frozen'] });
    expect(denied).not.toHaveProperty('requestable');
  });

  it('is not offered where its condition does not hold, nor where it is over', () => {
    const bounded = policyOf(RULE.replace('access:', 'when: store.bounded, access:'));
    const unbounded = [statement([atom('WRITE', 'shop.a')], { attributes: { bounded: false } })];
    expect(bounded.engine.decide(requestOf(unbounded))).not.toHaveProperty('requestable');
    const past = policyOf(RULE.replace('access:', 'expires: 2020-01-01, access:'));
    const now = Date.UTC(2026, 1);
    expect(past.engine.decide(requestOf(write('shop.a'), { nowMs: now }))).not.toHaveProperty('requestable');
  });

  it('is explained: closed, or open and narrower', () => {
    const reasons = (request: AccessRequest): string =>
      explain(policy, request).rules[0]?.reasons.join() ?? '';
    expect(reasons(requestOf(write('shop.a')))).toContain('access: closed; dba may open it on request');
    const narrow = windowFor(policy, { only: { tables: ['shop.orders'] } });
    expect(reasons(asked('shop.items', [narrow]))).toContain('what was opened is narrower');
    const opened = withOpened(policy, requestOf(write('shop.a')), ['repair']);
    expect(explain(policy, opened)).toMatchObject({
      decision: { effect: 'permit' },
      rules: [{ outcome: 'covers' }],
    });
    expect(() => withOpened(policy, requestOf([]), ['x'])).toThrow('no rule `x` that people may open');
  });
});

describe('what may be asked for', () => {
  const policy = policyOf(RULE, '{ id: plain, effect: allow, on: store }');
  const scope = (parts: RequestParts = {}): Parameters<typeof accessOffers>[1] => {
    const { principal, resource, account } = requestOf([], parts);
    return { principal, resource, account, nowMs: 0 };
  };

  it('is what the policy names for this principal there', () => {
    expect(accessOffers(policy, scope())).toMatchObject([
      { rule: 'repair', by: ['dba'], count: 1, phrase: 'WRITE on shop.*', withinMs: 1_800_000 },
    ]);
    expect(accessOffers(policy, scope({ principal: { groups: [] } }))).toEqual([]);
    expect(accessOffers(policy, scope({ resource: { name: 'pg-test' } }))).toEqual([]);
  });

  it('stands as long as its meaning does: words for people change nothing, anything else does', () => {
    const [offer] = accessOffers(policy, scope());
    const rule = { id: 'repair', terms: offer?.terms ?? '' };
    const stands = (text: string): boolean => accessPolicy(policyOf(text)).stands(rule);
    expect(stands(RULE)).toBe(true);
    expect(stands(RULE.replace('effect: allow,', 'effect: allow, description: for repairs,'))).toBe(true);
    expect(stands(RULE.replace('"shop.*"', '"*.*"'))).toBe(false);
    expect(stands(RULE.replace('upTo: 4h', 'upTo: 8h'))).toBe(false);
    expect(stands(RULE.replace(', access: { by: [dba], within: 30m, upTo: 4h }', ''))).toBe(false);
  });

  it.each([
    [
      'on a deny',
      '{ id: r, effect: deny, on: store, access: { by: [dba], within: 5m, upTo: 1h } }',
      'no meaning',
    ],
    [
      'on a rule that observes',
      '{ id: r, effect: allow, on: store, mode: observe, access: { by: [dba], within: 5m, upTo: 1h } }',
      'only observes',
    ],
    [
      'longer than 30 days',
      '{ id: r, effect: allow, on: store, access: { by: [dba], within: 5m, upTo: 31d } }',
      '30d',
    ],
    ['without an end', '{ id: r, effect: allow, on: store, access: { by: [dba], within: 5m } }', 'upTo'],
    ['opened by nobody', '{ id: r, effect: allow, on: store, access: { within: 5m, upTo: 1h } }', 'by'],
  ])('is an error %s', (_what, rule, message) => {
    const compiled = compilePolicy(
      [{ path: 'p.yaml', text: `apiVersion: sallyport.dev/v1\nrules: [${rule}]` }],
      { families: testFamilies, presets: [], version: { hash: 'x' } },
    );
    expect(compiled.ok ? '' : compiled.errors.map((error) => error.message).join()).toContain(message);
  });
});
