/** What the gateway and the thread that reads pictures say to each other. */
import type { ScreenTexts } from '../recording/index/index-words.ts';
import type { ScreenTextErrorCode } from './errors.ts';

/** To the thread: the session whose pictures are to be read. One at a time. */
export interface ReadOrder {
  readonly session: string;
}

/** From the thread: what came of it, and what went wrong with it, in so many pictures. */
export interface ReadWord {
  readonly screens: ScreenTexts;
  readonly pictures: number;
  readonly failures: number;
  /** The first thing that went wrong. */
  readonly trouble?: { readonly code: ScreenTextErrorCode; readonly message: string };
}
