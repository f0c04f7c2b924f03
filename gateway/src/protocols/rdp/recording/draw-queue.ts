/** Draws what was recorded, a bounded piece a turn, so that a hostile picture holds up nobody but its own session (P10). */
import { Desktop } from '../events/desktop.ts';
import type { DesktopEvent } from '../events/desktop-event.ts';
import type { PictureError } from '../picture/errors.ts';
import { PictureError as PictureFault } from '../picture/errors.ts';

/** Pixels that are drawn in one turn of the event loop, and at least one event. */
const PIXELS_A_TURN = 512 * 1024;
/** Of an event that draws nothing. */
const SMALL_PIXELS = 256;
/** Pixels in a byte of a pointer: each has a bit at least in both of its masks. */
const POINTER_PIXELS = 4;
/** With so many bytes waiting, whoever brings more has to wait. */
const FULL_BYTES = 1024 * 1024;
/** Places of width and height in TS_BITMAP_DATA. */
const WIDTH_AT = 8;
const HEIGHT_AT = 10;

/** Events that wait to be drawn, and the desktop on which they are. */
export class DrawQueue {
  readonly desktop: Desktop = new Desktop(true);
  readonly #onEmpty: () => void;
  readonly #onFailed: (error: PictureError) => void;
  #events: DesktopEvent[] = [];
  #next = 0;
  #bytes = 0;
  #immediate: NodeJS.Immediate | undefined;

  constructor(hooks: { readonly onEmpty: () => void; readonly onFailed: (error: PictureError) => void }) {
    this.#onEmpty = hooks.onEmpty;
    this.#onFailed = hooks.onFailed;
  }

  get isEmpty(): boolean {
    return this.#events.length === 0;
  }

  /** More must not come before some of it is drawn. */
  get isFull(): boolean {
    return this.#bytes > FULL_BYTES;
  }

  /** Takes an event with `bytes` bytes that are its own. */
  put(event: DesktopEvent, bytes: number): void {
    this.#events.push(event);
    this.#bytes += bytes;
    this.#immediate ??= setImmediate(() => this.#drawSome());
  }

  /** Drops what waits; nothing is drawn from now on. */
  stop(): void {
    clearImmediate(this.#immediate);
    this.#clear();
  }

  #drawSome(): void {
    this.#immediate = undefined;
    let left = PIXELS_A_TURN;
    try {
      while (left > 0 && this.#next < this.#events.length) {
        const event = this.#events[this.#next];
        this.#next += 1;
        if (event === undefined) break;
        left -= pixelsOf(event);
        this.desktop.take(event);
      }
    } catch (error) {
      this.#clear();
      if (!(error instanceof PictureFault)) throw error;
      this.#onFailed(error);
      return;
    }
    if (this.#next < this.#events.length) {
      this.#immediate = setImmediate(() => this.#drawSome());
      return;
    }
    this.#clear();
    this.#onEmpty();
  }

  #clear(): void {
    this.#events = [];
    this.#next = 0;
    this.#bytes = 0;
  }
}

function pixelsOf(event: DesktopEvent): number {
  // Another size is another screen, to be made and filled: a thousand of them come in one piece.
  if (event.kind === 'size') return SMALL_PIXELS + event.width * event.height;
  if (event.kind === 'pointer') return SMALL_PIXELS + event.bytes.length * POINTER_PIXELS;
  if (event.kind !== 'rectangle') return SMALL_PIXELS;
  const u16 = (at: number): number => (event.bytes[at] ?? 0) | ((event.bytes[at + 1] ?? 0) << 8);
  return SMALL_PIXELS + u16(WIDTH_AT) * u16(HEIGHT_AT);
}
