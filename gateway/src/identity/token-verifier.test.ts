import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { IdentityError } from './errors.ts';
import { issuerConfigSchema } from './issuer-config.ts';
import { signingKey, signToken, startLoopbackIssuer } from './testing/loopback-issuer.ts';
import { refusalOf, startVerifierBench } from './testing/verifier-bench.ts';
import { createTokenVerifier } from './token-verifier.ts';

describe('a verified token', () => {
  it('P11: becomes a principal that holds only what the token proves', async () => {
    await using bench = await startVerifierBench();
    const token = await bench.token({
      groups: ['readers', 'admins', 'readers'],
      client_id: 'report-agent',
      run_id: 'run-7',
      jti: 'token-1',
      act: { sub: 'planner', iss: 'https://idp.example', act: { sub: 'root' } },
    });
    expect(await bench.verifier.verify(token)).toEqual({
      issuer: bench.issuer.url,
      subject: 'user-1',
      groups: ['admins', 'readers'],
      agent: 'report-agent',
      delegation: [{ subject: 'planner', issuer: 'https://idp.example' }, { subject: 'root' }],
      run: 'run-7',
      tokenDigest: createHash('sha256').update('token-1').digest('hex').slice(0, 32),
      expiresAtMs: bench.clock.nowMs() + 600_000,
    });
  });

  it('leaves out what the token does not say and digests the token where it has no id', async () => {
    await using bench = await startVerifierBench();
    const token = await bench.token();
    const principal = await bench.verifier.verify(token);
    expect(Object.keys(principal).sort()).toEqual([
      'delegation',
      'expiresAtMs',
      'groups',
      'issuer',
      'subject',
      'tokenDigest',
    ]);
    expect(principal.tokenDigest).toBe(createHash('sha256').update(token).digest('hex').slice(0, 32));
  });

  it('is shared by sessions, so that no session can change it', async () => {
    await using bench = await startVerifierBench();
    const principal = await bench.verifier.verify(await bench.token({ act: { sub: 'a' }, groups: ['g'] }));
    for (const part of [principal, principal.groups, principal.delegation, principal.delegation[0]]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
  });

  it.each(['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA', 'Ed25519'])('may be signed with %s', async (alg) => {
    await using bench = await startVerifierBench({}, alg);
    expect((await bench.verifier.verify(await bench.token())).subject).toBe('user-1');
  });

  it('may name several audiences, one of which is ours', async () => {
    await using bench = await startVerifierBench();
    const token = await bench.token({ aud: ['https://other.example', 'https://gw.example'] });
    expect((await bench.verifier.verify(token)).subject).toBe('user-1');
  });

  it('may lack a key id when the issuer has one fitting key or few', async () => {
    await using bench = await startVerifierBench();
    bench.issuer.keys = [(await signingKey('other')).jwk, bench.key.jwk];
    expect((await bench.verifier.verify(await bench.token({}, { kid: undefined }))).subject).toBe('user-1');
  });

  it('is tolerated for the leeway after its end, and refused from then on', async () => {
    await using bench = await startVerifierBench({ leewaySeconds: 30 });
    const token = await bench.token();
    bench.clock.advance(629_999);
    expect((await bench.verifier.verify(token)).subject).toBe('user-1');
    bench.clock.advance(1);
    expect((await refusalOf(bench.verifier.verify(token))).code).toBe('ERR_IDENTITY_TOKEN_EXPIRED');
  });
});

describe('several issuers', () => {
  it('are kept apart: the key of one never vouches for the name of another', async () => {
    await using first = await startVerifierBench();
    await using second = await startLoopbackIssuer();
    const key = await signingKey('key-1');
    second.keys = [key.jwk];
    const configs = [first.issuer.url, second.url].map((issuer) =>
      issuerConfigSchema.parse({ issuer, audience: ['https://gw.example'] }),
    );
    const verifier = createTokenVerifier(configs, { clock: first.clock });
    const honest = await verifier.verify(await signToken(key, first.claims({ iss: second.url })));
    expect(honest.issuer).toBe(second.url);
    const forged = await refusalOf(verifier.verify(await signToken(key, first.claims())));
    expect(forged.code).toBe('ERR_IDENTITY_TOKEN_SIGNATURE');
  });

  it('refuses a config that lists one twice', () => {
    const config = issuerConfigSchema.parse({ issuer: 'https://idp.example', audience: ['a'] });
    expect(() => createTokenVerifier([config, config], { clock: { nowMs: () => 0 } })).toThrow(IdentityError);
  });

  it('trusts nobody when there is none', async () => {
    const verifier = createTokenVerifier([], { clock: { nowMs: () => 0 } });
    const token = await signToken(await signingKey('k'), { iss: 'https://idp.example' });
    expect((await refusalOf(verifier.verify(token))).code).toBe('ERR_IDENTITY_TOKEN_ISSUER');
    expect(await verifier.warmUp()).toEqual([]);
  });
});

describe('keys', () => {
  it('are fetched once for many tokens', async () => {
    await using bench = await startVerifierBench();
    for (let n = 0; n < 20; n += 1) await bench.verifier.verify(await bench.token({ n }));
    await Promise.all(
      Array.from({ length: 20 }, async (_, n) => bench.verifier.verify(await bench.token({ n }))),
    );
    expect(bench.issuer.requests).toEqual(['/.well-known/openid-configuration', '/jwks']);
  });

  it('are fetched once for many first tokens at the same time', async () => {
    await using bench = await startVerifierBench();
    const tokens = await Promise.all(Array.from({ length: 20 }, (_, n) => bench.token({ n })));
    await Promise.all(tokens.map((token) => bench.verifier.verify(token)));
    expect(bench.issuer.requests).toHaveLength(2);
  });

  it('that are new at the issuer are found when a token first names them', async () => {
    await using bench = await startVerifierBench({ jwksCooldownSeconds: 10 });
    await bench.verifier.verify(await bench.token());
    const next = await signingKey('key-2');
    bench.issuer.keys = [bench.key.jwk, next.jwk];
    bench.clock.advance(10_000);
    expect((await bench.verifier.verify(await signToken(next, bench.claims()))).subject).toBe('user-1');
  });

  it('that the issuer removed stop working within the maximum age, for cached tokens too', async () => {
    await using bench = await startVerifierBench({ jwksMaxAgeSeconds: 60 });
    const token = await bench.token();
    await bench.verifier.verify(token);
    bench.issuer.keys = [(await signingKey('key-2')).jwk];
    bench.clock.advance(60_000);
    expect((await refusalOf(bench.verifier.verify(token))).code).toBe('ERR_IDENTITY_TOKEN_KEY_UNKNOWN');
  });

  it('that were replaced under the same id take the tokens of the old key with them', async () => {
    await using bench = await startVerifierBench({ jwksMaxAgeSeconds: 60 });
    const token = await bench.token();
    await bench.verifier.verify(token);
    bench.issuer.keys = [(await signingKey(bench.key.kid)).jwk];
    bench.clock.advance(60_000);
    expect((await refusalOf(bench.verifier.verify(token))).code).toBe('ERR_IDENTITY_TOKEN_SIGNATURE');
  });

  it('P10: a flood of unknown key ids makes one fetch per cooldown', async () => {
    await using bench = await startVerifierBench({ jwksCooldownSeconds: 10 });
    await bench.verifier.verify(await bench.token());
    bench.clock.advance(10_000);
    for (let n = 0; n < 50; n += 1) {
      const refusal = await refusalOf(bench.verifier.verify(await bench.token({}, { kid: `flood-${n}` })));
      expect(refusal.code).toBe('ERR_IDENTITY_TOKEN_KEY_UNKNOWN');
    }
    expect(bench.issuer.requests.filter((path) => path === '/jwks')).toHaveLength(2);
  });
});

describe('an identity provider that is down', () => {
  it('does not keep the verifier from starting, and is reported', async () => {
    await using bench = await startVerifierBench();
    bench.issuer.override = (_request, response) => void response.writeHead(503).end();
    expect(bench.verifier.status()[0]?.state).toBe('unknown');
    const [status] = await bench.verifier.warmUp();
    expect(status).toMatchObject({ issuer: bench.issuer.url, state: 'unavailable', keys: 0 });
    expect(status?.failure).toContain('status 503');
    const refusal = await refusalOf(bench.verifier.verify(await bench.token()));
    expect(refusal).toMatchObject({
      code: 'ERR_IDENTITY_ISSUER_UNAVAILABLE',
      source: 'upstream',
      retryable: true,
    });
    expect(refusal.publicMessage).toContain('try again later');
  });

  it('P10: that sends one byte at a time holds a login up for the timeout and no longer', async () => {
    await using bench = await startVerifierBench({ discoveryTimeoutMs: 100 });
    bench.issuer.override = (_request, response) => {
      response.writeHead(200);
      const drip = setInterval(() => response.write(' '), 5);
      response.on('close', () => clearInterval(drip));
    };
    const refusal = await refusalOf(bench.verifier.verify(await bench.token()));
    expect(refusal.code).toBe('ERR_IDENTITY_ISSUER_UNAVAILABLE');
  });

  it('comes back after the cooldown', async () => {
    await using bench = await startVerifierBench({ jwksCooldownSeconds: 10 });
    bench.issuer.override = (_request, response) => void response.writeHead(503).end();
    await refusalOf(bench.verifier.verify(await bench.token()));
    bench.issuer.override = undefined;
    await refusalOf(bench.verifier.verify(await bench.token()));
    bench.clock.advance(10_000);
    expect((await bench.verifier.verify(await bench.token())).subject).toBe('user-1');
    expect(bench.verifier.status()[0]).toMatchObject({ state: 'ready', keys: 1 });
  });

  it('is bridged with the last keys for the stale time and no longer', async () => {
    await using bench = await startVerifierBench({ jwksMaxAgeSeconds: 60, jwksMaxStaleSeconds: 120 });
    await bench.verifier.verify(await bench.token());
    bench.issuer.override = (request) => void request.socket.destroy();
    bench.clock.advance(179_999);
    expect((await bench.verifier.verify(await bench.token({ n: 1 }))).subject).toBe('user-1');
    expect(bench.verifier.status()[0]?.state).toBe('stale');
    bench.clock.advance(1);
    const refusal = await refusalOf(bench.verifier.verify(await bench.token({ n: 2 })));
    expect(refusal.code).toBe('ERR_IDENTITY_ISSUER_UNAVAILABLE');
  });
});
