import type { ExchangeIntent, ExchangeOutcome, SessionOpened } from './audit-event.ts';
import type { GatewayError } from './gateway-error.ts';
import type { JsonObject } from './json.ts';

/** Who opened which session on what. */
export type RecordedSession = Omit<SessionOpened, 'type'>;

/** A request with its decision, as the recording holds it: the same words as on the audit trail. No secrets (P5, P6). */
export type RecordedRequest = Omit<ExchangeIntent, 'type' | 'session'>;

/** How an exchange ended. */
export interface RecordedOutcome {
  /** `refused`: the gateway answered by itself. */
  readonly status: ExchangeOutcome['status'] | 'refused';
  /** Protocol result: `{ tag, rows, bytes, sqlstate }` for SQL. */
  readonly result: JsonObject;
  readonly durationMs: number;
  /** What was masked: columns and methods, never values. */
  readonly masked?: JsonObject;
}

/**
 * What bytes of an exchange are: what the client got (after masking), what it sent (COPY data), or a message that was
 * not sent now but is needed to read the others, such as the description of rows that the client knew already; or
 * stands beside them, as trailers of HTTP do. `key` is what the client got up to here, told anew, and a place at which reading may
 * begin: all is known there once a `whole` is reached, or the next `key`.
 */
export type RecordedBytes = 'response' | 'request' | 'context' | 'key' | 'whole';

/**
 * The recording of one live session. Cheap and synchronous: a call copies into memory; the disk is written to later,
 * in order. Nothing throws; what fails is told by {@link failed} and by the callback given at the opening.
 */
export interface SessionRecording {
  /** Set once the recording cannot go on: nothing more may then be delivered to the client. */
  readonly failed: GatewayError | undefined;
  /**
   * An exchange begins, permitted or denied. Returns its number for the other calls; numbers count from 1.
   * @param results false where its result must not be recorded; the recording says so
   */
  begin(request: RecordedRequest, results?: boolean): number;
  /**
   * Bytes from `start` to `end` of an exchange, copied at once, so that the buffer may be reused. False when the disk
   * does not keep up, or the recording has failed: wait for {@link whenDrained}, then look at {@link failed}.
   */
  data(exchange: number, bytes: Buffer, start: number, end: number, kind?: RecordedBytes): boolean;
  /** The exchange lasts as long as its session, as a desktop does: no bound but that of the session holds for its bytes. */
  unbounded(exchange: number): void;
  /** The exchange is over. */
  end(exchange: number, outcome: RecordedOutcome): void;
  /** Anything else that belongs in the story: an approval, a kill. Exchange 0 stands for the session. */
  note(exchange: number, name: string, details: JsonObject): void;
  /** Hands what is recorded so far to the operating system now instead of within the configured delay. */
  flush(): void;
  /** Resolves when more may be recorded, when the recording has failed, or is closed. Never rejects. */
  whenDrained(): Promise<void>;
  /** Ends the recording; resolves when it is on file, and the audit knows its end. Idempotent; never rejects. */
  close(reason: string): Promise<void>;
}

/** Makes recordings. Implemented by `recording/`. */
export interface Recorder {
  /** @param onFailed told once when the recording cannot go on: stop the result that streams, and end the session */
  open(session: RecordedSession, onFailed?: (error: GatewayError) => void): SessionRecording;
}
