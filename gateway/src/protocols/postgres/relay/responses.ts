/** The server's half of a session: matches answers with questions and hands them on, replaced where they must be. */
import type { RecordedBytes } from '../../../model/recording.ts';
import type { SliceSink } from '../masking/output-pool.ts';
import { type Frame, FrameSplitter } from '../wire/frame-splitter.ts';
import type { Treatment } from './answers.ts';
import type { ExchangeRun } from './exchange-run.ts';
import { type ByteSink, Outbox } from './outbox.ts';
import type { Pipeline } from './pipeline.ts';
import { UnfinishedMessage } from './unfinished-message.ts';

/** Longest backend message that is not streamed; row data and COPY data may be of any length. */
const MAX_FRAME_BYTES = 1024 * 1024;

const DATA_ROW = 0x44;

/** Row data, COPY data and function results are handed on as they arrive. */
function isStreamed(type: number): boolean {
  return type === DATA_ROW || type === 0x64 || type === 0x56;
}

/** T D C I E N G H d c s V: what belongs in the recording of an exchange. */
const RECORDED: ReadonlySet<number> = new Set([...'TDCIENGHdcsV'].map((letter) => letter.charCodeAt(0)));

/** Why the server has to be read no further for now. */
export type Congestion = 'client' | 'recording' | undefined;

/** Handles backend chunks one after the other. What of a chunk goes to the client is not copied. */
export class Responses {
  readonly #pipeline: Pipeline;
  readonly #sink: ByteSink;
  readonly #splitter: FrameSplitter = new FrameSplitter({
    maxFrameBytes: MAX_FRAME_BYTES,
    streams: isStreamed,
    source: 'upstream',
  });
  readonly #outbox = new Outbox();
  readonly #unfinished = new UnfinishedMessage(this.#outbox);
  /** Where masked rows go: to the client, and on record. */
  readonly #masked: SliceSink;
  /** The exchange whose message is at hand, also while the rest of it still comes. */
  #run: ExchangeRun | undefined;
  #treatment: Treatment = 'forward';
  #isRecorded = false;
  /** Its masked rows are not handed out yet. */
  #unflushed: ExchangeRun | undefined;
  #isRecordingBehind = false;

  constructor(pipeline: Pipeline, sink: ByteSink) {
    this.#pipeline = pipeline;
    this.#sink = sink;
    this.#masked = { add: (bytes, start = 0, end = bytes.length) => this.#add(bytes, start, end, true) };
  }

  /**
   * Takes bytes from the server.
   * @returns who does not keep up, if anybody.
   * @throws WireError or PostgresError when the server breaks the protocol; what came before it was handed on.
   */
  take(chunk: Buffer): Congestion {
    let isKeepingUp = true;
    this.#isRecordingBehind = false;
    try {
      this.#splitter.push(chunk);
      for (let frame = this.#splitter.next(); frame !== undefined; frame = this.#splitter.next()) {
        if (frame.first) this.#begin(frame);
        else this.#pipeline.acceptMore(frame.end - frame.start);
        if (frame.first && frame.last) this.#handOn(frame);
        else this.#handOnPart(frame);
        if (frame.first) this.#addLocals();
      }
    } finally {
      this.#flushMasked();
      isKeepingUp = this.#outbox.flush(this.#sink);
      // A part of a message that is held lies in the masks' output too.
      if (this.#sink.writableLength === 0 && !this.#unfinished.isOpen) this.#run?.mask?.handedOver();
    }
    if (this.#isRecordingBehind) return 'recording';
    return isKeepingUp ? undefined : 'client';
  }

  /** Bytes of the chunk that was taken last are held, beside what the sink still has. */
  get isHolding(): boolean {
    return this.#unfinished.isOpen;
  }

  /** The client has got the first part of a message: whatever came next now would be taken for the rest of it. */
  get isMidMessage(): boolean {
    return this.#unfinished.isPartlySent;
  }

  /** Sends the gateway's own answers whose turn has come. */
  sendLocals(): void {
    this.#addLocals();
    this.#outbox.flush(this.#sink);
  }

  #begin({ type, bytes, start, end }: Frame): void {
    const { run } = this.#pipeline;
    // While the old one is at hand: its rows are recorded as its own.
    if (this.#unflushed !== undefined && (type !== DATA_ROW || this.#unflushed !== run)) this.#flushMasked();
    this.#run = run;
    this.#treatment = this.#pipeline.accept(type, bytes, start, end);
    this.#isRecorded = RECORDED.has(type);
  }

  #handOn(frame: Frame): void {
    const treatment = this.#treatment;
    if (treatment === 'forward') this.#add(frame.bytes, frame.start, frame.end, this.#isRecorded);
    else if (treatment === 'mask') this.#mask(frame);
    else if (treatment === 'record') this.#record(frame.bytes, frame.start, frame.end, 'context');
    else if (treatment !== 'drop') this.#add(treatment, 0, treatment.length, this.#isRecorded);
  }

  /**
   * A message that comes in parts is held until it is whole, within bounds: should the session have to end before, there is
   * still a place for the error that says why.
   */
  #handOnPart(frame: Frame): void {
    if (frame.first) {
      this.#flushMasked();
      this.#unfinished.begin();
    }
    // Bytes that stand for the message stand for all of its parts.
    if (frame.first || !Buffer.isBuffer(this.#treatment)) this.#handOn(frame);
    if (!frame.last) return;
    this.#flushMasked();
    this.#unfinished.end();
  }

  #mask(frame: Frame): void {
    const mask = this.#run?.mask;
    if (mask === undefined) return;
    if (frame.type === DATA_ROW) {
      this.#unflushed = this.#run;
      mask.dataRow(frame.bytes, frame, this.#masked);
    } else mask.copyData(frame.bytes, frame, this.#masked);
  }

  #flushMasked(): void {
    this.#unflushed?.mask?.flush(this.#masked);
    this.#unflushed = undefined;
  }

  #add(bytes: Buffer, start: number, end: number, isRecorded: boolean): void {
    if (this.#unfinished.isOpen) this.#unfinished.add(bytes, start, end);
    else this.#outbox.add(bytes, start, end);
    if (isRecorded) this.#record(bytes, start, end, 'response');
  }

  #record(bytes: Buffer, start: number, end: number, kind: RecordedBytes): void {
    const permit = this.#run?.permit;
    if (permit?.recording === undefined) return;
    if (!permit.recording.data(permit.recorded, bytes, start, end, kind)) this.#isRecordingBehind = true;
  }

  #addLocals(): void {
    for (let bytes = this.#pipeline.takeLocal(); bytes !== undefined; bytes = this.#pipeline.takeLocal()) {
      this.#outbox.add(bytes);
    }
  }
}
