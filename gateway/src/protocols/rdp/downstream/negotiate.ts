/** The beginning of a connection: which security, and TLS. */
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { type ShownTls, upgradeToTls } from '../../../listener/tls-upgrade.ts';
import { RdpError } from '../errors.ts';
import { PacketStream } from '../packet-stream.ts';
import {
  type ConnectionRequest,
  NEGOTIATION_FAILURE,
  PROTOCOL,
  readConnectionRequest,
  writeConnectionConfirm,
  writeConnectionRefusal,
} from '../wire/x224.ts';

/** How clients of a listener prove themselves: by Network Level Authentication, or by a secret inside of TLS. */
export type ClientSecurity = 'nla' | 'tls';

/** A client inside of TLS, that has proved nothing yet. */
export interface Negotiated {
  readonly request: ConnectionRequest;
  readonly stream: TLSSocket;
}

/** The flag of a confirm by which clients send extended settings (negotiation response, EXTENDED_CLIENT_DATA_SUPPORTED). */
const EXTENDED_CLIENT_DATA = 1;

/**
 * Reads the connection request, answers it, and does the TLS handshake.
 * @throws RdpError where the client offers no security that is taken; RdpWireError; ListenerError
 */
export async function negotiate(
  socket: Socket,
  { security, tls, signal }: { security: ClientSecurity; tls: ShownTls; signal: AbortSignal },
): Promise<Negotiated> {
  const packets = new PacketStream(socket, 'downstream');
  const frame = await packets.next();
  if (frame === undefined)
    throw new RdpError('ERR_RDP_HANDSHAKE', 'the client went before it asked for anything');
  const request = readConnectionRequest(frame.bytes);
  const needed = security === 'nla' ? PROTOCOL.HYBRID : PROTOCOL.TLS;
  if ((request.protocols & needed) === 0) {
    const failure =
      security === 'nla' ? NEGOTIATION_FAILURE.HYBRID_REQUIRED : NEGOTIATION_FAILURE.TLS_REQUIRED;
    packets.write(writeConnectionRefusal(failure));
    const name = security === 'nla' ? 'Network Level Authentication' : 'TLS';
    throw new RdpError('ERR_RDP_SECURITY', `the client does not offer ${name}; switch it on there`);
  }
  if (!packets.isBetween)
    throw new RdpError('ERR_RDP_HANDSHAKE', 'the client sent data before the TLS handshake');
  packets.detach();
  packets.write(writeConnectionConfirm(needed, EXTENDED_CLIENT_DATA));
  return { request, stream: await upgradeToTls(socket, tls, { signal, start: 'negotiated' }) };
}
