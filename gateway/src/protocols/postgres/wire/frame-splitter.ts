/**
 * Cuts a byte stream into protocol messages (type byte, Int32 length that counts itself, body:
 * https://www.postgresql.org/docs/18/protocol-overview.html#PROTOCOL-MESSAGE-CONCEPTS).
 *
 * It walks the received chunk in place and makes no object a message: the one {@link Frame} is overwritten by each
 * call. It knows nothing of what messages mean, and it does not resume after an error: a stream whose framing is lost
 * has no next message.
 */
import { ByteAccumulator } from './byte-accumulator.ts';
import { toTypeName, WireError, type WireErrorSource } from './errors.ts';

/** Bytes before a message's body: the type byte and the Int32 length. */
export const HEADER_BYTES = 5;

/** Highest cap: V8's longest string, so that text in a message that passed can always be decoded. */
export const MOST_FRAME_BYTES = 0x1fff_ffe8;

/**
 * One message, or one fragment of a streamed message. Reused: valid until the next call of `next`.
 * `bytes` is the pushed chunk, or a buffer of its own that the splitter never writes again.
 */
export interface Frame {
  /** The message's type byte. */
  type: number;
  bytes: Buffer;
  /** First byte in `bytes`; the 5-byte header begins here when `first`. */
  start: number;
  /** One past the last byte in `bytes`. */
  end: number;
  /** Whether this begins the message (always true but for later fragments). */
  first: boolean;
  /** Whether this ends the message. */
  last: boolean;
}

/** Options of {@link FrameSplitter}. */
export interface FrameSplitterOptions {
  /** Longest message that is assembled or accepted whole, header included; 5 to {@link MOST_FRAME_BYTES}. */
  readonly maxFrameBytes: number;
  /** Types that may be longer than `maxFrameBytes` and come out in fragments as they arrive. */
  readonly streams?: (type: number) => boolean;
  /** Whose bytes these are, for errors; `downstream` if absent. */
  readonly source?: WireErrorSource;
}

const NOTHING = Buffer.alloc(0);

/** Pull-style splitter: `push` a chunk, then call `next` until it returns undefined. */
export class FrameSplitter {
  readonly #streams: (type: number) => boolean;
  readonly #source: WireErrorSource;
  readonly #pending = new ByteAccumulator();
  readonly #frame: Frame = { type: 0, bytes: NOTHING, start: 0, end: 0, first: true, last: true };
  #maxFrameBytes = 0;
  #chunk: Buffer = NOTHING;
  #position = 0;
  /** Stream offset of the chunk's first byte. */
  #chunkOffset = 0;
  #isDrained = true;
  /** Bytes still to come of the message being streamed. */
  #streaming = 0;
  #streamType = 0;
  #failure: WireError | undefined;

  constructor(options: FrameSplitterOptions) {
    this.#streams = options.streams ?? (() => false);
    this.#source = options.source ?? 'downstream';
    this.setMaxFrameBytes(options.maxFrameBytes);
  }

  /** Bytes of memory held for a message that is not complete yet; never over `maxFrameBytes`. */
  get retainedBytes(): number {
    return this.#pending.capacity;
  }

  /** A streamed message has begun and not ended: nothing may be put in between its fragments. */
  get isMidMessage(): boolean {
    return this.#streaming > 0;
  }

  /** Changes the cap for the message in progress and all later ones, for instance once a client has authenticated. */
  setMaxFrameBytes(maxFrameBytes: number): void {
    const isAllowed = maxFrameBytes >= HEADER_BYTES && maxFrameBytes <= MOST_FRAME_BYTES;
    if (!isAllowed || !Number.isInteger(maxFrameBytes)) {
      const message = `maxFrameBytes is a whole number from ${HEADER_BYTES} to ${MOST_FRAME_BYTES}, got ${maxFrameBytes}`;
      throw new WireError('ERR_WIRE_MISUSE', message, { source: 'internal', offset: 0 });
    }
    this.#maxFrameBytes = maxFrameBytes;
  }

