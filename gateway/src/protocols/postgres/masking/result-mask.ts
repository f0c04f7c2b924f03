/**
 * The masks of one exchange, as the relay drives them. Pure: bytes in, slices out. Which calls come when is written in
 * `README.md` beside this file.
 */
import { decodeCopyOutResponse } from '../wire/backend/copy-response.ts';
import { decodeRowDescription, type FieldDescription } from '../wire/backend/row-description.ts';
import { type Format, formatAt } from '../wire/format-codes.ts';
import type { ComputedFields } from './computed-columns.ts';
import { CopyBinaryMasker } from './copy/copy-binary-masker.ts';
import { type CopyOutFacts, type CopyPlan, planCopy } from './copy/copy-facts.ts';
import { CopyFrames } from './copy/copy-frames.ts';
import { type CopyMasker, CopyTextMasker, copyError } from './copy/copy-text-masker.ts';
import { responseMaskError } from './errors.ts';
import { DEFAULT_MASK_LIMITS, type MaskLimits } from './mask-limits.ts';
import { type MaskSummary, MaskTally } from './mask-tally.ts';
import { OutputPool, type SliceSink } from './output-pool.ts';
import { ReportMask } from './reports/report-mask.ts';
import type { ResultCatalog } from './result-catalog.ts';
import { planResult } from './result-plan.ts';
import { RowMasker } from './rows/row-masker.ts';
import type { Fragment } from './rows/row-parts.ts';
import type { Issue, ResponseMask } from './value-mask.ts';

/** What an exchange's masks are made of. */
export interface ResultMaskOptions {
  /** At least one; with none there is no ResultMask and the relay forwards slices. */
  readonly masks: readonly ResponseMask[];
  readonly catalog: ResultCatalog;
  readonly computed: ComputedFields;
  readonly issue?: Issue | undefined;
  readonly limits?: MaskLimits;
  /** Shared by the exchanges of a session. */
  readonly pool?: OutputPool;
}

/** What rows and COPY data are, until the next description. */
type Current =
  /** Nothing was described: rows may not come. */
  | 'unknown'
  /** Described, and nothing is to be done. */
  | 'clean'
  | { readonly rows: RowMasker }
  | { readonly copy: CopyMasker };

/** The masks of one exchange. */
export class ResultMask {
  readonly #options: ResultMaskOptions;
  readonly #limits: MaskLimits;
  readonly #pool: OutputPool;
  readonly #tally = new MaskTally();
  readonly #report: ReportMask;
  #current: Current = 'unknown';
  #copy: { readonly facts: CopyOutFacts; readonly plan: CopyPlan | undefined } | undefined;
  #frames: CopyFrames | undefined;
  /** Bytes of the current CopyData's header still to come. */
  #framesHeader = 0;

  constructor(options: ResultMaskOptions) {
    this.#options = options;
    this.#limits = options.limits ?? DEFAULT_MASK_LIMITS;
    this.#pool = options.pool ?? new OutputPool();
    this.#report = new ReportMask(options.masks, this.#tally);
  }

