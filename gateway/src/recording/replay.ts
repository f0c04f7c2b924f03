/** A recording as a story: its frames read, in order, from a place on, and while the session goes on. */
import { existsSync } from 'node:fs';
import type { RecordedBytes } from '../model/recording.ts';
import { recordingError } from './errors.ts';
import { DataFlag, FILE_HEADER_BYTES, type FrameHead, FrameType } from './format.ts';
import { type ByteSource, type Frame, FrameReader, openSource, readJson } from './frame-reader.ts';
import { lastKnownPlace } from './known-place.ts';
import { findRecording, openMarkPath, type RecordingLayout, recordingPath } from './layout.ts';

/** How often a live recording is looked at. */
const LOOK_MS = 200;
/** While nothing happens, the reader is told so often that it is still followed. */
const ALIVE_MS = 15_000;

/** One thing that happened. `ms` counts from the opening of the session; `exchange` 0 stands for the session. */
export type ReplayEntry = { readonly ms: number; readonly exchange: number } & (
  | { readonly type: 'session' | 'begin' | 'end' | 'note' | 'cap' | 'close' | 'cut'; readonly head: object }
  /** Good until the next entry is asked for. */
  | { readonly type: 'data'; readonly kind: RecordedBytes; readonly bytes: Buffer }
  /** A frame of a type that this gateway does not know. */
  | { readonly type: 'unknown'; readonly code: number }
  /** Nothing happened for a while. */
  | { readonly type: 'alive' }
);

/** What to read. */
export interface ReplayRange {
  /** Only this exchange. */
  readonly exchange?: number;
  /** From this exchange on. */
  readonly fromExchange?: number;
  /** From this time on. */
  readonly fromMs?: number;
  /** Up to this time. */
  readonly untilMs?: number;
  /** Only bytes of this kind, with all that is no bytes. */
  readonly kind?: RecordedBytes;
  /** From this place of the file on, where a frame begins, with the session before it. */
  readonly fromOffset?: number;
  /** From the last place on, not before `fromOffset`, from which all is known at this time; from `fromOffset` where there is none. */
  readonly knownMs?: number;
  /** Goes on while the session does; ends with it, or with the signal. */
  readonly follow?: boolean;
  readonly signal?: AbortSignal;
}

const JSON_TYPES = new Map<number, 'session' | 'begin' | 'end' | 'note' | 'cap' | 'close' | 'cut'>([
  [FrameType.session, 'session'],
  [FrameType.begin, 'begin'],
  [FrameType.end, 'end'],
  [FrameType.note, 'note'],
  [FrameType.cap, 'cap'],
  [FrameType.close, 'close'],
  [FrameType.cut, 'cut'],
]);
const KINDS = new Map<number, RecordedBytes>([
  [DataFlag.response, 'response'],
  [DataFlag.request, 'request'],
  [DataFlag.context, 'context'],
  [DataFlag.key, 'key'],
  [DataFlag.whole, 'whole'],
]);

/** @throws RecordingError `ERR_RECORDING_UNKNOWN` where there is no recording of the session, and others */
export async function* replayRecording(
  layout: RecordingLayout,
  session: string,
  range: ReplayRange = {},
): AsyncGenerator<ReplayEntry> {
  const place = findRecording(layout, session);
  if (place === undefined) {
    throw recordingError('ERR_RECORDING_UNKNOWN', 'there is no recording of this session');
  }
  const source = await openSource(recordingPath(layout, place));
  try {
    const reader = new FrameReader(source);
    await reader.checkHeader();
    const isWanted = wanted(range);
    let from = FILE_HEADER_BYTES;
    const start = await startOf(source, range);
    if (start > from) {
      const first = await reader.frames().next();
      if (first.done !== true) yield entryOf(first.value);
      from = start;
    }
    let idleMs = 0;
    for (;;) {
      // Asked before the reading: what is written before the mark goes is then read.
      const isLive = range.follow === true && existsSync(openMarkPath(layout, place));
      const before = from;
      for await (const frame of reader.frames({ from, wants: isWanted })) {
        from = frame.end;
        if (range.signal?.aborted === true) return;
        if (range.untilMs !== undefined && frame.type !== FrameType.seal && frame.ms > range.untilMs) return;
        if (frame.raw.length > 0) yield entryOf(frame);
      }
      if (!isLive || range.signal?.aborted === true) return;
      idleMs = from > before ? 0 : idleMs + LOOK_MS;
      if (idleMs >= ALIVE_MS) {
        idleMs = 0;
        yield { type: 'alive', ms: 0, exchange: 0 };
      }
      await later(LOOK_MS, range.signal);
    }
  } finally {
    await source.close();
  }
}

/** The place at which the range begins. */
async function startOf(
  source: ByteSource,
  { fromOffset = FILE_HEADER_BYTES, knownMs }: ReplayRange,
): Promise<number> {
  return knownMs === undefined ? fromOffset : await lastKnownPlace(source, fromOffset, knownMs);
}

/** Session, close and cut always; of the rest what is in the range. Seals are no part of the story. */
function wanted(range: ReplayRange): (head: FrameHead) => boolean {
  const { exchange, fromExchange, fromMs, kind } = range;
  return (head) => {
    if (head.type === FrameType.seal) return false;
    if (head.exchange === 0 && head.type !== FrameType.data) return true;
    if (kind !== undefined && head.type === FrameType.data && KINDS.get(head.flags) !== kind) return false;
    if (exchange !== undefined && head.exchange !== exchange) return false;
    if (fromExchange !== undefined && head.exchange < fromExchange) return false;
    return fromMs === undefined || head.ms >= fromMs;
  };
}

function entryOf(frame: Frame): ReplayEntry {
  const { type, ms, exchange, flags, payload } = frame;
  const json = JSON_TYPES.get(type);
  if (json !== undefined) return { type: json, ms, exchange, head: readJson(payload) as object };
  const kind = KINDS.get(flags);
  if (type === FrameType.data && kind !== undefined)
    return { type: 'data', ms, exchange, kind, bytes: payload };
  return { type: 'unknown', ms, exchange, code: type };
}

function later(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done, { once: true });
  });
}

/** The entry as a line of JSON, without its line end; bytes in base64. */
export function toLine(entry: ReplayEntry): string {
  if (entry.type !== 'data') return JSON.stringify(entry);
  const { bytes, ...rest } = entry;
  return JSON.stringify({ ...rest, bytes: bytes.toString('base64') });
}

/** Reads such a line. @throws RecordingError when it is none */
export function fromLine(line: string): ReplayEntry {
  const value = readJson(Buffer.from(line)) as {
    type?: unknown;
    bytes?: unknown;
    head?: unknown;
    kind?: unknown;
  };
  const json = [...JSON_TYPES.values()].find((type) => type === value.type);
  if (json !== undefined && typeof value.head === 'object' && value.head !== null)
    return value as ReplayEntry;
  const kind = [...KINDS.values()].find((one) => one === value.kind);
  if (value.type === 'data' && kind !== undefined && typeof value.bytes === 'string') {
    return { ...value, type: 'data', kind, bytes: Buffer.from(value.bytes, 'base64') } as ReplayEntry;
  }
  if (value.type === 'unknown' || value.type === 'alive') return value as ReplayEntry;
  throw recordingError('ERR_RECORDING_DAMAGED', 'a line of the recording is none');
}
