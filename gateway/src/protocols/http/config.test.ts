import { describe, expect, it } from 'vitest';
import { httpResourceSchema } from './config.ts';
import { httpListenerSchema } from './listener-config.ts';

const BASE = { url: 'https://api.internal/v1/', credential: { none: true } };
const OAUTH = { tokenUrl: 'https://id.internal/token', clientId: 'a', clientSecret: { env: 'X' } };
const SHOWN = { certificate: { env: 'X' }, key: { env: 'Y' } };
const problemOf = (more: object): string => {
  const parsed = httpResourceSchema.safeParse({ ...BASE, ...more });
  return parsed.success
    ? ''
    : parsed.error.issues.map(({ message, path }) => `${path.join('.')}: ${message}`).join();
};

describe('the config of a service', () => {
  it('needs a URL and a credential, and has defaults', () => {
    const parsed = httpResourceSchema.parse(BASE);
    expect(parsed).toMatchObject({
      account: 'service',
      clientAuthorization: 'drop',
      encodedSlash: 'refuse',
      methodOverride: 'refuse',
      inspectionBytes: 262_144,
    });
  });

  it.each<readonly [string, object, RegExp]>([
    ['another scheme', { url: 'ftp://a/' }, /no http or https/],
    ['a login', { url: 'https://me:pw@a/' }, /login/],
    ['a query', { url: 'https://a/?x=1' }, /query/],
    ['an escaped path', { url: 'https://a/%2e' }, /escapes|^$/],
    ['a path with two slashes', { url: 'https://a//b' }, /empty segments/],
    ['plaintext to another machine', { url: 'http://a.internal/' }, /allowPlaintext/],
    [
      'a credential in a header of the codec',
      { credential: { header: { name: 'Host', value: { env: 'X' } } } },
      /credential/,
    ],
    [
      'a credential by which bodies are read',
      { credential: { header: { name: 'Content-Encoding', value: { env: 'X' } } } },
      /credential/,
    ],
    ['a credential without secret', { credential: { bearer: { none: true } } }, /credential/],
    [
      'a parameter with brackets',
      { credential: { query: { name: 'key[]', value: { env: 'X' } } } },
      /credential/,
    ],
    [
      'a token endpoint without TLS',
      { credential: { oauth: { ...OAUTH, tokenUrl: 'http://127.0.0.1/token' } } },
      /credential/,
    ],
    [
      'a token endpoint with a login',
      { credential: { oauth: { ...OAUTH, tokenUrl: 'https://a:b@id/token' } } },
      /credential/,
    ],
    ['scopes with a quote', { credential: { oauth: { ...OAUTH, scope: 'a "b"' } } }, /credential/],
    [
      'Authorization of both sides by OAuth',
      { clientAuthorization: 'forward', credential: { oauth: OAUTH } },
      /Authorization/,
    ],
    [
      'a client certificate without TLS',
      { url: 'http://127.0.0.1', tls: { clientCertificate: SHOWN } },
      /clientCertificate: needs an https URL/,
    ],
    [
      'a client certificate without key',
      { tls: { clientCertificate: { certificate: { env: 'X' } } } },
      /clientCertificate/,
    ],
    ['two credentials', { credential: { none: true, bearer: { env: 'X' } } }, /credential/],
    [
      'Authorization of both sides',
      { clientAuthorization: 'forward', credential: { bearer: { env: 'X' } } },
      /Authorization/,
    ],
    ['a pattern that is none', { graphql: ['graphql'] }, /pattern/],
    ['a pin that is none', { tls: { pins: ['abc'] } }, /SHA-256/],
    ['a key that there is not', { hosts: ['a'] }, /hosts/],
  ])('P3: refuses %s', (_what, more, expected) => {
    expect(problemOf(more)).toMatch(expected);
  });

  it('takes each kind of credential', () => {
    const value = { env: 'X' };
    const kinds = [
      { bearer: value },
      { header: { name: 'X-Api-Key', value } },
      { query: { name: 'api.key', value } },
      { oauth: { ...OAUTH, scope: 'a b', audience: 'https://a/', auth: 'post' } },
    ];
    for (const credential of kinds)
      expect(problemOf({ credential, tls: { clientCertificate: SHOWN } })).toBe('');
    const query = kinds[2];
    expect(problemOf({ credential: query, clientAuthorization: 'forward' })).toBe('');
  });

  it('takes plaintext to this machine, and by leave', () => {
    expect(problemOf({ url: 'http://127.0.0.1:8080' })).toBe('');
    expect(problemOf({ url: 'http://a.internal/', allowPlaintext: true })).toBe('');
  });
});

