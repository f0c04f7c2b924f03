import { BYTE_CLASS, FOLDABLE, hexValue } from './byte-class.ts';

/**
 * A text in which characters that only look different became ASCII: digits of other scripts, full-width and
 * mathematical forms, odd spaces and dashes, `%40`; what has no width is gone. `starts` and `ends` say which bytes of
 * the source each byte stands for.
 */
export interface FoldedText {
  readonly bytes: Buffer;
  readonly length: number;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

/** Scratch space is kept up to this size, in bytes. */
const KEPT = 65_536;
let scratch = makeScratch(1024);

/** First code points of the decimal digits of scripts (Unicode, general category Nd), ASCII and full-width apart. */
const ZEROS = [
  0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50, 0xed0,
  0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50,
  0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0,
];

/** Code points of no width: soft hyphen, joiners, direction marks, variation selectors, tags. */
const INVISIBLE: readonly (readonly [number, number])[] = [
  [0xad, 0xad],
  [0x34f, 0x34f],
  [0x61c, 0x61c],
  [0x180b, 0x180f],
  [0x200b, 0x200f],
  [0x202a, 0x202e],
  [0x2060, 0x206f],
  [0xfe00, 0xfe0f],
  [0xfeff, 0xfeff],
  [0xe0000, 0xe01ef],
];

const SINGLE = new Map<number, number>([
  ...[0xa0, 0x1680, 0x2000, 0x2001, 0x2002, 0x2003, 0x2004, 0x2005, 0x2006, 0x2007, 0x2008, 0x2009, 0x200a]
    .concat([0x202f, 0x205f, 0x2028, 0x2029, 0x3000])
    .map((code) => [code, 0x20] as const),
  ...[0x2010, 0x2011, 0x2012, 0x2013, 0x2014, 0x2015, 0x2212, 0xfe58, 0xfe63].map(
    (code) => [code, 0x2d] as const,
  ),
  ...[0x2024, 0x3002, 0xff61].map((code) => [code, 0x2e] as const),
  ...[0x2044, 0x2215].map((code) => [code, 0x2f] as const),
  [0x2236, 0x3a],
]);

/** Folds a text; undefined when there is nothing to fold. The result is good until the next call. */
export function foldText(bytes: Uint8Array, start: number, end: number): FoldedText | undefined {
  const room = end - start;
  const target = room > scratch.bytes.length ? makeScratch(room) : scratch;
  if (room <= KEPT) {
    scratch = target;
  }
  let length = 0;
  let isChanged = false;
  let position = start;
  while (position < end) {
    const byte = bytes[position] ?? 0;
    const isFoldable = ((BYTE_CLASS[byte] ?? 0) & FOLDABLE) !== 0;
    const size = !isFoldable ? 1 : byte === 0x25 ? 3 : sizeOf(bytes, position, end);
    const folded = !isFoldable
      ? undefined
      : byte === 0x25
        ? percentDecoded(bytes, position, end)
        : foldedCharacter(bytes, position, size);
    if (folded === undefined) {
      const plain = byte === 0x25 ? 1 : size;
      for (let offset = 0; offset < plain; offset += 1) {
        length = put(target, length, bytes[position + offset] ?? 0, position + offset, position + offset + 1);
      }
      position += plain;
      continue;
    }
    isChanged = true;
    for (let offset = 0; offset < folded.length; offset += 1) {
      length = put(target, length, folded.charCodeAt(offset), position, position + size);
    }
    position += size;
  }
  return isChanged ? { bytes: target.bytes, length, starts: target.starts, ends: target.ends } : undefined;
}

function put(target: Scratch, at: number, byte: number, start: number, end: number): number {
  target.bytes[at] = byte;
  target.starts[at] = start;
  target.ends[at] = end;
  return at + 1;
}

interface Scratch {
  readonly bytes: Buffer;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

function makeScratch(size: number): Scratch {
  return { bytes: Buffer.alloc(size), starts: new Int32Array(size), ends: new Int32Array(size) };
}

/** Bytes of the UTF-8 sequence at a position; 1 where it is broken. */
function sizeOf(bytes: Uint8Array, position: number, end: number): number {
  const lead = bytes[position] ?? 0;
  const size = lead >= 0xf0 && lead < 0xf8 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 1;
  if (position + size > end) {
    return 1;
  }
  for (let offset = 1; offset < size; offset += 1) {
    if (((bytes[position + offset] ?? 0) & 0xc0) !== 0x80) {
      return 1;
    }
  }
  return size;
}

function foldedCharacter(bytes: Uint8Array, position: number, size: number): string | undefined {
  if (size === 1) {
    return undefined;
  }
  let code = (bytes[position] ?? 0) & (0xff >> (size + 1));
  for (let offset = 1; offset < size; offset += 1) {
    code = code * 64 + ((bytes[position + offset] ?? 0) & 0x3f);
  }
  return foldCodePoint(code);
}

function foldCodePoint(code: number): string | undefined {
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
    return undefined;
  }
  if (INVISIBLE.some(([first, last]) => code >= first && code <= last)) {
    return '';
  }
  const single = SINGLE.get(code);
  if (single !== undefined) {
    return String.fromCharCode(single);
  }
  const zero = ZEROS.find((first) => code >= first && code < first + 10);
  if (zero !== undefined) {
    return String(code - zero);
  }
  const isCompatible =
    (code >= 0xb2 && code <= 0xb9) ||
    (code >= 0x2070 && code <= 0x209c) ||
    (code >= 0x2460 && code <= 0x24ff) ||
    (code >= 0xfe50 && code <= 0xff5e) ||
    (code >= 0x1d400 && code <= 0x1d7ff);
  const compatible = isCompatible ? String.fromCodePoint(code).normalize('NFKC') : '';
  // Never longer than the source, which has at least two bytes here, so that the scratch space holds it.
  return /^[\x21-\x7e]{1,2}$/.test(compatible) ? compatible : undefined;
}

function percentDecoded(bytes: Uint8Array, position: number, end: number): string | undefined {
  if (position + 2 >= end) {
    return undefined;
  }
  const high = hexValue(bytes[position + 1]);
  const low = hexValue(bytes[position + 2]);
  const code = high * 16 + low;
  return high < 0 || low < 0 || code < 0x20 || code > 0x7e ? undefined : String.fromCharCode(code);
}
