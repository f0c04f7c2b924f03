/** The text in the pictures of one session: a picture after the other, with a rest after each. */
import { setTimeout } from 'node:timers/promises';
import type { ScreenTextPlan } from '../recording/config.ts';
import { RecordingError } from '../recording/errors.ts';
import type { ScreenText } from '../recording/index/index-words.ts';
import type { RecordingLayout } from '../recording/layout.ts';
import { replayRecording } from '../recording/replay.ts';
import { ScreenTextError } from './errors.ts';
import { type PictureReader, readPicture } from './read-picture.ts';
import type { ReadWord } from './screen-text-words.ts';
import { sessionPictures } from './session-pictures.ts';

/** Most characters of one picture: a screen full of small letters has fewer. */
const MOST_CHARACTERS = 16 * 1024;
/** So many pictures one after the other that cannot be read: the program will read no other. */
const MOST_FAILURES = 3;
/** Rest after a picture, as a multiple of the work, and the longest in milliseconds. */
const REST_FACTOR = 1;
const MOST_REST_MS = 2_000;

/** Reads a session that is over. Never rejects for what the program or the recording does. */
export async function readSession(
  session: string,
  {
    layout,
    plan,
  }: { readonly layout: RecordingLayout; readonly plan: ScreenTextPlan & Pick<PictureReader, 'niceness'> },
): Promise<ReadWord> {
  const texts: ScreenText[] = [];
  let [pictures, failures, inRow] = [0, 0, 0];
  let trouble: ScreenTextError | undefined;
  const failed = (error: unknown): void => {
    trouble ??= asTrouble(error);
    failures += 1;
    inRow += 1;
  };
  const terms = { everyMs: plan.everySeconds * 1000, most: plan.picturesPerSession };
  try {
    const entries = replayRecording(layout, session, { kind: 'response' });
    for await (const { exchange, ms, png } of sessionPictures(entries, terms)) {
      pictures += 1;
      const startedMs = performance.now();
      try {
        const text = tidied(await readPicture(png, plan));
        inRow = 0;
        // What stays on the screen is found where it came up.
        if (text !== '' && text !== texts.at(-1)?.text) texts.push({ exchange, ms, text });
      } catch (error) {
        failed(error);
        if (inRow >= MOST_FAILURES) break;
      }
      await setTimeout(Math.min(MOST_REST_MS, (performance.now() - startedMs) * REST_FACTOR));
    }
  } catch (error) {
    failed(error);
    // It will be no better next time: what was read until there is kept.
    inRow = 0;
  }
  const ended = inRow > 0 ? 'failed' : 'read';
  return {
    screens: { session, texts, ended },
    pictures,
    failures,
    ...(trouble === undefined ? {} : { trouble: { code: trouble.code, message: trouble.message } }),
  };
}

/** Runs of blanks are one, controls are none. */
function tidied(text: string): string {
  return text
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .slice(0, MOST_CHARACTERS)
    .toWellFormed();
}

function asTrouble(error: unknown): ScreenTextError {
  if (error instanceof ScreenTextError) return error;
  if (error instanceof RecordingError) return new ScreenTextError('ERR_SCREEN_TEXT_RECORDING', error.message);
  throw error;
}
