import { toTypeName, WireError, type WireErrorCode, type WireErrorSource } from './errors.ts';
import { HEADER_BYTES } from './frame-splitter.ts';

/** What a decoder expects: the message's name, its type byte and who sends it. */
export interface MessageForm {
  readonly name: string;
  readonly type: number;
  readonly source: WireErrorSource;
}

/** A range of bytes: `start` inclusive, `end` exclusive. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Whom the errors of a {@link MessageReader} name. */
export type NamedSource = Pick<MessageForm, 'name' | 'source'>;

const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * A cursor over the body of one complete message; offsets in errors count from `origin`. Every read is checked against the message's own end, not the end of
 * the chunk it lies in; {@link MessageReader.finish} refuses bytes that no field accounts for.
 */
export class MessageReader {
  readonly #bytes: Buffer;
  readonly #end: number;
  readonly #origin: number;
  readonly #form: NamedSource;
  #position: number;

  constructor(bytes: Buffer, { start, end }: ByteRange, form: NamedSource, origin: number) {
    this.#bytes = bytes;
    this.#end = end;
    this.#origin = origin;
    this.#form = form;
    this.#position = start;
  }

  /** Bytes not read yet. */
  get remaining(): number {
    return this.#end - this.#position;
  }

  uint8(): number {
    return this.#bytes[this.#advance(1)] ?? 0;
  }

  int16(): number {
    return this.#bytes.readInt16BE(this.#advance(2));
  }

  /** An Int16 that counts: the protocol's counts run to 65535. */
  uint16(): number {
    return this.#bytes.readUInt16BE(this.#advance(2));
  }

  int32(): number {
    return this.#bytes.readInt32BE(this.#advance(4));
  }

  uint32(): number {
    return this.#bytes.readUInt32BE(this.#advance(4));
  }

  /** A NUL-terminated string of valid UTF-8, kept exactly: a byte order mark stays, nothing is replaced. */
  cstring(): string {
    const start = this.#position;
    const end = this.#findNul();
    const text = this.#bytes.toString('utf8', start, end);
    // A replacement character is either in the bytes or the sign of invalid ones; only the slower decoder can tell.
    return text.includes('\ufffd') ? this.#decodeStrictly(start, end) : text;
  }

  /** A NUL-terminated string in which invalid UTF-8 is replaced: for server messages sent before an encoding is agreed. */
  lossyCstring(): string {
    const start = this.#position;
    return this.#bytes.toString('utf8', start, this.#findNul());
  }

  /** The next `count` bytes, as a view. */
  take(count: number): Buffer {
    const start = this.#advance(count);
    return this.#bytes.subarray(start, start + count);
  }

  /** All bytes that are left, as a view. */
  rest(): Buffer {
    return this.take(this.remaining);
  }

  /** An Int32 length and as many bytes, as a view; undefined for length -1 (SQL NULL). Other negatives are refused. */
  value(): Buffer | undefined {
    const length = this.int32();
    if (length === -1) return undefined;
    if (length < 0) throw this.error('ERR_WIRE_LENGTH', `declares a value of ${length} bytes`);
    return this.take(length);
  }

  /** Refuses a `count` of items, each of at least `itemBytes`, that the rest of the message cannot hold. */
  checkCount(count: number, itemBytes: number): number {
    if (count >= 0 && count * itemBytes <= this.remaining) return count;
    throw this.error('ERR_WIRE_TRUNCATED', `counts ${count} items in ${this.remaining} bytes`);
  }

  /** Refuses bytes after the last field. */
  finish(): void {
    if (this.remaining > 0) throw this.error('ERR_WIRE_TRAILING', `has ${this.remaining} bytes too many`);
  }

  /** An error that names the message, at the current offset. `problem` is a predicate: "has …", "declares …". */
  error(code: WireErrorCode, problem: string): WireError {
    const { name, source } = this.#form;
    return new WireError(code, `${name} ${problem}`, { source, offset: this.#position - this.#origin });
  }

  #advance(count: number): number {
    if (count > this.remaining) {
      throw this.error('ERR_WIRE_TRUNCATED', `ends where ${count} more bytes are due`);
    }
    const start = this.#position;
    this.#position = start + count;
    return start;
  }

  /** Moves past the next NUL and returns its place. */
  #findNul(): number {
    const nul = this.#bytes.indexOf(0, this.#position);
    if (nul === -1 || nul >= this.#end) {
      throw this.error('ERR_WIRE_UNTERMINATED', 'has a string without its NUL');
    }
    this.#position = nul + 1;
    return nul;
  }

  #decodeStrictly(start: number, end: number): string {
    try {
      return DECODER.decode(this.#bytes.subarray(start, end));
    } catch {
      this.#position = start;
      throw this.error('ERR_WIRE_TEXT', 'has a string that is not UTF-8');
    }
  }
}

/** Opens a complete message for reading, after checking that type byte, length word and range agree with one another. */
export function openMessage(bytes: Buffer, range: ByteRange, form: MessageForm): MessageReader {
  const { start, end } = range;
  if (start < 0 || end > bytes.length || end - start < HEADER_BYTES) {
    throw malformed(
      form,
      'ERR_WIRE_TRUNCATED',
      `needs a header of ${HEADER_BYTES} bytes, got ${end - start}`,
    );
  }
  const type = bytes[start] ?? 0;
  if (type !== form.type)
    throw malformed(form, 'ERR_WIRE_TYPE', `was expected, got type ${toTypeName(type)}`);
  const length = bytes.readInt32BE(start + 1);
  if (length !== end - start - 1) {
    throw malformed(
      form,
      'ERR_WIRE_LENGTH',
      `declares a length of ${length} in a frame of ${end - start} bytes`,
    );
  }
  return new MessageReader(bytes, { start: start + HEADER_BYTES, end }, form, start);
}

function malformed({ name, source }: NamedSource, code: WireErrorCode, problem: string): WireError {
  return new WireError(code, `${name} ${problem}`, { source, offset: 0 });
}
