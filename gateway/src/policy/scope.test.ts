import { describe, expect, it } from 'vitest';
import { atom, compileText, type RequestParts, requestOf, statement } from './testing/store-family.ts';

function applies(match: string, parts: RequestParts = {}, effect: 'allow' | 'deny' = 'allow'): boolean {
  const open = effect === 'deny' ? '  - { id: all, effect: allow, on: store }\n' : '';
  const rules = `${open}  - { id: r, effect: ${effect}, on: store, match: ${match} }`;
  const policy = compileText(`apiVersion: sallyport.dev/v1\nrules:\n${rules}`);
  const decision = policy.engine.decide(requestOf([statement([atom('READ', 'a.t')])], parts));
  return decision.rules.includes('r');
}

describe('the scope of a rule', () => {
  it.each([
    ['{ issuers: ["https://idp.example"] }', '{ issuers: ["https://idp.example/"] }'],
    ['{ subjects: ["ali*"] }', '{ subjects: [bob] }'],
    ['{ groups: [other, data-agents] }', '{ groups: [data-agent] }'],
    ['{ agents: [copilot] }', '{ agents: [cursor] }'],
    ['{ resources: ["pg-*"] }', '{ resources: [pg] }'],
    ['{ protocols: [store] }', '{ protocols: [mysql] }'],
    ['{ labels: { env: [test, prod] } }', '{ labels: { env: [test] } }'],
    ['{ labels: { env: ["*"] } }', '{ labels: { tier: ["*"] } }'],
    ['{ accounts: ["ap?", "app"] }', '{ accounts: [admin] }'],
  ])('%s applies, %s does not', (fitting, other) => {
    expect(applies(fitting)).toBe(true);
    expect(applies(other)).toBe(false);
  });

  it('needs every label key', () => {
    expect(applies('{ labels: { env: [prod], tier: [gold] } }')).toBe(false);
    const resource = { labels: { env: 'prod', tier: 'gold' } };
    expect(applies('{ labels: { env: [prod], tier: [gold] } }', { resource })).toBe(true);
  });

  it('does not take a label for what every object has', () => {
    expect(applies('{ labels: { constructor: ["*"] } }')).toBe(false);
  });

  it('does not apply to a principal without an agent where one is asked for', () => {
    const policy = compileText(
      'apiVersion: sallyport.dev/v1\nrules: [{ id: r, effect: allow, on: store, match: { agents: ["*"] } }]',
    );
    const request = requestOf([statement([atom('READ')])]);
    const { agent: _, ...human } = request.principal;
    expect(policy.engine.decide({ ...request, principal: human }).effect).toBe('deny');
  });

  it('RFC 8693 4.1: an allow looks at the current actor only, a deny at the whole chain', () => {
    const principal = { delegation: [{ subject: 'current' }, { subject: 'earlier' }] };
    expect(applies('{ actors: [current] }', { principal })).toBe(true);
    expect(applies('{ actors: [earlier] }', { principal })).toBe(false);
    expect(applies('{ actors: [earlier] }', { principal }, 'deny')).toBe(true);
    expect(applies('{ actors: ["*"] }')).toBe(false);
  });

  it('P11: knows nothing of hints', () => {
    const policy = compileText(
      'apiVersion: sallyport.dev/v1\nrules: [{ id: r, effect: allow, on: store, match: { subjects: [root] } }]',
    );
    const request = requestOf([statement([atom('READ')])]);
    const hinted = { ...request, context: { ...request.context, hints: { subject: 'root', groups: 'dba' } } };
    expect(policy.engine.decide(hinted).effect).toBe('deny');
  });

  it('is asked anew for another account, resource or principal of the same policy', () => {
    const policy = compileText(
      'apiVersion: sallyport.dev/v1\nrules: [{ id: r, effect: allow, on: store, match: { accounts: [app] } }]',
    );
    const request = requestOf([statement([atom('READ')])]);
    expect(policy.engine.decide(request).effect).toBe('permit');
    expect(policy.engine.decide({ ...request, account: 'admin' }).effect).toBe('deny');
    expect(policy.engine.decide(request).effect).toBe('permit');
  });

  it('never takes the rules of one principal for those of another who has as many', () => {
    const policy = compileText(`apiVersion: sallyport.dev/v1
rules:
  - { id: readers, effect: allow, on: store, match: { groups: [readers], kinds: [READ] } }
  - { id: writers, effect: allow, on: store, match: { groups: [writers], kinds: [WRITE] } }`);
    const effects = ['readers', 'writers', 'readers'].map((group) =>
      ['READ', 'WRITE'].map(
        (kind) =>
          policy.engine.decide(requestOf([statement([atom(kind)])], { principal: { groups: [group] } }))
            .effect,
      ),
    );
    expect(effects).toEqual([
      ['permit', 'deny'],
      ['deny', 'permit'],
      ['permit', 'deny'],
    ]);
  });
});
