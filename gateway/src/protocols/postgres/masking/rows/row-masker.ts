/**
 * Masks DataRows in the chunk in which they came. Rows are walked in place; what does not change is copied in runs as
 * long as they are, or not at all, and no object is made a row.
 */
import type { MaskLimits } from '../mask-limits.ts';
import type { MaskTally } from '../mask-tally.ts';
import type { OutputPool, SliceSink } from '../output-pool.ts';
import type { Cell, CellMask } from '../values/cell-mask.ts';
import { UNCHANGED } from '../values/cell-mask.ts';
import { type Fragment, ROW_HEADER_BYTES, type RowMaskerOptions, rowError, writeCell } from './row-parts.ts';
import { RowStream } from './row-stream.ts';

const NOTHING = Buffer.alloc(0);
/** A run of unchanged rows of at least so many bytes is forwarded as it lies; a shorter one is cheaper copied. */
const WORTH_A_SLICE = 4096;

/** Masks the rows of one result. */
export class RowMasker {
  readonly #cells: readonly (CellMask | undefined)[];
  readonly #pool: OutputPool;
  readonly #tally: MaskTally;
  readonly #limits: MaskLimits;
  readonly #options: RowMaskerOptions;
  #stream: RowStream | undefined;
  /** Bytes that stay as they are and are not handed out yet: `#run[#runStart, #runEnd)`. */
  #run: Buffer = NOTHING;
  #runStart = 0;
  #runEnd = 0;
  /** Place of the current row's type byte in the pool; -1 while nothing of the row is there. */
  #rowAt = -1;
  #delta = 0;

  constructor(options: RowMaskerOptions) {
    this.#options = options;
    this.#cells = options.plan.cells;
    this.#pool = options.pool;
    this.#tally = options.tally;
    this.#limits = options.limits;
  }

  /**
   * Takes a DataRow or a fragment of one. What it gives out may lie in `bytes`: {@link flush} before they change and
   * before anything else is sent.
   * @throws WireError on a malformed row, ResponseMaskError on one that cannot be masked; the session must end then, or
   * the result if nothing of the row was handed out.
   */
  take(bytes: Buffer, range: Fragment, sink: SliceSink): void {
    if (range.first && range.last) {
      this.#row(bytes, range.start, range.end, sink);
      return;
    }
    this.flush(sink);
    this.#stream ??= new RowStream(this.#options);
    this.#stream.take(bytes, range, sink);
  }

  /** Hands out all that is due. */
  flush(sink: SliceSink): void {
    const { length } = this.#pool;
    const runBytes = this.#runEnd - this.#runStart;
    if (length > 0 && runBytes > 0 && runBytes < WORTH_A_SLICE) {
      this.#pool.copy(this.#run, this.#runStart, this.#runEnd);
      this.#runStart = this.#runEnd;
    }
    this.#pool.flush(sink);
    if (this.#runEnd > this.#runStart) sink.add(this.#run, this.#runStart, this.#runEnd);
    this.#run = NOTHING;
    this.#runStart = 0;
    this.#runEnd = 0;
  }

  #row(bytes: Buffer, start: number, end: number, sink: SliceSink): void {
    const cells = this.#cells;
    const count = cells.length;
    if (end - start < ROW_HEADER_BYTES) throw rowError('ERR_WIRE_TRUNCATED', 'ends within its header', 0);
    const declared = ((bytes[start + 5] ?? 0) << 8) | (bytes[start + 6] ?? 0);
    if (declared !== count)
      throw rowError('ERR_WIRE_VALUE', `has ${declared} cells, ${count} were described`, 5);
    if (this.#run !== bytes || this.#runEnd !== start) {
      this.flush(sink);
      this.#run = bytes;
      this.#runStart = start;
    }
    this.#rowAt = -1;
    this.#delta = 0;
    let at = start + ROW_HEADER_BYTES;
    for (let index = 0; index < count; index += 1) {
      if (at + 4 > end) throw rowError('ERR_WIRE_TRUNCATED', 'ends within a cell', at - start);
      const length = int32At(bytes, at);
      if (length >= 0) {
        const next = at + 4 + length;
        if (next > end) throw rowError('ERR_WIRE_TRUNCATED', 'ends within a cell', at - start);
        const cell = cells[index];
        if (cell !== undefined) this.#cell(cell, { start, at, next }, sink);
        at = next;
      } else {
        if (length !== -1) throw rowError('ERR_WIRE_LENGTH', `has a cell of ${length} bytes`, at - start);
        at += 4;
      }
    }
    if (at !== end) throw rowError('ERR_WIRE_TRAILING', `has ${end - at} bytes too many`, at - start);
    this.#runEnd = end;
    if (this.#rowAt >= 0) this.#pool.patch(this.#rowAt + 1, end - start - 1 + this.#delta);
  }

  /** Replaces the cell whose length word is at `at`, if there is something to replace. */
  #cell(cell: CellMask, place: { start: number; at: number; next: number }, sink: SliceSink): void {
    const { at, next } = place;
    const length = next - at - 4;
    const replaced = this.#replacement(cell, at + 4, next);
    if (replaced === UNCHANGED) return;
    this.#copyUpTo(place, sink);
    const before = this.#pool.length;
    writeCell(this.#pool, replaced);
    this.#delta += this.#pool.length - before - 4 - length;
    this.#runStart = next;
  }

  #replacement(cell: CellMask, start: number, end: number): Cell {
    const { constant } = cell;
    if (constant !== undefined) {
      if (cell.tally !== undefined) cell.tally.values += 1;
      return constant ?? undefined;
    }
    if (end - start <= this.#limits.valueBytes) return cell.replace(this.#run, start, end);
    this.#tally.oversized += 1;
    return undefined;
  }

  /** Copies what stays before the cell; with the first changed cell of a row, also the rows before it. */
  #copyUpTo({ start, at }: { start: number; at: number }, sink: SliceSink): void {
    if (this.#rowAt < 0) {
      const rowsBefore = start - this.#runStart;
      if (rowsBefore >= WORTH_A_SLICE) {
        this.#pool.flush(sink);
        sink.add(this.#run, this.#runStart, start);
        this.#runStart = start;
      }
      if (!this.#pool.hasRoom(at - this.#runStart + 256)) this.#pool.flush(sink);
      this.#rowAt = this.#pool.length + start - this.#runStart;
    }
    this.#pool.copy(this.#run, this.#runStart, at);
  }
}

function int32At(bytes: Buffer, at: number): number {
  return (
    ((bytes[at] ?? 0) << 24) |
    ((bytes[at + 1] ?? 0) << 16) |
    ((bytes[at + 2] ?? 0) << 8) |
    (bytes[at + 3] ?? 0)
  );
}
