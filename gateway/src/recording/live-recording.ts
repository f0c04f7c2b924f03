/** The recording of one session while it runs: what the protocol says becomes frames, within the caps. */
import type { GatewayError } from '../model/gateway-error.ts';
import type { JsonObject } from '../model/json.ts';
import type {
  RecordedBytes,
  RecordedOutcome,
  RecordedRequest,
  RecordedSession,
  SessionRecording,
} from '../model/recording.ts';
import type { BatchWriter } from './batch-writer.ts';
import { beginText, headText } from './bounded-head.ts';
import type { RecordingPlan } from './config.ts';
import { DataFlag, FrameType, frameKind } from './format.ts';
import type { BeginHead, CapHead, CloseHead, EndHead, NoteHead, SessionHead } from './heads.ts';
import type { MemoryBudget } from './memory-budget.ts';

/** One data frame holds at most so much: a reader can seek, and needs no more memory. */
const PIECE_BYTES = 256 * 1024;
/** Longest head but that of a request, in characters. */
const HEAD_LIMIT = 256 * 1024;
/** Requests are cut to this once the session has reached its cap. */
const CAPPED_REQUEST_BYTES = 4096;

const SESSION = frameKind(FrameType.session);
const BEGIN = frameKind(FrameType.begin);
const END = frameKind(FrameType.end);
const NOTE = frameKind(FrameType.note);
const CAP = frameKind(FrameType.cap);
const CLOSE = frameKind(FrameType.close);
const DATA: Readonly<Record<RecordedBytes, number>> = {
  response: frameKind(FrameType.data, DataFlag.response),
  request: frameKind(FrameType.data, DataFlag.request),
  context: frameKind(FrameType.data, DataFlag.context),
  key: frameKind(FrameType.data, DataFlag.key),
  whole: frameKind(FrameType.data, DataFlag.whole),
};

/** What is counted of an exchange. */
interface Counted {
  recorded: number;
  dropped: number;
  isCapped: boolean;
  /** Only the session's cap holds. */
  isUnbounded: boolean;
}

/** What a live recording works with. */
export interface LiveServices {
  readonly plan: RecordingPlan;
  readonly writer: BatchWriter;
  readonly budget: MemoryBudget;
  readonly nowMs: () => number;
  /** Does the rest of the closing, once. */
  readonly onClose: () => Promise<void>;
}

/** A {@link SessionRecording} that writes. */
export class LiveRecording implements SessionRecording {
  failed: GatewayError | undefined;
  readonly #services: LiveServices;
  readonly #openedMs: number;
  readonly #counts = new Map<number, Counted>();
  #exchanges = 0;
  #lastMs = 0;
  #dataBytes = 0;
  #isCapped = false;
  #closing: Promise<void> | undefined;

