/** Bytes that are put by until there are enough: a peer that sends one at a time fills no more memory than one that sends all. */

const NOTHING = Buffer.alloc(0);
const LEAST_ROOM = 1024;

/** Slices, put together. It has at most twice as much memory as bytes, but for one slice that is alone, and for a first KiB. */
export class GatheredBytes {
  #bytes: Buffer = NOTHING;
  /** Undefined while `#bytes` is somebody else's. */
  #room: Buffer | undefined;

  /** How many there are. */
  get length(): number {
    return this.#bytes.length;
  }

  /** All of them, in one piece. */
  get bytes(): Buffer {
    return this.#bytes;
  }

  /** Adds a slice. One that is the first is not copied: what it lies in must not be written to again. */
  add(slice: Buffer): void {
    if (slice.length === 0) return;
    const held = this.#bytes.length;
    if (held === 0 && this.#room === undefined) {
      this.#bytes = slice;
      return;
    }
    const length = held + slice.length;
    let room = this.#room;
    if (room === undefined || room.length < length) {
      room = Buffer.allocUnsafeSlow(Math.max(LEAST_ROOM, 2 * held, length));
      this.#bytes.copy(room, 0);
      this.#room = room;
    }
    slice.copy(room, held);
    this.#bytes = room.subarray(0, length);
  }

  /** Gives them away: from now on there are none. */
  take(): Buffer {
    const bytes = this.#bytes;
    this.#bytes = NOTHING;
    this.#room = undefined;
    return bytes;
  }
}
