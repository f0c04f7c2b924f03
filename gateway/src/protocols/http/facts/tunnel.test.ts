import { describe, expect, it } from 'vitest';
import type { AccessRequest } from '../../../model/access-request.ts';
import { compilePolicy } from '../../../policy/compile.ts';
import { httpFamily } from './facts-family.ts';
import { tunnelAsk, tunnelFacts, tunnelFactsFromCase, tunnelFamily } from './tunnel.ts';

function accessOf(place: string): AccessRequest {
  return {
    principal: {
      issuer: 'https://idp.example',
      subject: 'alice',
      groups: [],
      delegation: [],
      tokenDigest: '00',
      expiresAtMs: 0,
    },
    resource: { name: 'web', protocol: 'http', labels: {}, mode: 'enforce' },
    account: 'service',
    facts: tunnelFactsFromCase(place),
    context: { nowMs: 0, sessionId: 's', sourceAddress: '10.0.0.9', hints: {} },
  };
}

function effectOf(rules: string, place: string): string {
  const compiled = compilePolicy(
    [{ path: 'p.yaml', text: `apiVersion: sallyport.dev/v1\nrules:\n${rules}` }],
    {
      families: [httpFamily, tunnelFamily],
      presets: [],
      version: { hash: 'test' },
    },
  );
  if (!compiled.ok) throw new Error(compiled.errors.map(({ message }) => message).join());
  return compiled.engine.decide(accessOf(place)).effect;
}

describe('a tunnel that is not opened', () => {
  it.each([
    ['  - { id: a, effect: allow, on: tunnel, match: { hosts: [api.example.com] } }', 'permit'],
    ['  - { id: a, effect: allow, on: tunnel, match: { hosts: ["*.example.com"] } }', 'permit'],
    ['  - { id: a, effect: allow, on: tunnel, match: { hosts: [example.com] } }', 'deny'],
    ['  - { id: a, effect: allow, on: tunnel, when: tunnel.port == 8443 }', 'permit'],
    ['  - { id: a, effect: allow, on: tunnel, when: tunnel.port == 443 }', 'deny'],
    ['  - { id: a, effect: allow, on: http }', 'deny'],
    ['  - { id: a, effect: allow, on: http, match: { hosts: ["*"] } }', 'deny'],
  ])('P3: under the rule %s: %s', (rule, effect) => {
    expect(effectOf(rule, 'API.example.com:8443')).toBe(effect);
  });

  it('is approved as a whole, for its host and port', () => {
    const place = { host: 'api.example.com', port: 443 };
    const { binding, view } = tunnelAsk({ ...accessOf('x'), facts: tunnelFacts(place) }, place);
    expect(binding).toMatchObject({ target: 'api.example.com:443', text: 'open a tunnel', resource: 'web' });
    expect(view).toEqual({
      summary: 'tunnel to api.example.com:443',
      text: 'tunnel to api.example.com:443',
      parameters: [],
    });
  });

  it.each([[undefined], [{}], [''], ['https://a.example'], ['127.1']])(
    'is not what a case calls %j',
    (body) => {
      expect(() => tunnelFactsFromCase(body)).toThrow('`tunnel` is a host');
    },
  );
});
