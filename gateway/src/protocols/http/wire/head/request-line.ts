import { WireError, type WireErrorCode } from '../errors.ts';
import type { TextOrigin } from '../fields/field-block.ts';
import { byteError } from '../fields/field-lines.ts';
import type { HeadLimits } from '../limits.ts';
import { CR, DIGIT, isOf, LF, METHOD, SP, skip, TARGET, TOKEN, toByteName } from '../octets.ts';
import { parseRequestTarget, type RequestTarget } from './request-target.ts';

/** The minor version of HTTP/1. */
export type MinorVersion = 0 | 1;

/** RFC 9112 section 3. */
export interface RequestLine {
  /** A token in upper case, known or not. */
  readonly method: string;
  readonly target: RequestTarget;
  readonly minor: MinorVersion;
  /** Where the field lines begin in the text. */
  readonly end: number;
}

/** Longer than any registered method (UPDATEREDIRECTREF has 17). */
const MOST_METHOD_BYTES = 32;
const NOT_IMPLEMENTED = 501;
const URI_TOO_LONG = 414;
const VERSION = 'HTTP/1.';
const HASH = 0x23;
const UPPER_A = 0x41;
const UPPER_Z = 0x5a;

/** Parses the request line at the beginning of a head. Throws {@link WireError}. */
export function parseRequestLine(text: string, origin: TextOrigin, limits: HeadLimits): RequestLine {
  const fail = (code: WireErrorCode, message: string, at: number, status?: number): never => {
    const place = { source: origin.source, offset: origin.offset + at };
    throw new WireError(code, message, status === undefined ? place : { ...place, status });
  };
  const methodEnd = skip(TOKEN, text, 0, text.length);
  if (text.charCodeAt(methodEnd) !== SP) throw lineError(text, methodEnd, origin, 'ERR_HTTP1_METHOD');
  if (methodEnd === 0) fail('ERR_HTTP1_METHOD', 'a request line begins with a space', 0);
  if (methodEnd > MOST_METHOD_BYTES) {
    fail('ERR_HTTP1_METHOD', `a method of more than ${MOST_METHOD_BYTES} bytes`, 0, NOT_IMPLEMENTED);
  }
  const first = text.charCodeAt(0);
  if (first < UPPER_A || first > UPPER_Z || skip(METHOD, text, 0, methodEnd) !== methodEnd) {
    // Some servers know `get` as GET; and a body that framing lost ends up in front of the next method.
    fail('ERR_HTTP1_METHOD', 'a method that is not in upper case', 0, NOT_IMPLEMENTED);
  }
  const targetStart = methodEnd + 1;
  const targetEnd = skip(TARGET, text, targetStart, text.length);
  if (targetEnd - targetStart > limits.targetBytes) {
    const message = `a target of more than ${limits.targetBytes} bytes`;
    fail('ERR_HTTP1_TOO_LONG', message, targetStart, URI_TOO_LONG);
  }
  if (text.charCodeAt(targetEnd) !== SP) throw lineError(text, targetEnd, origin, 'ERR_HTTP1_TARGET');
  if (targetEnd === targetStart) fail('ERR_HTTP1_REQUEST_LINE', 'two spaces behind the method', targetEnd);
  const minor = parseVersion(text, targetEnd + 1, origin);
  const method = text.slice(0, methodEnd);
  const targetOrigin = { source: origin.source, offset: origin.offset + targetStart };
  const target = parseRequestTarget(method, text.slice(targetStart, targetEnd), targetOrigin);
  return { method, target, minor, end: targetEnd + VERSION.length + 4 };
}

/** The minor version at `at`, with which a request line must end. */
function parseVersion(text: string, at: number, origin: TextOrigin): MinorVersion {
  const digitAt = at + VERSION.length;
  const minor = text.charCodeAt(digitAt) - 0x30;
  const isEnd = text.charCodeAt(digitAt + 1) === CR && text.charCodeAt(digitAt + 2) === LF;
  if (text.startsWith(VERSION, at) && isEnd && (minor === 0 || minor === 1)) return minor;
  const place = { source: origin.source, offset: origin.offset + at };
  if (isOtherVersion(text, at)) {
    throw new WireError('ERR_HTTP1_VERSION', 'a version other than HTTP/1.1 and HTTP/1.0', place);
  }
  const lineEnd = text.indexOf('\r\n', at);
  const space = text.indexOf(' ', at);
  const message =
    space !== -1 && space < lineEnd
      ? 'a space inside the target or behind the version; spaces are percent-encoded'
      : 'a request line does not end with its version';
  throw new WireError('ERR_HTTP1_REQUEST_LINE', message, place);
}

/** Well-formed (`HTTP/` digit `.` digit) and not one that is spoken here. */
function isOtherVersion(text: string, at: number): boolean {
  const digit = (index: number): boolean => isOf(DIGIT, text.charCodeAt(at + index));
  return (
    text.startsWith('HTTP/', at) && digit(5) && text[at + 6] === '.' && digit(7) && text[at + 8] === '\r'
  );
}

function lineError(text: string, at: number, origin: TextOrigin, code: WireErrorCode): WireError {
  const byte = text.charCodeAt(at);
  const place = { source: origin.source, offset: origin.offset + at };
  if (byte === CR && text.charCodeAt(at + 1) === LF) {
    return new WireError('ERR_HTTP1_REQUEST_LINE', 'a request line ends too early', place);
  }
  if (byte < SP || byte === 0x7f) return byteError(text, at, origin);
  if (byte === HASH && code === 'ERR_HTTP1_TARGET') {
    return new WireError('ERR_HTTP1_TARGET', 'a fragment in the target', place);
  }
  return new WireError(code, `a request line holds the byte ${toByteName(byte)}`, place);
}
