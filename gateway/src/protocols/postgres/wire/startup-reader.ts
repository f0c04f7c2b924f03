import { ByteAccumulator } from './byte-accumulator.ts';
import { WireError } from './errors.ts';
import { MAX_STARTUP_PACKET_BYTES } from './startup.ts';

/** Options of {@link StartupReader}. */
export interface StartupReaderOptions {
  /** Most bytes after the length word; PostgreSQL's {@link MAX_STARTUP_PACKET_BYTES} if absent. */
  readonly maxPacketBytes?: number;
}

/** One whole packet and what came behind it. */
export interface StartupRead {
  /** The packet with its length word, for `parseStartupPacket`; a copy that nothing overwrites. */
  readonly packet: Buffer;
  /**
   * The bytes of the chunk behind the packet, as a view. Behind an SSLRequest or GSSENCRequest there must be none: bytes
   * sent before encryption began must never be read as if they came through it (CVE-2021-23214).
   */
  readonly rest: Buffer;
}

const LENGTH_BYTES = 4;
const CODE_BYTES = 4;

/**
 * Collects one length-prefixed packet of the startup phase from chunks of any size, then is ready for the next one.
 * The length is judged as soon as its four bytes are there, and memory follows what arrived.
 */
export class StartupReader {
  readonly #maxTotal: number;
  readonly #held = new ByteAccumulator();

  constructor(options: StartupReaderOptions = {}) {
    this.#maxTotal = LENGTH_BYTES + (options.maxPacketBytes ?? MAX_STARTUP_PACKET_BYTES);
  }

  /** Bytes of memory held for a packet that is not complete yet. */
  get retainedBytes(): number {
    return this.#held.capacity;
  }

  /** Takes a chunk and copies what it needs; undefined while the packet is not complete. Throws WireError. */
  push(chunk: Buffer): StartupRead | undefined {
    const lengthEnd = this.#collect(chunk, 0, LENGTH_BYTES);
    if (this.#held.length < LENGTH_BYTES) return undefined;
    const total = this.#checkTotal(this.#held.int32At(0));
    const end = this.#collect(chunk, lengthEnd, total);
    if (this.#held.length < total) return undefined;
    return { packet: this.#held.release(), rest: chunk.subarray(end) };
  }

  /** Takes what is missing to `total` bytes, as far as the chunk has it, and returns where the chunk goes on. */
  #collect(chunk: Buffer, start: number, total: number): number {
    const missing = Math.max(0, total - this.#held.length);
    const end = Math.min(chunk.length, start + missing);
    this.#held.append(chunk, { start, end }, total);
    return end;
  }

  #checkTotal(total: number): number {
    if (total >= LENGTH_BYTES + CODE_BYTES && total <= this.#maxTotal) return total;
    const isShort = total < LENGTH_BYTES + CODE_BYTES;
    const limits = `${LENGTH_BYTES + CODE_BYTES} to ${this.#maxTotal} are allowed`;
    throw new WireError(
      isShort ? 'ERR_WIRE_LENGTH' : 'ERR_WIRE_TOO_LONG',
      `a startup packet declares ${total} bytes, ${limits}`,
      { source: 'downstream', offset: 0 },
    );
  }
}
