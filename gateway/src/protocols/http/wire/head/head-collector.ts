import { WireError, type WireErrorCode, type WireErrorSource } from '../errors.ts';
import { CR, isOf, LF, TOKEN, toByteName } from '../octets.ts';

/** Method and version around a target in a request line; version and status around a reason. */
const LINE_OVERHEAD = 48;
const EMPTY_LINE = '\r\n\r\n';
const GROWTH = 2;
const SMALLEST = 512;
const URI_TOO_LONG = 414;

/** What a {@link HeadCollector} collects. */
export interface CollectorOptions {
  readonly source: WireErrorSource;
  /** Most bytes, the empty line included. */
  readonly maxBytes: number;
  /** Most bytes of the target or reason in the first line; undefined for trailer sections, which have no such line. */
  readonly targetBytes?: number;
}

/**
 * Finds the empty line that ends a head or a trailer section, in chunks of any size, looking at each byte once. It
 * refuses a line that ends with LF alone as soon as it is there, because such a head might never end here and end
 * elsewhere. A head inside one chunk is not copied but decoded at once; otherwise memory follows what arrived.
 */
export class HeadCollector {
  readonly #options: CollectorOptions;
  readonly #maxFirstLine: number;
  #held: Buffer | undefined;
  /** Bytes of this section seen in earlier chunks. */
  #length = 0;
  /** Section offset where the current line begins. */
  #lineStart = 0;
  #previous = 0;

  constructor(options: CollectorOptions) {
    this.#options = options;
    const { targetBytes } = options;
    this.#maxFirstLine = targetBytes === undefined ? options.maxBytes : targetBytes + LINE_OVERHEAD;
  }

  /** Bytes of the section that are held. */
  get length(): number {
    return this.#length;
  }

  /** Bytes of memory held. */
  get retainedBytes(): number {
    return this.#held?.length ?? 0;
  }

  /**
   * Where a section that lies whole in the chunk may end, by its empty line alone; -1 if it does not lie there. Its lines
   * are not looked at: if it does not parse, {@link scan} has the first word on why.
   */
  guess(chunk: Buffer, start: number): number {
    if (this.#length > 0) return -1;
    const found = chunk.indexOf(EMPTY_LINE, start, 'latin1');
    const end = found + EMPTY_LINE.length;
    return found === -1 || end - start > this.#options.maxBytes ? -1 : end;
  }

  /**
   * Looks through `chunk` from `start`. Returns where the section ends in it, or -1 after keeping a copy of the rest.
   *
   * @param origin stream offset of `chunk[start]`, for errors
   */
  scan(chunk: Buffer, start: number, origin: number): number {
    const base = this.#length - start;
    const stop = Math.min(chunk.length, this.#options.maxBytes - base);
    let previous = this.#previous;
    if (base === -start && start < chunk.length) this.#checkFirst(chunk[start] ?? 0, origin);
    for (let at = start; at < stop; at += 1) {
      const byte = chunk[at] ?? 0;
      if (byte === LF) {
        const offset = base + at;
        if (this.#lineStart === 0) this.#checkFirstLine(offset + 1, origin - this.#length);
        if (previous !== CR)
          throw this.#error('ERR_HTTP1_BARE_LF', 'a line ends without CR', origin + at - start);
        if (offset - this.#lineStart === 1) return this.#finish(at + 1, origin - this.#length);
        this.#lineStart = offset + 1;
      }
      previous = byte;
    }
    this.#previous = previous;
    return this.#keep(chunk, start, origin);
  }

  /** The section that ended at `end` of the chunk and began at `start`, as latin1 text; the collector starts anew. */
  take(chunk: Buffer, start: number, end: number): string {
    const held = this.#held;
    const text =
      held === undefined
        ? chunk.toString('latin1', start, end)
        : held.toString('latin1', 0, this.#length) + chunk.toString('latin1', start, end);
    this.reset();
    return text;
  }

  /** Lets go of everything. */
  reset(): void {
    this.#held = undefined;
    this.#length = 0;
    this.#lineStart = 0;
    this.#previous = 0;
  }

  #finish(end: number, origin: number): number {
    const isEmpty = this.#lineStart === 0 && this.#options.targetBytes !== undefined;
    if (isEmpty) throw this.#error('ERR_HTTP1_EMPTY_LINE', 'an empty line where a message is due', origin);
    return end;
  }

  #keep(chunk: Buffer, start: number, origin: number): -1 {
    const { maxBytes } = this.#options;
    const length = this.#length + chunk.length - start;
    const begin = origin - this.#length;
    if (this.#lineStart === 0) this.#checkFirstLine(Math.min(length, maxBytes), begin);
    if (length >= maxBytes) {
      throw this.#error('ERR_HTTP1_TOO_LONG', `a section is longer than ${maxBytes} bytes`, begin + maxBytes);
    }
    if (length === this.#length) return -1;
    const held = this.#reserve(length);
    chunk.copy(held, this.#length, start);
    this.#length = length;
    return -1;
  }

  #reserve(length: number): Buffer {
    const held = this.#held;
    if (held !== undefined && held.length >= length) return held;
    const capacity = Math.min(this.#options.maxBytes, Math.max(length * GROWTH, SMALLEST));
    const grown = Buffer.allocUnsafeSlow(Math.max(capacity, length));
    held?.copy(grown, 0, 0, this.#length);
    this.#held = grown;
    return grown;
  }

  /** Other protocols on this port, and what is left of a body, are refused at their first byte. */
  #checkFirst(byte: number, origin: number): void {
    if (this.#options.targetBytes === undefined || isOf(TOKEN, byte) || byte === CR || byte === LF) return;
    throw this.#error('ERR_HTTP1_METHOD', `a message begins with the byte ${toByteName(byte)}`, origin);
  }

  #checkFirstLine(length: number, begin: number): void {
    const most = this.#maxFirstLine;
    if (length <= most || this.#options.targetBytes === undefined) return;
    const message = `a first line is longer than ${most} bytes`;
    throw this.#error('ERR_HTTP1_TOO_LONG', message, begin + most, URI_TOO_LONG);
  }

  #error(code: WireErrorCode, message: string, offset: number, status?: number): WireError {
    const { source } = this.#options;
    return new WireError(
      code,
      message,
      status === undefined ? { source, offset } : { source, offset, status },
    );
  }
}
