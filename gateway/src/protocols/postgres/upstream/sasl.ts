import { encodeSaslInitialResponse, encodeSaslResponse } from '../wire/frontend/password.ts';
import { expectAuthentication } from './authentication-request.ts';
import { tlsServerEndPoint } from './channel-binding.ts';
import { UpstreamError } from './errors.ts';
import type { LoginContext, LoginResult } from './login-context.ts';
import type { ServerPeer } from './message-channel.ts';
import { createScramExchange, type ScramOptions } from './scram.ts';

const PLUS = 'SCRAM-SHA-256-PLUS';
const PLAIN = 'SCRAM-SHA-256';

/** One SASL negotiation. */
export interface SaslRequest {
  readonly context: LoginContext;
  /** Mechanisms of the server's AuthenticationSASL. */
  readonly offered: readonly string[];
  /** Random, printable ASCII without comma. */
  readonly nonce: string;
}

/**
 * Authenticates with the strongest SCRAM mechanism that both sides allow (RFC 5802, RFC 7677). AuthenticationOk counts
 * only after the server has proved that it knows the password: one that skips its proof is refused.
 */
export async function runScram(peer: ServerPeer, request: SaslRequest): Promise<LoginResult> {
  const { context } = request;
  const { mechanism, binding } = chooseMechanism(request);
  const scram = createScramExchange({
    binding,
    nonce: request.nonce,
    minIterations: context.resource.minScramIterations,
    maxIterations: context.resource.maxScramIterations,
  });
  const secret = await context.credential.read(context.signal);
  peer.send(encodeSaslInitialResponse(mechanism, scram.clientFirst));
  const first = await expectAuthentication(peer, 'saslContinue', secret);
  peer.send(encodeSaslResponse(await scram.answer(first.data.toString('latin1'), secret.reveal())));
  const final = await expectAuthentication(peer, 'saslFinal', secret);
  scram.verify(final.data.toString('latin1'));
  await expectAuthentication(peer, 'ok', secret);
  return { method: mechanism === PLUS ? 'scram-sha-256-plus' : 'scram-sha-256', secret };
}

interface Choice {
  readonly mechanism: typeof PLUS | typeof PLAIN;
  readonly binding: ScramOptions['binding'];
}

function chooseMechanism({ context, offered }: SaslRequest): Choice {
  const { authMethods } = context.resource;
  const data =
    context.protection.kind === 'tls' ? tlsServerEndPoint(context.protection.certificate) : undefined;
  const couldBind = data !== undefined && authMethods.includes('scram-sha-256-plus');
  if (couldBind && offered.includes(PLUS)) return { mechanism: PLUS, binding: { kind: 'endpoint', data } };
  if (offered.includes(PLAIN) && authMethods.includes('scram-sha-256')) {
    // Telling the server that it did not offer binding lets it see that somebody took the offer away.
    return { mechanism: PLAIN, binding: { kind: couldBind ? 'unoffered' : 'none' } };
  }
  const names = offered.map((name) => name.replace(/[^A-Z0-9_-]/g, '?').slice(0, 20)).slice(0, 5);
  const message = `the server offers ${names.join(', ') || 'nothing'}, authMethods allows ${authMethods.join(', ')}`;
  const hint =
    offered.includes(PLUS) && data === undefined ? '; channel binding needs TLS and a hashed signature' : '';
  throw new UpstreamError('ERR_UPSTREAM_METHOD', message + hint);
}
