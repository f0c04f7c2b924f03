/** Masks COPY data in binary format (PostgreSQL documentation, COPY, Binary Format). */
import { type CellMask, UNCHANGED } from '../values/cell-mask.ts';
import type { CopyFrames } from './copy-frames.ts';
import { type CopyMasker, type CopyMaskerOptions, copyError, maskWhole } from './copy-text-masker.ts';
import { ValueBuffer } from './value-buffer.ts';

type Part = 'header' | 'extension' | 'count' | 'length' | 'pass' | 'read' | 'over';

const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');
const HEADER_BYTES = SIGNATURE.length + 8;
/** Flag of a format without meaning since version 12: rows with oids. */
const HAS_OIDS = 0x1_0000;
const TRAILER = -1;

/** Binary format. */
export class CopyBinaryMasker implements CopyMasker {
  readonly #options: CopyMaskerOptions;
  readonly #gathered = Buffer.alloc(HEADER_BYTES);
  readonly #value: ValueBuffer;
  #part: Part = 'header';
  #due = HEADER_BYTES;
  #gatheredBytes = 0;
  #index = 0;
  #isOver = false;

  constructor(options: CopyMaskerOptions) {
    this.#options = options;
    this.#value = new ValueBuffer(options.limits.valueBytes);
  }

  take(bytes: Buffer, start: number, end: number, out: CopyFrames): void {
    let at = start;
    while (at < end) {
      if (this.#isOver) throw copyError('ERR_WIRE_TRAILING', 'goes on behind its end');
      const count = Math.min(this.#due, end - at);
      this.#consume(bytes, at, at + count, out);
      at += count;
      this.#due -= count;
      while (this.#due === 0 && !this.#isOver) this.#advance(out);
    }
  }

  finish(): void {
    if (!this.#isOver) throw copyError('ERR_WIRE_TRUNCATED', 'ends without its trailer');
  }

  #consume(bytes: Buffer, start: number, end: number, out: CopyFrames): void {
    if (this.#part === 'extension' || this.#part === 'pass') out.copy(bytes, start, end);
    else if (this.#part === 'read') this.#value.append(bytes, start, end);
    else if (this.#part !== 'over') {
      this.#gatheredBytes += bytes.copy(this.#gathered, this.#gatheredBytes, start, end);
    }
  }

  #await(part: Part, count: number): void {
    this.#part = part;
    this.#due = count;
    this.#gatheredBytes = 0;
  }

  #advance(out: CopyFrames): void {
    switch (this.#part) {
      case 'header':
        return this.#openHeader(out);
      case 'extension':
        return this.#await('count', 2);
      case 'count':
        return this.#openRow(out);
      case 'length':
        return this.#openValue(out);
      case 'read':
        this.#writeMasked(out);
        return this.#beginValue(this.#index + 1);
      case 'pass':
      case 'over':
        return this.#beginValue(this.#index + 1);
    }
  }

  #openHeader(out: CopyFrames): void {
    const flags = this.#gathered.readInt32BE(SIGNATURE.length);
    const extension = this.#gathered.readInt32BE(SIGNATURE.length + 4);
    if (!this.#gathered.subarray(0, SIGNATURE.length).equals(SIGNATURE) || (flags & HAS_OIDS) !== 0) {
      throw copyError('ERR_WIRE_VALUE', 'begins with another header');
    }
    if (extension < 0) throw copyError('ERR_WIRE_LENGTH', `has a header extension of ${extension} bytes`);
    out.copy(this.#gathered, 0, HEADER_BYTES);
    this.#await('extension', extension);
  }

  #openRow(out: CopyFrames): void {
    const count = this.#gathered.readInt16BE(0);
    out.copy(this.#gathered, 0, 2);
    if (count === TRAILER) {
      this.#isOver = true;
      return;
    }
    const { length } = this.#options.cells;
    if (count !== length)
      throw copyError('ERR_WIRE_VALUE', `has a row of ${count} columns instead of ${length}`);
    this.#beginValue(0);
  }

  #beginValue(index: number): void {
    this.#index = index;
    if (index < this.#options.cells.length) this.#await('length', 4);
    else this.#await('count', 2);
  }

  #openValue(out: CopyFrames): void {
    const length = this.#gathered.readInt32BE(0);
    if (length < -1) throw copyError('ERR_WIRE_LENGTH', `has a value of ${length} bytes`);
    const cell = length < 0 ? undefined : this.#options.cells[this.#index];
    if (cell === undefined) {
      out.copy(this.#gathered, 0, 4);
      this.#await('pass', Math.max(length, 0));
    } else if (cell.constant === undefined && length > this.#options.limits.valueBytes) {
      this.#options.tally.oversized += 1;
      out.int32(-1);
      this.#await('over', length);
    } else if (cell.constant !== undefined) {
      writeValue(maskWhole(cell, this.#value.view()), out);
      this.#await('over', length);
    } else {
      this.#await('read', length);
    }
  }

  #writeMasked(out: CopyFrames): void {
    const cell = this.#options.cells[this.#index];
    const value = this.#value.view();
    const masked = cell === undefined ? UNCHANGED : maskWhole(cell, value);
    writeValue(masked === UNCHANGED ? value : masked, out);
    this.#value.clear();
  }
}

function writeValue(value: ReturnType<CellMask['replace']>, out: CopyFrames): void {
  if (value === undefined || value === UNCHANGED) return out.int32(-1);
  const bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : value;
  out.int32(bytes.length);
  out.copy(bytes, 0, bytes.length);
}
