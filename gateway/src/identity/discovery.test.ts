import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { RequestListener, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, generateKeyPair } from 'jose';
import { describe, expect, it } from 'vitest';
import { certificateFromLocalCa } from '../listener/local-ca.ts';
import { fetchIssuerKeys } from './discovery.ts';
import { type IssuerConfigInput, issuerConfigSchema } from './issuer-config.ts';
import { fetchJson } from './json-fetch.ts';
import { sendJson, signingKey, startLoopbackIssuer } from './testing/loopback-issuer.ts';
import { refusalOf } from './testing/verifier-bench.ts';

async function fetchFrom(issuer: string, more: Partial<IssuerConfigInput> = {}, timeoutMs = 10_000) {
  const config = issuerConfigSchema.parse({ issuer, audience: ['a'], ...more });
  return await fetchIssuerKeys(config, fetchJson, AbortSignal.timeout(timeoutMs));
}

/** What a failing or hostile provider answers to its metadata request. */
const HOSTILE: readonly (readonly [string, string, RequestListener])[] = [
  ['an error status', 'status 500', (_request, response) => void response.writeHead(500).end('{}')],
  [
    'a redirect, which is not followed',
    'status 302',
    (_request, response) => void response.writeHead(302, { location: 'http://169.254.169.254/' }).end(),
  ],
  [
    'text that is no JSON',
    'not JSON',
    (_request, response) => void response.end('<html>secret-canary</html>'),
  ],
  [
    'bytes that are no UTF-8',
    'not JSON',
    (_request, response) => void response.end(Buffer.from([0x22, 0xff, 0x22])),
  ],
  ['a body without end', 'longer than', (_request, response) => flood(response)],
  [
    'a compressed body',
    'compressed',
    (_request, response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end('x'),
  ],
  [
    'a body that breaks off',
    'cannot fetch',
    (request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{', () => request.socket.destroy());
    },
  ],
  ['a closed connection', 'cannot fetch', (request) => void request.socket.destroy()],
  ['an array', 'not a JSON object', (_request, response) => sendJson(response, [])],
  [
    'the metadata of another issuer',
    'names another issuer',
    (_request, response) =>
      sendJson(response, { issuer: 'https://evil.example', jwks_uri: 'https://evil.example/jwks' }),
  ],
];

function flood(response: ServerResponse): void {
  response.on('drain', () => response.write('x'.repeat(65_536)));
  response.writeHead(200);
  response.write('x'.repeat(65_536));
}

describe('discovery', () => {
  it('finds the keys of the issuer and says which were left out and why', async () => {
    await using issuer = await startLoopbackIssuer();
    const key = await signingKey('k');
    issuer.keys = [key.jwk, { kty: 'oct', k: 'c2VjcmV0' }, { ...key.jwk, use: 'enc' }];
    const fetched = await fetchFrom(issuer.url);
    expect(fetched.keys.map((found) => found.kid)).toEqual(['k']);
    expect(fetched.ignored).toEqual(['key 1: holds private or secret material', 'key 2: `use` is not `sig`']);
  });

  it('is skipped where the config names the key set', async () => {
    await using issuer = await startLoopbackIssuer();
    issuer.keys = [(await signingKey('k')).jwk];
    const fetched = await fetchFrom('https://unreachable.invalid', { jwksUri: `${issuer.url}/jwks` });
    expect(fetched.keys).toHaveLength(1);
    expect(issuer.requests).toEqual(['/jwks']);
  });

  it('takes an empty key set at its word', async () => {
    await using issuer = await startLoopbackIssuer();
    expect((await fetchFrom(issuer.url)).keys).toEqual([]);
  });

  it.each(HOSTILE)('P10: refuses %s', async (_name, reason, override) => {
    await using issuer = await startLoopbackIssuer();
    issuer.override = override;
    const refusal = await refusalOf(fetchFrom(issuer.url));
    expect(refusal.message).toContain(reason);
    expect(refusal.message).not.toContain('canary');
    expect(refusal).toMatchObject({ source: 'upstream', retryable: true });
  });

  it('P10: gives up on a provider that sends one byte at a time', async () => {
    await using issuer = await startLoopbackIssuer();
    issuer.override = (_request, response) => {
      response.writeHead(200);
      const drip = setInterval(() => response.write(' '), 5);
      response.on('close', () => clearInterval(drip));
    };
    const refusal = await refusalOf(fetchFrom(issuer.url, {}, 100));
    expect(refusal.message).toContain('no complete answer in time');
  });

  it('P10: gives up on a provider that accepts and says nothing', async () => {
    await using issuer = await startLoopbackIssuer();
    issuer.override = () => undefined;
    const refusal = await refusalOf(fetchFrom(issuer.url, {}, 100));
    expect(refusal.code).toBe('ERR_IDENTITY_FETCH_FAILED');
  });

  it.each([
    ['is missing', undefined],
    ['is a number', 7],
    ['is http on another host', 'http://169.254.169.254/jwks'],
    ['is a file', 'file:///etc/passwd'],
    ['holds a user name', 'https://user:pw@idp.example/jwks'],
  ])('refuses a key set address that %s', async (_name, uri) => {
    await using issuer = await startLoopbackIssuer();
    issuer.override = (_request, response) => sendJson(response, { issuer: issuer.url, jwks_uri: uri });
    expect((await refusalOf(fetchFrom(issuer.url))).code).toBe('ERR_IDENTITY_DISCOVERY_INVALID');
  });

  it.each([
    ['no list', { keys: 'all' }],
    ['nothing', null],
    ['more keys than anybody needs', { keys: Array.from({ length: 101 }, () => ({})) }],
  ])('refuses a key set with %s', async (_name, document) => {
    await using issuer = await startLoopbackIssuer();
    issuer.override = (_request, response) => sendJson(response, document);
    const refusal = await refusalOf(fetchFrom(issuer.url, { jwksUri: `${issuer.url}/jwks` }));
    expect(refusal.code).toBe('ERR_IDENTITY_KEY_SET_INVALID');
  });
});

describe('a provider with a private CA', () => {
  it('is trusted by that CA, and by no other way', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'sallyport-ca-'));
    try {
      const clock = { nowMs: () => Date.now() };
      const made = await certificateFromLocalCa({ directory, names: [], clock }).load();
      await using issuer = await startLoopbackIssuer({ cert: made.certificatePem, key: made.keyPem });
      issuer.keys = [(await signingKey('k')).jwk];
      expect((await fetchFrom(issuer.url, { ca: join(directory, 'ca.crt') })).keys).toHaveLength(1);
      expect((await refusalOf(fetchFrom(issuer.url))).code).toBe('ERR_IDENTITY_FETCH_FAILED');
      const missing = await refusalOf(fetchFrom(issuer.url, { ca: join(directory, 'absent.crt') }));
      expect(missing.message).toContain('absent.crt');
      issuer.override = (_request, response) =>
        sendJson(response, { issuer: issuer.url, jwks_uri: issuer.url.replace('https:', 'http:') });
      const downgrade = await refusalOf(fetchFrom(issuer.url, { ca: join(directory, 'ca.crt') }));
      expect(downgrade.code).toBe('ERR_IDENTITY_DISCOVERY_INVALID');
      expect(await readFile(join(directory, 'ca.crt'), 'utf8')).toContain('BEGIN CERTIFICATE');
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});

describe('a key set', () => {
  it('of weak keys trusts nobody', async () => {
    await using issuer = await startLoopbackIssuer();
    const weak = await generateKeyPair('RS256', { modulusLength: 2048, extractable: true });
    const jwk = await exportJWK(weak.publicKey);
    issuer.keys = [{ ...jwk, e: 'AQ' }];
    const { keys, ignored } = await fetchFrom(issuer.url);
    expect(keys).toEqual([]);
    expect(ignored[0]).toContain('key 0:');
  });
});
