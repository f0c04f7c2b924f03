import { type BodyFraming, CHUNKED, NO_BODY, readFraming } from '../body/framing.ts';
import { WireError } from '../errors.ts';
import { type ConnectionOptions, readConnection, readProtocols } from '../fields/connection.ts';
import type { FieldBlock, TextOrigin } from '../fields/field-block.ts';
import { parseFieldLines } from '../fields/field-lines.ts';
import { ONCE_IN_REQUEST } from '../fields/known-fields.ts';
import type { HeadLimits } from '../limits.ts';
import { type Authority, isSameAuthority, parseAuthority } from './authority.ts';
import { type MinorVersion, parseRequestLine, type RequestLine } from './request-line.ts';
import type { RequestTarget } from './request-target.ts';

/** One request up to its body. */
export interface RequestHead {
  readonly method: string;
  readonly target: RequestTarget;
  readonly minor: MinorVersion;
  readonly fields: FieldBlock;
  /** Whom the request is for: of the target where it has one, else of Host; they were compared. */
  readonly authority: Authority;
  readonly framing: BodyFraming;
  readonly connection: ConnectionOptions;
  /** The connection can take another request; never after HTTP/1.0 (RFC 9112 section 9.3). */
  readonly isPersistent: boolean;
  /** The client waits for `100 Continue` before it sends the body. */
  readonly expectsContinue: boolean;
  /** Protocols offered by Upgrade, in lower case; undefined where there is no valid offer. */
  readonly upgrade: readonly string[] | undefined;
}

const DEFAULT_PORTS = { http: 80, https: 443 } as const;

/**
 * Parses a whole request head. Throws {@link import('../errors.ts').WireError} with the status to answer; after that the
 * connection can only be closed.
 */
export function parseRequestHead(text: string, origin: TextOrigin, limits: HeadLimits): RequestHead {
  const line = parseRequestLine(text, origin, limits);
  const { method, target, minor } = line;
  const fields = parseFieldLines(text, line.end, origin, { limits, once: ONCE_IN_REQUEST, isTrailer: false });
  const authority = readHost(line, fields, origin);
  const framing = requestFraming(method, fields, minor);
  const connection = readConnection(fields);
  return {
    method,
    target,
    minor,
    fields,
    authority,
    framing,
    connection,
    isPersistent: minor === 1 && !connection.close,
    expectsContinue: readExpect(fields) && minor === 1 && framing.kind !== 'none',
    upgrade: readUpgrade(fields, connection, minor),
  };
}

/**
 * Host is required once (RFC 9112 section 3.2) and must agree with an authority in the target, which an intermediary
 * could otherwise route by one and judge by the other. HTTP/1.0 may leave it out where the target has one: older
 * clients of CONNECT do.
 */
function readHost(line: RequestLine, fields: FieldBlock, origin: TextOrigin): Authority {
  const { target, minor } = line;
  const at = fields.indexOf('host');
  const named = target.form === 'absolute' || target.form === 'authority' ? target.authority : undefined;
  if (at === -1) {
    if (minor === 0 && named !== undefined) return named;
    throw new WireError('ERR_HTTP1_HOST', 'host is missing', origin);
  }
  const host = parseAuthority(fields.valueAt(at), fields.originAt(at));
  if (named === undefined) return host;
  const port = target.form === 'absolute' ? DEFAULT_PORTS[target.scheme] : named.port;
  if (isSameAuthority(named, host, port)) return named;
  throw fields.error(at, 'ERR_HTTP1_HOST', 'host is not the host of the target');
}

/** RFC 9112 section 6.3 for requests. CONNECT and TRACE have no content (RFC 9110 sections 9.3.6 and 9.3.8). */
function requestFraming(method: string, fields: FieldBlock, minor: MinorVersion): BodyFraming {
  const { length, isChunked } = readFraming(fields, minor);
  const isEmpty = !isChunked && (length === undefined || length === 0);
  if ((method === 'CONNECT' || method === 'TRACE') && !isEmpty) {
    const at = fields.indexOf(isChunked ? 'transfer-encoding' : 'content-length');
    throw fields.error(at, 'ERR_HTTP1_FRAMING', `${method} with a body`);
  }
  if (isChunked) return CHUNKED;
  return length === undefined ? NO_BODY : { kind: 'length', length };
}

/** Whether `100-continue` is expected; any other expectation cannot be met (RFC 9110 section 10.1.1). */
export function readExpect(fields: FieldBlock): boolean {
  const at = fields.indexOf('expect');
  if (at === -1) return false;
  if (fields.valueAt(at).toLowerCase() === '100-continue') return true;
  throw fields.error(at, 'ERR_HTTP1_EXPECT', 'an expectation other than 100-continue');
}

/** Upgrade counts in HTTP/1.1 and where Connection names it (RFC 9110 section 7.8). */
function readUpgrade(
  fields: FieldBlock,
  connection: ConnectionOptions,
  minor: MinorVersion,
): readonly string[] | undefined {
  const at = fields.indexOf('upgrade');
  if (at === -1 || !connection.upgrade || minor === 0) return undefined;
  return readProtocols(fields, at);
}
