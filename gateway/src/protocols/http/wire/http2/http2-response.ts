import { type BodyFraming, CHUNKED, NO_BODY, readFraming } from '../body/framing.ts';
import { WireError } from '../errors.ts';
import { NO_OPTIONS } from '../fields/connection.ts';
import { ONCE_IN_RESPONSE } from '../fields/known-fields.ts';
import type { ResponseHead } from '../head/response-head.ts';
import { type HeadLimits, RESPONSE_LIMITS } from '../limits.ts';
import { type RawHeaders, readHeaderList } from './header-list.ts';

const ORIGIN = { source: 'upstream', offset: 0 } as const;
const STATUS = /^[1-5]\d\d$/;

/**
 * Reads the header list of an HTTP/2 response as the head of a response like any other (RFC 9113 section 8.3.2). 101 has no
 * meaning in HTTP/2 and is refused.
 *
 * @param endsStream the stream ends with its headers: there is no body
 */
export function readHttp2Response(
  raw: RawHeaders,
  endsStream: boolean,
  method: string,
  limits: HeadLimits = RESPONSE_LIMITS,
): ResponseHead {
  const rules = { source: 'upstream', limits, pseudo: ['status'], once: ONCE_IN_RESPONSE } as const;
  const { pseudo, fields } = readHeaderList(raw, rules);
  const digits = pseudo.get('status') ?? '';
  const status = Number(digits);
  if (!STATUS.test(digits) || status === 101) {
    throw new WireError('ERR_HTTP2_PSEUDO', ':status is missing, malformed or 101', ORIGIN);
  }
  const { length } = readFraming(fields, 1);
  return {
    minor: 1,
    status,
    reason: '',
    fields,
    framing: framingOf(status, method, length, endsStream),
    declaredLength: length,
    connection: NO_OPTIONS,
    isInterim: status < 200,
    isPersistent: true,
    upgrade: undefined,
  };
}

/** RFC 9110 section 6.4.1: which responses have no content; the stream's end frames the others. */
function framingOf(
  status: number,
  method: string,
  length: number | undefined,
  endsStream: boolean,
): BodyFraming {
  if (method === 'CONNECT' && status >= 200 && status < 300) return { kind: 'tunnel' };
  const hasNone = status < 200 || status === 204;
  if (hasNone && (length ?? 0) > 0) {
    throw new WireError(
      'ERR_HTTP1_FRAMING',
      `a body is declared for a status of ${status}, which has none`,
      ORIGIN,
    );
  }
  if (hasNone || status === 304 || method === 'HEAD') return NO_BODY;
  if (!endsStream) return length === undefined ? CHUNKED : { kind: 'length', length };
  if (length === undefined || length === 0) return NO_BODY;
  throw new WireError('ERR_HTTP1_TRUNCATED', 'a length is declared and no body follows', ORIGIN);
}
