import { discoverMetadata, discoveryError } from './discovery.ts';
import type { IssuerConfig } from './issuer-config.ts';
import { discoveryUrl, isAllowedKeySetUrl } from './issuer-url.ts';
import type { JsonFetch } from './json-fetch.ts';

/** Where people of an issuer sign in with a browser, and where a code becomes a token. */
export interface AuthorizationServer {
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
}

/**
 * Asks an issuer for its endpoints (OpenID Connect Discovery 1.0 section 3).
 * @throws IdentityError `ERR_IDENTITY_FETCH_FAILED`, `ERR_IDENTITY_DISCOVERY_INVALID`
 */
export async function fetchAuthorizationServer(
  config: IssuerConfig,
  fetch: JsonFetch,
  signal: AbortSignal,
): Promise<AuthorizationServer> {
  const metadata = await discoverMetadata(config, fetch, signal);
  const endpoint = (name: string): string => {
    const url = metadata[name];
    if (typeof url === 'string' && isAllowedKeySetUrl(url, config.issuer)) return url;
    throw discoveryError(discoveryUrl(config.issuer), `has no \`${name}\` that is https`);
  };
  return {
    authorizationEndpoint: endpoint('authorization_endpoint'),
    tokenEndpoint: endpoint('token_endpoint'),
  };
}
