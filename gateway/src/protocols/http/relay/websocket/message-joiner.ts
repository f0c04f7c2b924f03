/** Joins the fragments of messages, as far as messages are looked at. */
import type { SocketMessage } from '../../facts/message-facts.ts';
import type { MessageSlice } from '../../wire/websocket/frame-reader.ts';

/** What has come together. */
export type Joined =
  /** To be judged: a whole message, or as much as is looked at of one that is longer. */
  | ({ readonly kind: 'message'; readonly bytes: Buffer } & SocketMessage)
  /** More of the long message that was judged last. */
  | { readonly kind: 'rest'; readonly isText: boolean; readonly bytes: Buffer; readonly last: boolean };

const NOTHING = Buffer.alloc(0);
const LEAST_ROOM = 1024;

/** Holds at most `most` bytes of one message, and the slice that goes beyond. */
export class MessageJoiner {
  readonly #most: number;
  #held: Buffer = NOTHING;
  #length = 0;
  #isPassing = false;

  /** @param most bytes of a message that are looked at */
  constructor(most: number) {
    this.#most = most;
  }

  /** Takes a slice. What comes back is good until the next one; undefined where more has to come first. */
  take({ isText, bytes, start, end, first, last }: MessageSlice): Joined | undefined {
    if (first) this.#reset();
    const slice = bytes.subarray(start, end);
    if (this.#isPassing) return { kind: 'rest', isText, bytes: slice, last };
    const length = this.#length + slice.length;
    const isOver = length > this.#most;
    if (!last && !isOver) {
      this.#hold(slice);
      return undefined;
    }
    const joined = this.#length === 0 ? slice : Buffer.concat([this.#held.subarray(0, this.#length), slice]);
    this.#reset();
    this.#isPassing = isOver && !last;
    return { kind: 'message', isText, bytes: joined, isComplete: !isOver };
  }

  /** The last message that was judged is not over. */
  get isPassing(): boolean {
    return this.#isPassing;
  }

  #hold(slice: Buffer): void {
    const length = this.#length + slice.length;
    if (this.#held.length < length) {
      const grown = Buffer.allocUnsafe(
        Math.max(LEAST_ROOM, length, Math.min(this.#held.length * 2, this.#most)),
      );
      this.#held.copy(grown, 0, 0, this.#length);
      this.#held = grown;
    }
    slice.copy(this.#held, this.#length);
    this.#length = length;
  }

  #reset(): void {
    this.#held = NOTHING;
    this.#length = 0;
    this.#isPassing = false;
  }
}
