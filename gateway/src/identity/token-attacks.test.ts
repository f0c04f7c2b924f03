import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { CompactSign, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { IdentityError, type IdentityErrorCode } from './errors.ts';
import { signingKey, signToken } from './testing/loopback-issuer.ts';
import { refusalOf, startVerifierBench, type VerifierBench } from './testing/verifier-bench.ts';

let bench: VerifierBench;
beforeAll(async () => {
  bench = await startVerifierBench();
  await bench.verifier.warmUp();
});
afterAll(() => bench[Symbol.asyncDispose]());

function base64url(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

async function signRaw(payload: string): Promise<string> {
  return await new CompactSign(Buffer.from(payload))
    .setProtectedHeader({ alg: bench.key.alg, kid: bench.key.kid, typ: 'at+jwt' })
    .sign(bench.key.privateKey);
}

/** Vulnerability rows 15, 16 and 29: each token must be refused with this code. */
const FORGED: readonly (readonly [string, IdentityErrorCode, () => Promise<string> | string])[] = [
  ['alg none', 'ERR_IDENTITY_TOKEN_ALGORITHM', () => new UnsecuredJWT(bench.claims()).encode()],
  [
    'alg none with a signature left on',
    'ERR_IDENTITY_TOKEN_ALGORITHM',
    async () => {
      const [, payload, signature] = (await bench.token()).split('.');
      return `${base64url({ alg: 'none', kid: 'key-1' })}.${payload}.${signature}`;
    },
  ],
  [
    'alg NoNe in other case',
    'ERR_IDENTITY_TOKEN_ALGORITHM',
    () => `${base64url({ alg: 'NoNe' })}.${base64url(bench.claims())}.`,
  ],
  [
    'HS256 with the public key as the secret',
    'ERR_IDENTITY_TOKEN_ALGORITHM',
    async () => {
      const key = createPublicKey({ key: bench.key.jwk as JsonWebKey, format: 'jwk' });
      const secret = Buffer.from(key.export({ type: 'spki', format: 'pem' }).toString());
      return await new SignJWT(bench.claims())
        .setProtectedHeader({ alg: 'HS256', kid: 'key-1' })
        .sign(secret);
    },
  ],
  [
    'an algorithm that the key does not serve',
    'ERR_IDENTITY_TOKEN_KEY_UNKNOWN',
    async () => await signToken(await signingKey('key-1', 'ES384'), bench.claims()),
  ],
  [
    'another key under the same id',
    'ERR_IDENTITY_TOKEN_SIGNATURE',
    async () => await signToken(await signingKey('key-1'), bench.claims()),
  ],
  [
    'a key of its own in the header',
    'ERR_IDENTITY_TOKEN_SIGNATURE',
    async () => {
      const own = await signingKey('key-1');
      return await signToken(own, bench.claims(), { jwk: own.jwk });
    },
  ],
  [
    'a key set of its own in the header',
    'ERR_IDENTITY_TOKEN_SIGNATURE',
    async () =>
      await signToken(await signingKey('key-1'), bench.claims(), {
        jku: 'https://evil.example/jwks',
        x5u: 'https://evil.example/c',
      }),
  ],
  [
    'a key id that walks the file system',
    'ERR_IDENTITY_TOKEN_KEY_UNKNOWN',
    () => bench.token({}, { kid: '../../../../dev/null' }),
  ],
  [
    'a key id that is a prototype member',
    'ERR_IDENTITY_TOKEN_KEY_UNKNOWN',
    () => bench.token({}, { kid: '__proto__' }),
  ],
  ['an empty key id', 'ERR_IDENTITY_TOKEN_KEY_UNKNOWN', () => bench.token({}, { kid: '' })],
  [
    'a key id of great length',
    'ERR_IDENTITY_TOKEN_MALFORMED',
    () => bench.token({}, { kid: 'k'.repeat(257) }),
  ],
  [
    'a changed payload',
    'ERR_IDENTITY_TOKEN_SIGNATURE',
    async () => {
      const [header, , signature] = (await bench.token()).split('.');
      return `${header}.${base64url(bench.claims({ sub: 'admin' }))}.${signature}`;
    },
  ],
  ['no signature', 'ERR_IDENTITY_TOKEN_SIGNATURE', async () => (await bench.token()).replace(/[^.]*$/, '')],
  [
    'a critical header that nobody knows',
    'ERR_IDENTITY_TOKEN_MALFORMED',
    async () => {
      const [, payload, signature] = (await bench.token()).split('.');
      return `${base64url({ alg: 'ES256', kid: 'key-1', crit: ['x'], x: 1 })}.${payload}.${signature}`;
    },
  ],
  [
    'an encrypted token',
    'ERR_IDENTITY_TOKEN_MALFORMED',
    () => `${base64url({ alg: 'dir', enc: 'A256GCM' })}..a.b.c`,
  ],
  ['an ordinary password', 'ERR_IDENTITY_TOKEN_MALFORMED', () => 'correct horse battery staple'],
  ['an empty password', 'ERR_IDENTITY_TOKEN_MALFORMED', () => ''],
  ['a line end after the token', 'ERR_IDENTITY_TOKEN_MALFORMED', async () => `${await bench.token()}\n`],
  ['NUL inside', 'ERR_IDENTITY_TOKEN_MALFORMED', async () => (await bench.token()).replace('.', '.\0')],
  ['a header that is no JSON', 'ERR_IDENTITY_TOKEN_MALFORMED', () => 'AAAA.e30.AAAA'],
  ['a payload that is an array', 'ERR_IDENTITY_TOKEN_MALFORMED', () => signRaw('[]')],
  ['too many bytes', 'ERR_IDENTITY_TOKEN_TOO_LARGE', () => bench.token({ pad: 'x'.repeat(16_384) })],
  ['another issuer', 'ERR_IDENTITY_TOKEN_ISSUER', () => bench.token({ iss: 'https://evil.example' })],
  [
    'the issuer with a slash more',
    'ERR_IDENTITY_TOKEN_ISSUER',
    () => bench.token({ iss: `${bench.issuer.url}/` }),
  ],
  [
    'the issuer in a list',
    'ERR_IDENTITY_TOKEN_MALFORMED',
    () => signRaw(JSON.stringify({ ...bench.claims(), iss: [bench.issuer.url] })),
  ],
  ['no issuer', 'ERR_IDENTITY_TOKEN_MALFORMED', () => bench.token({ iss: undefined })],
  ['another audience', 'ERR_IDENTITY_TOKEN_AUDIENCE', () => bench.token({ aud: 'https://other.example' })],
  [
    'an audience that only begins with ours',
    'ERR_IDENTITY_TOKEN_AUDIENCE',
    () => bench.token({ aud: 'https://gw.example.evil.example' }),
  ],
  ['no audience', 'ERR_IDENTITY_TOKEN_AUDIENCE', () => bench.token({ aud: undefined })],
  ['no end', 'ERR_IDENTITY_CLAIM_MISSING', () => bench.token({ exp: undefined })],
  ['an end in the past', 'ERR_IDENTITY_TOKEN_EXPIRED', () => bench.token({ exp: 1_799_999_000 })],
  [
    'an end at infinity',
    'ERR_IDENTITY_CLAIM_INVALID',
    () => signRaw(JSON.stringify(bench.claims({ exp: 0 })).replace('"exp":0', '"exp":1e999')),
  ],
  [
    'an end that is text',
    'ERR_IDENTITY_CLAIM_INVALID',
    () => signRaw(JSON.stringify({ ...bench.claims(), exp: '9999999999' })),
  ],
  [
    'an end before all time',
    'ERR_IDENTITY_CLAIM_INVALID',
    () => signRaw(JSON.stringify(bench.claims({ exp: 0 })).replace('"exp":0', '"exp":-1e300')),
  ],
  ['a start in the future', 'ERR_IDENTITY_TOKEN_NOT_YET_VALID', () => bench.token({ nbf: 1_800_000_031 })],
  [
    'an issue date in the future',
    'ERR_IDENTITY_TOKEN_NOT_YET_VALID',
    () => bench.token({ iat: 1_800_000_031 }),
  ],
  ['no subject', 'ERR_IDENTITY_CLAIM_MISSING', () => bench.token({ sub: undefined })],
  ['an empty subject', 'ERR_IDENTITY_CLAIM_INVALID', () => bench.token({ sub: '' })],
  [
    'a subject with a line end',
    'ERR_IDENTITY_CLAIM_INVALID',
    () => bench.token({ sub: 'a\nlevel=info forged' }),
  ],
  [
    'a subject that is a number',
    'ERR_IDENTITY_CLAIM_INVALID',
    () => signRaw(JSON.stringify({ ...bench.claims(), sub: 7 })),
  ],
  ['an agent that is no text', 'ERR_IDENTITY_CLAIM_INVALID', () => bench.token({ client_id: ['a'] })],
  ['a run that is no text', 'ERR_IDENTITY_CLAIM_INVALID', () => bench.token({ run_id: 7 })],
  [
    'a token id that is no text',
    'ERR_IDENTITY_CLAIM_INVALID',
    () => signRaw(JSON.stringify({ ...bench.claims(), jti: {} })),
  ],
  ['groups that are numbers', 'ERR_IDENTITY_GROUPS_INVALID', () => bench.token({ groups: ['a', 7] })],
  ['groups that are null', 'ERR_IDENTITY_GROUPS_INVALID', () => bench.token({ groups: null })],
  [
    'groups left out as too many',
    'ERR_IDENTITY_GROUPS_OVERAGE',
    () => bench.token({ _claim_names: { groups: 'src1' } }),
  ],
  [
    'a delegation chain without end',
    'ERR_IDENTITY_DELEGATION_INVALID',
    () => bench.token({ act: nestedActors(9) }),
  ],
  [
    'a delegation link without a subject',
    'ERR_IDENTITY_DELEGATION_INVALID',
    () => bench.token({ act: { act: { sub: 'a' } } }),
  ],
  ['a delegation that is null', 'ERR_IDENTITY_DELEGATION_INVALID', () => bench.token({ act: null })],
  ['an ID token', 'ERR_IDENTITY_TOKEN_TYPE', () => bench.token({ nonce: 'n', at_hash: 'h' }, { typ: 'JWT' })],
  ['a logout token', 'ERR_IDENTITY_TOKEN_TYPE', () => bench.token({ events: {} }, { typ: 'JWT' })],
  ['a refresh token', 'ERR_IDENTITY_TOKEN_TYPE', () => bench.token({}, { typ: 'refresh+jwt' })],
  [
    'a token bound to a key',
    'ERR_IDENTITY_TOKEN_SENDER_CONSTRAINED',
    () => bench.token({ cnf: { jkt: 'x' } }),
  ],
];

function nestedActors(depth: number): JWTPayload {
  return depth === 1 ? { sub: 'a1' } : { sub: `a${depth}`, act: nestedActors(depth - 1) };
}

describe('P11: a token is refused', () => {
  it.each(FORGED)('with %s (%s)', async (_name, code, make) => {
    const refusal = await refusalOf(bench.verifier.verify(await make()));
    expect(refusal.code).toBe(code);
    expect(refusal.source).toBe('downstream');
  });

  it('P6: without a word of the token in any message or cause', async () => {
    for (const [, , make] of FORGED) {
      const token = await make();
      const refusal = await refusalOf(bench.verifier.verify(token));
      const told = `${refusal.message} ${refusal.publicMessage} ${refusal.stack} ${JSON.stringify(refusal)}`;
      for (const part of token.split('.').filter((text) => text.length > 6)) expect(told).not.toContain(part);
      expect(refusal.cause).toBeUndefined();
    }
  });

  it('P9: with a message that tells the agent what to do', async () => {
    for (const [, , make] of FORGED) {
      const refusal = await refusalOf(bench.verifier.verify(await make()));
      expect(refusal.publicMessage).toMatch(/; (get|send|ask|check) /);
      expect(Buffer.byteLength(refusal.publicMessage ?? '')).toBeLessThanOrEqual(400);
    }
  });

  it('as untrusted without telling the stranger which issuers are trusted', async () => {
    const refusal = await refusalOf(
      bench.verifier.verify(await bench.token({ iss: 'https://evil.example' })),
    );
    expect(refusal.publicMessage).not.toContain(bench.issuer.url);
    expect(refusal.message).toContain('https://evil.example');
  });

  it('as expired with the moment and the remedy', async () => {
    const refusal = await refusalOf(bench.verifier.verify(await bench.token({ exp: 1_799_999_000 })));
    expect(refusal.publicMessage).toBe(
      'token expired at 2027-01-15T07:43:20Z; get a new token and reconnect',
    );
  });

  it('no more once the same token without the defect is sent', async () => {
    expect((await bench.verifier.verify(await bench.token())).subject).toBe('user-1');
  });
});

describe('signatures', () => {
  it('every bit of a token counts', async () => {
    const token = await bench.token();
    const dots = [...token.matchAll(/\./g)].map((match) => match.index);
    for (let at = 0; at < token.length; at += 7) {
      if (dots.includes(at)) continue;
      const changed = `${token.slice(0, at)}${token[at] === 'A' ? 'Q' : 'A'}${token.slice(at + 1)}`;
      expect(await refusalOf(bench.verifier.verify(changed))).toBeInstanceOf(IdentityError);
    }
  });
});
