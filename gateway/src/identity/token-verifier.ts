import { compactVerify, errors as joseErrors } from 'jose';
import type { Clock } from '../model/clock.ts';
import type { JsonObject } from '../model/json.ts';
import type { Principal } from '../model/principal.ts';
import { isJsonObject } from './claim-path.ts';
import { IdentityError, quoteUnverified, tokenError } from './errors.ts';
import { readProviderGroups } from './group-mapping.ts';
import { createIssuer, type Issuer, type IssuerEvent, type IssuerStatus } from './issuer.ts';
import type { IssuerConfig, SignatureAlgorithm } from './issuer-config.ts';
import { fetchJson, type JsonFetch } from './json-fetch.ts';
import type { KeySnapshot } from './jwks.ts';
import { type ClaimPaths, compileClaimPaths, readPrincipal } from './principal-claims.ts';
import { createPrincipalGroups, type PrincipalGroups } from './principal-groups.ts';
import { createTokenCache, type TokenCache, tokenCacheKey } from './token-cache.ts';
import { checkTokenSize, readTokenForm, type UnverifiedToken } from './token-form.ts';
import { checkTokenTimes } from './token-times.ts';
import { checkTokenType } from './token-type.ts';
import type { VerificationKey } from './verification-key.ts';

/** Turns bearer tokens into principals. */
export interface TokenVerifier {
  /**
   * Verifies one token. Bounded by the issuer's `discoveryTimeoutMs` where keys must be fetched first.
   * @throws IdentityError with a `publicMessage` the agent can act on; nothing else.
   */
  verify(token: string): Promise<Principal>;
  /** The principals of verified tokens under the group mapping of this moment, and how to change it. */
  readonly groups: PrincipalGroups;
  /** How each issuer stands, in the order of the config. */
  status(): readonly IssuerStatus[];
  /** Fetches the keys of all issuers now and reports; never rejects. Start does not depend on it. */
  warmUp(): Promise<readonly IssuerStatus[]>;
}

/** What a {@link TokenVerifier} needs from outside. */
export interface TokenVerifierDependencies {
  readonly clock: Clock;
  /** Default: {@link fetchJson}. */
  readonly fetch?: JsonFetch;
  readonly onEvent?: (event: IssuerEvent) => void;
  /** Most verified tokens remembered. Default 4096. */
  readonly cacheCapacity?: number;
}

interface TrustedIssuer extends Issuer {
  readonly paths: ClaimPaths;
}

const MAX_CANDIDATE_KEYS = 4;

/**
 * Makes the verifier for a list of issuers, of which only the group mappings can change while it lives.
 * @throws IdentityError `ERR_IDENTITY_CONFIG_INVALID` when an issuer is listed twice.
 */
export function createTokenVerifier(
  configs: readonly IssuerConfig[],
  dependencies: TokenVerifierDependencies,
): TokenVerifier {
  const { clock, fetch = fetchJson, onEvent, cacheCapacity = 4096 } = dependencies;
  const issuers = new Map<string, TrustedIssuer>();
  for (const config of configs) {
    if (issuers.has(config.issuer)) throw duplicateIssuer(config.issuer);
    const issuer = createIssuer(config, { clock, fetch, onEvent });
    issuers.set(config.issuer, { ...issuer, paths: compileClaimPaths(config.claims) });
  }
  const maxBytes = Math.max(512, ...configs.map((config) => config.maxTokenBytes));
  const cache = createTokenCache(cacheCapacity);
  const groups = createPrincipalGroups(configs);

  async function verify(token: string): Promise<Principal> {
    checkTokenSize(token, maxBytes);
    const digest = tokenCacheKey(token);
    const known = await knownPrincipal(digest, { cache, issuers, groups, clock });
    if (known !== undefined) return known;
    const form = readTokenForm(token, maxBytes);
    const issuer = issuers.get(form.issuer);
    if (issuer === undefined) throw untrustedIssuer(form.issuer);
    checkTokenSize(token, issuer.config.maxTokenBytes);
    const algorithm = allowedAlgorithm(form.algorithm, issuer.config);
    const snapshot = await issuer.keys.current();
    const keys = await findKeys(issuer, snapshot, form, algorithm);
    const { payload, key } = await verifySignature(token, keys, algorithm);
    const verified = { token, payload, expiresAtSeconds: checkClaims(payload, form, issuer, clock.nowMs()) };
    const principal = groups.principalOf(
      readPrincipal(verified, issuer.config.issuer, issuer.paths),
      readProviderGroups(payload, issuer.paths.groups),
    );
    if (principal === undefined) throw untrustedIssuer(form.issuer);
    cache.store(digest, { principal, keyThumbprint: key.thumbprint });
    return principal;
  }

  function status(): readonly IssuerStatus[] {
    return [...issuers].map(([issuer, { keys }]) => ({ issuer, ...keys.status() }));
  }

  async function warmUp(): Promise<readonly IssuerStatus[]> {
    await Promise.allSettled([...issuers.values()].map((issuer) => issuer.keys.current()));
    return status();
  }

  return { verify, groups, status, warmUp };
}

