import { type BodyFraming, CHUNKED, NO_BODY, readFraming } from '../body/framing.ts';
import { WireError } from '../errors.ts';
import { NO_OPTIONS } from '../fields/connection.ts';
import type { FieldBlock } from '../fields/field-block.ts';
import { ONCE_IN_REQUEST } from '../fields/known-fields.ts';
import { type Authority, isSameAuthority, parseAuthority } from '../head/authority.ts';
import { type RequestHead, readExpect } from '../head/request-head.ts';
import { parseRequestTarget, type RequestTarget } from '../head/request-target.ts';
import { type HeadLimits, REQUEST_LIMITS } from '../limits.ts';
import { isAllOf, METHOD, TARGET } from '../octets.ts';
import { type RawHeaders, readHeaderList } from './header-list.ts';

const ORIGIN = { source: 'downstream', offset: 0 } as const;
const PSEUDO = ['method', 'scheme', 'authority', 'path'];
const DEFAULT_PORTS: Readonly<Record<string, number>> = { http: 80, https: 443 };
const URI_TOO_LONG = 414;

/**
 * Reads the header list of an HTTP/2 request as the head of a request like any other (RFC 9113 section 8.3.1). Extended CONNECT
 * (RFC 8441) is refused. A body of unknown length counts as chunked.
 *
 * @param endsStream the stream ends with its headers: there is no body
 */
export function readHttp2Request(
  raw: RawHeaders,
  endsStream: boolean,
  limits: HeadLimits = REQUEST_LIMITS,
): RequestHead {
  const rules = { source: 'downstream', limits, pseudo: PSEUDO, once: ONCE_IN_REQUEST } as const;
  const { pseudo, fields } = readHeaderList(raw, rules);
  const method = pseudo.get('method') ?? '';
  if (!isAllOf(METHOD, method)) throw malformed(':method is missing, or no token in upper case');
  const target = readTarget(method, pseudo, limits);
  const authority = readAuthority(pseudo, fields);
  const framing = readBody(method, fields, endsStream);
  return {
    method,
    target,
    minor: 1,
    fields,
    authority,
    framing,
    connection: NO_OPTIONS,
    isPersistent: true,
    expectsContinue: readExpect(fields) && framing.kind !== 'none',
    upgrade: undefined,
  };
}

function readTarget(method: string, pseudo: ReadonlyMap<string, string>, limits: HeadLimits): RequestTarget {
  const path = pseudo.get('path');
  const scheme = pseudo.get('scheme');
  if (method === 'CONNECT') {
    if (path !== undefined || scheme !== undefined) throw malformed('CONNECT with :path or :scheme');
    return parseRequestTarget(method, pseudo.get('authority') ?? '', ORIGIN);
  }
  if (scheme !== 'http' && scheme !== 'https') throw malformed(':scheme is neither http nor https');
  if (path === undefined || !isAllOf(TARGET, path))
    throw malformed(':path is missing, or holds what no path may hold');
  if (path.length > limits.targetBytes) {
    const message = `a target of more than ${limits.targetBytes} bytes`;
    throw new WireError('ERR_HTTP1_TOO_LONG', message, { ...ORIGIN, status: URI_TOO_LONG });
  }
  if (!path.startsWith('/') && path !== '*') throw malformed(':path is no path');
  return parseRequestTarget(method, path, ORIGIN);
}

/** `:authority`, or Host where it is missing; both must be the same place. */
function readAuthority(pseudo: ReadonlyMap<string, string>, fields: FieldBlock): Authority {
  const named = pseudo.get('authority');
  const at = fields.indexOf('host');
  if (named === undefined) {
    if (at === -1) throw new WireError('ERR_HTTP1_HOST', 'host is missing', ORIGIN);
    return parseAuthority(fields.valueAt(at), fields.originAt(at));
  }
  const authority = parseAuthority(named, ORIGIN);
  if (at === -1) return authority;
  const host = parseAuthority(fields.valueAt(at), fields.originAt(at));
  const port = DEFAULT_PORTS[pseudo.get('scheme') ?? ''] ?? authority.port;
  if (isSameAuthority(authority, host, port)) return authority;
  throw fields.error(at, 'ERR_HTTP1_HOST', 'host is not :authority');
}

function readBody(method: string, fields: FieldBlock, endsStream: boolean): BodyFraming {
  const { length } = readFraming(fields, 1);
  if (method === 'CONNECT') {
    if (length === undefined) return NO_BODY;
    throw fields.error(fields.indexOf('content-length'), 'ERR_HTTP1_FRAMING', 'CONNECT with a body');
  }
  if (!endsStream) return length === undefined ? CHUNKED : { kind: 'length', length };
  if (length === undefined || length === 0) return NO_BODY;
  const message = 'a length is declared and no body follows';
  throw fields.error(fields.indexOf('content-length'), 'ERR_HTTP1_FRAMING', message);
}

function malformed(message: string): WireError {
  return new WireError('ERR_HTTP2_PSEUDO', message, ORIGIN);
}
