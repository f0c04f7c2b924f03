/**
 * Key frames of a desktop: from time to time the whole screen is recorded, some rows after the other while the session goes on. Rows
 * are those of the moment, and what is drawn later comes later, so all is known when the last rows have come, and no copy of the
 * screen is needed. A reader begins at the last that is whole at the time that it looks for.
 */
import type { DesktopEvent } from '../events/desktop-event.ts';
import { PIXEL_BYTES, type Screen } from '../picture/screen.ts';

/** Bytes of rows in one event. */
const ROWS_BYTES = 120 * 1024;
/** Events of one step: some milliseconds of work. */
const STEP_EVENTS = 4;
/** Time between the end of one and the beginning of the next, in milliseconds, and what must have been drawn for it, in bytes. */
const DUE: readonly { readonly afterMs: number; readonly bytes: number }[] = [
  { afterMs: 1_000, bytes: 8 * 1024 * 1024 },
  { afterMs: 10_000, bytes: 256 * 1024 },
  { afterMs: 60_000, bytes: 1 },
];

/** When the next key frame is due, and what comes of it. */
export class KeyFrames {
  #sinceMs: number;
  #bytes = 0;
  /** The next row of the key frame under way; undefined between two. */
  #row: number | undefined;

  constructor(nowMs: number) {
    this.#sinceMs = nowMs;
  }

  /** One is under way. */
  get isUnderWay(): boolean {
    return this.#row !== undefined;
  }

  /** Takes note of bytes that were recorded of the screen. */
  drew(bytes: number): void {
    this.#bytes += bytes;
  }

  /** The desktop has another size: what is under way is of no use. */
  restart(): void {
    this.#row = undefined;
    this.#bytes = Number.MAX_SAFE_INTEGER;
  }

  /** Whether a key frame is to begin. */
  isDue(nowMs: number): boolean {
    const passedMs = nowMs - this.#sinceMs;
    return !this.isUnderWay && DUE.some(({ afterMs, bytes }) => passedMs >= afterMs && this.#bytes >= bytes);
  }

  begin(): void {
    this.#row = 0;
    this.#bytes = 0;
  }

  /** The next rows of the key frame under way, the last of which ends it. */
  step(screen: Screen, nowMs: number): readonly DesktopEvent[] {
    const { width, height, rgba } = screen;
    const rowBytes = width * PIXEL_BYTES;
    const rows = Math.max(1, Math.floor(ROWS_BYTES / rowBytes));
    const events: DesktopEvent[] = [];
    for (let count = 0; count < STEP_EVENTS && this.#row !== undefined; count += 1) {
      const y = this.#row;
      const end = Math.min(height, y + rows);
      const bytes = new Uint8Array(rgba.buffer, y * rowBytes, (end - y) * rowBytes);
      events.push({ kind: 'rows', y, rgba: bytes });
      this.#row = end < height ? end : undefined;
    }
    if (this.#row === undefined) this.#sinceMs = nowMs;
    return events;
  }
}
