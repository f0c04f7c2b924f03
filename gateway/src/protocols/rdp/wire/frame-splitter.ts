/** Cuts a stream into TPKT packets (RFC 1006 section 6) and fast-path PDUs ([MS-RDPBCGR] 2.2.8.1.2, 2.2.9.1.2). */
import { RdpWireError, type RdpWireSource } from './errors.ts';
import { StreamBuffer } from './stream-buffer.ts';

/** A message of the stream, its header included. */
export interface Frame {
  readonly kind: 'tpkt' | 'fast-path';
  readonly bytes: Buffer;
}

const TPKT_VERSION = 3;
const TPKT_HEADER_BYTES = 4;
/** TPKT header, and the three bytes of the shortest TPDU (X.224 section 13.7). */
const LEAST_TPKT_BYTES = 7;
/** Least that its action needs to be one of fast-path. */
const ACTION_MASK = 0x03;

/** Cuts the stream of one side. Keeps less than one message; what it hands out is not written to again. */
export class FrameSplitter {
  readonly #source: RdpWireSource;
  readonly #held = new StreamBuffer();

  constructor(source: RdpWireSource) {
    this.#source = source;
  }

  /** Whether the stream may end here. */
  get isBetween(): boolean {
    return this.#held.length === 0;
  }

  push(chunk: Buffer): void {
    this.#held.push(chunk);
  }

  /**
   * The next message; undefined while it is not whole.
   * @throws RdpWireError for a length that cannot be: nothing more can be read then
   */
  next(): Frame | undefined {
    const held = this.#held;
    if (held.length < 2) return undefined;
    const isTpkt = held.at(0) === TPKT_VERSION;
    const length = isTpkt ? this.#tpktLength() : this.#fastPathLength();
    if (length === undefined || held.length < length) return undefined;
    return { kind: isTpkt ? 'tpkt' : 'fast-path', bytes: held.take(length) };
  }

  #tpktLength(): number | undefined {
    const held = this.#held;
    if (held.length < TPKT_HEADER_BYTES) return undefined;
    const length = (held.at(2) << 8) | held.at(3);
    if (length < LEAST_TPKT_BYTES) throw this.#error(`a packet of ${length} bytes`);
    return length;
  }

  #fastPathLength(): number | undefined {
    const held = this.#held;
    const first = held.at(0);
    if ((first & ACTION_MASK) !== 0) throw this.#error(`a message that begins with 0x${first.toString(16)}`);
    const short = held.at(1);
    if ((short & 0x80) === 0) {
      if (short <= 2) throw this.#error(`a fast-path message of ${short} bytes`);
      return short;
    }
    if (held.length < 3) return undefined;
    const length = ((short & 0x7f) << 8) | held.at(2);
    if (length <= 3) throw this.#error(`a fast-path message of ${length} bytes`);
    return length;
  }

  #error(what: string): RdpWireError {
    return new RdpWireError('ERR_RDP_LENGTH', what, this.#source);
  }
}
