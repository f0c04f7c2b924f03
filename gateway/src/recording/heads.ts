/** What the JSON payloads of a recording hold. */
import type { JsonObject } from '../model/json.ts';
import type { RecordedOutcome, RecordedRequest, RecordedSession } from '../model/recording.ts';

/** First frame of every recording. */
export interface SessionHead extends RecordedSession {
  /** When the session was opened, ISO 8601, UTC: times of frames count from here. */
  readonly openedAt: string;
  /** The caps that held, so that a reader knows what can be missing. */
  readonly caps: {
    readonly requestBytes: number;
    readonly resultBytes: number;
    readonly sessionBytes: number;
  };
  /** False where results are not recorded at all. */
  readonly results: boolean;
}

/** Payload of `begin`. */
export interface BeginHead extends RecordedRequest {
  /** Values of the request that were too large; the digest proves what they were. */
  readonly omitted?: readonly OmittedValue[];
  /** False where the result of this exchange is not recorded. */
  readonly results?: false;
}

/** A value that was left out, or cut. */
export interface OmittedValue {
  /** Key of the request. */
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Payload of `end`. */
export interface EndHead extends RecordedOutcome {
  /** Bytes of the exchange that are in the recording. */
  readonly recordedBytes: number;
  /** Bytes that a cap kept out. */
  readonly droppedBytes: number;
}

/** Payload of `cap`: from here on something is missing. */
export interface CapHead {
  readonly cap: 'resultBytes' | 'sessionBytes';
  readonly limit: number;
}

/** Payload of `note`. */
export interface NoteHead {
  readonly name: string;
  readonly details: JsonObject;
}

/** Payload of `close`. */
export interface CloseHead {
  readonly reason: string;
  readonly exchanges: number;
}

/** Payload of `cut`. */
export interface CutHead {
  /** Bytes of a torn frame that were taken off the end. */
  readonly tornBytes: number;
  readonly tornSha256: string;
}
