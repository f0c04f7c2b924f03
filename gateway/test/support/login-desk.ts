/** The logins of a test issuer: device grant (RFC 8628), and code grant with PKCE (RFC 7636). It checks what a provider checks. */
import { createHash, randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TestIssuer, TokenClaims } from './issuer.ts';

/** Who logs in, and how it goes. */
export interface LoginDesk {
  /** Codes that were shown and not answered yet. */
  readonly waiting: readonly string[];
  /** Somebody types the code and agrees, as whoever these claims are of; or refuses. */
  agree(userCode: string, claims: TokenClaims | 'refused'): void;
  /** What the browser at the authorization endpoint agrees to. */
  browser: TokenClaims;
  metadata(url: string): object;
  handles(request: IncomingMessage): boolean;
  answer(request: IncomingMessage, response: ServerResponse): Promise<void>;
}

const PATHS = ['/device', '/token', '/authorize'];
/** The one client that is known. */
export const LOGIN_CLIENT = 'sallyport-cli';

/** Makes the desk of an issuer. */
export function createLoginDesk(issuer: () => TestIssuer): LoginDesk {
  const devices = new Map<string, { userCode: string; outcome?: TokenClaims | 'refused' }>();
  const codes = new Map<string, { challenge: string; redirectUri: string; claims: TokenClaims }>();
  const desk: LoginDesk = {
    browser: {},
    get waiting() {
      return [...devices.values()]
        .filter(({ outcome }) => outcome === undefined)
        .map(({ userCode }) => userCode);
    },
    agree(userCode, outcome) {
      const found = [...devices.values()].find((device) => device.userCode === userCode);
      if (found === undefined) throw new Error(`no such code: ${userCode}`);
      found.outcome = outcome;
    },
    metadata: (url) => ({
      token_endpoint: `${url}/token`,
      device_authorization_endpoint: `${url}/device`,
      authorization_endpoint: `${url}/authorize`,
    }),
    handles: ({ url }) => PATHS.includes((url ?? '').split('?')[0] ?? ''),
    async answer(request, response) {
      const url = new URL(request.url ?? '', issuer().url);
      if (url.pathname === '/authorize') {
        authorize(url.searchParams, response);
        return;
      }
      let text = '';
      for await (const chunk of request) text += String(chunk);
      const form = new URLSearchParams(text);
      const known = form.get('client_id') === LOGIN_CLIENT;
      const body = !known
        ? { error: 'invalid_client' }
        : url.pathname === '/device'
          ? begin()
          : await token(form);
      const isError = 'error' in body;
      response
        .writeHead(isError ? 400 : 200, { 'content-type': 'application/json' })
        .end(JSON.stringify(body));
    },
  };
  const begin = (): object => {
    const userCode = randomBytes(4).toString('hex').toUpperCase();
    const deviceCode = randomBytes(16).toString('hex');
    devices.set(deviceCode, { userCode });
    const uri = `${issuer().url}/activate`;
    return {
      device_code: deviceCode,
      user_code: userCode,
      verification_uri: uri,
      verification_uri_complete: `${uri}?user_code=${userCode}`,
      expires_in: 60,
      interval: 0.05,
    };
  };
  const authorize = (query: URLSearchParams, response: ServerResponse): void => {
    const redirectUri = query.get('redirect_uri') ?? '';
    const isRight =
      query.get('client_id') === LOGIN_CLIENT &&
      query.get('code_challenge_method') === 'S256' &&
      /^(http:\/\/127\.0\.0\.1:\d+\/|https:\/\/127\.0\.0\.1:\d+\/console\/callback$)/.test(redirectUri);
    const location = new URL(redirectUri);
    const code = randomBytes(8).toString('hex');
    codes.set(code, { challenge: query.get('code_challenge') ?? '', redirectUri, claims: desk.browser });
    location.searchParams.set('state', query.get('state') ?? '');
    location.searchParams.set('iss', issuer().url);
    location.searchParams.set(isRight ? 'code' : 'error', isRight ? code : 'invalid_request');
    response.writeHead(302, { location: location.href }).end();
  };
  const token = async (form: URLSearchParams): Promise<object> => {
    if (form.get('grant_type') === 'authorization_code') {
      const found = codes.get(form.get('code') ?? '');
      codes.delete(form.get('code') ?? '');
      const made = createHash('sha256')
        .update(form.get('code_verifier') ?? '')
        .digest('base64url');
      const isRight = found?.challenge === made && found.redirectUri === form.get('redirect_uri');
      return isRight ? bearer(found.claims) : { error: 'invalid_grant' };
    }
    const deviceCode = form.get('device_code') ?? '';
    const device = devices.get(deviceCode);
    if (device === undefined) return { error: 'invalid_grant' };
    if (device.outcome === undefined) return { error: 'authorization_pending' };
    devices.delete(deviceCode);
    return device.outcome === 'refused' ? { error: 'access_denied' } : bearer(device.outcome);
  };
  const bearer = async (claims: TokenClaims): Promise<object> => ({
    access_token: await issuer().token(claims),
    token_type: 'Bearer',
    expires_in: 600,
  });
  return desk;
}
