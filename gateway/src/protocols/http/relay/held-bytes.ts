/** Memory for the bodies that one connection has held: requests side by side share it, and wait for room in it. */
import type { RequestHead } from '../wire/head/request-head.ts';
import type { BodyBounds } from './body-window.ts';

/** For all bodies of a connection, in bytes. One body always fits. */
const IN_ALL = 16 * 1024 * 1024;

interface Waiting {
  readonly bytes: number;
  readonly admit: () => void;
}

/** Hands out room in the order in which it is asked for. */
export class HeldBytes {
  readonly #capacity: number;
  readonly #waiting: Waiting[] = [];
  #held = 0;

  constructor(capacity: number = IN_ALL) {
    this.#capacity = capacity;
  }

  /** Room, where there is some and nobody waits for it. @param bytes at most; more than there is counts as all of it */
  take(bytes: number): Room | undefined {
    const wanted = Math.min(bytes, this.#capacity);
    if (wanted > 0 && (this.#waiting.length > 0 || this.#held + wanted > this.#capacity)) return undefined;
    this.#held += wanted;
    return this.#room(wanted);
  }

  /** Waits for room. Rejects with the signal's reason. */
  async wait(bytes: number, signal: AbortSignal): Promise<Room> {
    signal.throwIfAborted();
    const room = this.take(bytes);
    if (room !== undefined) return room;
    const wanted = Math.min(bytes, this.#capacity);
    await this.#admitted(wanted, signal);
    return this.#room(wanted);
  }

  #room(bytes: number): Room {
    let own = bytes;
    return {
      shrink: (to) => {
        const spare = Math.max(0, own - to);
        own -= spare;
        this.#give(spare);
      },
    };
  }

  #admitted(bytes: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(signal.reason);
        this.#give(0);
      };
      const waiting: Waiting = {
        bytes,
        admit: () => {
          signal.removeEventListener('abort', onAbort);
          resolve();
        },
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiting.push(waiting);
    });
  }

  #give(bytes: number): void {
    this.#held -= bytes;
    for (;;) {
      const [next] = this.#waiting;
      if (next === undefined || this.#held + next.bytes > this.#capacity) return;
      this.#waiting.shift();
      this.#held += next.bytes;
      next.admit();
    }
  }
}

/** Room that was taken. */
export interface Room {
  /** Keeps no more than `to` bytes of it. */
  shrink(to: number): void;
}

/** Most bytes that are held of a request's body; as long as it says it is, where that is within the window. */
export function mostHeld({ framing, fields }: RequestHead, bounds: BodyBounds): number {
  if (framing.kind === 'none') return 0;
  const { inspectionBytes, inspectionDecodedBytes } = bounds;
  if (framing.kind === 'length' && framing.length > inspectionBytes) return 0;
  const decoded = fields.has('content-encoding') ? inspectionDecodedBytes : 0;
  return (framing.kind === 'length' ? framing.length : inspectionBytes) + decoded;
}
