/** At start: recordings that the process before left without an end get one, so that all of them can be read. */
import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import type { AuditLog } from '../model/audit-event.ts';
import type { RecordingClosed } from '../model/recording-event.ts';
import type { Log } from '../telemetry/log.ts';
import { causeText, RecordingError } from './errors.ts';
import {
  CHAIN_BYTES,
  FILE_HEADER_BYTES,
  FRAME_HEADER_BYTES,
  FrameType,
  frameKind,
  GENESIS,
  SEAL_BYTES,
  writeFrameHead,
} from './format.ts';
import { type ByteSource, FrameReader, openSource } from './frame-reader.ts';
import type { CutHead } from './heads.ts';
import {
  listOpenMarks,
  openMarkPath,
  type RecordingLayout,
  type RecordingPlace,
  recordingPath,
} from './layout.ts';
import { type RecordingFiles, writeAll } from './recording-files.ts';

/** What a recovery works with. */
export interface RecoveryOptions {
  readonly layout: RecordingLayout;
  readonly files: RecordingFiles;
  readonly audit: AuditLog;
  readonly log: Log;
}

/** Closes what is open; answers which recordings that were. A recording that cannot be closed stays for the next start. */
export async function recoverRecordings(options: RecoveryOptions): Promise<readonly RecordingPlace[]> {
  const places = listOpenMarks(options.layout);
  for (const place of places) {
    try {
      await recover(place, options);
    } catch (cause) {
      options.log.error('a recording cannot be closed', { session: place.session, reason: causeText(cause) });
    }
  }
  return places;
}

async function recover(place: RecordingPlace, { layout, files, audit, log }: RecoveryOptions): Promise<void> {
  const { session } = place;
  const path = recordingPath(layout, place);
  const size = statSync(path, { throwIfNoEntry: false })?.size;
  // Nothing whole was ever in it.
  if (size !== undefined && size < FILE_HEADER_BYTES) files.remove(path);
  else if (size !== undefined) {
    const ended = await endOf(path, files).catch((error: unknown) => {
      if (!(error instanceof RecordingError)) throw error;
      log.error('a recording is damaged: it is left as it is', { session, reason: error.message });
      return error;
    });
    if (ended === undefined) {
      log.warn('a recording without one whole frame is removed', { session });
      files.remove(path);
      files.remove(openMarkPath(layout, place));
      return;
    }
    const event =
      ended instanceof RecordingError
        ? ({
            type: 'recording.failed',
            session,
            cause: ended.message,
            bytes: size,
            frames: 0,
            chain: '',
          } as const)
        : { type: 'recording.closed' as const, session, ...ended };
    await audit.append([event]);
  }
  files.remove(openMarkPath(layout, place));
}

/** What was found of a recording whose writer is gone. */
interface Tail {
  /** Where the last whole frame ends. */
  to: number;
  frames: number;
  sealedTo: number;
  chain: Buffer;
  ms: number;
  /** Its last frame but seals is an end. */
  end: 'ended' | 'cut' | undefined;
}

type Ending = Omit<RecordingClosed, 'type' | 'session'>;

/** Undefined where it has not one whole frame: nobody was told of any of it. */
async function endOf(path: string, files: RecordingFiles): Promise<Ending | undefined> {
  const source = await openSource(path);
  try {
    const tail = await scan(source);
    if (tail.frames === 0) return undefined;
    // The process died after the end was written, and before the audit had it.
    if (tail.end !== undefined && tail.sealedTo === tail.to && tail.to === (await source.size())) {
      return { reason: tail.end, bytes: tail.to, frames: tail.frames, chain: tail.chain.toString('hex') };
    }
    return await cut(path, source, tail, files);
  } finally {
    await source.close();
  }
}

async function scan(source: ByteSource): Promise<Tail> {
  const reader = new FrameReader(source);
  await reader.checkHeader();
  const tail: Tail = {
    to: FILE_HEADER_BYTES,
    frames: 0,
    sealedTo: FILE_HEADER_BYTES,
    chain: GENESIS,
    ms: 0,
    end: undefined,
  };
  const wants = ({ type }: { readonly type: number }): boolean => type === FrameType.seal;
  for await (const { type, end, ms, payload } of reader.frames({ wants })) {
    tail.to = end;
    tail.frames += 1;
    if (type === FrameType.seal && payload.length === CHAIN_BYTES) {
      tail.sealedTo = end;
      tail.chain = Buffer.from(payload);
      continue;
    }
    tail.ms = ms;
    tail.end = type === FrameType.close ? 'ended' : type === FrameType.cut ? 'cut' : undefined;
  }
  return tail;
}

/** Takes off what is torn, and ends the recording with a frame that says so, and a seal. */
async function cut(path: string, source: ByteSource, tail: Tail, files: RecordingFiles): Promise<Ending> {
  const torn = await digest(source, tail.to, await source.size(), createHash('sha256'));
  const head: CutHead = { tornBytes: torn.bytes, tornSha256: torn.hash.toString('hex') };
  const payload = Buffer.from(JSON.stringify(head));
  const frame = Buffer.alloc(FRAME_HEADER_BYTES + payload.length);
  writeFrameHead(frame, 0, payload.length, frameKind(FrameType.cut), tail.ms, 0);
  payload.copy(frame, FRAME_HEADER_BYTES);
  const sum = createHash('sha256').update(tail.chain);
  const unsealed = await digest(source, tail.sealedTo, tail.to, sum, frame);
  const seal = Buffer.alloc(SEAL_BYTES);
  writeFrameHead(seal, 0, CHAIN_BYTES, frameKind(FrameType.seal), 0, 0);
  unsealed.hash.copy(seal, FRAME_HEADER_BYTES);
  files.truncate(path, tail.to);
  const fd = files.open(path, 'a', 0o600);
  try {
    writeAll(files, fd, [Buffer.concat([frame, seal])]);
    await files.sync(fd);
  } finally {
    files.close(fd);
  }
  return {
    reason: 'cut',
    bytes: tail.to + frame.length + seal.length,
    frames: tail.frames + 2,
    chain: unsealed.hash.toString('hex'),
    ...(torn.bytes === 0 ? {} : { tornBytes: torn.bytes }),
  };
}

async function digest(
  source: ByteSource,
  from: number,
  to: number,
  sum: ReturnType<typeof createHash>,
  behind: Buffer = Buffer.alloc(0),
): Promise<{ readonly bytes: number; readonly hash: Buffer }> {
  const chunk = Buffer.alloc(64 * 1024);
  let at = from;
  while (at < to) {
    const got = await source.read(chunk.subarray(0, Math.min(chunk.length, to - at)), at);
    if (got === 0) break;
    sum.update(chunk.subarray(0, got));
    at += got;
  }
  return { bytes: at - from, hash: sum.update(behind).digest() };
}
