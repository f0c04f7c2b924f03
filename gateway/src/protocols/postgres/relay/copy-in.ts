/** COPY data from the client: part of the COPY statement that was permitted, so it needs no decision of its own. */
import { clientProtocolError } from '../errors.ts';
import type { Frame } from '../wire/frame-splitter.ts';
import { checkBareMessage } from '../wire/frontend/bare-frontend-messages.ts';
import { decodeCopyFail } from '../wire/frontend/copy-fail.ts';
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
    if (this.#run === undefined) return;
    this.#run.bytes += slice.end - slice.start;
    this.#stage.continueCopy(this.#run.permit, slice);
  }

  #end(type: number, slice: Slice): void {
    if (type === FrontendType.CopyDone) checkBareMessage(slice.bytes, slice.start, slice.end);
    else decodeCopyFail(slice.bytes, slice.start, slice.end);
    const active = this.#active;
    if (active?.exchange === undefined) return;
    this.#stage.continueCopy(active.exchange.permit, slice);
    // What comes behind it is not COPY any more, although the server has not answered yet.
    this.#ended = this.#pipeline.copyStarts;
  }
}
