import { createHash, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import type { JsonObject, JsonValue } from '../model/json.ts';
import { isJsonObject } from './claim-path.ts';
import type { SignatureAlgorithm } from './issuer-config.ts';

/** A public key of an issuer, checked and ready to verify with. */
export interface VerificationKey {
  /** SHA-256 of the key itself, hex: recognises a key across refreshes whatever its `kid` says. */
  readonly thumbprint: string;
  readonly kid: string | undefined;
  readonly algorithms: readonly SignatureAlgorithm[];
  readonly key: KeyObject;
}

/** Outcome of {@link importVerificationKey}. */
export type KeyImport =
  | { readonly ok: true; readonly key: VerificationKey }
  | { readonly ok: false; readonly reason: string };

// INVARIANT: no symmetric type stands here, so that a public key can never be used as an HMAC secret.
const RSA: readonly SignatureAlgorithm[] = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'];
const BY_CURVE: Readonly<Record<string, readonly SignatureAlgorithm[]>> = {
  prime256v1: ['ES256'],
  secp384r1: ['ES384'],
  secp521r1: ['ES512'],
};
// RFC 9864 names Ed25519 what RFC 8037 called EdDSA; a key marked with one name serves both.
const ED25519: readonly SignatureAlgorithm[] = ['EdDSA', 'Ed25519'];
const MIN_RSA_BITS = 2048;
const MAX_RSA_BITS = 8192;
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

/**
 * Takes a JWK (RFC 7517) as a verification key if it is public, asymmetric, meant for signatures, strong enough and
 * fit for an allowed algorithm. A refused key is left out, not an error: RFC 7517 section 5 has key sets carry
 * keys that not every reader understands.
 */
export function importVerificationKey(jwk: unknown, allowed: readonly SignatureAlgorithm[]): KeyImport {
  if (!isJsonObject(jwk)) return refuse('not an object');
  const problem = problemWithMembers(jwk);
  if (problem !== undefined) return refuse(problem);
  const key = importPublicKey(jwk);
  if (key === undefined) return refuse('cannot be read as a public key');
  const fit = fittingAlgorithms(key);
  if (typeof fit === 'string') return refuse(fit);
  const algorithms = fit.filter((name) => allowed.includes(name) && servesMarked(jwk['alg'], name));
  if (algorithms.length === 0) return refuse('fits no allowed algorithm');
  const spki = key.export({ type: 'spki', format: 'der' });
  const thumbprint = createHash('sha256').update(spki).digest('hex');
  const kid = typeof jwk['kid'] === 'string' ? jwk['kid'] : undefined;
  return { ok: true, key: { thumbprint, kid, algorithms, key } };
}

/** RFC 7517 section 4: what the members say about the key's purpose, before it is read. */
function problemWithMembers(jwk: JsonObject): string | undefined {
  if (PRIVATE_MEMBERS.some((member) => Object.hasOwn(jwk, member))) return 'holds private or secret material';
  const { kty, kid, use, key_ops: operations } = jwk;
  if (kty !== 'RSA' && kty !== 'EC' && kty !== 'OKP') return 'key type is not RSA, EC or OKP';
  if (kid !== undefined && typeof kid !== 'string') return '`kid` is not a string';
  if (use !== undefined && use !== 'sig') return '`use` is not `sig`';
  const mayVerify = operations === undefined || (Array.isArray(operations) && operations.includes('verify'));
  return mayVerify ? undefined : '`key_ops` does not allow `verify`';
}

function refuse(reason: string): KeyImport {
  return { ok: false, reason };
}

function importPublicKey(jwk: JsonObject): KeyObject | undefined {
  try {
    return createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' });
  } catch {
    return undefined;
  }
}

function fittingAlgorithms(key: KeyObject): readonly SignatureAlgorithm[] | string {
  const details = key.asymmetricKeyDetails ?? {};
  switch (key.asymmetricKeyType) {
    case 'rsa': {
      const bits = details.modulusLength ?? 0;
      if (bits < MIN_RSA_BITS)
        return `RSA key of ${bits} bits is shorter than ${MIN_RSA_BITS} (RFC 7518 section 3.3)`;
      if (bits > MAX_RSA_BITS) return `RSA key of ${bits} bits is longer than ${MAX_RSA_BITS}`;
      // An exponent of 1 would make every signature a copy of the padded message, which anybody can write.
      return (details.publicExponent ?? 0n) < 3n ? 'RSA exponent is below 3' : RSA;
    }
    case 'ec':
      return BY_CURVE[details.namedCurve ?? ''] ?? 'elliptic curve is not P-256, P-384 or P-521';
    case 'ed25519':
      return ED25519;
    default:
      return 'key type is not RSA, EC or Ed25519';
  }
}

function servesMarked(marked: JsonValue | undefined, name: SignatureAlgorithm): boolean {
  if (marked === undefined) return true;
  if (ED25519.includes(name)) return marked === 'EdDSA' || marked === 'Ed25519';
  return marked === name;
}
