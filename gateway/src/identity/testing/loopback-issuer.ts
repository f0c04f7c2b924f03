import {
  createServer as createHttpServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';
import type { Clock } from '../../model/clock.ts';

/** A clock that tests move by hand. */
export interface ManualClock extends Clock {
  advance(ms: number): void;
}

/** Starts at a fixed whole second. */
export function manualClock(startMs = 1_800_000_000_000): ManualClock {
  let now = startMs;
  return {
    nowMs: () => now,
    advance(ms) {
      now += ms;
    },
  };
}

/** A signing key with its public JWK. */
export interface SigningKey {
  readonly alg: string;
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
}

/** Makes a signing key; the JWK carries `kid` and `alg`. */
export async function signingKey(kid: string, alg = 'ES256'): Promise<SigningKey> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  return { alg, kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg } };
}

/** Signs real tokens; header members override the defaults. */
export async function signToken(
  key: SigningKey,
  claims: JWTPayload,
  header: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  return await new SignJWT(claims)
    .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: 'at+jwt', ...header })
    .sign(key.privateKey);
}

/** An identity provider on loopback: real HTTP, answers set by the test. */
export interface LoopbackIssuer extends AsyncDisposable {
  readonly url: string;
  /** Paths asked for, in order. */
  readonly requests: string[];
  /** Keys that the key set lists. */
  keys: readonly JWK[];
  /** When set, answers everything instead. */
  override: RequestListener | undefined;
}

/** Starts the provider; with `tls`, over https. */
export async function startLoopbackIssuer(tls?: {
  readonly cert: string;
  readonly key: string;
}): Promise<LoopbackIssuer> {
  const requests: string[] = [];
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    requests.push(request.url ?? '');
    if (issuer.override !== undefined) issuer.override(request, response);
    else if (request.url === '/.well-known/openid-configuration') {
      sendJson(response, { issuer: issuer.url, jwks_uri: `${issuer.url}/jwks` });
    } else if (request.url === '/jwks') sendJson(response, { keys: issuer.keys });
    else response.writeHead(404).end();
  };
  const server = tls === undefined ? createHttpServer(answer) : createHttpsServer(tls, answer);
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const issuer: LoopbackIssuer = {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    requests,
    keys: [],
    override: undefined,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return issuer;
}

/** Answers 200 with this JSON. */
export function sendJson(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}
