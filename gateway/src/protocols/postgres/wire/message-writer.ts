import { WireError } from './errors.ts';

const INITIAL_BYTES = 128;
const INT32_MAX = 0x7fff_ffff;

/**
 * Builds one message. A value that the protocol cannot carry (a NUL inside a string, a number out of range, more than
 * 2^31 bytes) throws `ERR_WIRE_VALUE` or `ERR_WIRE_TEXT` instead of being cut or wrapped: a wrapped length is how one
 * message is smuggled inside another (CVE-2024-27304).
 */
export class MessageWriter {
  readonly #lengthAt: number;
  #bytes: Buffer = Buffer.allocUnsafe(INITIAL_BYTES);
  #position: number;

  /** Begins a message of `type`, or an untyped packet of the startup phase when there is none. */
  constructor(type?: number) {
    this.#lengthAt = type === undefined ? 0 : 1;
    if (type !== undefined) this.#bytes[0] = type;
    this.#position = this.#lengthAt + 4;
  }

  uint8(value: number): this {
    this.#checkRange(value, 0, 0xff);
    const at = this.#reserve(1);
    this.#bytes[at] = value;
    return this;
  }

  int16(value: number): this {
    this.#checkRange(value, -0x8000, 0x7fff);
    const at = this.#reserve(2);
    this.#bytes.writeInt16BE(value, at);
    return this;
  }

  /** An Int16 that counts: the protocol's counts run to 65535. */
  uint16(value: number): this {
    this.#checkRange(value, 0, 0xffff);
    const at = this.#reserve(2);
    this.#bytes.writeUInt16BE(value, at);
    return this;
  }

  int32(value: number): this {
    this.#checkRange(value, -0x8000_0000, INT32_MAX);
    const at = this.#reserve(4);
    this.#bytes.writeInt32BE(value, at);
    return this;
  }

  uint32(value: number): this {
    this.#checkRange(value, 0, 0xffff_ffff);
    const at = this.#reserve(4);
    this.#bytes.writeUInt32BE(value, at);
    return this;
  }

  /** A NUL-terminated UTF-8 string. */
  cstring(text: string): this {
    const bytes = this.#encode(text);
    if (bytes.includes(0)) throw this.#error('ERR_WIRE_TEXT', 'a string with a NUL inside cannot be sent');
    return this.raw(bytes).uint8(0);
  }

  /** Bytes, or text as UTF-8, with neither length nor terminator. */
  raw(data: Uint8Array | string): this {
    const bytes = typeof data === 'string' ? this.#encode(data) : data;
    const at = this.#reserve(bytes.length);
    this.#bytes.set(bytes, at);
    return this;
  }

  /** An Int32 length and as many bytes; length -1 and no bytes for undefined (SQL NULL). */
  value(bytes: Uint8Array | string | undefined): this {
    if (bytes === undefined) return this.int32(-1);
    const encoded = typeof bytes === 'string' ? this.#encode(bytes) : bytes;
    return this.int32(encoded.length).raw(encoded);
  }

  /** The whole message with its length filled in. */
  finish(): Buffer {
    this.#bytes.writeInt32BE(this.#position - this.#lengthAt, this.#lengthAt);
    return this.#bytes.subarray(0, this.#position);
  }

  #encode(text: string): Buffer {
    if (!text.isWellFormed()) {
      throw this.#error('ERR_WIRE_TEXT', 'a string with a lone surrogate has no UTF-8 form');
    }
    return Buffer.from(text, 'utf8');
  }

  #checkRange(value: number, least: number, most: number): void {
    if (Number.isInteger(value) && value >= least && value <= most) return;
    throw this.#error('ERR_WIRE_VALUE', `${value} is not a whole number from ${least} to ${most}`);
  }

  #reserve(count: number): number {
    const at = this.#position;
    const end = at + count;
    if (end - this.#lengthAt > INT32_MAX) {
      throw this.#error('ERR_WIRE_TOO_LONG', `a message of ${end} bytes has no Int32 length`);
    }
    if (end > this.#bytes.length) {
      const grown = Buffer.allocUnsafe(Math.max(end, this.#bytes.length * 2));
      this.#bytes.copy(grown, 0, 0, at);
      this.#bytes = grown;
    }
    this.#position = end;
    return at;
  }

  #error(code: 'ERR_WIRE_VALUE' | 'ERR_WIRE_TEXT' | 'ERR_WIRE_TOO_LONG', message: string): WireError {
    return new WireError(code, message, { source: 'internal', offset: this.#position });
  }
}
