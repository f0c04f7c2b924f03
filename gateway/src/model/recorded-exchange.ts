import type { JsonObject } from './json.ts';
import type { RecordedOutcome, RecordedRequest, RecordedSession } from './recording.ts';

/** A session as its recording tells of it. */
export interface ArchivedSession extends RecordedSession {
  /** ISO 8601, UTC: times of exchanges count from here. */
  readonly openedAt: string;
  /** False where results are not recorded at all. */
  readonly results: boolean;
}

/** One exchange of a recording, put together from its frames. Times are milliseconds since the session was opened. */
export interface RecordedExchange {
  /** Counts from 1. */
  readonly number: number;
  readonly beganMs: number;
  readonly request: RecordedRequest;
  /** Names of values of the request that were cut. */
  readonly omitted: readonly string[];
  /** False where its result must not be recorded. */
  readonly results: boolean;
  readonly sent: RecordedDirection;
  readonly delivered: RecordedDirection;
  /** Absent where the recording does not have its end: it goes on, or was cut. */
  readonly outcome?: RecordedEnd;
  readonly notes: readonly { readonly name: string; readonly details: JsonObject }[];
}

/** How it ended, and what a cap kept out. */
export interface RecordedEnd extends RecordedOutcome {
  readonly endedMs: number;
  readonly droppedBytes: number;
}

/** What went one way. */
export interface RecordedDirection {
  readonly pieces: readonly { readonly ms: number; readonly bytes: Buffer }[];
  /** More is in the recording than was read. */
  readonly isCut: boolean;
}

/** Makes entries of an HTTP archive (HAR 1.2) of exchanges. Pure; what is on record may be hostile. */
export interface ExchangeArchive {
  /** The entry of an exchange; undefined for one that is a part of another. */
  add(exchange: RecordedExchange): Promise<ArchiveEntry | undefined>;
  /** What found no place; undefined where everything did. */
  end(): string | undefined;
}

/** An entry of an HTTP archive. */
export interface ArchiveEntry {
  readonly entry: JsonObject;
  /** Why it does not show all that there was; absent where it does. */
  readonly missing?: string;
}
