/**
 * DER (ITU-T X.690) as peers send it, read strictly: definite lengths in their shortest form, within what is there.
 * It holds views of what it was given, and nests no deeper than the code that reads.
 */
import { malformed } from '../errors.ts';
import { TAG } from './tags.ts';

/** Most digits of a length: nobody sends 16 MiB. */
const LENGTH_DIGITS = 3;
/** An integer of 32 bits that is written as a positive one has a zero before it. */
const INTEGER_BYTES = 5;

/** Where a value lies. */
export interface DerHeader {
  readonly tag: number;
  /** Bytes before the content. */
  readonly headerBytes: number;
  readonly contentBytes: number;
}

/**
 * Reads tag and length; undefined while they have not arrived as a whole.
 *
 * @throws NlaFault where there is an indefinite length, a needlessly long one, or a tag of several bytes
 */
export function readDerHeader(bytes: Buffer, at = 0): DerHeader | undefined {
  const tag = bytes[at];
  const first = bytes[at + 1];
  if (tag !== undefined && (tag & 0x1f) === 0x1f) throw malformed('a tag of several bytes');
  if (tag === undefined || first === undefined) return undefined;
  if (first < 0x80) return { tag, headerBytes: 2, contentBytes: first };
  const digits = first & 0x7f;
  if (digits === 0) throw malformed('an indefinite length');
  if (digits > LENGTH_DIGITS) throw malformed(`a length of ${digits} bytes`);
  if (bytes.length < at + 2 + digits) return undefined;
  const length = bytes.readUIntBE(at + 2, digits);
  const isShortest = length >= 0x80 && length >= 256 ** (digits - 1);
  if (!isShortest) throw malformed('a length that is not in its shortest form');
  return { tag, headerBytes: 2 + digits, contentBytes: length };
}

/** Reads values one after the other. All methods throw NlaFault. */
export class DerReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** The content of the value that has to come now. */
  content(tag: number): Buffer {
    const content = this.optionalContent(tag);
    if (content === undefined) throw malformed(`a value with tag ${hex(tag)} is missing`);
    return content;
  }

  /** The same, undefined where another value comes, or none. */
  optionalContent(tag: number): Buffer | undefined {
    if (this.#bytes[this.#at] !== tag) return undefined;
    const header = readDerHeader(this.#bytes, this.#at);
    const start = this.#at + (header?.headerBytes ?? 0);
    const end = start + (header?.contentBytes ?? 0);
    if (header === undefined || end > this.#bytes.length) throw malformed('a value that is cut off');
    this.#at = end;
    return this.#bytes.subarray(start, end);
  }

  /** The values within the value that has to come now. */
  enter(tag: number): DerReader {
    return new DerReader(this.content(tag));
  }

  /** The one value in `[number]`, which may be left out. */
  optionalInside(outer: number, inner: number): Buffer | undefined {
    const content = this.optionalContent(outer);
    return content === undefined ? undefined : onlyContent(content, inner);
  }

  /** A number of at most 32 bits, signed; one that is written as unsigned stays so. */
  integer(): number {
    return integerOf(this.content(TAG.integer));
  }

  /** Nothing may be left. */
  end(): void {
    if (!this.isAtEnd) throw malformed(`${this.#bytes.length - this.#at} bytes that do not belong here`);
  }
}

/** The content of the only value in these bytes. @throws NlaFault */
export function onlyContent(bytes: Buffer, tag: number): Buffer {
  const reader = new DerReader(bytes);
  const content = reader.content(tag);
  reader.end();
  return content;
}

/** The value of an INTEGER's content. @throws NlaFault */
export function integerOf(content: Buffer): number {
  if (content.length === 0 || content.length > INTEGER_BYTES)
    throw malformed(`a number of ${content.length} bytes`);
  return content.readIntBE(0, content.length);
}

function hex(tag: number): string {
  return `0x${tag.toString(16).padStart(2, '0')}`;
}
