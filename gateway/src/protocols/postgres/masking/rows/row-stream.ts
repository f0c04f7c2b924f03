/**
 * Masks a DataRow that comes in fragments, in bounded memory. A row's length stands at its front, so it is held until
 * every masked cell is replaced, or until `heldRowBytes` are held. From there on its length is fixed: masked cells that
 * come later are filled up to the byte (`values/filler.ts`), and where their type has no such value the row is refused
 * before anything of it was sent.
 */
import { responseMaskError } from '../errors.ts';
import { OutputPool, type SliceSink } from '../output-pool.ts';
import type { CellMask } from '../values/cell-mask.ts';
import { UNCHANGED } from '../values/cell-mask.ts';
import { type Fragment, ROW_HEADER_BYTES, type RowMaskerOptions, rowError, writeCell } from './row-parts.ts';

/** What the next bytes are. */
type Part =
  | 'header'
  | 'length'
  /** Of a cell that stays. */
  | 'pass'
  /** Of a cell that is read to be masked. */
  | 'read'
  /** Of a cell that is replaced unread. */
  | 'skip'
  /** Of a cell that is filled. */
  | 'fill';

const NOTHING = Buffer.alloc(0);

/** Takes one row after the other. */
export class RowStream {
  readonly #options: RowMaskerOptions;
  readonly #cells: readonly (CellMask | undefined)[];
  readonly #lastMasked: number;
  readonly #held = new OutputPool();
  #isHolding = true;
  #part: Part = 'header';
  #index = 0;
  /** Bytes of the current part still to come. */
  #due = 0;
  /** Bytes of the message still to come, as it declares. */
  #remaining = 0;
  #delta = 0;
  #declared = 0;
  /** Bytes of the cell that is being filled. */
  #fillLength = 0;
  /** The header, a length word or a value that is being gathered. */
  #gathered: Buffer = NOTHING;
  #gatheredBytes = 0;

  constructor(options: RowMaskerOptions) {
    this.#options = options;
    this.#cells = options.plan.cells;
    this.#lastMasked = options.plan.cells.findLastIndex((cell) => cell !== undefined);
  }