  /**
   * Hands over the next bytes of the stream. They are read in place: the caller must not change them until `next` has
   * returned undefined, and may then. Throws `ERR_WIRE_MISUSE` while an earlier chunk is not drained.
   */
  push(chunk: Buffer): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (!this.#isDrained) {
      const message =
        'a chunk was pushed before the last one was drained; call next until it returns undefined';
      throw new WireError('ERR_WIRE_MISUSE', message, { source: 'internal', offset: this.#chunkOffset });
    }
    this.#chunk = chunk;
    this.#position = 0;
    this.#isDrained = false;
  }

  /** The next message or fragment, or undefined when more input is needed. Throws {@link WireError}, then for ever. */
  next(): Frame | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#streaming > 0) return this.#nextFragment();
    if (this.#pending.length > 0) return this.#completePending();
    const start = this.#position;
    const available = this.#chunk.length - start;
    if (available < HEADER_BYTES) return available === 0 ? this.#drain() : this.#stash(HEADER_BYTES);
    const type = this.#chunk[start] ?? 0;
    const total = this.#checkTotal(type, this.#chunk.readInt32BE(start + 1));
    if (available >= total) {
      this.#position = start + total;
      return this.#emit(this.#chunk, type, start);
    }
    return this.#streams(type) ? this.#beginStream(type, total) : this.#stash(total);
  }

  /** Returns undefined and lets go of the chunk and of the last message, which an idle session need not keep. */
  #drain(): undefined {
    this.#chunkOffset += this.#chunk.length;
    this.#chunk = NOTHING;
    this.#frame.bytes = NOTHING;
    this.#position = 0;
    this.#isDrained = true;
    return undefined;
  }

  /** Copies the rest of the chunk out, for a message of `total` bytes. */
  #stash(total: number): undefined {
    this.#take(this.#chunk.length - this.#position, total);
    return this.#drain();
  }

  #take(count: number, total: number): void {
    const start = this.#position;
    this.#position = start + count;
    this.#pending.append(this.#chunk, { start, end: this.#position }, total);
  }

  /** Goes on with a message whose first bytes came in an earlier chunk. */
  #completePending(): Frame | undefined {
    const pending = this.#pending;
    const missing = HEADER_BYTES - pending.length;
    if (missing > 0) {
      if (this.#chunk.length - this.#position < missing) return this.#stash(HEADER_BYTES);
      this.#take(missing, HEADER_BYTES);
    }
    const type = pending.at(0);
    const total = this.#checkTotal(type, pending.int32At(1));
    const wanted = total - pending.length;
    if (wanted > 0 && this.#streams(type)) return this.#emitPending(type, total);
    if (this.#chunk.length - this.#position < wanted) return this.#stash(total);
    if (wanted > 0) this.#take(wanted, total);
    return this.#emitPending(type, total);
  }

  /** Emits what is held: the whole message, or the header of one that is streamed from here on. */
  #emitPending(type: number, total: number): Frame {
    const bytes = this.#pending.release();
    const frame = this.#emit(bytes, type, 0);
    frame.end = bytes.length;
    return this.#markStreamed(frame, total - bytes.length);
  }

  #beginStream(type: number, total: number): Frame {
    const start = this.#position;
    this.#position = this.#chunk.length;
    return this.#markStreamed(this.#emit(this.#chunk, type, start), total - (this.#position - start));
  }

  #nextFragment(): Frame | undefined {
    const start = this.#position;
    const available = this.#chunk.length - start;
    if (available === 0) return this.#drain();
    const count = Math.min(available, this.#streaming);
    this.#position = start + count;
    const frame = this.#emit(this.#chunk, this.#streamType, start);
    frame.first = false;
    return this.#markStreamed(frame, this.#streaming - count);
  }

  #markStreamed(frame: Frame, remaining: number): Frame {
    this.#streamType = frame.type;
    this.#streaming = remaining;
    frame.last = remaining === 0;
    return frame;
  }

  /** Fills the one frame with a whole message that ends at the current position. */
  #emit(bytes: Buffer, type: number, start: number): Frame {
    const frame = this.#frame;
    frame.type = type;
    frame.bytes = bytes;
    frame.start = start;
    frame.end = this.#position;
    frame.first = true;
    frame.last = true;
    return frame;
  }

  /** The message's size with its type byte, from the length word as a signed Int32. */
  #checkTotal(type: number, length: number): number {
    if (length < 4) {
      this.#fail(
        'ERR_WIRE_LENGTH',
        `message type ${toTypeName(type)} declares a length of ${length}, under 4`,
      );
    }
    const total = length + 1;
    if (total > this.#maxFrameBytes && !this.#streams(type)) {
      const limit = `over the limit of ${this.#maxFrameBytes}`;
      this.#fail('ERR_WIRE_TOO_LONG', `message type ${toTypeName(type)} is ${total} bytes long, ${limit}`);
    }
    return total;
  }

  #fail(code: 'ERR_WIRE_LENGTH' | 'ERR_WIRE_TOO_LONG', message: string): never {
    const offset = this.#chunkOffset + this.#position - this.#pending.length;
    this.#failure = new WireError(code, message, { source: this.#source, offset });
    this.#pending.release();
    this.#drain();
    throw this.#failure;
  }
}
