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
  /** The COPY, by its number, whose end the client has sent. */
  #ended = 0;

  constructor(pipeline: Pipeline, stage: Stage) {
    this.#pipeline = pipeline;
    this.#stage = stage;
  }

  /** The COPY that the server waits for data of, unless the client has ended it already. */
  get #active(): Operation | undefined {
    const { copyIn, copyStarts } = this.#pipeline;
    return copyStarts === this.#ended ? undefined : copyIn;
  }

  /** Whether the client has ended a COPY of a simple query and the server has not: its text may hold another. */
  get isEnding(): boolean {
    const { copyIn, copyStarts } = this.#pipeline;
    return copyIn?.kind === 'query' && copyStarts === this.#ended;
  }

  /** Takes the message if it is about COPY; false if it is not. */
  take(frame: Frame, slice: Slice): boolean {
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
    if (frame.first) this.#run = this.#active?.exchange;
    // A message that was begun is finished, even if the COPY failed meanwhile: half of one would break the framing.
    const run = this.#run;
    if (run === undefined) return;
    run.bytes += slice.end - slice.start;
    this.#meter(run, frame, slice);
    if (frame.first && run.cut !== undefined) {
      this.#run = undefined;
      this.#fail(run);
      return;
    }
    this.#stage.continueCopy(run.permit, slice);
    const { recording, recorded } = run.permit;
    recording?.data(recorded, slice.bytes, slice.start, slice.end, 'request');
  }

  /**
   * Rows are told by their line ends, of which there may be more: it fails closed. The binary form has none, so a bound
   * on rows cannot be kept.
   */
  #meter(run: ExchangeRun, frame: Frame, slice: Slice): void {
    if (run.meter === undefined || run.cut !== undefined) return;
    const isBinary = this.#pipeline.isCopyInBinary;
    const rows = isBinary ? Number.MAX_SAFE_INTEGER / 2 : lineEnds(slice);
    const bytes = frame.first ? slice.bytes.readInt32BE(slice.start + 1) + 1 : 0;
    if (!run.meter.take(rows, bytes)) run.cut = run.meter.exceeded;
  }

  /** The server is told that the data ends in failure; its error is replaced by the one that names the bound. */
  #fail(run: ExchangeRun): void {
    const bytes = encodeCopyFail('limit');
    this.#stage.continueCopy(run.permit, { bytes, start: 0, end: bytes.length });
    this.#ended = this.#pipeline.copyStarts;
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
    this.#ended = this.#pipeline.copyStarts;
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
