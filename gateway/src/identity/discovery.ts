import { isJsonObject } from './claim-path.ts';
import { IdentityError } from './errors.ts';
import type { IssuerConfig } from './issuer-config.ts';
import { discoveryUrl, isAllowedKeySetUrl } from './issuer-url.ts';
import type { JsonFetch } from './json-fetch.ts';
import { importVerificationKey, type VerificationKey } from './verification-key.ts';

/** What one refresh brought. */
export interface FetchedKeys {
  readonly keys: readonly VerificationKey[];
  /** Why keys were left out, one phrase each. */
  readonly ignored: readonly string[];
}

const MAX_METADATA_BYTES = 128 * 1024;
const MAX_KEY_SET_BYTES = 512 * 1024;
const MAX_KEYS = 100;

/**
 * Asks the issuer for its keys: discovery (unless the config names the key set), then the key set, both inside
 * `signal`.
 * @throws IdentityError `ERR_IDENTITY_FETCH_FAILED`, `ERR_IDENTITY_DISCOVERY_INVALID`, `ERR_IDENTITY_KEY_SET_INVALID`.
 */
export async function fetchIssuerKeys(
  config: IssuerConfig,
  fetch: JsonFetch,
  signal: AbortSignal,
): Promise<FetchedKeys> {
  const uri = config.jwksUri ?? (await discoverKeySetUrl(config, fetch, signal));
  const document = await fetch(uri, { signal, maxBytes: MAX_KEY_SET_BYTES, ca: config.ca });
  return readKeySet(document, config);
}

/** OpenID Connect Discovery 1.0 section 4.3: the issuer in the document must be exactly the one asked for. */
async function discoverKeySetUrl(
  config: IssuerConfig,
  fetch: JsonFetch,
  signal: AbortSignal,
): Promise<string> {
  const url = discoveryUrl(config.issuer);
  const metadata = await fetch(url, { signal, maxBytes: MAX_METADATA_BYTES, ca: config.ca });
  if (!isJsonObject(metadata)) throw discoveryError(url, 'is not a JSON object');
  if (metadata['issuer'] !== config.issuer) {
    throw discoveryError(
      url,
      `names another issuer than \`${config.issuer}\`; spell the issuer as the document does`,
    );
  }
  const uri = metadata['jwks_uri'];
  if (typeof uri !== 'string') throw discoveryError(url, 'has no `jwks_uri`; set `jwksUri` in the config');
  if (!isAllowedKeySetUrl(uri, config.issuer)) {
    throw discoveryError(url, 'has a `jwks_uri` that is not https; set `jwksUri` in the config');
  }
  return uri;
}

function discoveryError(url: string, problem: string): IdentityError {
  return new IdentityError('ERR_IDENTITY_DISCOVERY_INVALID', `the metadata at ${url} ${problem}`, {
    source: 'upstream',
    retryable: true,
  });
}

/** RFC 7517 section 5. An empty set is valid and trusts no token: an issuer may withdraw all its keys. */
function readKeySet(document: unknown, config: IssuerConfig): FetchedKeys {
  const listed = isJsonObject(document) ? document['keys'] : undefined;
  if (!Array.isArray(listed)) throw keySetError(config, 'has no `keys` array');
  if (listed.length > MAX_KEYS) throw keySetError(config, `has more than ${MAX_KEYS} keys`);
  const keys: VerificationKey[] = [];
  const ignored: string[] = [];
  for (const [index, jwk] of listed.entries()) {
    const imported = importVerificationKey(jwk, config.algorithms);
    if (imported.ok) keys.push(imported.key);
    else ignored.push(`key ${index}: ${imported.reason}`);
  }
  return { keys, ignored };
}

function keySetError(config: IssuerConfig, problem: string): IdentityError {
  return new IdentityError('ERR_IDENTITY_KEY_SET_INVALID', `the key set of ${config.issuer} ${problem}`, {
    source: 'upstream',
    retryable: true,
  });
}
