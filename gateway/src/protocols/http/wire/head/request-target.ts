import { WireError } from '../errors.ts';
import type { TextOrigin } from '../fields/field-block.ts';
import { HEX, isOf } from '../octets.ts';
import { type Authority, parseAuthority } from './authority.ts';

/** A path on this host, as sent: nothing is decoded or normalised here. */
export interface OriginForm {
  readonly form: 'origin';
  readonly raw: string;
  /** From the first slash to the question mark. */
  readonly path: string;
  /** Behind the question mark; undefined where there is none. */
  readonly query: string | undefined;
}

/** A whole URI, as clients of a forward proxy send it. */
export interface AbsoluteForm {
  readonly form: 'absolute';
  readonly raw: string;
  readonly scheme: 'http' | 'https';
  readonly authority: Authority;
  /** Empty where the URI ends behind its authority. */
  readonly path: string;
  readonly query: string | undefined;
}

/** Host and port, of CONNECT. */
export interface AuthorityForm {
  readonly form: 'authority';
  readonly raw: string;
  readonly authority: Authority;
}

/** The server as a whole, of OPTIONS. */
export interface AsteriskForm {
  readonly form: 'asterisk';
  readonly raw: '*';
}

/** RFC 9112 section 3.2: the four forms, kept apart. */
export type RequestTarget = OriginForm | AbsoluteForm | AuthorityForm | AsteriskForm;

const PERCENT = '%';
const SLASH = '/';

/**
 * Parses a request target whose bytes are all of the class `TARGET`.
 *
 * @param origin where the target begins in the stream
 */
export function parseRequestTarget(method: string, raw: string, origin: TextOrigin): RequestTarget {
  if (raw.includes(PERCENT)) checkEncoding(raw, origin);
  if (method === 'CONNECT') return parseAuthorityForm(raw, origin);
  if (raw.startsWith(SLASH)) {
    const mark = raw.indexOf('?');
    if (mark === -1) return { form: 'origin', raw, path: raw, query: undefined };
    return { form: 'origin', raw, path: raw.slice(0, mark), query: raw.slice(mark + 1) };
  }
  if (raw === '*' && method === 'OPTIONS') return { form: 'asterisk', raw };
  return parseAbsoluteForm(raw, origin);
}

function parseAuthorityForm(raw: string, origin: TextOrigin): AuthorityForm {
  const authority = parseAuthority(raw, origin);
  if (authority.port === undefined) {
    throw new WireError('ERR_HTTP1_TARGET', 'CONNECT needs a host and a port', origin);
  }
  return { form: 'authority', raw, authority };
}

function parseAbsoluteForm(raw: string, origin: TextOrigin): AbsoluteForm {
  const match = /^(https?):\/\/([^/?]*)/i.exec(raw);
  if (match === null) {
    const message = 'a target that is no path, no http or https URI, and not the form of its method';
    throw new WireError('ERR_HTTP1_TARGET', message, origin);
  }
  const [start, scheme = '', host = ''] = match;
  const { source, offset } = origin;
  const authority = parseAuthority(host, { source, offset: offset + start.length - host.length });
  const mark = raw.indexOf('?', start.length);
  return {
    form: 'absolute',
    raw,
    scheme: scheme.toLowerCase() === 'https' ? 'https' : 'http',
    authority,
    path: raw.slice(start.length, mark === -1 ? raw.length : mark),
    query: mark === -1 ? undefined : raw.slice(mark + 1),
  };
}

/** A percent sign is followed by two hexadecimal digits, or decoders disagree (RFC 3986 section 2.1). */
function checkEncoding(raw: string, origin: TextOrigin): void {
  for (let at = raw.indexOf(PERCENT); at !== -1; at = raw.indexOf(PERCENT, at + 1)) {
    if (isOf(HEX, raw.charCodeAt(at + 1)) && isOf(HEX, raw.charCodeAt(at + 2))) continue;
    const message = 'a percent sign in the target is not followed by two hexadecimal digits';
    throw new WireError('ERR_HTTP1_TARGET', message, { ...origin, offset: origin.offset + at });
  }
}
