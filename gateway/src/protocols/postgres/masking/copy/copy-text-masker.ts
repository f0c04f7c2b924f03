/** Masks COPY data in text format and CSV as it streams by; messages may split rows and values anywhere. */
import { WireError, type WireErrorCode } from '../../wire/errors.ts';
import type { MaskLimits } from '../mask-limits.ts';
import type { MaskTally } from '../mask-tally.ts';
import { type CellMask, UNCHANGED } from '../values/cell-mask.ts';
import { decodeField, encodeField } from './copy-escapes.ts';
import type { CopyDialect } from './copy-facts.ts';
import type { CopyFrames } from './copy-frames.ts';
import { ValueBuffer } from './value-buffer.ts';

/** Takes the content of CopyData messages. */
export interface CopyMasker {
  /** Takes content and writes what is due. Throws WireError where the data is not what the COPY was said to send. */
  take(bytes: Buffer, start: number, end: number, out: CopyFrames): void;
  /** The COPY is done. Throws WireError where it ends within a row. */
  finish(): void;
}

/** What a masker of COPY data works with. */
export interface CopyMaskerOptions {
  readonly cells: readonly (CellMask | undefined)[];
  readonly limits: MaskLimits;
  readonly tally: MaskTally;
}

const NEWLINE = 0x0a;
const BACKSLASH = 0x5c;

/** Text format and CSV. */
export class CopyTextMasker implements CopyMasker {
  readonly #options: CopyMaskerOptions;
  readonly #dialect: CopyDialect;
  readonly #value: ValueBuffer;
  /** What is written in place of every value of a column, without quotes and with them. */
  readonly #constants: (Buffer | undefined)[] = [];
  #isHeader: boolean;
  #index = 0;
  #isRowOpen = false;
  #isQuoted = false;
  #wasQuoted = false;
  #isEscaped = false;

  constructor(options: CopyMaskerOptions, dialect: CopyDialect) {
    this.#options = options;
    this.#dialect = dialect;
    this.#value = new ValueBuffer(options.limits.valueBytes);
    this.#isHeader = dialect.hasHeader;
  }

  take(bytes: Buffer, start: number, end: number, out: CopyFrames): void {
    // What stays as it is, separators too, is copied in runs as long as they are.
    let run = start;
    for (let at = start; at < end; ) {
      const stop = this.#findEnd(bytes, at, end);
      const cell = this.#cell();
      if (cell !== undefined) {
        out.copy(bytes, run, at);
        run = stop;
        if (stop < end) this.#writeMasked(cell, bytes, { start: at, end: stop }, out);
        else this.#value.append(bytes, at, end);
      }
      if (stop === end) {
        this.#isRowOpen = true;
        break;
      }
      this.#endField(bytes[stop] ?? NEWLINE);
      at = stop + 1;
    }
    out.copy(bytes, run, end);
  }

  finish(): void {
    if (this.#isRowOpen) throw copyError('ERR_WIRE_TRUNCATED', 'ends within a row');
  }

  #cell(): CellMask | undefined {
    return this.#isHeader ? undefined : this.#options.cells[this.#index];
  }

