import { type Pair, readPairs, writePairs } from '../../../documents/pairs.ts';
import { type Reading, read, unread } from '../../../documents/reading.ts';
import { type Authority, readAuthority, type Scheme, writeAuthority } from './authority.ts';
import { type HeaderFields, type HeaderOptions, type Headers, readHeaders } from './headers.ts';
import { type HttpMethod, readMethod } from './method.ts';
import { withoutOwnParameter } from './own-parameter.ts';
import { type NormalPath, type PathOptions, readPath } from './path.ts';

/** The head of a request as the wire has it. */
export interface RequestHead {
  readonly method: string;
  /** Request target (RFC 9112, 3.2), `:path` of HTTP/2: origin form or absolute form. */
  readonly target: string;
  readonly scheme: Scheme;
  /** `Host`, or `:authority` of HTTP/2, where there is one. */
  readonly authority: string | undefined;
  /** Without pseudo-headers. */
  readonly fields: HeaderFields;
  /** Of a WebSocket handshake (RFC 6455 section 4.2.1), whose own fields are not among the others. */
  readonly webSocket?: WebSocketOffer;
}

/** What the client of a WebSocket offers. */
export interface WebSocketOffer {
  /** Subprotocols, in order. */
  readonly protocols: readonly string[];
}

/** How the requests of a resource are read. */
export interface RequestFormOptions extends PathOptions, HeaderOptions {
  /** Parameter of the query by which the gateway authenticates: a client's own is not part of the request. */
  readonly ownParameter?: string;
}

/** A request in its one form: what is judged, and what is sent. */
export interface RequestForm {
  readonly method: HttpMethod;
  readonly scheme: Scheme;
  readonly authority: Authority;
  readonly path: NormalPath;
  readonly query: readonly Pair[];
  readonly headers: Headers;
  /** The request opens a WebSocket. */
  readonly webSocket?: WebSocketOffer;
}

const LONGEST_QUERY = 16 * 1024;

/**
 * Brings the head of a request into its one form. What services read in different ways is settled where the gateway's
 * own form leaves them no choice, and refused otherwise; the reason is fit for denials.
 */
export function readRequest(head: RequestHead, options: RequestFormOptions): Reading<RequestForm> {
  const method = readMethod(head.method);
  if (!method.ok) return method;
  const target = readTarget(head);
  if (!target.ok) return target;
  const { authority, rest } = target.value;
  const mark = rest.indexOf('?');
  const path = readPath(mark === -1 ? rest : rest.slice(0, mark), options);
  if (!path.ok) return path;
  const query = readQuery(mark === -1 ? '' : rest.slice(mark + 1), options.ownParameter);
  if (!query.ok) return query;
  const headers = readHeaders(head.fields, options);
  if (!headers.ok) return headers;
  return read({
    method: method.value,
    scheme: head.scheme,
    authority,
    path: path.value,
    query: query.value,
    headers: headers.value,
    ...(head.webSocket === undefined ? {} : { webSocket: head.webSocket }),
  });
}

/** The request target that is sent upstream: made of the form alone, so it is what was judged (P2). */
export function writeTarget({ path, query }: Pick<RequestForm, 'path' | 'query'>): string {
  return query.length === 0 ? path.encoded : `${path.encoded}?${writePairs(query)}`;
}

function readTarget(head: RequestHead): Reading<{ readonly authority: Authority; readonly rest: string }> {
  const named = head.authority === undefined ? undefined : readAuthority(head.authority, head.scheme);
  if (named !== undefined && !named.ok) return named;
  if (head.target.startsWith('/')) {
    return named === undefined
      ? unread('a request without host')
      : read({ authority: named.value, rest: head.target });
  }
  const [, scheme = '', authority = '', rest = ''] =
    /^([A-Za-z]+):\/\/([^/?#]*)(.*)$/s.exec(head.target) ?? [];
  if (scheme.toLowerCase() !== head.scheme) return unread('a request target that is no path');
  const own = readAuthority(authority, head.scheme);
  if (!own.ok) return own;
  if (
    named !== undefined &&
    writeAuthority(named.value, head.scheme) !== writeAuthority(own.value, head.scheme)
  ) {
    return unread('a request target of another host than the header says');
  }
  return read({ authority: own.value, rest: rest.startsWith('/') ? rest : `/${rest}` });
}

function readQuery(raw: string, own: string | undefined): Reading<readonly Pair[]> {
  if (raw.length > LONGEST_QUERY) return unread(`a query longer than ${LONGEST_QUERY} characters`);
  if (raw.includes('#')) return unread('a fragment');
  const pairs = readPairs(raw);
  return pairs.ok && own !== undefined ? withoutOwnParameter(pairs.value, own) : pairs;
}
