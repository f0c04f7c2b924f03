import { generateKeyPairSync, type JsonWebKey, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { SIGNATURE_ALGORITHMS } from './issuer-config.ts';
import { importVerificationKey } from './verification-key.ts';

function jwkOf(key: KeyObject): JsonWebKey {
  return key.export({ format: 'jwk' });
}

function rsa(modulusLength: number): JsonWebKey {
  return jwkOf(generateKeyPairSync('rsa', { modulusLength }).publicKey);
}

const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const good = jwkOf(p256.publicKey);

function reasonFor(jwk: unknown): string | undefined {
  const result = importVerificationKey(jwk, SIGNATURE_ALGORITHMS);
  return result.ok ? undefined : result.reason;
}

describe('a key of an issuer', () => {
  it.each([
    ['P-256', good, ['ES256']],
    ['P-384', jwkOf(generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey), ['ES384']],
    ['P-521', jwkOf(generateKeyPairSync('ec', { namedCurve: 'P-521' }).publicKey), ['ES512']],
    ['Ed25519', jwkOf(generateKeyPairSync('ed25519').publicKey), ['EdDSA', 'Ed25519']],
    ['RSA', rsa(2048), ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']],
  ])('on %s serves its own algorithms only', (_name, jwk, algorithms) => {
    const result = importVerificationKey(jwk, SIGNATURE_ALGORITHMS);
    expect(result.ok && [...result.key.algorithms]).toEqual(algorithms);
  });

  it('serves only the algorithm it is marked with, under either name of Ed25519', () => {
    const marked = importVerificationKey({ ...rsa(2048), alg: 'PS256' }, SIGNATURE_ALGORITHMS);
    expect(marked.ok && marked.key.algorithms).toEqual(['PS256']);
    const edwards = jwkOf(generateKeyPairSync('ed25519').publicKey);
    const renamed = importVerificationKey({ ...edwards, alg: 'EdDSA' }, ['Ed25519']);
    expect(renamed.ok && renamed.key.algorithms).toEqual(['Ed25519']);
  });

  it('keeps its thumbprint whatever it is called', () => {
    const [a, b] = ['a', 'b'].map((kid) => importVerificationKey({ ...good, kid }, ['ES256']));
    expect(a?.ok && a.key.thumbprint).toBe(b?.ok && b.key.thumbprint);
  });

  it.each([
    ['a private key', jwkOf(p256.privateKey), 'private'],
    ['a symmetric key', { kty: 'oct', k: 'c2VjcmV0' }, 'secret'],
    ['a symmetric key without its value', { kty: 'oct' }, 'key type'],
    ['an encryption key', { ...good, use: 'enc' }, '`use`'],
    ['a key that may not verify', { ...good, key_ops: ['sign'] }, '`key_ops`'],
    ['a key with operations that are no list', { ...good, key_ops: 'verify' }, '`key_ops`'],
    ['a key id that is no text', { ...good, kid: 7 }, '`kid`'],
    ['a point that is not on the curve', { ...good, x: good.y, y: good.x }, 'public key'],
    ['a short RSA key', rsa(1024), '1024 bits'],
    ['an RSA key with exponent 1', { ...rsa(2048), e: 'AQ' }, 'exponent'],
    ['an agreement key', jwkOf(generateKeyPairSync('x25519').publicKey), 'Ed25519'],
    [
      'a key on a curve of its own',
      jwkOf(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey),
      'curve',
    ],
    ['a key marked for HMAC', { ...good, alg: 'HS256' }, 'no allowed algorithm'],
    ['a key marked for another algorithm', { ...good, alg: 'RS256' }, 'no allowed algorithm'],
    ['text', 'key', 'not an object'],
    ['null', null, 'not an object'],
    ['a list', [good], 'not an object'],
    ['nothing at all', {}, 'key type'],
  ])('is left out when it is %s', (_name, jwk, reason) => {
    expect(reasonFor(jwk)).toContain(reason);
  });

  it('is left out when the config allows none of its algorithms', () => {
    expect(importVerificationKey(good, ['RS256'])).toEqual({
      ok: false,
      reason: 'fits no allowed algorithm',
    });
  });
});
