/** Values of SSH in bytes (RFC 4251 section 5): read within what is there, and written. */

/** The bytes are not what they have to be. Never leaves the room. */
export class MalformedError extends Error {}

/** Reads values one after the other. @throws MalformedError */
export class WireReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** How many bytes were read. */
  get position(): number {
    return this.#at;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  uint32(): number {
    return this.#take(4).readUInt32BE();
  }

  uint64(): bigint {
    return this.#take(8).readBigUInt64BE();
  }

  /** A string as bytes. */
  bytes(): Buffer {
    return this.#take(this.uint32());
  }

  /** A string that has to be UTF-8. */
  text(): string {
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(this.bytes());
    } catch (error) {
      if (error instanceof MalformedError) throw error;
      throw new MalformedError('a text that is no UTF-8');
    }
  }

  /** A positive mpint, without the leading zero that keeps it positive. */
  unsigned(): Buffer {
    const bytes = this.bytes();
    if (bytes.length === 0 || (bytes[0] ?? 0) > 0x7f) throw new MalformedError('no positive number');
    const isPadded = bytes[0] === 0;
    if (isPadded && (bytes[1] ?? 0) <= 0x7f) throw new MalformedError('a number with needless zeros');
    return isPadded ? bytes.subarray(1) : bytes;
  }

  /** Nothing may be left. */
  end(): void {
    if (!this.isAtEnd) throw new MalformedError('more than there may be');
  }

  #take(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new MalformedError('cut off');
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}

/** A string: its length and its bytes. */
export function wireString(value: string | Uint8Array): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([wireUint32(bytes.length), bytes]);
}

/** Four bytes, the highest first. */
export function wireUint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** Eight bytes, the highest first. */
export function wireUint64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(value);
  return bytes;
}
