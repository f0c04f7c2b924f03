import { WireError, type WireErrorCode, type WireErrorSource } from '../errors.ts';
import type { FieldBlock } from '../fields/field-block.ts';
import { parseFieldLines } from '../fields/field-lines.ts';
import { ONCE_IN_REQUEST } from '../fields/known-fields.ts';
import { HeadCollector } from '../head/head-collector.ts';
import type { HeadLimits } from '../limits.ts';
import { CR, HEX, isOf, LF, SP, toByteName } from '../octets.ts';

/** Digits of a chunk size, leading zeros included: chunks are under 4 GiB. */
const MOST_SIZE_DIGITS = 8;
const HEX_RADIX = 16;
const SEMICOLON = 0x3b;

const SIZE = 0;
const SIZE_LF = 1;
const DATA = 2;
const DATA_CR = 3;
const DATA_LF = 4;
const TRAILER = 5;
const DONE = 6;

/**
 * Takes chunked framing off (RFC 9112 section 7.1), a byte at a time between the data and whole slices within it.
 * Refused: chunk extensions and whitespace behind a size (nobody needs them, and parsers part ways over them), more
 * than eight digits, line ends other than CRLF, and trailers that {@link parseFieldLines} refuses.
 */
export class ChunkedDecoder {
  readonly #source: WireErrorSource;
  readonly #limits: HeadLimits;
  readonly #collector: HeadCollector;
  #state = SIZE;
  #digits = 0;
  #size = 0;
  #trailers: FieldBlock | undefined;
  /** Start and end of the data that the last call of {@link advance} found; equal where it found none. */
  dataStart = 0;
  dataEnd = 0;

  constructor(source: WireErrorSource, limits: HeadLimits) {
    this.#source = source;
    this.#limits = limits;
    this.#collector = new HeadCollector({ source, maxBytes: limits.headBytes });
  }

  /** Bytes of memory held. */
  get retainedBytes(): number {
    return this.#collector.retainedBytes;
  }

  /** The body and its trailer section have ended. */
  get isDone(): boolean {
    return this.#state === DONE;
  }

  /** The trailers; undefined where there were none. */
  get trailers(): FieldBlock | undefined {
    return this.#trailers;
  }

  /** Begins another body. */
  reset(): void {
    this.#state = SIZE;
    this.#digits = 0;
    this.#size = 0;
    this.#trailers = undefined;
    this.#collector.reset();
  }

  /**
   * Goes on in `bytes` at `start` and returns where it stopped: behind some data, behind the end of the body, or at the
   * end of the bytes.
   *
   * @param origin stream offset of `bytes[0]`
   */
  advance(bytes: Buffer, start: number, origin: number): number {
    let at = start;
    this.dataStart = 0;
    this.dataEnd = 0;
    while (at < bytes.length) {
      if (this.#state === DATA) return this.#takeData(bytes, at);
      if (this.#state === TRAILER) return this.#takeTrailers(bytes, at, origin);
      this.#takeByte(bytes[at] ?? 0, origin + at);
      at += 1;
    }
    return at;
  }

  #takeData(bytes: Buffer, at: number): number {
    const end = Math.min(bytes.length, at + this.#size);
    this.#size -= end - at;
    if (this.#size === 0) this.#state = DATA_CR;
    this.dataStart = at;
    this.dataEnd = end;
    return end;
  }

  #takeTrailers(bytes: Buffer, at: number, origin: number): number {
    const begin = origin + at - this.#collector.length;
    const end = this.#collector.scan(bytes, at, origin + at);
    if (end === -1) return bytes.length;
    const text = this.#collector.take(bytes, at, end);
    this.#state = DONE;
    if (text.length === 2) return end;
    const rules = { limits: this.#limits, once: ONCE_IN_REQUEST, isTrailer: true };
    this.#trailers = parseFieldLines(text, 0, { source: this.#source, offset: begin }, rules);
    return end;
  }

  #takeByte(byte: number, offset: number): void {
    if (this.#state === SIZE) this.#takeSize(byte, offset);
    else if (this.#state === SIZE_LF) {
      this.#expect(byte, LF, offset);
      this.#state = this.#size === 0 ? TRAILER : DATA;
      this.#digits = 0;
    } else if (this.#state === DATA_CR) {
      this.#expect(byte, CR, offset);
      this.#state = DATA_LF;
    } else {
      this.#expect(byte, LF, offset);
      this.#state = SIZE;
    }
  }

  #takeSize(byte: number, offset: number): void {
    if (isOf(HEX, byte)) {
      this.#digits += 1;
      if (this.#digits > MOST_SIZE_DIGITS) {
        throw this.#error('ERR_HTTP1_CHUNK', `a chunk size of more than ${MOST_SIZE_DIGITS} digits`, offset);
      }
      this.#size = this.#size * HEX_RADIX + toDigit(byte);
      return;
    }
    if (byte === CR && this.#digits > 0) {
      this.#state = SIZE_LF;
      return;
    }
    if (byte === LF) throw this.#error('ERR_HTTP1_BARE_LF', 'a line ends without CR', offset);
    if (byte === SEMICOLON && this.#digits > 0) {
      throw this.#error('ERR_HTTP1_CHUNK', 'a chunk has an extension', offset);
    }
    const place = this.#digits === 0 ? 'begins with' : 'is followed by';
    throw this.#error('ERR_HTTP1_CHUNK', `a chunk size ${place} the byte ${toByteName(byte)}`, offset);
  }

  #expect(byte: number, expected: number, offset: number): void {
    if (byte === expected) return;
    if (expected === LF) throw this.#error('ERR_HTTP1_BARE_CR', 'a CR is not followed by LF', offset);
    if (byte === LF) throw this.#error('ERR_HTTP1_BARE_LF', 'a chunk ends without CR', offset);
    throw this.#error('ERR_HTTP1_CHUNK', 'a chunk is longer than its size', offset);
  }

  #error(code: WireErrorCode, message: string, offset: number): WireError {
    return new WireError(code, message, { source: this.#source, offset });
  }
}

/** The value of a hexadecimal digit. */
function toDigit(byte: number): number {
  if (byte < 0x3a) return byte - 0x30;
  return (byte | SP) - 0x61 + 10;
}
