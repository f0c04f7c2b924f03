/** From the first byte to the startup packet: encryption requests, direct TLS, CancelRequest (chapter 54.2.1, 54.2.10). */
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { PostgresError } from '../errors.ts';
import { type CancelRequest, parseStartupPacket, type StartupMessage } from '../wire/startup.ts';
import { StartupReader } from '../wire/startup-reader.ts';
import { readChunk } from './chunk-reader.ts';

/** First byte of a TLS record that holds a handshake (RFC 8446 section 5.1). */
const TLS_HANDSHAKE = 0x16;
const YES = Buffer.from('S');
const NO = Buffer.from('N');

/** What a connection turned out to be. */
export type OpenedConnection =
  | (CancelRequest & { readonly stream: Duplex })
  | {
      readonly kind: 'session';
      readonly stream: Duplex;
      readonly startup: StartupMessage;
      /** Absent on a plaintext connection. */
      readonly tls: { readonly version: string; readonly cipher: string } | undefined;
      /** The gateway's certificate in this connection, in DER: for channel binding. */
      readonly certificate: Buffer | undefined;
    };

/** What opening needs. */
export interface OpenOptions {
  readonly signal: AbortSignal;
  /** Wraps the socket in TLS as a server; `direct`: the client begins with TLS, ALPN must say postgresql. */
  readonly secure: (
    socket: Socket,
    options: { readonly direct: boolean; readonly signal: AbortSignal },
  ) => Promise<TLSSocket>;
}

/**
 * Reads up to the startup packet. SSLRequest is answered `S`, GSSENCRequest `N`, each at most once.
 * @throws PostgresError, WireError or ListenerError on anything else.
 */
export async function openConnection(socket: Socket, options: OpenOptions): Promise<OpenedConnection> {
  let stream: Duplex = socket;
  let tls: TLSSocket | undefined;
  let askedGss = false;
  const first = await readChunk(socket, options.signal);
  let pending = first;
  if (first[0] === TLS_HANDSHAKE) {
    socket.unshift(first);
    tls = await options.secure(socket, { direct: true, signal: options.signal });
    stream = tls;
    pending = await readChunk(tls, options.signal);
  }
  for (;;) {
    const { packet, rest } = await readPacket(stream, pending, options.signal);
    const request = parseStartupPacket(packet);
    if (rest.length > 0 && request.kind !== 'ssl')
      throw refuse('bytes were sent behind a startup packet, before its answer');
    if (request.kind === 'cancel') return { ...request, stream };
    if (request.kind === 'startup') {
      return {
        kind: 'session',
        stream,
        startup: request,
        tls: tls === undefined ? undefined : describe(tls),
        certificate: tls?.getX509Certificate()?.raw,
      };
    }
    if (request.kind === 'ssl') {
      if (tls !== undefined) throw refuse('TLS was asked for inside TLS');
      socket.write(YES);
      // Clients that leave at once send Terminate there. PostgreSQL answers and lets the handshake fail of it; so does this.
      if (rest.length > 0) socket.unshift(rest);
      tls = await options.secure(socket, { direct: false, signal: options.signal });
      stream = tls;
    } else {
      if (askedGss) throw refuse('GSS encryption was asked for twice');
      askedGss = true;
      stream.write(NO);
    }
    pending = await readChunk(stream, options.signal);
  }
}

async function readPacket(
  stream: Duplex,
  first: Buffer,
  signal: AbortSignal,
): Promise<{ readonly packet: Buffer; readonly rest: Buffer }> {
  const reader = new StartupReader();
  for (let chunk = first; ; chunk = await readChunk(stream, signal)) {
    const read = reader.push(chunk);
    if (read !== undefined) return read;
  }
}

function describe(socket: TLSSocket): { version: string; cipher: string } {
  return { version: socket.getProtocol() ?? 'unknown', cipher: socket.getCipher().name };
}

function refuse(message: string): PostgresError {
  return new PostgresError('ERR_POSTGRES_HANDSHAKE', message, {
    source: 'downstream',
    publicMessage: message,
  });
}