  /** Place of the delimiter or newline that ends the field, or `end`. */
  #findEnd(bytes: Buffer, start: number, end: number): number {
    const { delimiter, csv } = this.#dialect;
    let at = start;
    if (this.#isEscaped) {
      this.#isEscaped = false;
      at += 1;
    }
    if (csv !== undefined) return this.#findEndOfCsv(bytes, at, end, csv);
    for (; at < end; at += 1) {
      const byte = bytes[at];
      if (byte === delimiter || byte === NEWLINE) return at;
      if (byte === BACKSLASH) at += 1;
    }
    this.#isEscaped = at > end;
    return end;
  }

  #findEndOfCsv(bytes: Buffer, start: number, end: number, csv: NonNullable<CopyDialect['csv']>): number {
    const { delimiter } = this.#dialect;
    const escape = csv.escape === csv.quote ? -1 : csv.escape;
    let isQuoted = this.#isQuoted;
    let at = start;
    for (; at < end; at += 1) {
      const byte = bytes[at];
      if (byte === csv.quote) {
        isQuoted = !isQuoted;
        this.#wasQuoted = true;
      } else if (isQuoted) {
        if (byte === escape) at += 1;
      } else if (byte === delimiter || byte === NEWLINE) break;
    }
    this.#isQuoted = isQuoted;
    this.#isEscaped = at > end;
    return Math.min(at, end);
  }

  #endField(sign: number): void {
    this.#wasQuoted = false;
    this.#index += 1;
    const isLast = this.#index === this.#options.cells.length;
    if ((sign === NEWLINE) !== isLast && this.#options.cells.length > 0) {
      throw copyError('ERR_WIRE_VALUE', `has a row of other than ${this.#options.cells.length} columns`);
    }
    this.#isRowOpen = sign !== NEWLINE;
    if (sign !== NEWLINE) return;
    this.#index = 0;
    this.#isHeader = false;
  }

  /** The field is complete: what is held of it, and `bytes[start, end)`. */
  #writeMasked(cell: CellMask, bytes: Buffer, range: { start: number; end: number }, out: CopyFrames): void {
    const { nullText } = this.#dialect;
    const value = this.#value;
    const isHeld = value.length > 0 || value.isOver;
    if (!isHeld && cell.constant !== undefined) {
      this.#writeConstant(cell, bytes, range, out);
      return;
    }
    if (isHeld || range.end - range.start > this.#options.limits.valueBytes) {
      value.append(bytes, range.start, range.end);
    }
    if (value.isOver) {
      if (cell.constant === undefined) this.#options.tally.oversized += 1;
      const isConstant = cell.constant !== undefined && cell.constant !== null;
      if (isConstant) this.#write(cell.constant.toString('utf8'), out);
      else out.copy(nullText, 0, nullText.length);
    } else {
      const raw = isHeld ? value.view() : bytes.subarray(range.start, range.end);
      const decoded = decodeField(raw, this.#dialect);
      const masked = decoded === undefined ? UNCHANGED : maskWhole(cell, decoded);
      if (masked === UNCHANGED) out.copy(raw, 0, raw.length);
      else if (masked === undefined) out.copy(nullText, 0, nullText.length);
      else this.#write(typeof masked === 'string' ? masked : masked.toString('utf8'), out);
    }
    if (isHeld || value.isOver) value.clear();
  }

  /** Of such a value nothing is read but whether it is NULL. */
  #writeConstant(
    { constant, tally }: CellMask,
    bytes: Buffer,
    { start, end }: { start: number; end: number },
    out: CopyFrames,
  ): void {
    const { nullText } = this.#dialect;
    if (isSame(bytes, start, end, nullText)) {
      out.copy(nullText, 0, nullText.length);
      return;
    }
    if (tally !== undefined) tally.values += 1;
    const slot = 2 * this.#index + (this.#wasQuoted ? 1 : 0);
    const text = this.#constants[slot] ?? this.#encodeConstant(constant);
    this.#constants[slot] = text;
    out.copy(text, 0, text.length);
  }

  #encodeConstant(constant: Buffer | null | undefined): Buffer {
    if (constant === null || constant === undefined) return this.#dialect.nullText;
    return Buffer.from(encodeField(constant.toString('utf8'), this.#dialect, this.#wasQuoted), 'utf8');
  }

  #write(text: string, out: CopyFrames): void {
    out.text(encodeField(text, this.#dialect, this.#wasQuoted));
  }
}

function isSame(bytes: Buffer, start: number, end: number, other: Buffer): boolean {
  if (end - start !== other.length) return false;
  for (let at = 0; at < other.length; at += 1) if (bytes[start + at] !== other[at]) return false;
  return true;
}

/** Masks a value that is there as a whole. */
export function maskWhole(cell: CellMask, value: Buffer): ReturnType<CellMask['replace']> {
  if (cell.constant === undefined) return cell.replace(value, 0, value.length);
  if (cell.tally !== undefined) cell.tally.values += 1;
  return cell.constant ?? undefined;
}

/** An error about COPY data. */
export function copyError(code: WireErrorCode, problem: string): WireError {
  return new WireError(code, `COPY data ${problem}`, { source: 'upstream', offset: 0 });
}
