/** A recorded desktop as the gateway streams it: events with their times, from the nearest place at which all is known. */
import type { RecordingLine } from '../../../../gateway/src/api/contract/recording.ts';
import { BlockCoding, decodeBlock } from '../../../../gateway/src/protocols/rdp/events/block.ts';
import {
  type DesktopEvent,
  decodeEvents,
} from '../../../../gateway/src/protocols/rdp/events/desktop-event.ts';
import { open, toQuery } from '../../api/ask.ts';
import { readLines } from '../../api/read-lines.ts';

/** What is read, in the order of the recording. Times are milliseconds since the session was opened. */
export type DesktopPiece =
  /** What follows is the desktop from its beginning on. */
  | { readonly type: 'beginning' }
  | { readonly type: 'event'; readonly ms: number; readonly event: DesktopEvent }
  /** The session ended, or its recording did. */
  | { readonly type: 'end'; readonly ms: number; readonly reason: string };

/** Later than any recording is long: the newest of one. */
export const NEWEST_MS: number = 2 ** 42;

/** What to read. */
export interface DesktopRange {
  /** All is known at this time, in milliseconds since the session was opened. */
  readonly fromMs: number;
  /** Goes on while the session does. */
  readonly isFollowed: boolean;
  readonly signal: AbortSignal;
}

/** Streams a recording. @throws ApiProblem, PictureError */
export async function* readDesktop(
  session: string,
  { fromMs, isFollowed, signal }: DesktopRange,
): AsyncGenerator<DesktopPiece> {
  const follow = isFollowed ? '1' : undefined;
  const query = toQuery({ form: 'bytes', fromKeyMs: Math.floor(fromMs), follow });
  const response = await open(`/v1/sessions/${session}/recording${query}`, { signal });
  let isAtBeginning = true;
  for await (const text of readLines(response)) {
    if (text === '') continue;
    const line = JSON.parse(text) as RecordingLine;
    const ms = line.ms ?? 0;
    switch (line.type) {
      case 'begin':
        // Others begin later: texts that are kept back.
        if (isAtBeginning) yield { type: 'beginning' };
        break;
      case 'data':
        isAtBeginning = false;
        for (const piece of await eventsOf(line.bytes ?? '', ms)) yield piece;
        break;
      case 'close':
      case 'cut':
        yield { type: 'end', ms, reason: textOf(line.head?.['reason']) || 'cut' };
        break;
      case 'cap':
        yield { type: 'end', ms, reason: 'from here on it was not recorded: a cap was reached' };
        break;
      case 'error':
        yield { type: 'end', ms, reason: 'the rest cannot be read' };
        break;
      default:
    }
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

async function eventsOf(base64: string, frameMs: number): Promise<readonly DesktopPiece[]> {
  const { coding, lagMs, rawLength, body } = decodeBlock(bytesOf(base64));
  const events = coding === BlockCoding.plain ? body : await inflated(body.slice(), rawLength);
  const pieces: DesktopPiece[] = [];
  decodeEvents(events, (event, afterMs) => {
    pieces.push({ type: 'event', ms: Math.max(0, frameMs - lagMs) + afterMs, event });
  });
  return pieces;
}

/** At most `length` bytes are kept, whatever the body holds. */
async function inflated(body: Uint8Array<ArrayBuffer>, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  const { readable, writable } = new DecompressionStream('deflate-raw');
  const writer = writable.getWriter();
  // What is wrong with it is told by the other end.
  void Promise.all([writer.write(body), writer.close()]).catch(() => undefined);
  let used = 0;
  for await (const chunk of readable) {
    if (used + chunk.length > length) throw new Error('a block of the recording is longer than it says');
    bytes.set(chunk, used);
    used += chunk.length;
  }
  if (used < length) throw new Error('a block of the recording is shorter than it says');
  return bytes;
}

function bytesOf(base64: string): Uint8Array {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at += 1) bytes[at] = text.charCodeAt(at);
  return bytes;
}
