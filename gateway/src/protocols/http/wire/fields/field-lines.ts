import { WireError, type WireErrorCode } from '../errors.ts';
import type { HeadLimits } from '../limits.ts';
import {
  BLANK,
  COLON,
  CR,
  DASHED_TOKEN,
  HTAB,
  isOf,
  LF,
  SP,
  skip,
  TOKEN,
  toByteName,
  VALUE,
} from '../octets.ts';
import { FieldBlock, STRIDE, type TextOrigin } from './field-block.ts';
import { type KnownField, knownField, NOT_IN_TRAILER } from './known-fields.ts';

/** How a section of field lines is read. */
export interface FieldRules {
  readonly limits: HeadLimits;
  /** The flag of fields that may be there once. */
  readonly once: number;
  /** Whether these are trailers, in which many fields may not be. */
  readonly isTrailer: boolean;
}

const UNDERSCORE = 0x5f;

/**
 * Parses field lines (RFC 9112 section 5) from `start` to the empty line that ends `text`. Strict where the RFC lets a
 * recipient repair: no obs-fold, no whitespace before the colon, no bare CR, no control bytes.
 *
 * @param text latin1, ends with the empty line; the {@link import('../head/head-collector.ts').HeadCollector} saw to
 *   it that each LF has its CR
 */
export function parseFieldLines(
  text: string,
  start: number,
  origin: TextOrigin,
  rules: FieldRules,
): FieldBlock {
  const marks: number[] = [];
  const { limits, once, isTrailer } = rules;
  const nameBytes = limits.underscores ? TOKEN : DASHED_TOKEN;
  const mostMarks = limits.fields * STRIDE;
  const last = text.length - 2;
  let position = start;
  while (position < last) {
    const nameEnd = skip(nameBytes, text, position, last);
    if (text.charCodeAt(nameEnd) !== COLON || nameEnd === position) {
      throw nameError(text, position, nameEnd, origin);
    }
    const valueStart = skip(BLANK, text, nameEnd + 1, last);
    const lineEnd = skip(VALUE, text, valueStart, last);
    if (text.charCodeAt(lineEnd) !== CR || text.charCodeAt(lineEnd + 1) !== LF) {
      throw byteError(text, lineEnd, origin);
    }
    let valueEnd = lineEnd;
    while (valueEnd > valueStart && isOf(BLANK, text.charCodeAt(valueEnd - 1))) valueEnd -= 1;
    if (nameEnd - position > limits.nameBytes || marks.length === mostMarks) {
      throw limitError(nameEnd - position, limits, position, origin);
    }
    const known = knownField(text, position, nameEnd);
    if (known !== undefined && (known.flags & (isTrailer ? once | NOT_IN_TRAILER : once)) !== 0) {
      checkKnown(known, marks, position, origin, rules);
    }
    marks.push(position, nameEnd, valueStart, valueEnd, known?.id ?? -1);
    position = lineEnd + 2;
  }
  return new FieldBlock({ text, marks, origin });
}

function checkKnown(
  { id, name, flags }: KnownField,
  marks: readonly number[],
  position: number,
  origin: TextOrigin,
  rules: FieldRules,
): void {
  if (rules.isTrailer && (flags & NOT_IN_TRAILER) !== 0) {
    throw errorAt(origin, position, 'ERR_HTTP1_TRAILER', `${name} may not be a trailer`);
  }
  for (let at = STRIDE - 1; at < marks.length; at += STRIDE) {
    if (marks[at] === id) throw errorAt(origin, position, 'ERR_HTTP1_DUPLICATE', `${name} is there twice`);
  }
}

function limitError(nameBytes: number, limits: HeadLimits, at: number, origin: TextOrigin): WireError {
  const message =
    nameBytes > limits.nameBytes
      ? `a field name is longer than ${limits.nameBytes} bytes`
      : `more than ${limits.fields} fields`;
  return errorAt(origin, at, 'ERR_HTTP1_TOO_LONG', message);
}

function errorAt(origin: TextOrigin, position: number, code: WireErrorCode, message: string): WireError {
  return new WireError(code, message, { source: origin.source, offset: origin.offset + position });
}

/** Why a line has no name with a colon behind it. */
function nameError(text: string, start: number, at: number, origin: TextOrigin): WireError {
  const code = text.charCodeAt(at);
  const isBlank = code === SP || code === HTAB;
  if (at === start && isBlank) {
    return errorAt(origin, at, 'ERR_HTTP1_FOLD', 'a field line begins with whitespace');
  }
  if (at === start && code === COLON) {
    return errorAt(origin, at, 'ERR_HTTP1_FIELD_NAME', 'a field line has no name');
  }
  if (isBlank) return errorAt(origin, at, 'ERR_HTTP1_FIELD_NAME', 'a field name is followed by whitespace');
  if (code === CR && text.charCodeAt(at + 1) === LF) {
    return errorAt(origin, at, 'ERR_HTTP1_FIELD_NAME', 'a field line has no colon');
  }
  if (code === UNDERSCORE) {
    const message = 'a field name holds an underscore, which many servers read as a dash';
    return errorAt(origin, at, 'ERR_HTTP1_FIELD_NAME', message);
  }
  if (code >= SP && code !== 0x7f) {
    return errorAt(origin, at, 'ERR_HTTP1_FIELD_NAME', `a field name holds the byte ${toByteName(code)}`);
  }
  return byteError(text, at, origin);
}

/** Why a byte may not be in a line: CR alone, or a control byte. */
export function byteError(text: string, at: number, origin: TextOrigin): WireError {
  const code = text.charCodeAt(at);
  if (code === CR) return errorAt(origin, at, 'ERR_HTTP1_BARE_CR', 'a CR is not followed by LF');
  return errorAt(origin, at, 'ERR_HTTP1_CONTROL', `a line holds the control byte ${toByteName(code)}`);
}