/** The principal of a token that was verified before, if it still counts. */
async function knownPrincipal(
  digest: string,
  how: {
    readonly cache: TokenCache;
    readonly issuers: ReadonlyMap<string, TrustedIssuer>;
    readonly groups: PrincipalGroups;
    readonly clock: Clock;
  },
): Promise<Principal | undefined> {
  const { cache, issuers, groups, clock } = how;
  const known = cache.find(digest);
  const issuer = known === undefined ? undefined : issuers.get(known.principal.issuer);
  if (known === undefined || issuer === undefined) return undefined;
  const snapshot = await issuer.keys.current();
  const principal = groups.current(known.principal);
  const isOver = clock.nowMs() >= known.principal.expiresAtMs;
  // A key that left the issuer's key set takes its tokens with it.
  if (isOver || principal === undefined || !snapshot.thumbprints.has(known.keyThumbprint)) {
    cache.remove(digest);
    return undefined;
  }
  if (principal !== known.principal) cache.store(digest, { ...known, principal });
  return principal;
}

function allowedAlgorithm(name: string, config: IssuerConfig): SignatureAlgorithm {
  const algorithm = config.algorithms.find((allowed) => allowed === name);
  if (algorithm !== undefined) return algorithm;
  throw tokenError(
    'ERR_IDENTITY_TOKEN_ALGORITHM',
    `the token is signed with an algorithm that is not accepted (\`alg\` ${quoteUnverified(name)})`,
    `get one signed with ${config.algorithms.join(', ')}`,
  );
}

/** Keys that may have signed the token; an unknown `kid` asks the issuer once more, within its cooldown. */
async function findKeys(
  issuer: Issuer,
  snapshot: KeySnapshot,
  form: UnverifiedToken,
  algorithm: SignatureAlgorithm,
): Promise<readonly VerificationKey[]> {
  const found = selectKeys(snapshot, form, algorithm);
  if (found.length > 0) return found;
  const newer = await issuer.keys.newerThan(snapshot);
  const foundNow = newer === undefined ? [] : selectKeys(newer, form, algorithm);
  if (foundNow.length > 0) return foundNow;
  throw tokenError(
    'ERR_IDENTITY_TOKEN_KEY_UNKNOWN',
    'the token is signed with a key that the identity provider does not publish',
    `get a new token; if it is new, try again in ${issuer.config.jwksCooldownSeconds} seconds`,
  );
}

/** A `kid` is only compared, never looked up anywhere; without one, the few keys that fit are tried. */
function selectKeys(
  snapshot: KeySnapshot,
  form: UnverifiedToken,
  algorithm: SignatureAlgorithm,
): readonly VerificationKey[] {
  return snapshot.keys
    .filter((key) => key.algorithms.includes(algorithm) && (form.kid === undefined || key.kid === form.kid))
    .slice(0, MAX_CANDIDATE_KEYS);
}

async function verifySignature(
  token: string,
  keys: readonly VerificationKey[],
  algorithm: SignatureAlgorithm,
): Promise<{ readonly payload: JsonObject; readonly key: VerificationKey }> {
  for (const key of keys) {
    try {
      const { payload } = await compactVerify(token, key.key, { algorithms: [algorithm] });
      return { payload: parsePayload(payload), key };
    } catch (error) {
      if (error instanceof joseErrors.JWSSignatureVerificationFailed) continue;
      if (error instanceof IdentityError) throw error;
      // Anything else jose refuses (`crit`, `b64`) is about the token's form. Its text is not passed on (P6).
      throw tokenError(
        'ERR_IDENTITY_TOKEN_MALFORMED',
        'the token uses a feature of JWS that is not accepted',
        'send a plain signed JWT',
      );
    }
  }
  throw tokenError(
    'ERR_IDENTITY_TOKEN_SIGNATURE',
    'the signature of the token is wrong',
    'send the token exactly as the identity provider issued it',
  );
}

function parsePayload(bytes: Uint8Array): JsonObject {
  const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  if (isJsonObject(value)) return value;
  throw tokenError(
    'ERR_IDENTITY_TOKEN_MALFORMED',
    'the payload of the token is no object',
    'send a signed JWT',
  );
}

/** Checks everything that is no identity, and returns `exp`. */
function checkClaims(
  payload: JsonObject,
  form: UnverifiedToken,
  issuer: TrustedIssuer,
  nowMs: number,
): number {
  const { config } = issuer;
  if (payload['iss'] !== config.issuer) throw untrustedIssuer(form.issuer);
  checkAudience(payload, config);
  const expiresAtSeconds = checkTokenTimes(payload, config, nowMs);
  checkTokenType(form.type, payload, config);
  return expiresAtSeconds;
}

/** RFC 7519 section 4.1.3: one of the token's audiences must be the gateway. */
function checkAudience(payload: JsonObject, config: IssuerConfig): void {
  const audience = payload['aud'];
  const listed = Array.isArray(audience) ? audience : [audience];
  if (listed.some((entry) => typeof entry === 'string' && config.audience.includes(entry))) return;
  throw tokenError(
    'ERR_IDENTITY_TOKEN_AUDIENCE',
    'the token was issued for another audience',
    `get one with \`aud\` ${config.audience[0]}`,
  );
}

function untrustedIssuer(issuer: string): IdentityError {
  const detail = 'the issuer of the token is not trusted here';
  const remedy = 'get a token from the identity provider that this gateway is set up for';
  return new IdentityError(
    'ERR_IDENTITY_TOKEN_ISSUER',
    `${detail} (\`iss\` ${quoteUnverified(issuer)}); ${remedy}`,
    {
      source: 'downstream',
      publicMessage: `${detail}; ${remedy}`,
    },
  );
}

function duplicateIssuer(issuer: string): IdentityError {
  return new IdentityError(
    'ERR_IDENTITY_CONFIG_INVALID',
    `issuer \`${issuer}\` is listed twice; merge the entries (\`audience\` takes a list)`,
    { source: 'config' },
  );
}