describe('the config of destinations', () => {
  const keys = { destinations: ['*.github.com', 'api.openai.com'], credential: { none: true } };
  const problem = (more: object): string => {
    const parsed = httpResourceSchema.safeParse({ ...keys, ...more });
    return parsed.success
      ? ''
      : parsed.error.issues.map(({ message, path }) => `${path.join('.')}: ${message}`).join();
  };

  it('P3: opens tunnels, and reaches the public internet alone, unless it says more', () => {
    expect(httpResourceSchema.parse(keys)).toMatchObject({ inspect: true, allowAddresses: [] });
    expect(httpResourceSchema.parse(keys)).not.toHaveProperty('url');
    expect(problem({ allowAddresses: ['10.1.0.0/16', 'fd00::7'], inspect: false })).toBe('');
    expect(problem({ credential: { bearer: { env: 'X' } }, graphql: ['/graphql'] })).toBe('');
  });

  it.each<readonly [string, object, RegExp]>([
    ['a URL beside them', { url: 'https://a/' }, /url: stands beside/],
    ['no place', { destinations: [] }, /destinations/],
    ['a place in upper case', { destinations: ['API.example.com'] }, /lower case/],
    ['a place that is a URL', { destinations: ['https://a.example'] }, /no host/],
    ['everything', { destinations: ['*'] }, /no host/],
    ['a whole domain of everybody', { destinations: ['*.com'] }, /two labels/],
    ['an address with bits behind the prefix', { allowAddresses: ['10.1.2.3/8'] }, /range/],
    ['a name as an address', { allowAddresses: ['localhost'] }, /range/],
    ['plaintext', { allowPlaintext: true }, /https/],
    ['another name for all', { tls: { serverName: 'a.example' } }, /serverName/],
    [
      'a credential where nobody can put it',
      { inspect: false, credential: { bearer: { env: 'X' } } },
      /credential: has no use/,
    ],
    ['what nobody sees', { inspect: false, jsonRpc: ['/rpc'] }, /jsonRpc: has no use/],
    ['pins where the client checks', { inspect: false, tls: { pins: ['0'.repeat(64)] } }, /tls: has no use/],
  ])('P3: refuses %s', (_what, more, expected) => {
    expect(problem(more)).toMatch(expected);
  });

  it('P3: and a service says where it is, and opens its tunnels', () => {
    expect(httpResourceSchema.safeParse({ credential: { none: true } }).error?.issues[0]?.message).toMatch(
      /needs `url`, or `destinations`/,
    );
    expect(problemOf({ inspect: false })).toMatch(/inspect: goes with/);
    expect(problemOf({ allowAddresses: ['10.0.0.0/8'] })).toBe('');
  });
});

describe('the config of a listener', () => {
  it('refuses host names in upper case and headers that are not its own', () => {
    expect(httpListenerSchema.safeParse({ hosts: { 'A.b': 'x' } }).success).toBe(false);
    expect(httpListenerSchema.safeParse({ tokenHeader: 'authorization' }).success).toBe(false);
    expect(httpListenerSchema.parse({})).toMatchObject({ allowLoopbackPlaintext: false, hosts: {} });
  });
});
