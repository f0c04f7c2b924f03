/** Masks of arrays, element by element (PostgreSQL documentation, 8.15.6; array_send of its source). */
import { NULL_MASK, type TypeMask } from './type-mask.ts';

/** PostgreSQL's MAXDIM. */
const MOST_DIMENSIONS = 6;

/** Makes the mask of an array from that of its elements. What is no array becomes NULL. */
export function arrayMask(element: TypeMask, delimiter: string): TypeMask {
  if (element === NULL_MASK) return NULL_MASK;
  return {
    text: (value) => maskText(value, element, delimiter),
    binary: (value) => maskBinary(value, element),
  };
}

function maskText(value: string, element: TypeMask, delimiter: string): string | undefined {
  const bounds = /^(?:\[[+-]?\d{1,10}:[+-]?\d{1,10}\]){1,6}=/.exec(value)?.[0].length ?? 0;
  let output = '';
  let done = 0;
  let depth = 0;
  let at = bounds;
  while (at < value.length) {
    const sign = value.charAt(at);
    if (sign === '{') {
      depth += 1;
      if (depth > MOST_DIMENSIONS) return undefined;
      at += 1;
    } else if (sign === '}') {
      depth -= 1;
      if (depth < 0) return undefined;
      at += 1;
    } else if (sign === delimiter) {
      at += 1;
    } else {
      const end = depth === 0 ? -1 : elementEnd(value, at, delimiter);
      if (end < 0) return undefined;
      const replaced = maskElement(value.slice(at, end), element);
      if (replaced !== undefined) {
        output += value.slice(done, at) + replaced;
        done = end;
      }
      at = end;
    }
  }
  if (depth !== 0 || at === bounds) return undefined;
  return done === 0 ? value : output + value.slice(done);
}

/** End of the element that begins here, with its quotes; -1 where it does not end. */
function elementEnd(value: string, start: number, delimiter: string): number {
  let isQuoted = false;
  for (let at = start; at < value.length; at += 1) {
    const sign = value.charAt(at);
    if (sign === '\\') at += 1;
    else if (sign === '"') isQuoted = !isQuoted;
    else if (!isQuoted && (sign === delimiter || sign === '}' || sign === '{')) return sign === '{' ? -1 : at;
  }
  return -1;
}

/** What replaces the element, undefined where it stays. */
function maskElement(raw: string, element: TypeMask): string | undefined {
  const isQuoted = raw.includes('"');
  if (!isQuoted && raw.trim().toUpperCase() === 'NULL') return undefined;
  const text = isQuoted || raw.includes('\\') ? unquote(raw) : raw;
  const masked = element.text(text);
  if (masked === text) return undefined;
  return masked === undefined ? 'NULL' : `"${masked.replaceAll(/["\\]/g, '\\$&')}"`;
}

function unquote(raw: string): string {
  return raw.replaceAll(/\\(.)|"/gs, (_, escaped?: string) => escaped ?? '');
}

const HEADER_BYTES = 12;

function maskBinary(value: Buffer, element: TypeMask): Buffer | undefined {
  if (value.length < HEADER_BYTES) return undefined;
  const dimensions = value.readInt32BE(0);
  const elementsAt = HEADER_BYTES + 8 * dimensions;
  if (dimensions < 0 || dimensions > MOST_DIMENSIONS || elementsAt > value.length) return undefined;
  const pieces: Buffer[] = [Buffer.from(value.subarray(0, elementsAt))];
  let isChanged = false;
  let at = elementsAt;
  while (at < value.length) {
    if (at + 4 > value.length) return undefined;
    const length = value.readInt32BE(at);
    const end = at + 4 + Math.max(length, 0);
    if (length < -1 || end > value.length) return undefined;
    const original = value.subarray(at + 4, end);
    const masked = length < 0 ? original : element.binary(original);
    isChanged ||= masked !== original;
    pieces.push(...(masked === original ? [value.subarray(at, end)] : encodeValue(masked)));
    // Flag of the header: there are NULLs.
    if (masked === undefined) pieces[0]?.writeInt32BE(1, 4);
    at = end;
  }
  return isChanged ? Buffer.concat(pieces) : value;
}

/** A length word and the bytes; -1 for NULL. */
export function encodeValue(value: Buffer | undefined): readonly Buffer[] {
  const length = Buffer.alloc(4);
  length.writeInt32BE(value === undefined ? -1 : value.length);
  return value === undefined ? [length] : [length, value];
}
