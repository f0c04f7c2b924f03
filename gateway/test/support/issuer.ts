/** A real OIDC issuer on loopback for suites: discovery, key set, RS256 tokens with any claims. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { createLoginDesk, type LoginDesk } from './login-desk.ts';

/** What a token says; the rest has defaults. */
export interface TokenClaims {
  readonly sub?: string;
  readonly groups?: readonly string[];
  readonly audience?: string;
  /** Seconds from now; negative is expired. */
  readonly expiresIn?: number;
  readonly [claim: string]: unknown;
}

/** A running issuer. */
export interface TestIssuer extends AsyncDisposable {
  readonly url: string;
  /** Its logins: who agrees, and what was asked for. */
  readonly logins: LoginDesk;
  token(claims?: TokenClaims): Promise<string>;
}

/** Audience that test gateways expect. */
export const AUDIENCE = 'sallyport-test';

/** Starts an issuer. */
export async function startTestIssuer(): Promise<TestIssuer> {
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  const key = { ...(await exportJWK(publicKey)), kid: 'test', alg: 'RS256', use: 'sig' };
  const logins = createLoginDesk(() => issuer);
  const server = createServer((request, response) => {
    if (logins.handles(request)) {
      void logins.answer(request, response);
      return;
    }
    const body =
      request.url === '/jwks'
        ? { keys: [key] }
        : request.url === '/.well-known/openid-configuration'
          ? { issuer: url, jwks_uri: `${url}/jwks`, ...logins.metadata(url) }
          : undefined;
    response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const issuer: TestIssuer = {
    url,
    logins,
    token(claims = {}) {
      const { sub = 'agent-1', groups = ['agents'], audience = AUDIENCE, expiresIn = 600, ...more } = claims;
      const now = Math.floor(Date.now() / 1000);
      return new SignJWT({ groups, client_id: 'test-agent', ...more })
        .setProtectedHeader({ alg: 'RS256', kid: 'test', typ: 'at+jwt' })
        .setIssuer(url)
        .setSubject(sub)
        .setAudience(audience)
        .setIssuedAt(now - 5)
        .setExpirationTime(now + expiresIn)
        .sign(privateKey);
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return issuer;
}
