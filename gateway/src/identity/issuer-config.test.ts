import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { issuerConfigSchema } from './issuer-config.ts';

const MINIMAL = { issuer: 'https://idp.example', audience: ['https://gw.example'] };

function problemsOf(more: Readonly<Record<string, unknown>>): string {
  const result = issuerConfigSchema.safeParse({ ...MINIMAL, ...more });
  return result.success ? '' : z.prettifyError(result.error);
}

describe('the config of an issuer', () => {
  it('needs two entries; the rest has safe defaults', () => {
    const config = issuerConfigSchema.parse(MINIMAL);
    expect(config).toMatchObject({
      leewaySeconds: 30,
      maxTokenBytes: 16_384,
      acceptIdTokens: false,
      claims: { groups: 'groups', agent: ['client_id', 'azp'], run: 'run_id', values: {} },
      groupMapping: { prefix: '' },
    });
    expect(config.algorithms.filter((name) => name.startsWith('HS'))).toEqual([]);
  });

  it.each([
    ['an unknown entry', { audiance: [] }, 'audiance'],
    ['alg none', { algorithms: ['none'] }, 'never accepted'],
    ['HMAC', { algorithms: ['RS256', 'HS256'] }, 'never accepted'],
    ['no algorithm', { algorithms: [] }, 'algorithms'],
    ['no audience', { audience: [] }, 'audience'],
    ['an empty audience', { audience: [''] }, 'audience'],
    ['a leeway over a minute', { leewaySeconds: 61 }, 'leewaySeconds'],
    ['a plain http issuer', { issuer: 'http://idp.example' }, 'https'],
    ['a relative issuer', { issuer: '/idp' }, 'https'],
    ['an issuer with a query', { issuer: 'https://idp.example?x=1' }, 'https'],
    ['an issuer with a password', { issuer: 'https://a:b@idp.example' }, 'https'],
    ['a plain http key set', { jwksUri: 'http://idp.example/jwks' }, 'https'],
    [
      'a claim path that is a URL',
      { claims: { groups: 'https://a.example/groups' } },
      '/https:~1~1a.example~1groups',
    ],
    ['an unknown claim', { claims: { roles: 'x' } }, 'roles'],
    ['two contradicting token types', { acceptIdTokens: true, requireAccessTokenType: true }, 'contradicts'],
    ['a cooldown over the age', { jwksCooldownSeconds: 60, jwksMaxAgeSeconds: 30 }, 'must not exceed'],
    ['groups for nobody', { groupMapping: { passThrough: false } }, 'nobody has a group'],
  ])('refuses %s and says why', (_name, more, problem) => {
    expect(problemsOf(more)).toContain(problem);
  });

  it.each(['http://localhost:9000', 'http://127.0.0.1', 'http://[::1]:8080/realm'])(
    'lets %s be plain http',
    (issuer) => {
      expect(problemsOf({ issuer })).toBe('');
    },
  );

  it.each([
    'http://localhost.evil.example',
    'http://127.0.0.1.evil.example',
    'http://127.0.0.1@evil.example',
    'http://[::ffff:10.0.0.1]',
    ' https://idp.example',
    'https://idp.example\n',
    'https:\\\\idp.example',
  ])('does not take %j for loopback or a clean URL', (issuer) => {
    expect(problemsOf({ issuer })).toContain('https');
  });

  it('can be written as a JSON Schema for editors', () => {
    const schema = z.toJSONSchema(issuerConfigSchema, { io: 'input' });
    expect(schema.required).toEqual(['issuer', 'audience']);
    expect(schema.additionalProperties).toBe(false);
  });
});
