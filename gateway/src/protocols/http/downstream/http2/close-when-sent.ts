import type { ServerHttp2Stream } from 'node:http2';
import { NO_ERROR } from '../../wire/http2/error-codes.ts';

/** So long the rest of a request is read whose answer was given: as for HTTP/1.1. */
const REST_MS = 2_000;
/** How often it is looked whether the answer has left, in milliseconds. */
const LOOK_MS = 50;

/**
 * Resets the stream of an answer whose request is still coming (RFC 9113 section 8.1). Not before the end of the answer has left: Node
 * says `finish` earlier, and a reset overtakes what is queued.
 */
export function closeWhenSent(stream: ServerHttp2Stream): void {
  const until = performance.now() + REST_MS;
  const timer = setInterval(() => {
    if (stream.state.localClose === 1 || performance.now() > until) stream.close(NO_ERROR);
  }, LOOK_MS);
  timer.unref();
  stream.once('close', () => clearInterval(timer));
  // What comes of it goes nowhere.
  stream.resume();
}
