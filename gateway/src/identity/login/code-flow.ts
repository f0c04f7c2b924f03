/** A login in a browser on this machine: authorization code with PKCE on loopback (RFC 7636, RFC 8252 section 7.3). */
import { hash, randomBytes } from 'node:crypto';
import { askProvider, type LoginProvider, type LoginTransport, loginError, tokenOf } from './provider.ts';

/** A login that was begun. */
export interface CodeLogin {
  /** For the browser. */
  readonly url: string;
  readonly redirectUri: string;
  readonly state: string;
  readonly verifier: string;
}

/** Begins one. @throws IdentityError where the issuer has none */
export function startCodeLogin(provider: LoginProvider, redirectUri: string): CodeLogin {
  const { authorizationEndpoint, login } = provider;
  if (authorizationEndpoint === undefined) throw loginError(`${provider.issuer} has no login in a browser`);
  const state = randomBytes(16).toString('base64url');
  const verifier = randomBytes(32).toString('base64url');
  const url = new URL(authorizationEndpoint);
  const parameters = {
    ...login.parameters,
    response_type: 'code',
    client_id: login.clientId,
    redirect_uri: redirectUri,
    scope: login.scopes.join(' '),
    state,
    code_challenge: hash('sha256', verifier, 'base64url'),
    code_challenge_method: 'S256',
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return { url: url.href, redirectUri, state, verifier };
}

/**
 * The token for what the browser came back with.
 * @param query of the redirect
 * @throws IdentityError where it is of another login, of another issuer (RFC 9207), or was refused
 */
export async function finishCodeLogin(
  provider: LoginProvider,
  login: CodeLogin,
  query: URLSearchParams,
  how: Pick<LoginTransport, 'post'> & { readonly signal: AbortSignal },
): Promise<string> {
  if (query.get('state') !== login.state) throw loginError('the browser came back from another login');
  const issuer = query.get('iss');
  if (issuer !== null && issuer !== provider.issuer)
    throw loginError('the browser came back from another issuer');
  const code = query.get('code');
  if (code === null) {
    const error = query.get('error') ?? '';
    throw loginError(`the login was refused: ${/^[a-z_]{1,64}$/.test(error) ? error : 'no code'}`);
  }
  const form = {
    grant_type: 'authorization_code',
    code,
    redirect_uri: login.redirectUri,
    code_verifier: login.verifier,
  };
  const asked = await askProvider(provider, provider.tokenEndpoint, form, how);
  if ('answer' in asked) return tokenOf(asked.answer);
  throw loginError(`the identity provider gave no token: ${asked.error}`);
}
