import type { FieldBlock } from '../fields/field-block.ts';
import type { MinorVersion } from '../head/request-line.ts';
import { DIGIT, isAllOf } from '../octets.ts';

/** How the end of a message's body is found (RFC 9112 section 6.3). */
export type BodyFraming =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly length: number }
  | { readonly kind: 'chunked' }
  /** To the end of the connection: responses only. */
  | { readonly kind: 'until-close' }
  /** No more HTTP behind the head: 101, and 2xx to CONNECT. */
  | { readonly kind: 'tunnel' };

export const NO_BODY: BodyFraming = { kind: 'none' };
export const CHUNKED: BodyFraming = { kind: 'chunked' };

const MOST_DIGITS = 16;

/** What Content-Length and Transfer-Encoding declare, before the rules of methods and statuses. */
export interface DeclaredFraming {
  readonly length: number | undefined;
  readonly isChunked: boolean;
}

const NOTHING_DECLARED: DeclaredFraming = { length: undefined, isChunked: false };
const CHUNKED_DECLARED: DeclaredFraming = { length: undefined, isChunked: true };

/**
 * Reads what frames a message. Both fields were checked to be there once at most. Refused: both together, any coding
 * but a single `chunked`, chunked in HTTP/1.0, and lengths that are not plain decimal numbers up to 2^53 - 1.
 */
export function readFraming(fields: FieldBlock, minor: MinorVersion): DeclaredFraming {
  const lengthAt = fields.indexOf('content-length');
  const codingAt = fields.indexOf('transfer-encoding');
  if (codingAt !== -1) {
    if (lengthAt !== -1) {
      const message = 'content-length and transfer-encoding in one message';
      throw fields.error(codingAt, 'ERR_HTTP1_FRAMING', message);
    }
    checkCoding(fields, codingAt, minor);
    return CHUNKED_DECLARED;
  }
  return lengthAt === -1 ? NOTHING_DECLARED : { length: readLength(fields, lengthAt), isChunked: false };
}

const NOT_IMPLEMENTED = 501;

function checkCoding(fields: FieldBlock, at: number, minor: MinorVersion): void {
  const value = fields.valueAt(at).toLowerCase();
  if (minor === 0) {
    throw fields.error(at, 'ERR_HTTP1_TRANSFER_ENCODING', 'transfer-encoding in HTTP/1.0');
  }
  if (value === 'chunked') return;
  const message = 'transfer-encoding is not exactly chunked';
  const isList = value.includes('chunked');
  const status = isList ? undefined : NOT_IMPLEMENTED;
  throw fields.error(at, 'ERR_HTTP1_TRANSFER_ENCODING', message, status);
}

function readLength(fields: FieldBlock, at: number): number {
  const value = fields.valueAt(at);
  const length = Number(value);
  const isPlain = isAllOf(DIGIT, value) && (value === '0' || !value.startsWith('0'));
  if (isPlain && value.length <= MOST_DIGITS && Number.isSafeInteger(length)) return length;
  throw fields.error(at, 'ERR_HTTP1_CONTENT_LENGTH', 'content-length is not one plain number up to 2^53 - 1');
}
