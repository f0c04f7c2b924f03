/** Joins the fragments of fast-path updates ([MS-RDPBCGR] 2.2.9.1.2.1). */
import { RdpWireError } from '../errors.ts';
import type { FastUpdate } from './fast-output.ts';

/** An update that is whole. */
export interface WholeUpdate {
  readonly code: number;
  readonly data: Buffer;
}

/** Keeps the fragments of one update, up to a bound. */
export class UpdateJoiner {
  readonly #mostBytes: number;
  #code = 0;
  #parts: Buffer[] | undefined;
  #bytes = 0;

  /** @param mostBytes of a joined update */
  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  /** Whether an update has begun that is not whole. */
  get isWithin(): boolean {
    return this.#parts !== undefined;
  }

  /**
   * Takes the next update or fragment; gives the update that it makes whole.
   * @throws RdpWireError for fragments out of order, and for more bytes than may be
   */
  push({ code, fragment, data }: FastUpdate): WholeUpdate | undefined {
    if (fragment === 'single') {
      if (this.#parts !== undefined) throw outOfOrder();
      return { code, data };
    }
    if (fragment === 'first') {
      if (this.#parts !== undefined) throw outOfOrder();
      this.#code = code;
      this.#parts = [];
      this.#bytes = 0;
    }
    const parts = this.#parts;
    if (parts === undefined || code !== this.#code) throw outOfOrder();
    this.#bytes += data.length;
    if (this.#bytes > this.#mostBytes || parts.length > this.#mostBytes / 64) {
      const message = `an update of more than ${this.#mostBytes} bytes`;
      throw new RdpWireError('ERR_RDP_TOO_LONG', message, 'upstream');
    }
    // A copy: a small fragment must not hold a large chunk of the stream.
    parts.push(Buffer.from(data));
    if (fragment !== 'last') return undefined;
    this.#parts = undefined;
    return { code, data: Buffer.concat(parts, this.#bytes) };
  }
}

function outOfOrder(): RdpWireError {
  return new RdpWireError('ERR_RDP_TYPE', 'fragments of updates out of order', 'upstream');
}
