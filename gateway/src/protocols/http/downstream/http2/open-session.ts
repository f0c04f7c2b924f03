import { performServerHandshake, type ServerHttp2Session } from 'node:http2';
import type { Duplex } from 'node:stream';
import { REQUEST_LIMITS } from '../../wire/limits.ts';

/** Streams of one connection that may be open at once. */
export const MOST_STREAMS = 100;

/** What a client may send of a body before it is taken, in bytes: one window a stream is the most that is held unread. */
const WINDOW_BYTES = 65_535;

/**
 * Takes the server's side of HTTP/2 on an accepted connection. Node frames, within these bounds; what a request is says our own
 * codec. What passes them ends the connection with GOAWAY: too many CONTINUATION frames (8, by nghttp2), invalid frames, empty
 * frames, resets (CVE-2023-44487), unanswered acknowledgements.
 */
export function openHttp2Session(socket: Duplex): ServerHttp2Session {
  // Of a TLSSocket that no tls.Server made Node does not note that the handshake is over, and would wait for it.
  if ('secureConnecting' in socket) socket.secureConnecting = false;
  return performServerHandshake(socket, {
    settings: {
      maxConcurrentStreams: MOST_STREAMS,
      initialWindowSize: WINDOW_BYTES,
      maxHeaderListSize: REQUEST_LIMITS.headBytes,
      enablePush: false,
    },
    // One more than what our codec answers 431 to.
    maxHeaderListPairs: REQUEST_LIMITS.fields + 8,
    maxSessionMemory: 16,
    maxSessionInvalidFrames: 32,
    maxSessionRejectedStreams: 64,
    maxSettings: 16,
    streamResetBurst: 200,
    streamResetRate: 20,
    // Fields that may be there once are our codec's matter.
    strictSingleValueFields: false,
  });
}
