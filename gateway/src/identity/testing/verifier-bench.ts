import type { JWTPayload } from 'jose';
import { IdentityError } from '../errors.ts';
import { type IssuerConfig, type IssuerConfigInput, issuerConfigSchema } from '../issuer-config.ts';
import { createTokenVerifier, type TokenVerifier } from '../token-verifier.ts';
import {
  type LoopbackIssuer,
  type ManualClock,
  manualClock,
  type SigningKey,
  signingKey,
  signToken,
  startLoopbackIssuer,
} from './loopback-issuer.ts';

/** One issuer, one key and a verifier that trusts them. */
export interface VerifierBench extends AsyncDisposable {
  readonly clock: ManualClock;
  readonly issuer: LoopbackIssuer;
  readonly key: SigningKey;
  readonly config: IssuerConfig;
  readonly verifier: TokenVerifier;
  /** Claims that verify; `undefined` removes one. */
  claims(overrides?: Readonly<Record<string, unknown>>): JWTPayload;
  /** Signs {@link VerifierBench.claims}. */
  token(
    overrides?: Readonly<Record<string, unknown>>,
    header?: Readonly<Record<string, unknown>>,
  ): Promise<string>;
}

/** Sets the bench up on loopback. */
export async function startVerifierBench(
  config: Partial<IssuerConfigInput> = {},
  alg = 'ES256',
): Promise<VerifierBench> {
  const clock = manualClock();
  const issuer = await startLoopbackIssuer();
  const key = await signingKey('key-1', alg);
  issuer.keys = [key.jwk];
  const parsed = issuerConfigSchema.parse({
    issuer: issuer.url,
    audience: ['https://gw.example'],
    ...config,
  });
  const nowSeconds = clock.nowMs() / 1000;
  const claims: VerifierBench['claims'] = (overrides = {}) => ({
    iss: issuer.url,
    aud: 'https://gw.example',
    sub: 'user-1',
    iat: nowSeconds,
    exp: nowSeconds + 600,
    ...overrides,
  });
  return {
    clock,
    issuer,
    key,
    config: parsed,
    verifier: createTokenVerifier([parsed], { clock }),
    claims,
    token: (overrides, header) => signToken(key, claims(overrides), header),
    [Symbol.asyncDispose]: () => issuer[Symbol.asyncDispose](),
  };
}

/** The refusal that a promise ends in; anything else fails the test. */
export async function refusalOf(promise: Promise<unknown>): Promise<IdentityError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof IdentityError) return error;
    throw error;
  }
  throw new Error('expected a refusal, but it was accepted');
}
