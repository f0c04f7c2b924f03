import { type Hint, hasHint, hintsOf } from './hints.ts';
import { DIGIT_CAPACITY } from './limits.ts';
import type { NumberRun } from './number-run.ts';

/** Up to this length, joining characters is cheaper than a call into Node. */
const LONGEST_JOINED = 24;
/** How far before a value its label may stand, in bytes. */
const LABEL_REACH = 48;
/** A label may be cut within a character, or be no UTF-8: it is only read for words. */
const decoder = new TextDecoder();

/**
 * The text that is being scanned and what was found in it. One object is used for all scans, so that a clean text
 * costs none. Detectors read bytes; those that need text cut it out as Latin-1, one character a byte, so that
 * positions stay the same and bytes that are no UTF-8 hide nothing.
 */
export class ScanInput {
  bytes: Buffer = Buffer.alloc(0);
  start = 0;
  end = 0;
  /** Hints of the column or key that the text belongs to. */
  hints = 0;
  /** Calls of slow validators that are left for this text; at 0 what looks right counts as found. */
  budget = 0;
  /** Where a private key ends that was found already. */
  skipUntil = 0;
  /** Number of the detector that is asked now. */
  current = 0;
  /** Triples of start, end and number of the detector. */
  readonly found: number[] = [];
  /** Digits of the window that {@link digitsOf} read last. */
  readonly digits: Uint8Array = new Uint8Array(DIGIT_CAPACITY);
  #labelEnd = -1;
  #labelHints = 0;

  begin(bytes: Buffer, start: number, end: number, hints: number): void {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.hints = hints;
    this.found.length = 0;
    this.skipUntil = 0;
    this.#labelEnd = -1;
  }

  /** Reports bytes `start` to `end`. */
  hit(start: number, end: number): void {
    this.found.push(start, end, this.current);
  }

  /** The byte at a position; -1 outside of the text. */
  at(position: number): number {
    return position >= this.start && position < this.end ? (this.bytes[position] ?? -1) : -1;
  }

  /** A part of the text, one character a byte. */
  slice(start: number, end: number): string {
    const from = Math.max(start, this.start);
    const to = Math.min(end, this.end);
    if (to - from > LONGEST_JOINED) {
      return this.bytes.toString('latin1', from, to);
    }
    let text = '';
    for (let position = from; position < to; position += 1) {
      text += String.fromCharCode(this.bytes[position] ?? 0);
    }
    return text;
  }

  /** Copies the digits of the groups to {@link digits} and returns how many; 0 when they are more than fit. */
  digitsOf(run: NumberRun, first: number, last: number): number {
    let count = 0;
    for (let group = first; group <= last; group += 1) {
      const end = run.endOf(group);
      if (count + end - run.startOf(group) > DIGIT_CAPACITY) {
        return 0;
      }
      for (let position = run.startOf(group); position < end; position += 1) {
        this.digits[count] = (this.bytes[position] ?? 0x30) - 0x30;
        count += 1;
      }
    }
    return count;
  }

  /** Says whether the column or the words just before a position speak of `hint`. */
  isAbout(hint: Hint, position: number): boolean {
    return hasHint(this.hints, hint) || hasHint(this.labelBefore(position), hint);
  }

  /** Hints of the words before a position, back to the last comma, semicolon or line end. */
  labelBefore(position: number): number {
    if (this.#labelEnd !== position) {
      this.#labelEnd = position;
      const before = decoder.decode(
        this.bytes.subarray(Math.max(this.start, position - LABEL_REACH), position),
      );
      const cut = Math.max(
        ...[',', ';', '\n', '|', '}', '{', '!', '?'].map((sign) => before.lastIndexOf(sign)),
      );
      this.#labelHints = hintsOf(before.slice(cut + 1));
    }
    return this.#labelHints;
  }
}
