import type { BodyFraming } from '../body/framing.ts';
import { parseAuthority } from '../head/authority.ts';
import { isAllOf, METHOD, TARGET } from '../octets.ts';
import { encodeFraming } from './encode-framing.ts';
import { type HeadFields, misuse } from './head-fields.ts';

/** A request as the gateway sends it. */
export interface OutgoingRequest {
  readonly method: string;
  /** The canonical target, a path or `*`: what was judged. */
  readonly target: string;
  /** Host and port as the resource knows itself. */
  readonly host: string;
  readonly fields: HeadFields;
  /** `length` or `chunked` where there is a body, else `none`. */
  readonly framing: BodyFraming;
  /** A protocol to switch to, in Upgrade. */
  readonly upgrade?: string;
  /** The gateway can take trailers (`TE: trailers`). */
  readonly acceptsTrailers?: boolean;
  /** Whether to hold the body until the resource says `100 Continue`. */
  readonly expectsContinue?: boolean;
}

const INTERNAL = { source: 'internal', offset: 0 } as const;

/** Methods whose requests have a body by their meaning: without one, Content-Length 0 says so (RFC 9110 section 8.6). */
const WITH_CONTENT = new Set(['POST', 'PUT', 'PATCH']);

/** Writes a request head (RFC 9112 section 3), always HTTP/1.1, Host first, framing and connection fields last. */
export function encodeRequestHead(request: OutgoingRequest): Buffer {
  const { method, target, host, fields, framing, upgrade } = request;
  if (!isAllOf(METHOD, method)) throw misuse('a method is no token in upper case');
  if (!isAllOf(TARGET, target)) throw misuse('a target holds what no target may hold');
  if (!target.startsWith('/') && target !== '*') throw misuse('a target is no path');
  parseAuthority(host, INTERNAL);
  if (framing.kind === 'until-close' || framing.kind === 'tunnel') {
    throw misuse(`a request cannot be framed as ${framing.kind}`);
  }
  const declared = framing.kind === 'none' && WITH_CONTENT.has(method) ? 'content-length: 0\r\n' : '';
  const lines =
    encodeFraming(framing) +
    declared +
    (request.expectsContinue === true && framing.kind !== 'none' ? 'expect: 100-continue\r\n' : '') +
    encodeConnection(upgrade, request.acceptsTrailers === true);
  return Buffer.from(`${method} ${target} HTTP/1.1\r\nhost: ${host}\r\n${fields.text}${lines}\r\n`, 'latin1');
}

const PROTOCOL = /^[-!#$%&'*+.^_`|~0-9A-Za-z]+(?:\/[-!#$%&'*+.^_`|~0-9A-Za-z]+)?$/;

function encodeConnection(upgrade: string | undefined, acceptsTrailers: boolean): string {
  if (upgrade !== undefined && !PROTOCOL.test(upgrade)) throw misuse('an upgrade is no protocol');
  if (upgrade !== undefined) return `upgrade: ${upgrade}\r\nconnection: upgrade\r\n`;
  return acceptsTrailers ? 'te: trailers\r\nconnection: te\r\n' : '';
}
