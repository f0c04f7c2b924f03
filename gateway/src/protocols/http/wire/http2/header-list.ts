import { WireError, type WireErrorSource } from '../errors.ts';
import type { FieldBlock } from '../fields/field-block.ts';
import { parseFieldLines } from '../fields/field-lines.ts';
import { ONCE_IN_REQUEST } from '../fields/known-fields.ts';
import { type HeadLimits, TRAILER_LIMITS } from '../limits.ts';
import { COLON, isAllOf, TOKEN, VALUE } from '../octets.ts';

/** Names and values in turn, pseudo-headers first, as `node:http2` gives them in `rawHeaders`. */
export type RawHeaders = readonly string[];

/** A header list taken apart. */
export interface HeaderList {
  /** By their names without the colon. */
  readonly pseudo: ReadonlyMap<string, string>;
  readonly fields: FieldBlock;
}

/** How a header list is read. */
export interface HeaderListRules {
  readonly source: WireErrorSource;
  readonly limits: HeadLimits;
  /** Pseudo-headers that may be there. */
  readonly pseudo: readonly string[];
  /** The flag of fields that may be there once. */
  readonly once: number;
  /** These are trailers, in which many fields may not be. */
  readonly isTrailer?: boolean;
}

/** RFC 9113 section 8.2.2. */
const CONNECTION_SPECIFIC = new Set([
  'connection',
  'proxy-connection',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
]);

/**
 * Takes the header list of an HTTP/2 message apart (RFC 9113 sections 8.2 and 8.3) and holds its fields to the rules of
 * HTTP/1 as well, because they may go on as such: a line end inside a value is the oldest trick of a downgrade. The fields
 * become the same {@link FieldBlock}, by the same parser.
 */
export function readHeaderList(raw: RawHeaders, rules: HeaderListRules): HeaderList {
  const pseudo = new Map<string, string>();
  const cookies: string[] = [];
  let text = '';
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index] ?? '';
    const value = raw[index + 1] ?? '';
    checkValue(value, index, rules);
    if (name.charCodeAt(0) === COLON) {
      if (text !== '' || cookies.length > 0)
        throw pseudoError('a pseudo-header behind a field', index, rules);
      readPseudo(name.slice(1), value, pseudo, index, rules);
      continue;
    }
    checkName(name, value, index, rules);
    // Cookies may come in pieces, which are one field in HTTP/1 (RFC 9113 section 8.2.3).
    if (name === 'cookie') cookies.push(value);
    else text += `${name}: ${value}\r\n`;
  }
  if (cookies.length > 0) text += `cookie: ${cookies.join('; ')}\r\n`;
  const { source, limits, once } = rules;
  const origin = { source, offset: 0 };
  if (text.length + 2 > limits.headBytes) {
    throw new WireError('ERR_HTTP1_TOO_LONG', `a section is longer than ${limits.headBytes} bytes`, origin);
  }
  return {
    pseudo,
    fields: parseFieldLines(`${text}\r\n`, 0, origin, { limits, once, isTrailer: rules.isTrailer === true }),
  };
}

/** Reads the trailers of an HTTP/2 message, by the rules of those of HTTP/1. */
export function readHttp2Trailers(raw: RawHeaders, source: WireErrorSource): FieldBlock {
  const rules = { source, limits: TRAILER_LIMITS, pseudo: [], once: ONCE_IN_REQUEST, isTrailer: true };
  return readHeaderList(raw, rules).fields;
}

function readPseudo(
  name: string,
  value: string,
  pseudo: Map<string, string>,
  index: number,
  rules: HeaderListRules,
): void {
  if (!rules.pseudo.includes(name)) throw pseudoError('a pseudo-header that may not be there', index, rules);
  if (pseudo.has(name)) throw pseudoError('a pseudo-header is there twice', index, rules);
  if (value === '') throw pseudoError('a pseudo-header is empty', index, rules);
  pseudo.set(name, value);
}

function checkValue(value: string, index: number, rules: HeaderListRules): void {
  if (value === '') return;
  const isPlain = isAllOf(VALUE, value) && !/^[ \t]|[ \t]$/.test(value);
  if (!isPlain)
    throw fieldError('a value holds a control byte, or begins or ends with whitespace', index, rules);
}

function checkName(name: string, value: string, index: number, rules: HeaderListRules): void {
  if (!isAllOf(TOKEN, name) || name !== name.toLowerCase()) {
    throw fieldError('a field name is no token in lower case', index, rules);
  }
  if (CONNECTION_SPECIFIC.has(name) || (name === 'te' && value !== 'trailers')) {
    throw fieldError(`${name} is of HTTP/1 connections`, index, rules);
  }
}

/** The place of a field is its number: HTTP/2 has no text to count bytes in. */
function fieldError(message: string, index: number, { source }: HeaderListRules): WireError {
  return new WireError('ERR_HTTP2_FIELD', message, { source, offset: index / 2 });
}

function pseudoError(message: string, index: number, { source }: HeaderListRules): WireError {
  return new WireError('ERR_HTTP2_PSEUDO', message, { source, offset: index / 2 });
}
