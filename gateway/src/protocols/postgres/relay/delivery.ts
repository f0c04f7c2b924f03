/** Rows and COPY data on their way to the client: counted, and then handed on, masked, or cut off. */
import { isBinaryEnd, misplaced, type PipelineEvents, type Treatment } from './answers.ts';
import type { CopyState } from './copy-state.ts';
import type { ExchangeRun } from './exchange-run.ts';
import type { Operation } from './operation.ts';

/** Says what becomes of the data of one session's results. */
export class Delivery {
  readonly #copy: CopyState;
  readonly #events: Pick<PipelineEvents, 'onCut'>;

  constructor(copy: CopyState, events: Pick<PipelineEvents, 'onCut'>) {
    this.#copy = copy;
    this.#events = events;
  }

  /** A row or a piece of COPY data; `start` is that of its message. */
  row(run: ExchangeRun | undefined, bytes: Buffer, start: number, end: number): Treatment {
    if (run === undefined) return 'forward';
    if (run.cut !== undefined) return 'drop';
    // The whole message counts, of which this may be the first fragment.
    if (!run.takeRow(bytes.readInt32BE(start + 1) + 1)) {
      this.#events.onCut(run);
      return 'drop';
    }
    run.bytes += end - start;
    return run.mask === undefined ? 'forward' : 'mask';
  }

  copyInStarts(head: Operation, isBinary: boolean): Treatment {
    // The gateway asks nobody for data that the judged text did not ask for (compare MySQL's LOCAL INFILE).
    if (!head.copiesIn) throw misplaced('CopyInResponse');
    this.#copy.beginIn(head, isBinary);
    return 'forward';
  }

  copyOutStarts(head: Operation, bytes: Buffer, start: number, end: number): Treatment {
    head.exchange?.mask?.copyOutResponse(bytes, start, end);
    this.#copy.beginOut();
    return 'forward';
  }

  copyData(head: Operation | undefined, bytes: Buffer, start: number, end: number): Treatment {
    if (!this.#copy.isOut || head === undefined) throw misplaced('copy data');
    const run = head.exchange;
    // The end mark of the binary form is no row.
    if (run?.cut === undefined && isBinaryEnd(bytes, start, end))
      return run?.mask === undefined ? 'forward' : 'mask';
    return this.row(run, bytes, start, end);
  }

  copyDone(run: ExchangeRun | undefined): Treatment {
    if (!this.#copy.isOut) throw misplaced('copy data');
    if (run?.cut !== undefined) return 'drop';
    run?.mask?.copyDone();
    return 'forward';
  }
}
