import { type ErrorSource, GatewayError } from '../../../model/gateway-error.ts';

/** Why the HTTP codec refused something. */
export type WireErrorCode =
  /** A line that ends with LF alone (RFC 9112 section 2.2 lets a recipient accept it; two that differ can be split). */
  | 'ERR_HTTP1_BARE_LF'
  /** A CR that is not followed by LF. */
  | 'ERR_HTTP1_BARE_CR'
  /** NUL or another control byte where text is due. */
  | 'ERR_HTTP1_CONTROL'
  /** A head that begins with an empty line. */
  | 'ERR_HTTP1_EMPTY_LINE'
  /** A request line that is not method, target and version with one space between. */
  | 'ERR_HTTP1_REQUEST_LINE'
  /** A method that is no token, or longer than any known one. */
  | 'ERR_HTTP1_METHOD'
  /** A target that is in none of the four forms, or has bytes that no URI has. */
  | 'ERR_HTTP1_TARGET'
  /** A version other than HTTP/1.0 and HTTP/1.1. */
  | 'ERR_HTTP1_VERSION'
  /** A status line that is not version, three digits and reason. */
  | 'ERR_HTTP1_STATUS_LINE'
  /** A field line that continues the one before (obs-fold), or begins with whitespace. */
  | 'ERR_HTTP1_FOLD'
  /** A field name that is empty, no token, or followed by whitespace. */
  | 'ERR_HTTP1_FIELD_NAME'
  /** A field that may be there once and is there twice: only one would be judged. */
  | 'ERR_HTTP1_DUPLICATE'
  /** Host is missing, malformed, or contradicts the target. */
  | 'ERR_HTTP1_HOST'
  /** Content-Length is not one plain number that can be. */
  | 'ERR_HTTP1_CONTENT_LENGTH'
  /** Transfer-Encoding is not exactly `chunked`, or may not be there. */
  | 'ERR_HTTP1_TRANSFER_ENCODING'
  /** Content-Length and Transfer-Encoding together, or a body where there is none. */
  | 'ERR_HTTP1_FRAMING'
  /** A chunk whose size, extension or end is not as this codec takes them. */
  | 'ERR_HTTP1_CHUNK'
  /** A trailer field that may not be a trailer. */
  | 'ERR_HTTP1_TRAILER'
  /** Connection or Upgrade is malformed, or names a field that is for everybody. */
  | 'ERR_HTTP1_CONNECTION'
  /** An expectation other than 100-continue. */
  | 'ERR_HTTP1_EXPECT'
  /** The head, a trailer section, the target, a name or the number of fields is over its limit. */
  | 'ERR_HTTP1_TOO_LONG'
  /** The stream ended within a message. */
  | 'ERR_HTTP1_TRUNCATED'
  /** The resource sent what nobody asked for: bytes with no request open, an upgrade not offered, endless 1xx. */
  | 'ERR_HTTP1_UNASKED'
  /** A pseudo-header of HTTP/2 that is missing, unknown, there twice, behind a field, or malformed. */
  | 'ERR_HTTP2_PSEUDO'
  /** A field that HTTP/2 does not allow: upper case, connection-specific, or bytes that would be lines in HTTP/1. */
  | 'ERR_HTTP2_FIELD'
  /** The gateway's own code broke the codec's contract. */
  | 'ERR_HTTP1_MISUSE';

/** Which end the bytes came from; `internal` where the gateway itself asked for something unencodable. */
export type WireErrorSource = Extract<ErrorSource, 'downstream' | 'upstream' | 'internal'>;

/** Where a {@link WireError} happened. */
export interface WireErrorPlace {
  readonly source: WireErrorSource;
  /** Bytes from the first byte of the stream; for values that are not in a stream, from their own first byte. */
  readonly offset: number;
  /** The status to answer, where it is not the one of the code. */
  readonly status?: number;
}

const BAD_REQUEST = 400;
const BAD_GATEWAY = 502;
const INTERNAL = 500;

const STATUS_OF: Partial<Readonly<Record<WireErrorCode, number>>> = {
  ERR_HTTP1_EXPECT: 417,
  ERR_HTTP1_TOO_LONG: 431,
  ERR_HTTP1_VERSION: 505,
};

/**
 * The only error the codec throws on bytes. The message tells rules, lengths and offsets and never content, so that
 * it is safe in logs and, for what a client sent, in front of that client.
 */
export class WireError extends GatewayError<WireErrorCode> {
  readonly offset: number;
  /** What to answer the client: 4xx, 501 or 505 for what it sent itself, 502 for what the resource sent. */
  readonly status: number;

  constructor(code: WireErrorCode, message: string, place: WireErrorPlace) {
    const located = `${message} (at byte ${place.offset})`;
    super(code, located, {
      source: place.source,
      ...(place.source === 'downstream' ? { publicMessage: located } : {}),
    });
    this.offset = place.offset;
    this.status = statusOf(code, place);
  }
}

function statusOf(code: WireErrorCode, place: WireErrorPlace): number {
  if (place.source === 'upstream') return BAD_GATEWAY;
  if (place.source === 'internal') return INTERNAL;
  return place.status ?? STATUS_OF[code] ?? BAD_REQUEST;
}