  /** Takes a fragment; what is given out may lie in `bytes`. Throws as RowMasker does. */
  take(bytes: Buffer, { start, end, first, last }: Fragment, sink: SliceSink): void {
    if (first) this.#begin();
    let at = start;
    while (at < end) {
      if (this.#isComplete) throw rowError('ERR_WIRE_TRAILING', `has ${end - at} bytes too many`, 0);
      const count = Math.min(this.#due, end - at);
      this.#consume(bytes, at, at + count, sink);
      at += count;
      this.#due -= count;
      if (this.#due === 0) this.#advance(sink);
    }
    if (last && !this.#isComplete) throw rowError('ERR_WIRE_TRUNCATED', 'ends within a cell', 0);
  }

  get #isComplete(): boolean {
    return this.#part === 'length' && this.#index === this.#cells.length;
  }

  #begin(): void {
    this.#held.release();
    this.#isHolding = true;
    this.#delta = 0;
    this.#index = 0;
    this.#gather('header', ROW_HEADER_BYTES);
  }

  #gather(part: Part, count: number): void {
    this.#part = part;
    this.#due = count;
    this.#gatheredBytes = 0;
    if (this.#gathered.length < count) this.#gathered = Buffer.allocUnsafe(Math.max(count, 16));
  }

  #consume(bytes: Buffer, start: number, end: number, sink: SliceSink): void {
    if (this.#part !== 'header') this.#remaining -= end - start;
    switch (this.#part) {
      case 'header':
      case 'length':
      case 'read':
        this.#gatheredBytes += bytes.copy(this.#gathered, this.#gatheredBytes, start, end);
        return;
      case 'pass':
        this.#pass(bytes, start, end, sink);
        return;
      case 'fill':
        this.#emit(this.#fill(end - start), sink);
        return;
      case 'skip':
    }
  }

  #openRow(sink: SliceSink): void {
    const count = this.#gathered.readUInt16BE(5);
    const described = this.#cells.length;
    if (count !== described)
      throw rowError('ERR_WIRE_VALUE', `has ${count} cells, ${described} were described`, 5);
    this.#declared = this.#gathered.readInt32BE(1);
    this.#remaining = this.#declared + 1 - ROW_HEADER_BYTES;
    if (this.#remaining < 0) throw rowError('ERR_WIRE_TRUNCATED', 'ends within its header', 1);
    this.#held.copy(this.#gathered, 0, ROW_HEADER_BYTES);
    this.#beginCell(0, sink);
  }

  /** Goes on behind a part that is complete: bytes are due afterwards, or the row is complete. */
  #advance(sink: SliceSink): void {
    if (this.#part === 'header') {
      this.#openRow(sink);
    } else if (this.#part === 'length') {
      this.#openCell(sink);
    } else {
      if (this.#part === 'read') this.#replace();
      this.#beginCell(this.#index + 1, sink);
    }
  }

  #beginCell(index: number, sink: SliceSink): void {
    this.#index = index;
    if (this.#isHolding && index > this.#lastMasked) this.#decide(sink);
    this.#gather('length', index === this.#cells.length ? 0 : 4);
  }

  /** The length word of the current cell is there. */
  #openCell(sink: SliceSink): void {
    const length = this.#gathered.readInt32BE(0);
    if (length < -1) throw rowError('ERR_WIRE_LENGTH', `has a cell of ${length} bytes`, 0);
    if (length > this.#remaining) throw rowError('ERR_WIRE_TRUNCATED', 'ends within a cell', 0);
    const cell = length < 0 ? undefined : this.#cells[this.#index];
    if (cell === undefined || !this.#isHolding) {
      this.#emit(Buffer.from(this.#gathered.subarray(0, 4)), sink);
      if (length <= 0) this.#beginCell(this.#index + 1, sink);
      else this.#beginPart(cell === undefined ? 'pass' : 'fill', length);
      return;
    }
    if (cell.constant === undefined && length <= this.#options.limits.valueBytes) {
      this.#gather('read', length);
      if (length === 0) {
        this.#replace();
        this.#beginCell(this.#index + 1, sink);
      }
      return;
    }
    if (cell.constant === undefined) this.#options.tally.oversized += 1;
    else if (cell.tally !== undefined) cell.tally.values += 1;
    const before = this.#held.length;
    writeCell(this.#held, cell.constant ?? undefined);
    this.#delta += this.#held.length - before - 4 - length;
    if (length === 0) this.#beginCell(this.#index + 1, sink);
    else this.#beginPart('skip', length);
  }

  #beginPart(part: Part, length: number): void {
    this.#part = part;
    this.#due = length;
    this.#gatheredBytes = 0;
    this.#fillLength = length;
  }

  /** Replaces the cell that was read. */
  #replace(): void {
    const length = this.#gatheredBytes;
    const cell = this.#cells[this.#index];
    const replaced = cell?.replace(this.#gathered, 0, length);
    const before = this.#held.length;
    writeCell(
      this.#held,
      replaced === UNCHANGED ? Buffer.from(this.#gathered.subarray(0, length)) : replaced,
    );
    this.#delta += this.#held.length - before - 4 - length;
    if (length > 65_536) this.#gathered = NOTHING;
  }

  #pass(bytes: Buffer, start: number, end: number, sink: SliceSink): void {
    if (this.#isHolding && this.#held.length + end - start > this.#options.limits.heldRowBytes) {
      this.#requireFillers();
      this.#decide(sink);
    }
    if (this.#isHolding) this.#held.copy(bytes, start, end);
    else sink.add(bytes, start, end);
  }

  #emit(bytes: Buffer, sink: SliceSink): void {
    if (this.#isHolding) this.#held.copy(bytes, 0, bytes.length);
    else sink.add(bytes);
  }

  #requireFillers(): void {
    const isMissing = this.#cells.some(
      (cell, index) => index > this.#index && cell !== undefined && cell.filler === undefined,
    );
    if (!isMissing) return;
    const held = this.#options.limits.heldRowBytes;
    throw responseMaskError(
      'ERR_RESPONSE_MASK_ROW_SIZE',
      `a row has more than ${held} bytes before a masked column; select the masked column first, or leave it out`,
    );
  }

  /** From here on the row's length is fixed: gives out what is held. */
  #decide(sink: SliceSink): void {
    this.#held.patch(1, this.#declared + this.#delta);
    this.#held.flush(sink);
    this.#held.release();
    this.#isHolding = false;
  }

  #fill(count: number): Buffer {
    const filler = this.#cells[this.#index]?.filler;
    const from = this.#fillLength - this.#due;
    const bytes = Buffer.alloc(count);
    for (let index = 0; index < count; index += 1)
      bytes[index] = filler?.(from + index, this.#fillLength) ?? 0;
    return bytes;
  }
}
