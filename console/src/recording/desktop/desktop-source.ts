/** A recorded desktop as the gateway streams it: events with their times, from the nearest place at which all is known. */
import type { RecordingLine } from '../../../../gateway/src/api/contract/recording.ts';
import {
  BLOCK_HEAD_BYTES,
  BlockCoding,
  decodeBlock,
  readLag,
} from '../../../../gateway/src/protocols/rdp/events/block.ts';
import {
  type DesktopEvent,
  decodeEvents,
} from '../../../../gateway/src/protocols/rdp/events/desktop-event.ts';
import { open, toQuery } from '../../api/ask.ts';
import { readLines } from '../../api/read-lines.ts';
import { inflate } from './inflate.ts';

/** A block of events as it came: most are read ahead, and not all of those are shown. */
export interface DesktopBlock {
  readonly type: 'block';
  /** Of its first event, and of its frame. */
  readonly firstMs: number;
  readonly ms: number;
  /** In base64. */
  readonly block: string;
}

/** An event and its time, in milliseconds since the session was opened. */
export interface TimedEvent {
  readonly ms: number;
  readonly event: DesktopEvent;
}

/** What is read, in the order of the recording. Times are milliseconds since the session was opened. */
export type DesktopPiece =
  /** What follows is the desktop from its beginning on. */
  | { readonly type: 'beginning' }
  | DesktopBlock
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
        yield blockOf(line.bytes ?? '', ms);
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

/** Characters of base64 that hold the head of a block. */
const HEAD_CHARACTERS = (BLOCK_HEAD_BYTES / 3) * 4;

function blockOf(block: string, ms: number): DesktopBlock {
  const lagMs = readLag(bytesOf(block.slice(0, HEAD_CHARACTERS)));
  return { type: 'block', firstMs: Math.max(0, ms - lagMs), ms, block };
}

/** The events of a block. @throws PictureError, Error where it is none */
export function eventsOf({ block, firstMs }: DesktopBlock): readonly TimedEvent[] {
  const { coding, rawLength, body } = decodeBlock(bytesOf(block));
  const bytes = coding === BlockCoding.plain ? body : inflate(body, rawLength);
  const events: TimedEvent[] = [];
  decodeEvents(bytes, (event, afterMs) => events.push({ ms: firstMs + afterMs, event }));
  return events;
}

function bytesOf(base64: string): Uint8Array {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at += 1) bytes[at] = text.charCodeAt(at);
  return bytes;
}