  /**
   * Before anything is forwarded: the COPY TO STDOUT statements of the exchange cannot be masked, and why. The relay
   * denies then. Remembers the one statement that there may be.
   */
  admitCopy(facts: CopyOutFacts): string | undefined {
    const plan = planCopy(facts, this.#input);
    this.#copy = { facts, plan };
    return plan !== undefined && 'refusal' in plan ? plan.refusal : undefined;
  }

  /** A RowDescription came that rows follow: of a simple query, or of a portal's Describe. It is forwarded as it is. */
  rowDescription(bytes: Buffer, start: number, end: number): 'clean' | 'masked' {
    return this.describe(decodeRowDescription(bytes, start, end).fields);
  }

  /** As {@link rowDescription}, for a portal described earlier; `formats` are Bind's where the description is a statement's. */
  describe(fields: readonly FieldDescription[], formats?: readonly Format[]): 'clean' | 'masked' {
    const known =
      formats === undefined
        ? fields
        : fields.map((field, index) => ({ ...field, format: formatAt(formats, index) }));
    const plan = planResult(known, this.#input);
    if (plan === undefined) this.#current = 'clean';
    else {
      const [pool, tally, limits] = [this.#pool, this.#tally, this.#limits];
      this.#current = { rows: new RowMasker({ plan, pool, tally, limits }) };
    }
    return plan === undefined ? 'clean' : 'masked';
  }

  /** A result is over (CommandComplete, EmptyQueryResponse, NoData, an error): rows need a new description. */
  endResult(): void {
    this.#current = 'unknown';
  }

  /**
   * A DataRow or a fragment of one. What goes to `sink` may lie in `bytes`.
   * @throws WireError, ResponseMaskError: the session ends; where nothing of the row was handed out
   * (ERR_RESPONSE_MASK_ROW_SIZE) it may be told as an error first.
   */
  dataRow(bytes: Buffer, fragment: Fragment, sink: SliceSink): void {
    const current = this.#current;
    if (typeof current === 'object' && 'rows' in current) return current.rows.take(bytes, fragment, sink);
    if (current !== 'clean') throw noPlan('a row');
    sink.add(bytes, fragment.start, fragment.end);
  }

  /** Hands out what is due: before any other message is added to the sink, and before a chunk's buffer is used again. */
  flush(sink: SliceSink): void {
    if (typeof this.#current === 'object' && 'rows' in this.#current) this.#current.rows.flush(sink);
  }

  /** The client has got everything that was handed out. */
  handedOver(): void {
    this.#pool.rewind();
  }

  /** A CopyOutResponse came. It is forwarded as it is. Throws where it is not what was admitted. */
  copyOutResponse(bytes: Buffer, start: number, end: number): 'clean' | 'masked' {
    const { format, columnFormats } = decodeCopyOutResponse(bytes, start, end);
    const admitted = this.#copy;
    if (admitted === undefined || (admitted.plan !== undefined && 'refusal' in admitted.plan))
      throw noPlan('COPY data');
    if (admitted.plan === undefined) {
      this.#current = 'clean';
      return 'clean';
    }
    const { plan, dialect } = admitted.plan;
    if (columnFormats.length !== plan.cells.length || (format === 'binary') !== (dialect === 'binary')) {
      throw copyError(
        'ERR_WIRE_VALUE',
        `has ${columnFormats.length} columns, ${plan.cells.length} were expected`,
      );
    }
    const options = { cells: plan.cells, limits: this.#limits, tally: this.#tally };
    const copy = dialect === 'binary' ? new CopyBinaryMasker(options) : new CopyTextMasker(options, dialect);
    this.#current = { copy };
    return 'masked';
  }

  /** A CopyData or a fragment of one. Nothing that goes to `sink` lies in `bytes` unless the COPY is clean. */
  copyData(bytes: Buffer, { start, end, first, last }: Fragment, sink: SliceSink): void {
    const current = this.#current;
    if (current === 'clean') return sink.add(bytes, start, end);
    if (typeof current !== 'object' || !('copy' in current)) throw noPlan('COPY data');
    this.#frames ??= new CopyFrames(this.#pool, sink);
    const frames = this.#frames;
    frames.sink = sink;
    if (first) this.#framesHeader = COPY_HEADER_BYTES;
    // A fragment may end within the header, of which nothing is needed.
    const skipped = Math.min(this.#framesHeader, end - start);
    this.#framesHeader -= skipped;
    current.copy.take(bytes, start + skipped, end, frames);
    if (last) frames.end();
  }

  /** CopyDone came. Throws WireError where the data ends within a row. */
  copyDone(): void {
    if (typeof this.#current === 'object' && 'copy' in this.#current) this.#current.copy.finish();
    this.#current = 'unknown';
    this.#copy = undefined;
  }

  /** The ErrorResponse or NoticeResponse to send in place of the server's. */
  report(kind: 'error' | 'notice', bytes: Buffer, start: number, end: number): Buffer {
    return this.#report.report(kind, bytes, start, end);
  }

  /** For the record: undefined where nothing was replaced. Never values. */
  summary(): MaskSummary | undefined {
    return this.#tally.summary();
  }

  get #input(): Parameters<typeof planResult>[1] {
    const { masks, catalog, computed, issue } = this.#options;
    return { masks, catalog, computed, issue, tally: this.#tally };
  }
}

const COPY_HEADER_BYTES = 5;

function noPlan(what: string): Error {
  return responseMaskError('ERR_RESPONSE_MASK_NO_PLAN', `${what} came whose columns are not known`);
}
