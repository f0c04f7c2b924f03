/** What need not be drawn: parts of a desktop that later parts hide wholly. Pure; memory is bounded by the size of the desktop. */
import { type Damage, damageOf } from '../picture/bitmap-update.ts';
import { PictureError } from '../picture/errors.ts';
import { isScreenSize, PIXEL_BYTES } from '../picture/screen.ts';
import type { DesktopEvent } from './desktop-event.ts';

/** With fewer events the search costs more than it spares. */
const WORTH_EVENTS = 16;
/** Pixels of one number of a mask. */
const WORD = 32;

/** Sides of a screen, in pixels. */
interface Sides {
  readonly width: number;
  readonly height: number;
}

/**
 * Goes through events from the last to the first. Answers 1 for each whose pixels are all drawn over by those behind it, else 0: also
 * for what stands before the last change of the size.
 * @param screen as it is before them; undefined where there is none
 */
export function overdrawn(events: readonly DesktopEvent[], screen: Sides | undefined): Uint8Array {
  const isHidden = new Uint8Array(events.length);
  if (events.length < WORTH_EVENTS) return isHidden;
  let size = screen;
  let start = 0;
  for (const [index, event] of events.entries()) {
    if (event.kind !== 'size' || (event.width === size?.width && event.height === size.height)) continue;
    size = event;
    start = index;
  }
  if (size === undefined || !isScreenSize(size.width, size.height)) return isHidden;
  const covered = new Coverage(size);
  for (let index = events.length - 1; index >= start; index -= 1) {
    const event = events[index];
    const area = event === undefined ? undefined : areaOf(event, size);
    if (area !== undefined && !covered.add(area)) isHidden[index] = 1;
  }
  return isHidden;
}

/** The part of the screen that an event draws; undefined where that is none, or cannot be drawn. */
function areaOf(event: DesktopEvent, size: Sides): Damage | undefined {
  if (event.kind === 'rows') {
    const rows = event.rgba.length / (size.width * PIXEL_BYTES);
    const bottom = event.y + rows;
    if (!Number.isInteger(rows) || bottom > size.height) return undefined;
    return { left: 0, top: event.y, right: size.width, bottom };
  }
  if (event.kind !== 'rectangle') return undefined;
  try {
    return damageOf(event.bytes, size);
  } catch (error) {
    if (!(error instanceof PictureError)) throw error;
    return undefined;
  }
}

/** A bit for each pixel of a screen. */
class Coverage {
  readonly #words: number;
  readonly #mask: Int32Array;

  constructor({ width, height }: Sides) {
    this.#words = Math.ceil(width / WORD);
    this.#mask = new Int32Array(this.#words * height);
  }

  /** Covers a part. Answers whether something of it was not covered before. */
  add({ left, top, right, bottom }: Damage): boolean {
    const [first, last] = [Math.floor(left / WORD), Math.floor((right - 1) / WORD)];
    let isNew = 0;
    for (let word = first; word <= last; word += 1) {
      let bits = -1;
      if (word === first) bits &= -1 << (left % WORD);
      if (word === last) bits &= -1 >>> (WORD - 1 - ((right - 1) % WORD));
      for (let y = top; y < bottom; y += 1) {
        const at = y * this.#words + word;
        const before = this.#mask[at] ?? 0;
        isNew |= bits & ~before;
        this.#mask[at] = before | bits;
      }
    }
    return isNew !== 0;
  }
}
