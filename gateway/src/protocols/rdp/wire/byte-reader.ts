import { RdpWireError, type RdpWireErrorCode, type RdpWireSource } from './errors.ts';

/** Reads the fields of one message in order. Views of the message, no copies; every read is within its bounds. */
export class ByteReader {
  readonly source: RdpWireSource;
  readonly #bytes: Buffer;
  /** What the message is, for errors. */
  readonly #what: string;
  #at = 0;

  constructor(bytes: Buffer, what: string, source: RdpWireSource) {
    this.#bytes = bytes;
    this.#what = what;
    this.source = source;
  }

  /** Bytes that are not read yet. */
  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /** Bytes that are read. */
  get at(): number {
    return this.#at;
  }

  uint8(): number {
    return this.#bytes.readUInt8(this.#step(1));
  }

  /** Little endian, as most of RDP is. */
  uint16(): number {
    return this.#bytes.readUInt16LE(this.#step(2));
  }

  /** Big endian, as T.123 and T.125 are. */
  uint16be(): number {
    return this.#bytes.readUInt16BE(this.#step(2));
  }

  uint32(): number {
    return this.#bytes.readUInt32LE(this.#step(4));
  }

  bytes(length: number): Buffer {
    const at = this.#step(length);
    return this.#bytes.subarray(at, at + length);
  }

  /** The next byte, not read; undefined at the end. */
  peek(): number | undefined {
    return this.#bytes[this.#at];
  }

  rest(): Buffer {
    return this.bytes(this.left);
  }

  /** A reader of the next `length` bytes, which are read here. */
  part(length: number, what: string): ByteReader {
    return new ByteReader(this.bytes(length), what, this.source);
  }

  /** @throws RdpWireError where the next byte is another one */
  expect(byte: number, what: string): void {
    const found = this.uint8();
    if (found !== byte) throw this.error('ERR_RDP_TYPE', `${what} is 0x${found.toString(16)}`);
  }

  /** @throws RdpWireError where bytes are left that nobody judged */
  end(): void {
    if (this.left !== 0) throw this.error('ERR_RDP_TRAILING', `${this.left} bytes behind the last field`);
  }

  error(code: RdpWireErrorCode, message: string): RdpWireError {
    return new RdpWireError(code, `${this.#what}: ${message} (at byte ${this.#at})`, this.source);
  }

  #step(length: number): number {
    const at = this.#at;
    if (length > this.#bytes.length - at) {
      throw this.error('ERR_RDP_TRUNCATED', `it ends within a field of ${length} bytes`);
    }
    this.#at = at + length;
    return at;
  }
}
