import { createHash, randomBytes } from 'node:crypto';
import type { Secret } from '../../../credentials/secret.ts';
import type { AuthMethod } from '../config.ts';
import { isVerifying } from '../transport-security.ts';
import { encodePassword } from '../wire/frontend/password.ts';
import { expectAuthentication, toAuthentication } from './authentication-request.ts';
import { UpstreamError } from './errors.ts';
import type { LoginContext, LoginResult } from './login-context.ts';
import type { ServerMessage, ServerPeer } from './message-channel.ts';
import { runScram } from './sasl.ts';

/**
 * Answers the server's request for authentication, once: a server that asks again is refused. Nothing is sent before
 * the method is known to be allowed, and the secret is not even read before. Ends after AuthenticationOk.
 */
export async function authenticate(
  peer: ServerPeer,
  first: ServerMessage,
  context: LoginContext,
): Promise<LoginResult> {
  const request = toAuthentication(first, undefined);
  switch (request.kind) {
    case 'ok':
      return acceptTrust(context);
    case 'cleartextPassword':
      return await answerCleartext(peer, context);
    case 'md5Password':
      return await answerMd5(peer, context, request.salt);
    case 'sasl':
      return await answerSasl(peer, context, request.mechanisms);
    default:
      throw new UpstreamError(
        'ERR_UPSTREAM_METHOD',
        `the server asks for authentication by ${request.kind}, which the gateway does not speak; change its pg_hba.conf`,
      );
  }
}

/**
 * No proof was asked for. Where a secret is configured, a server that does not want it is either misconfigured or not
 * the server: fail closed unless the operator lists `trust`.
 */
function acceptTrust(context: LoginContext): LoginResult {
  if (context.credential.kind !== 'none') {
    requireMethod(
      context,
      'trust',
      'lets the gateway in without a password (trust, or a client certificate alone)',
    );
  }
  return { method: 'trust', secret: undefined };
}

async function answerCleartext(peer: ServerPeer, context: LoginContext): Promise<LoginResult> {
  requireMethod(context, 'password', 'asks for the password in clear');
  if (context.protection.kind === 'plaintext' || !isVerifying(context.resource.tls.mode)) {
    const message =
      'the server asks for the password in clear outside verified TLS; use tls.mode verify-full';
    throw new UpstreamError('ERR_UPSTREAM_METHOD', message);
  }
  return await finishPassword(peer, context, 'password', (secret) => secret.reveal());
}

async function answerMd5(peer: ServerPeer, context: LoginContext, salt: Buffer): Promise<LoginResult> {
  requireMethod(context, 'md5', 'asks for an md5 digest of the password');
  return await finishPassword(peer, context, 'md5', (secret) => {
    const inner = md5(Buffer.from(secret.reveal() + context.user));
    return `md5${md5(Buffer.concat([Buffer.from(inner), salt]))}`;
  });
}

async function finishPassword(
  peer: ServerPeer,
  context: LoginContext,
  method: AuthMethod,
  toAnswer: (secret: Secret) => string,
): Promise<LoginResult> {
  const secret = await context.credential.read(context.signal);
  peer.send(encodePassword(toAnswer(secret)));
  await expectAuthentication(peer, 'ok', secret);
  return { method, secret };
}

async function answerSasl(
  peer: ServerPeer,
  context: LoginContext,
  offered: readonly string[],
): Promise<LoginResult> {
  const nonce = randomBytes(24).toString('base64');
  return await runScram(peer, { context, offered, nonce });
}

function requireMethod(context: LoginContext, method: AuthMethod, what: string): void {
  if (context.resource.authMethods.includes(method)) return;
  const message = `the server ${what}, which authMethods does not allow; allow ${method} only if you mean it`;
  throw new UpstreamError('ERR_UPSTREAM_METHOD', message);
}

function md5(bytes: Buffer): string {
  return createHash('md5').update(bytes).digest('hex');
}
