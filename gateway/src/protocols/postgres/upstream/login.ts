import { BackendType } from '../wire/backend/backend-type.ts';
import { decodeNegotiateProtocolVersion } from '../wire/backend/negotiate-protocol-version.ts';
import { authenticate } from './authenticate.ts';
import { UpstreamError } from './errors.ts';
import type { LoginContext, LoginResult } from './login-context.ts';
import type { ServerMessage, ServerPeer } from './message-channel.ts';
import { type ReadyState, readUntilReady } from './session-start.ts';

/** A login with what the server reported until it was ready. */
export interface Login extends LoginResult {
  readonly protocolMinor: 0 | 2;
  readonly ready: ReadyState;
}

/**
 * Sends the startup message, agrees on the protocol version, authenticates and reads on to the first ReadyForQuery.
 * Pure but for the peer. Rejects with an UpstreamError, WireError or CredentialError.
 */
export async function logIn(
  peer: ServerPeer,
  startup: { readonly packet: Buffer; readonly minor: 0 | 2 },
  context: LoginContext,
): Promise<Login> {
  peer.send(startup.packet);
  let first = await peer.receive();
  let protocolMinor = startup.minor;
  if (first.type === BackendType.NegotiateProtocolVersion) {
    protocolMinor = agreeOnMinor(first, startup.minor);
    first = await peer.receive();
  }
  const result = await authenticate(peer, first, context);
  const ready = await readUntilReady(peer, { secret: result.secret, protocolMinor });
  return { ...result, protocolMinor, ready };
}

/** A server may only step down, and can refuse no option because none was sent. Version 3.1 does not exist. */
function agreeOnMinor(message: ServerMessage, asked: 0 | 2): 0 | 2 {
  const { newestMinor, unrecognised } = decodeNegotiateProtocolVersion(
    message.bytes,
    message.start,
    message.end,
  );
  if (asked === 2 && newestMinor === 0 && unrecognised.length === 0) return 0;
  const text = `asked for protocol 3.${asked}, the server wants 3.${newestMinor} and refuses ${unrecognised.length} options`;
  throw new UpstreamError('ERR_UPSTREAM_PROTOCOL', text);
}
