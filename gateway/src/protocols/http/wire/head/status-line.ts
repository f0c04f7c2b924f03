import { WireError } from '../errors.ts';
import type { TextOrigin } from '../fields/field-block.ts';
import { byteError } from '../fields/field-lines.ts';
import type { HeadLimits } from '../limits.ts';
import { CR, DIGIT, isOf, LF, SP, skip, VALUE } from '../octets.ts';
import type { MinorVersion } from './request-line.ts';

/** RFC 9112 section 4. */
export interface StatusLine {
  readonly minor: MinorVersion;
  /** 100 to 599. */
  readonly status: number;
  /** As received; it is never sent on. */
  readonly reason: string;
  /** Where the field lines begin in the text. */
  readonly end: number;
}

const VERSION = 'HTTP/1.';
const STATUS_AT = VERSION.length + 2;
const REASON_AT = STATUS_AT + 3;

/** Parses the status line at the beginning of a head. The space before an empty reason may be missing, as it often is. */
export function parseStatusLine(text: string, origin: TextOrigin, limits: HeadLimits): StatusLine {
  const minor = text.charCodeAt(VERSION.length) - 0x30;
  const isVersion = text.startsWith(VERSION) && text.charCodeAt(VERSION.length + 1) === SP;
  if (!isVersion || (minor !== 0 && minor !== 1)) {
    throw new WireError('ERR_HTTP1_VERSION', 'a response does not begin with HTTP/1.1 or HTTP/1.0', origin);
  }
  const status = Number(text.slice(STATUS_AT, REASON_AT));
  const isNumber = [0, 1, 2].every((index) => isOf(DIGIT, text.charCodeAt(STATUS_AT + index)));
  if (!isNumber || status < 100 || status > 599)
    throw lineError(origin, STATUS_AT, 'a status that is no number from 100 to 599');
  const lineEnd = skip(VALUE, text, REASON_AT, text.length);
  if (text.charCodeAt(lineEnd) !== CR || text.charCodeAt(lineEnd + 1) !== LF)
    throw byteError(text, lineEnd, origin);
  if (lineEnd > REASON_AT && text.charCodeAt(REASON_AT) !== SP) {
    throw lineError(origin, REASON_AT, 'a status that is not followed by a space');
  }
  const reason = text.slice(REASON_AT + 1, lineEnd);
  if (reason.length > limits.targetBytes) {
    const place = { source: origin.source, offset: origin.offset + REASON_AT };
    throw new WireError('ERR_HTTP1_TOO_LONG', `a reason of more than ${limits.targetBytes} bytes`, place);
  }
  return { minor, status, reason, end: lineEnd + 2 };
}

function lineError(origin: TextOrigin, at: number, message: string): WireError {
  return new WireError('ERR_HTTP1_STATUS_LINE', message, { ...origin, offset: origin.offset + at });
}
