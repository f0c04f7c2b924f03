/** COPY data from the client: part of the COPY statement that was permitted, so it needs no decision of its own. */
import { clientProtocolError } from '../errors.ts';
import type { Frame } from '../wire/frame-splitter.ts';
import { checkBareMessage } from '../wire/frontend/bare-frontend-messages.ts';
import { decodeCopyFail, encodeCopyFail } from '../wire/frontend/copy-fail.ts';
import { FrontendType } from '../wire/frontend/frontend-type.ts';
import type { ExchangeRun } from './exchange-run.ts';
import type { Operation } from './operation.ts';
import type { Pipeline } from './pipeline.ts';
import type { Slice, Stage } from './stage.ts';

/** Handles CopyData, CopyDone and CopyFail, and what else may come meanwhile. */
export class CopyIn {
  readonly #pipeline: Pipeline;
  readonly #stage: Stage;
  /** The COPY that the CopyData message at hand belongs to. */
  #run: ExchangeRun | undefined;
  /** The exchange whose data is not recorded. */
  #hidden: ExchangeRun | undefined;
  /** The COPY, by its number, whose end the client has sent. */
  #ended = 0;
  /** The recording does not keep up with the data. */
  isRecordingBehind = false;

  constructor(pipeline: Pipeline, stage: Stage) {
    this.#pipeline = pipeline;
    this.#stage = stage;
  }

  /** The COPY that the server waits for data of, unless the client has ended it already. */
  get #active(): Operation | undefined {
    const { copy } = this.#pipeline;
    return copy.starts === this.#ended ? undefined : copy.in;
  }

  /** The client may send data. */
  get isActive(): boolean {
    return this.#active !== undefined;
  }

  /** Whether the client has ended a COPY of a simple query and the server has not: its text may hold another. */
  get isEnding(): boolean {
    const { copy } = this.#pipeline;
    return copy.in?.kind === 'query' && copy.starts === this.#ended;
  }

  /** Its time is up: the server is told at once, since one that waits for data takes no cancel. Only between two messages. */
  cut(run: ExchangeRun): void {
    if (this.#active?.exchange !== run) return;
    this.#fail(run);
    // No intent can be waiting during a COPY: it goes at once.
    Promise.resolve(this.#stage.submit()).catch(() => undefined);
  }

  /** Takes the message if it is about COPY; false if it is not. */
  take(frame: Frame, slice: Slice): boolean {
    this.isRecordingBehind = false;
    if (frame.type === FrontendType.CopyData) {
      this.#data(frame, slice);
      return true;
    }
    if (frame.type === FrontendType.CopyDone || frame.type === FrontendType.CopyFail) {
      this.#end(frame.type, slice);
      return true;
    }
    if (this.#active === undefined) return false;
    // A server in COPY-in mode ignores Flush and Sync; handing them on could only put answers out of step.
    if (frame.type === FrontendType.Flush || frame.type === FrontendType.Sync) {
      checkBareMessage(slice.bytes, slice.start, slice.end);
      return true;
    }
    throw clientProtocolError(`message type 0x${frame.type.toString(16)} during COPY from the client`);
  }

  /** Outside of a COPY the server ignores CopyData, and so do we. */
  #data(frame: Frame, slice: Slice): void {
    if (frame.first) this.#begin();
    // A message that was begun is finished, even if the COPY failed meanwhile: half of one would break the framing.
    const run = this.#run;
    if (run === undefined) return;
    run.bytes += slice.end - slice.start;
    this.#meter(run, frame, slice);
    if (frame.first && run.cut !== undefined) {
      this.#fail(run);
      return;
    }
    this.#stage.continueCopy(run.permit, slice);
    this.#record(run, slice);
    // Time may be up in the middle of a message, which is finished first.
    if (frame.last && run.cut !== undefined) this.#fail(run);
  }

  #begin(): void {
    const active = this.#active;
    this.#run = active?.exchange;
    if (active?.hidesData !== true || this.#run === undefined || this.#hidden === this.#run) return;
    this.#hidden = this.#run;
    const { recording, recorded } = this.#run.permit;
    recording?.note(recorded, 'data-not-recorded', { reason: 'it holds values of masked columns' });
  }

  #record(run: ExchangeRun, { bytes, start, end }: Slice): void {
    if (run === this.#hidden) return;
    const { recording, recorded } = run.permit;
    if (recording?.data(recorded, bytes, start, end, 'request') === false) this.isRecordingBehind = true;
  }

  /**
   * Rows are told by their line ends, of which there may be more: it fails closed. The binary form has none, so a bound
   * on rows cannot be kept.
   */
  #meter(run: ExchangeRun, frame: Frame, slice: Slice): void {
    if (run.meter === undefined || run.cut !== undefined) return;
    const isBinary = this.#pipeline.copy.isBinary;
    const rows = isBinary ? Number.MAX_SAFE_INTEGER / 2 : lineEnds(slice);
    const bytes = frame.first ? slice.bytes.readInt32BE(slice.start + 1) + 1 : 0;
    if (!run.meter.take(rows, bytes)) run.cut = run.meter.exceeded;
  }

  /** The server is told that the data ends in failure; its error is replaced by the one that names the bound. */
  #fail(run: ExchangeRun): void {
    this.#run = undefined;
    const bytes = encodeCopyFail('limit');
    this.#stage.continueCopy(run.permit, { bytes, start: 0, end: bytes.length });
    this.#ended = this.#pipeline.copy.starts;
  }

  #end(type: number, slice: Slice): void {
    if (type === FrontendType.CopyDone) checkBareMessage(slice.bytes, slice.start, slice.end);
    else decodeCopyFail(slice.bytes, slice.start, slice.end);
    const active = this.#active;
    if (active?.exchange === undefined) return;
    if (active.exchange.cut !== undefined) {
      this.#fail(active.exchange);
      return;
    }
    this.#stage.continueCopy(active.exchange.permit, slice);
    // What comes behind it is not COPY any more, although the server has not answered yet.
    this.#ended = this.#pipeline.copy.starts;
  }
}

const LINE_END = 0x0a;

function lineEnds({ bytes, start, end }: Slice): number {
  let count = 0;
  for (let at = bytes.indexOf(LINE_END, start); at >= 0 && at < end; at = bytes.indexOf(LINE_END, at + 1)) {
    count += 1;
  }
  return count;
}
