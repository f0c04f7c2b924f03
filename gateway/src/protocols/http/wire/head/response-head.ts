import { type BodyFraming, CHUNKED, type DeclaredFraming, NO_BODY, readFraming } from '../body/framing.ts';
import { type ConnectionOptions, readConnection, readProtocols } from '../fields/connection.ts';
import type { FieldBlock, TextOrigin } from '../fields/field-block.ts';
import { parseFieldLines } from '../fields/field-lines.ts';
import { ONCE_IN_RESPONSE } from '../fields/known-fields.ts';
import type { HeadLimits } from '../limits.ts';
import type { MinorVersion } from './request-line.ts';
import { parseStatusLine } from './status-line.ts';

/** What has to be known of a request to read its response. */
export interface AskedRequest {
  readonly method: string;
  /** Protocols that the gateway itself offered, in lower case; undefined where it offered none. */
  readonly upgrade: readonly string[] | undefined;
}

/** One response up to its body. */
export interface ResponseHead {
  readonly minor: MinorVersion;
  readonly status: number;
  readonly reason: string;
  readonly fields: FieldBlock;
  readonly framing: BodyFraming;
  /** Content-Length as declared: also where no body follows (HEAD, 304). */
  readonly declaredLength: number | undefined;
  readonly connection: ConnectionOptions;
  /** 1xx other than 101: the response proper is still to come. */
  readonly isInterim: boolean;
  /** The connection can take another request when this response has ended. */
  readonly isPersistent: boolean;
  /** The protocol of a 101. */
  readonly upgrade: string | undefined;
}

const SWITCHING = 101;
const NO_CONTENT = 204;
const NOT_MODIFIED = 304;

/** Parses a whole response head for `asked`. Throws {@link import('../errors.ts').WireError}. */
export function parseResponseHead(
  text: string,
  origin: TextOrigin,
  limits: HeadLimits,
  asked: AskedRequest,
): ResponseHead {
  const { minor, status, reason, end } = parseStatusLine(text, origin, limits);
  const fields = parseFieldLines(text, end, origin, { limits, once: ONCE_IN_RESPONSE, isTrailer: false });
  const connection = readConnection(fields);
  const declared = readFraming(fields, minor);
  const framing = responseFraming(status, asked, fields, declared);
  return {
    minor,
    status,
    reason,
    fields,
    framing,
    declaredLength: declared.length,
    connection,
    isInterim: status < 200 && status !== SWITCHING,
    isPersistent:
      minor === 1 && !connection.close && framing.kind !== 'until-close' && framing.kind !== 'tunnel',
    upgrade: status === SWITCHING ? readSwitch(fields, connection, asked) : undefined,
  };
}

/** RFC 9112 section 6.3, rules 1 to 8; what a server must not send is refused instead of ignored. */
function responseFraming(
  status: number,
  asked: AskedRequest,
  fields: FieldBlock,
  { length, isChunked }: DeclaredFraming,
): BodyFraming {
  const isTunnel = status === SWITCHING || (asked.method === 'CONNECT' && status >= 200 && status < 300);
  if (isTunnel || status < 200 || status === NO_CONTENT) {
    if (isChunked || (length ?? 0) > 0) {
      const at = fields.indexOf(isChunked ? 'transfer-encoding' : 'content-length');
      throw fields.error(
        at,
        'ERR_HTTP1_FRAMING',
        `a body is declared for a status of ${status}, which has none`,
      );
    }
    return isTunnel ? { kind: 'tunnel' } : NO_BODY;
  }
  if (asked.method === 'HEAD' || status === NOT_MODIFIED) return NO_BODY;
  if (isChunked) return CHUNKED;
  return length === undefined ? { kind: 'until-close' } : { kind: 'length', length };
}

/** The protocol switched to: one that was offered, named with Connection as RFC 9110 section 7.8 has it. */
function readSwitch(fields: FieldBlock, connection: ConnectionOptions, asked: AskedRequest): string {
  const at = fields.indexOf('upgrade');
  const protocols = at === -1 ? [] : readProtocols(fields, at);
  const [protocol] = protocols;
  const isOffered = protocol !== undefined && asked.upgrade?.includes(protocol) === true;
  if (isOffered && protocols.length === 1 && connection.upgrade) return protocol;
  throw fields.error(Math.max(at, 0), 'ERR_HTTP1_UNASKED', 'a switch to a protocol that was not offered');
}
