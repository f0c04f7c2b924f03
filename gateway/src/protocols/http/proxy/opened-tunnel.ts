/** A tunnel that the gateway opens: it stands in for the place that the client named, and serves the requests in it. */
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { HostCertificates } from '../../../listener/host-certificates.ts';
import { upgradeToTls } from '../../../listener/tls-upgrade.ts';
import type { Destination } from '../destinations/destinations.ts';
import type { TunnelEnds } from '../downstream/client-exchange.ts';
import type { ClientTimeouts } from '../downstream/client-stream.ts';
import type { FoundClaim } from '../downstream/token.ts';
import { HttpError } from '../errors.ts';
import { encodeRefusal, errorRefusal } from '../refusal.ts';

/** Where requests inside of a tunnel are for, and who asks. */
export interface Tunnel {
  readonly found: FoundClaim;
  readonly destination: Destination;
  /** Why all that is asked in it is refused: it names another place than it leads to. */
  readonly misdirection: string | undefined;
}

/** What a tunnel is opened with. */
export interface Opening {
  readonly found: FoundClaim;
  readonly destination: Destination;
  readonly certificates: HostCertificates;
  readonly alpnProtocols: readonly string[];
  readonly timeouts: ClientTimeouts;
  /** Aborted when nothing more may come of it. */
  readonly signal: AbortSignal;
  /** Serves the requests in it to their end. */
  readonly requests: (stream: TunnelStream, tunnel: Tunnel) => Promise<void>;
}

/** What requests in a tunnel come on. */
export interface TunnelStream {
  readonly stream: Duplex;
  readonly isHttp2: boolean;
}

/** First byte of a TLS record that holds a handshake (RFC 8446 section 5.1). */
const TLS_HANDSHAKE = 0x16;

/** Serves a tunnel to its end. Rejects where it cannot be opened; nothing was forwarded then. */
export async function serveOpened(ends: TunnelEnds, opening: Opening): Promise<void> {
  const { found, destination, timeouts, requests } = opening;
  const first = ends.rest.length > 0 ? ends.rest : await ends.source.next(timeouts.headTimeoutMs);
  ends.source.release();
  if (!Buffer.isBuffer(first)) return;
  ends.stream.unshift(first);
  if (destination.scheme === 'http') {
    await requests({ stream: ends.stream, isHttp2: false }, { found, destination, misdirection: undefined });
    return;
  }
  if (first[0] !== TLS_HANDSHAKE) {
    const message = 'TLS is required in this tunnel: use an https URL';
    const error = new HttpError('ERR_HTTP_PLAINTEXT', 400, message);
    ends.stream.end(encodeRefusal(errorRefusal(error)));
    throw error;
  }
  const { secured, serverName } = await secure(ends.stream, opening);
  const misdirection =
    serverName === undefined || serverName === destination.authority.host
      ? undefined
      : 'a TLS server name that is not the host of the tunnel';
  const isHttp2 = secured.alpnProtocol === 'h2';
  await requests({ stream: secured, isHttp2 }, { found, destination, misdirection });
}

/** The server's side of TLS, by the name of the place: whatever the client calls it, it is shown no other. */
async function secure(
  stream: Duplex,
  { certificates, destination, signal, timeouts, alpnProtocols }: Opening,
): Promise<{ readonly secured: TLSSocket; readonly serverName: string | undefined }> {
  const host = destination.authority.host.replace(/^\[(.*)\]$/, '$1');
  const context = await certificates.contextFor(host);
  const tls = { secureContext: () => context, alpnProtocols };
  const late = AbortSignal.timeout(timeouts.headTimeoutMs);
  const secured = await upgradeToTls(stream as Socket, tls, {
    signal: AbortSignal.any([signal, late]),
    start: 'implicit',
  });
  const { servername: named } = secured as { readonly servername?: string | false | null };
  const serverName = typeof named === 'string' && named !== '' ? named : undefined;
  return { secured, serverName: serverName?.toLowerCase().replace(/\.$/, '') };
}
