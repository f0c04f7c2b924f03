import { mayHoldHint } from './hint-beginnings.ts';
import { type Hint, hasHint, speakOf, wordsOf } from './hints.ts';
import { DIGIT_CAPACITY, LONGEST_TOKEN } from './limits.ts';
import type { NumberRun } from './number-run.ts';

/** Up to this length, joining characters is cheaper than a call into Node. */
const LONGEST_JOINED = 24;
const NOTHING = Buffer.alloc(0);
/** How far before a value its label may stand, in bytes. */
const LABEL_REACH = 48;
/** A label may be cut within a character, or be no UTF-8: it is only read for words. */
/** Bytes of a UTF-8 character after its first. */
const LONGEST_TAIL = 3;
/** What comes after the last sign that ends a thought. */
const LABEL = /[^,;\n|}{!?]*$/;
const decoder = new TextDecoder();

/**
 * The text that is being scanned and what was found in it. One object is used for all scans, so that a clean text
 * costs none. Detectors read bytes; those that need text cut it out as Latin-1, one character a byte, so that
 * positions stay the same and bytes that are no UTF-8 hide nothing.
 */
export class ScanInput {
  bytes: Buffer = NOTHING;
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
  #label = '';
  #tokenStart = -1;
  #token = '';

  begin(bytes: Buffer, start: number, end: number, hints: number): void {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.hints = hints;
    this.found.length = 0;
    this.skipUntil = 0;
    this.#labelEnd = -1;
    this.#tokenStart = -1;
  }

  /** Lets go of the text: a value must not live longer than its scan. */
  release(): void {
    this.bytes = NOTHING;
    this.#label = '';
    this.#token = '';
  }

  /** Reports bytes `start` to `end`; a character of several bytes that would be cut is taken whole. */
  hit(start: number, end: number): void {
    let from = start;
    let to = end;
    while (from > this.start && start - from < LONGEST_TAIL && isTail(this.bytes[from])) {
      from -= 1;
    }
    while (to < this.end && to - end < LONGEST_TAIL && isTail(this.bytes[to])) {
      to += 1;
    }
    this.found.push(from, to, this.current);
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
    return hasHint(this.hints, hint) || (position > this.start && speakOf(this.#labelBefore(position), hint));
  }

  /** Words before a position, back to the last comma, semicolon or line end. */
  #labelBefore(position: number): string {
    if (this.#labelEnd !== position) {
      this.#labelEnd = position;
      this.#label = '';
      const from = Math.max(this.start, position - LABEL_REACH);
      if (mayHoldHint(this.bytes, from, position)) {
        const before = decoder.decode(this.bytes.subarray(from, position));
        this.#label = wordsOf(before.slice(before.search(LABEL)));
      }
    }
    return this.#label;
  }

  /** The text from `start`, which is the same for all detectors that are asked about a token. */
  tokenText(start: number, end: number): string {
    if (this.#tokenStart !== start) {
      this.#tokenStart = start;
      this.#token = this.slice(start, Math.min(end, start + LONGEST_TOKEN));
    }
    return this.#token;
  }
}

function isTail(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}