  constructor(session: RecordedSession, openedMs: number, services: LiveServices) {
    this.#services = services;
    this.#openedMs = openedMs;
    const { requestBytes, resultBytes, sessionBytes, results } = services.plan;
    const caps = { requestBytes, resultBytes, sessionBytes };
    const head: SessionHead = { ...session, openedAt: new Date(openedMs).toISOString(), caps, results };
    const { protocol, resource, account } = session;
    this.#put(
      SESSION,
      0,
      headText(head, HEAD_LIMIT, { session: session.session, protocol, resource, account }),
    );
  }

  begin(request: RecordedRequest, results: boolean = true): number {
    this.#exchanges += 1;
    const exchange = this.#exchanges;
    if (this.#isOver) return exchange;
    const { requestBytes } = this.#services.plan;
    const limit = this.#isCapped ? Math.min(requestBytes, CAPPED_REQUEST_BYTES) : requestBytes;
    if (!results) this.#counts.set(exchange, { recorded: 0, dropped: 0, isCapped: true, isUnbounded: false });
    const head: BeginHead = results ? request : { ...request, results };
    this.#put(BEGIN, exchange, beginText(head, limit));
    return exchange;
  }

  data(
    exchange: number,
    bytes: Buffer,
    start: number,
    end: number,
    kind: RecordedBytes = 'response',
  ): boolean {
    if (this.#isOver) return false;
    const counted = this.#countedOf(exchange);
    const length = end - start;
    const cap = this.#capOf(counted, length);
    const room = this.#roomFor(counted, length, cap);
    counted.recorded += room;
    counted.dropped += length - room;
    this.#dataBytes += room;
    const { writer } = this.#services;
    const ms = this.#ms();
    for (let at = start; at < start + room; at += PIECE_BYTES) {
      writer.buffer.raw(DATA[kind], ms, exchange, bytes, at, Math.min(at + PIECE_BYTES, start + room));
    }
    if (cap !== undefined) this.#cap(cap, exchange, counted);
    if (room === 0) return true;
    return writer.noted();
  }

  unbounded(exchange: number): void {
    if (!this.#isOver) this.#countedOf(exchange).isUnbounded = true;
  }

  end(exchange: number, outcome: RecordedOutcome): void {
    const counted = this.#counts.get(exchange);
    this.#counts.delete(exchange);
    if (this.#isOver) return;
    const counts = { recordedBytes: counted?.recorded ?? 0, droppedBytes: counted?.dropped ?? 0 };
    const head: EndHead = { ...outcome, ...counts };
    const { status, durationMs } = outcome;
    this.#put(END, exchange, headText(head, HEAD_LIMIT, { status, durationMs, result: {}, ...counts }));
  }

  note(exchange: number, name: string, details: JsonObject): void {
    if (this.#isOver) return;
    const head: NoteHead = { name, details };
    this.#put(NOTE, exchange, headText(head, HEAD_LIMIT, { name: name.slice(0, 100), details: {} }));
  }

  flush(): void {
    this.#services.writer.flush();
  }

  whenDrained(): Promise<void> {
    return this.#services.budget.wait(this.#services.writer);
  }

  close(reason: string): Promise<void> {
    if (this.#closing === undefined) {
      if (this.failed === undefined) {
        const head: CloseHead = { reason, exchanges: this.#exchanges };
        this.#put(CLOSE, 0, headText(head, HEAD_LIMIT, { ...head, reason: '' }));
      }
      this.#closing = this.#services.onClose();
    }
    return this.#closing;
  }

  get #isOver(): boolean {
    return this.failed !== undefined || this.#closing !== undefined;
  }

  /** The cap that so many bytes more would go over, unless one was reached before. */
  #capOf(counted: Counted, length: number): CapHead | undefined {
    const { results, sessionBytes } = this.#services.plan;
    if (!results || counted.isCapped || this.#isCapped) return undefined;
    const resultBytes = this.#resultBytesOf(counted);
    if (length > sessionBytes - this.#dataBytes) return { cap: 'sessionBytes', limit: sessionBytes };
    return length > resultBytes - counted.recorded ? { cap: 'resultBytes', limit: resultBytes } : undefined;
  }

  /** How many of so many bytes may be recorded. */
  #roomFor(counted: Counted, length: number, cap: CapHead | undefined): number {
    const { results, sessionBytes } = this.#services.plan;
    if (!results || counted.isCapped || this.#isCapped) return 0;
    if (cap === undefined) return length;
    const resultBytes = this.#resultBytesOf(counted);
    return Math.max(0, Math.min(resultBytes - counted.recorded, sessionBytes - this.#dataBytes));
  }

  #resultBytesOf({ isUnbounded }: Counted): number {
    return isUnbounded ? Number.POSITIVE_INFINITY : this.#services.plan.resultBytes;
  }

  /** From here on bytes are missing, and that is recorded too. */
  #cap(cap: CapHead, exchange: number, counted: Counted): void {
    if (cap.cap === 'sessionBytes') this.#isCapped = true;
    else counted.isCapped = true;
    this.#put(CAP, cap.cap === 'sessionBytes' ? 0 : exchange, JSON.stringify(cap));
  }

  #countedOf(exchange: number): Counted {
    let counted = this.#counts.get(exchange);
    if (counted === undefined) {
      counted = { recorded: 0, dropped: 0, isCapped: false, isUnbounded: false };
      this.#counts.set(exchange, counted);
    }
    return counted;
  }

  #put(kind: number, exchange: number, text: string): void {
    const { writer } = this.#services;
    writer.buffer.text(kind, this.#ms(), exchange, text);
    writer.noted();
  }

  /** Time since the opening; never goes back, whatever the clock does. */
  #ms(): number {
    this.#lastMs = Math.max(this.#lastMs, this.#services.nowMs() - this.#openedMs);
    return this.#lastMs;
  }
}
