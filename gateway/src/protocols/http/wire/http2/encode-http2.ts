import type { OutgoingRequest } from '../encode/encode-request.ts';
import { type HeadFields, misuse } from '../encode/head-fields.ts';
import { parseAuthority } from '../head/authority.ts';
import { isAllOf, METHOD, TARGET } from '../octets.ts';

/** A response as the gateway sends it. */
export interface OutgoingHttp2Response {
  /** 200 to 599. */
  readonly status: number;
  readonly fields: HeadFields;
  /** Of the request that it answers. */
  readonly method: string;
  /** Bytes of the body, undefined where they are not known yet. For HEAD and 304: what the body would have. */
  readonly length: number | undefined;
}

const NO_CONTENT = 204;
const NOT_MODIFIED = 304;
const INTERNAL = { source: 'internal', offset: 0 } as const;

/** Whether a body may follow (RFC 9110 section 6.4.1). */
export function hasContent(method: string, status: number): boolean {
  return method !== 'HEAD' && status >= 200 && status !== NO_CONTENT && status !== NOT_MODIFIED;
}

/** Writes the header list of a response (RFC 9113 section 8.3.2) as names and values in turn. */
export function encodeHttp2Response({ status, fields, length }: OutgoingHttp2Response): string[] {
  if (!Number.isInteger(status) || status < 200 || status > 599) throw misuse('a status that cannot be');
  const list = [':status', String(status), ...fields.pairs().flat()];
  if (length !== undefined && status !== NO_CONTENT) list.push('content-length', toLength(length));
  return list;
}

/** Writes the header list of a request (RFC 9113 section 8.3.1), by the rules of requests of HTTP/1. */
export function encodeHttp2Request(request: OutgoingRequest, scheme: 'http' | 'https'): string[] {
  const { method, target, host, fields, framing } = request;
  if (!isAllOf(METHOD, method) || method === 'CONNECT') throw misuse('a method that cannot be sent');
  if (!isAllOf(TARGET, target)) throw misuse('a target holds what no target may hold');
  if (!target.startsWith('/') && target !== '*') throw misuse('a target is no path');
  parseAuthority(host, INTERNAL);
  const pseudo = [':method', method, ':scheme', scheme, ':authority', host, ':path', target];
  const list = [...pseudo, ...fields.pairs().flat()];
  if (framing.kind === 'length') list.push('content-length', toLength(framing.length));
  if (request.acceptsTrailers === true) list.push('te', 'trailers');
  return list;
}

/** Trailers as `node:http2` takes them: lists of values by name. */
export function encodeHttp2Trailers(fields: HeadFields | undefined): Record<string, string[]> {
  const list = Object.create(null) as Record<string, string[]>;
  for (const [name, value] of fields?.pairs() ?? []) (list[name] ??= []).push(value);
  return list;
}

function toLength(length: number): string {
  if (!Number.isSafeInteger(length) || length < 0) throw misuse('a length that cannot be');
  return String(length);
}
