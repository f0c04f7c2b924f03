/** What is spoken in a tunnel that the gateway opens: TLS with a certificate for the host, or what goes without. */
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { HostCertificates } from '../../../listener/host-certificates.ts';
import { upgradeToTls } from '../../../listener/tls-upgrade.ts';
import type { TunnelEnds } from '../downstream/client-exchange.ts';
import { ClientStream, type ClientTimeouts } from '../downstream/client-stream.ts';
import { HttpError } from '../errors.ts';
import type { Scheme } from '../facts/authority.ts';
import { encodeRefusal, errorRefusal } from '../refusal.ts';

/** How a tunnel is opened. */
export interface StreamOpening {
  /** For whom the gateway stands in; an IPv6 address in brackets. */
  readonly host: string;
  /** What has to be spoken; undefined: what the client begins with. */
  readonly scheme: Scheme | undefined;
  readonly certificates: HostCertificates;
  readonly alpnProtocols: readonly string[];
  readonly timeouts: ClientTimeouts;
  /** Aborted when nothing more may come of it. */
  readonly signal: AbortSignal;
}

/** What requests come on. */
export interface OpenedStream {
  readonly stream: Duplex;
  readonly isHttp2: boolean;
  /** As the client named it in the TLS handshake, in lower case. */
  readonly serverName: string | undefined;
}

/** First byte of a TLS record that holds a handshake (RFC 8446 section 5.1). */
const TLS_HANDSHAKE = 0x16;

/** Opens the stream in a tunnel; undefined where nothing comes. Rejects where it cannot be opened. */
export async function openStream(
  ends: TunnelEnds,
  opening: StreamOpening,
): Promise<OpenedStream | undefined> {
  const { scheme, timeouts } = opening;
  const first = ends.rest.length > 0 ? ends.rest : await ends.source.next(timeouts.headTimeoutMs);
  ends.source.release();
  if (!Buffer.isBuffer(first)) return undefined;
  ends.stream.unshift(first);
  const isTls = first[0] === TLS_HANDSHAKE;
  if (scheme === 'http' || (scheme === undefined && !isTls)) {
    return { stream: ends.stream, isHttp2: false, serverName: undefined };
  }
  if (!isTls) throw await refusePlain(ends.stream, timeouts);
  const secured = await secure(ends.stream, opening);
  const { servername: named } = secured as { readonly servername?: string | false | null };
  const serverName = typeof named === 'string' && named !== '' ? named : undefined;
  return {
    stream: secured,
    isHttp2: secured.alpnProtocol === 'h2',
    serverName: serverName?.toLowerCase().replace(/\.$/, ''),
  };
}

/** Tells who speaks without TLS; the error to go on with. */
async function refusePlain(stream: Duplex, timeouts: ClientTimeouts): Promise<HttpError> {
  const message = 'TLS is required in this tunnel: use an https URL';
  const error = new HttpError('ERR_HTTP_PLAINTEXT', 400, message);
  const client = new ClientStream(stream, timeouts);
  await client.write(encodeRefusal(errorRefusal(error)));
  await client.close();
  return error;
}

/** The server's side of TLS, by the name of the place: whatever the client calls it, it is shown no other. */
async function secure(
  stream: Duplex,
  { host, certificates, signal, timeouts, alpnProtocols }: StreamOpening,
): Promise<TLSSocket> {
  const context = await certificates.contextFor(host.replace(/^\[(.*)\]$/, '$1'));
  const tls = { secureContext: () => context, alpnProtocols };
  const late = AbortSignal.timeout(timeouts.headTimeoutMs);
  return upgradeToTls(stream as Socket, tls, { signal: AbortSignal.any([signal, late]), start: 'implicit' });
}
