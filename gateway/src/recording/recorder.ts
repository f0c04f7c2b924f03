/** All recordings of this gateway: when they are written, what the audit is told of them, how much they may hold. */
import type { AuditLog } from '../model/audit-event.ts';
import type { Clock } from '../model/clock.ts';
import type { GatewayError } from '../model/gateway-error.ts';
import type { RecordedSession, Recorder, SessionRecording } from '../model/recording.ts';
import type { Log } from '../telemetry/log.ts';
import { BatchWriter } from './batch-writer.ts';
import { BLOCK_BYTES, BlockPool } from './block-pool.ts';
import type { RecordingPlan } from './config.ts';
import { causeText, unwritable } from './errors.ts';
import { dayOf, openMarkPath, type RecordingLayout, type RecordingPlace, recordingPath } from './layout.ts';
import { LiveRecording } from './live-recording.ts';
import { MarkQueue } from './mark-queue.ts';
import { MemoryBudget } from './memory-budget.ts';
import { Descriptors, RecordingFile } from './recording-file.ts';
import type { RecordingFiles } from './recording-files.ts';

/** Recordings that are written in one turn of the event loop. */
const WRITES_A_TURN = 64;
/** Bound on closing all recordings at the end of the gateway, in milliseconds. */
const CLOSE_MS = 10_000;
/** Free blocks that are kept. */
const KEPT_BYTES = 16 * 1024 * 1024;

/** What a {@link RecorderFiles} works with. */
export interface RecorderOptions {
  readonly plan: RecordingPlan;
  readonly layout: RecordingLayout;
  readonly files: RecordingFiles;
  readonly audit: AuditLog;
  readonly clock: Clock;
  readonly log: Log;
  /** A recording has grown, or is at its end: it may be indexed. */
  readonly onWritten?: (place: RecordingPlace, isClosed: boolean) => void;
}

/** One session that is recorded. */
export interface LiveEntry {
  readonly place: RecordingPlace;
  readonly file: RecordingFile;
  readonly writer: BatchWriter;
  recording: LiveRecording | undefined;
  /** Bytes that the audit knows of. */
  marked: number;
}

/** A {@link Recorder} that writes files. */
export class RecorderFiles implements Recorder {
  readonly #options: RecorderOptions;
  readonly #budget: MemoryBudget;
  readonly #pool = new BlockPool(KEPT_BYTES / BLOCK_BYTES);
  readonly #descriptors: Descriptors;
  readonly #entries = new Set<LiveEntry>();
  /** Those with something to write. */
  #waiting = new Set<LiveEntry>();
  readonly #marks: MarkQueue;
  readonly #markTimer: NodeJS.Timeout;
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;

  constructor(options: RecorderOptions) {
    const { plan, files } = options;
    this.#options = options;
    this.#budget = new MemoryBudget({ each: plan.bufferBytes, total: plan.totalBufferBytes });
    this.#descriptors = new Descriptors(files, plan.openFiles);
    this.#marks = new MarkQueue(options);
    this.#markTimer = setInterval(() => this.#markAll(), plan.markSeconds * 1000).unref();
  }

  /** Bytes in memory that wait for the disk. */
  get pending(): number {
    return this.#budget.used;
  }

  open(session: RecordedSession, onFailed?: (error: GatewayError) => void): SessionRecording {
    const { plan, layout, files, clock } = this.#options;
    const openedMs = clock.nowMs();
    const place = { day: dayOf(openedMs), session: session.session };
    const file = new RecordingFile(recordingPath(layout, place), files, this.#descriptors);
    const writer = new BatchWriter(
      file,
      { pool: this.#pool, budget: this.#budget },
      {
        onWaiting: () => this.#flushSoon(entry),
        onFirstWrite: () => this.#begin(place),
        onWritten: () => this.#written(entry),
        onFailure: (cause) => this.#failed(entry, cause, onFailed),
      },
    );
    const entry: LiveEntry = { place, file, writer, recording: undefined, marked: 0 };
    this.#entries.add(entry);
    const recording = new LiveRecording(session, openedMs, {
      plan,
      writer,
      budget: this.#budget,
      nowMs: () => clock.nowMs(),
      onClose: () => this.#close(entry),
    });
    entry.recording = recording;
    return recording;
  }

  /** Closes all recordings, for the end of the gateway. Never rejects. */
  async close(): Promise<void> {
    clearInterval(this.#markTimer);
    const ends = [...this.#entries].map(async (entry) => entry.recording?.close('the gateway stopped'));
    const late = Promise.withResolvers<void>();
    // A disk that does not answer must not hold up the stop: the next start closes what is left.
    const timer = setTimeout(late.resolve, CLOSE_MS);
    await Promise.race([Promise.all(ends), late.promise]);
    clearTimeout(timer);
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
  }

  #flushSoon(entry: LiveEntry): void {
    this.#waiting.add(entry);
    if (this.#immediate !== undefined) return;
    if (this.#options.plan.flushMs === 0) {
      this.#immediate = setImmediate(() => this.#flushSome());
      return;
    }
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#flushSome();
    }, this.#options.plan.flushMs);
  }

  /** Bounded work a turn (P10). */
  #flushSome(): void {
    this.#immediate = undefined;
    let left = WRITES_A_TURN;
    for (const entry of this.#waiting) {
      if (left === 0) {
        this.#immediate = setImmediate(() => this.#flushSome());
        return;
      }
      left -= 1;
      this.#waiting.delete(entry);
      entry.writer.flush();
    }
  }

  /** Folder and mark stand before the file does: after a crash it is found. */
  #begin(place: RecordingPlace): void {
    const { layout, files } = this.#options;
    files.makeFolder(layout.openFolder);
    files.touch(openMarkPath(layout, place));
    files.makeFolder(recordingPath(layout, place).slice(0, -`/${place.session}.rec`.length));
  }

  #written(entry: LiveEntry): void {
    this.#options.onWritten?.(entry.place, false);
    // The audit knows of a recording from its first bytes on.
    if (entry.marked === 0) this.#marks.add(entry);
  }

  #markAll(): void {
    for (const entry of this.#entries) if (entry.file.size > entry.marked) this.#marks.add(entry);
  }

  #failed(entry: LiveEntry, cause: unknown, tell: ((error: GatewayError) => void) | undefined): void {
    const { audit, log } = this.#options;
    const { session } = entry.place;
    const error = unwritable(session, cause);
    log.error('a recording cannot be written: the session stops', { session, reason: causeText(cause) });
    this.#waiting.delete(entry);
    audit.enqueue({
      type: 'recording.failed',
      session,
      cause: causeText(cause).slice(0, 400),
      ...entry.file.written,
    });
    if (entry.recording !== undefined) entry.recording.failed = error;
    tell?.(error);
  }

  /** Never rejects. */
  async #close(entry: LiveEntry): Promise<void> {
    const { layout, files, log, onWritten } = this.#options;
    await entry.writer.settled();
    this.#waiting.delete(entry);
    try {
      if (!entry.writer.isOver) {
        await this.#marks.end(entry);
        files.remove(openMarkPath(layout, entry.place));
      }
    } catch (cause) {
      // The mark stays: the next start tells the audit.
      log.error('the end of a recording is not on the audit trail yet', {
        session: entry.place.session,
        reason: causeText(cause),
      });
    }
    entry.writer.stop();
    entry.file.close();
    this.#entries.delete(entry);
    onWritten?.(entry.place, true);
  }
}
