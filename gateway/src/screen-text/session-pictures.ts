/** The pictures of a recorded desktop from which text is read: one in a while, where what is shown has changed. */
import { Desktop } from '../protocols/rdp/events/desktop.ts';
import { PictureError } from '../protocols/rdp/picture/errors.ts';
import { encodePng } from '../protocols/rdp/playback/png.ts';
import { readBlock } from '../protocols/rdp/playback/read-block.ts';
import type { ReplayEntry } from '../recording/replay.ts';
import { ScreenTextError } from './errors.ts';

/** A picture to read. */
export interface SessionPicture {
  /** Number of the exchange that it is of. */
  readonly exchange: number;
  /** Since when it was shown, in milliseconds since the session was opened. */
  readonly ms: number;
  readonly png: Buffer;
}

/** How many pictures there are at most. */
export interface PictureTerms {
  /** At most one in so much time of the session. */
  readonly everyMs: number;
  readonly most: number;
}

/**
 * A picture is taken when the screen has been the same for that long, or changes for longer than that; and at the end. Its time is that
 * of its last change.
 * @throws ScreenTextError where it cannot be drawn, RecordingError
 */
export async function* sessionPictures(
  entries: AsyncIterable<ReplayEntry>,
  { everyMs, most }: PictureTerms,
): AsyncGenerator<SessionPicture> {
  // Entries are read from the first on, so nothing of it is unknown.
  const desktop = new Desktop(true);
  let exchange = 0;
  let count = 0;
  /** Time of the first and of the last change that no picture has yet. */
  let changed: { readonly sinceMs: number; lastMs: number } | undefined;
  const picture = (): SessionPicture | undefined => {
    const { screen } = desktop;
    if (changed === undefined || screen === undefined || count >= most) return undefined;
    const ms = changed.lastMs;
    changed = undefined;
    count += 1;
    return { exchange, ms, png: encodePng(screen.width, screen.height, screen.rgba) };
  };
  try {
    for await (const entry of entries) {
      if (entry.type !== 'data') continue;
      if (changed !== undefined && entry.ms - changed.sinceMs >= everyMs) {
        const due = picture();
        if (due !== undefined) yield due;
        if (count >= most) return;
      }
      exchange = entry.exchange;
      readBlock(entry.bytes, entry.ms, (event) => {
        if (desktop.take(event) === undefined) return;
        changed ??= { sinceMs: entry.ms, lastMs: entry.ms };
        changed.lastMs = entry.ms;
      });
    }
  } catch (error) {
    if (!(error instanceof PictureError)) throw error;
    throw new ScreenTextError('ERR_SCREEN_TEXT_RECORDING', `a picture cannot be drawn: ${error.message}`);
  }
  const last = picture();
  if (last !== undefined) yield last;
}
