import {
  AT,
  BYTE_CLASS,
  COLON,
  DASH,
  DIGIT,
  DOT,
  EQUALS,
  FOLDABLE,
  LETTER,
  TOKEN,
  UPPER,
  WORD,
} from './byte-class.ts';
import type { Detector } from './detector.ts';
import { foldText } from './fold.ts';
import { BYTES_PER_CALL, SLOW_CALLS } from './limits.ts';
import { isTimestamp, isUuid } from './plain-shape.ts';
import { ScanInput } from './scan-input.ts';
import { joinSpans, type Span } from './span.ts';
import { type Dispatch, dispatchOf, walk } from './walk.ts';

const input = new ScanInput();
const encoder = new TextEncoder();
/** Where strings are encoded; a longer one gets a buffer of its own. */
const encoded = Buffer.alloc(65_536);

/**
 * Looks for the content that its detectors know. It holds no state between scans, and a clean text makes no object.
 * Both forms work on UTF-8, so that they find the same.
 */
export class Scanner {
  readonly #dispatch: Dispatch;
  readonly #names: readonly string[];
  readonly #hints: number;
  /** Signs that make a walk worth while whatever else there is. */
  readonly #signs: number;
  readonly #isEager: boolean;
  readonly #wantsDashes: boolean;
  readonly #wantsDates: boolean;

  /** @param hints what the column's name says, from `columnHints`. */
  constructor(detectors: readonly Detector[], hints: number) {
    this.#dispatch = dispatchOf(detectors);
    this.#names = detectors.map(({ name }) => name);
    this.#hints = hints;
    const { atSign, colon, dash, equals, text } = this.#dispatch;
    this.#signs =
      (atSign.length > 0 ? AT : 0) | (colon.length > 0 ? COLON : 0) | (equals.length > 0 ? EQUALS : 0);
    this.#isEager = text.length > 0;
    this.#wantsDashes = dash.length > 0;
    this.#wantsDates = this.#names.includes('date-of-birth');
  }

  /** Scans bytes of UTF-8; what is not UTF-8 is a character that no value holds. Undefined: nothing found. */
  scanBytes(
    bytes: Buffer,
    start = 0,
    end: number = bytes.length,
    hints: number = this.#hints,
  ): readonly Span[] | undefined {
    const present = this.#isPlain(bytes, start, end) ? 0 : this.#look(bytes, start, end);
    if (present === 0) {
      return undefined;
    }
    input.begin(bytes, start, end, hints);
    input.budget = SLOW_CALLS + Math.floor((end - start) / BYTES_PER_CALL);
    if ((present & ~FOLDABLE) !== 0) {
      walk(input, this.#dispatch);
    }
    if ((present & FOLDABLE) !== 0) {
      this.#scanFolded(bytes, start, end, hints);
    }
    input.release();
    return input.found.length === 0 ? undefined : joinSpans(input.found, this.#names);
  }

  /** Scans a text; positions are those of the string. Undefined: nothing found. */
  scanText(text: string, hints: number = this.#hints): readonly Span[] | undefined {
    const isShort = text.length * 3 <= encoded.length;
    const bytes = isShort ? encoded : Buffer.from(text);
    const length = isShort ? encoder.encodeInto(text, encoded).written : bytes.length;
    const spans = this.scanBytes(bytes, 0, length, hints);
    return spans === undefined || length === text.length ? spans : toTextPositions(spans, text);
  }

  /** Ids and times fill databases, and hold nothing: dates of birth and own patterns apart. */
  #isPlain(bytes: Buffer, start: number, end: number): boolean {
    return (
      !this.#isEager && (isUuid(bytes, start, end) || (!this.#wantsDates && isTimestamp(bytes, start, end)))
    );
  }

  #scanFolded(bytes: Buffer, start: number, end: number, hints: number): void {
    const folded = foldText(bytes, start, end);
    if (folded === undefined || (this.#look(folded.bytes, 0, folded.length) & ~FOLDABLE) === 0) {
      return;
    }
    const plain = input.found.slice();
    input.begin(folded.bytes, 0, folded.length, hints);
    walk(input, this.#dispatch);
    for (let at = 0; at + 2 < input.found.length; at += 3) {
      const last = (input.found[at + 1] ?? 0) - 1;
      plain.push(
        folded.starts[input.found[at] ?? 0] ?? start,
        folded.ends[last] ?? end,
        input.found[at + 2] ?? 0,
      );
    }
    input.found.length = 0;
    for (const value of plain) {
      input.found.push(value);
    }
  }

  /**
   * The one pass that most texts get: which classes of bytes there are, and how many digits. 0 when no detector can
   * find anything.
   */
  #look(bytes: Buffer, start: number, end: number): number {
    let present = 0;
    let digits = 0;
    for (let position = start; position < end; position += 1) {
      const kind = BYTE_CLASS[bytes[position] ?? 0] ?? 0;
      present |= kind;
      digits += kind & DIGIT;
    }
    const { fewestDigits, fewestDottedDigits, fewestTokenBytes, word } = this.#dispatch;
    const isWorth =
      (present & this.#signs) !== 0 ||
      (this.#wantsDashes && (present & DASH) !== 0 && hasPair(bytes, start, end)) ||
      digits >= fewestDigits ||
      (digits >= fewestDottedDigits && (present & DOT) !== 0) ||
      ((present & (DIGIT | UPPER)) !== 0 && hasToken(bytes, start, end, fewestTokenBytes)) ||
      (word.length > 0 &&
        (present & LETTER) !== 0 &&
        digits >= FEWEST_WORD_DIGITS &&
        hasMixedWord(bytes, start, end)) ||
      (this.#isEager && end > start);
    return (isWorth ? DIGIT : 0) | (present & FOLDABLE);
  }
}

/** Fewest digits of anything that detectors find in words of letters and digits. */
const FEWEST_WORD_DIGITS = 4;

/** A letter and a digit side by side, as in each word that holds both. */
function hasMixedWord(bytes: Buffer, start: number, end: number): boolean {
  let before = 0;
  for (let position = start; position < end; position += 1) {
    const kind = (BYTE_CLASS[bytes[position] ?? 0] ?? 0) & WORD;
    if ((kind | before) === WORD) {
      return true;
    }
    before = kind;
  }
  return false;
}

/** Two dashes side by side: a PEM block may begin. */
function hasPair(bytes: Buffer, start: number, end: number): boolean {
  for (let position = start + 1; position < end; position += 1) {
    if (bytes[position] === 0x2d && bytes[position - 1] === 0x2d) {
      return true;
    }
  }
  return false;
}

/** A run of token characters of some length. One of its bytes stands at each multiple of that length. */
function hasToken(bytes: Buffer, start: number, end: number, length: number): boolean {
  for (let position = start + length - 1; position < end; ) {
    let from = position;
    while (from >= start && from > position - length && isToken(bytes[from])) {
      from -= 1;
    }
    if (from === position - length) {
      return true;
    }
    // `from` is no token character, so that the next run can begin just after it.
    position = from + length;
  }
  return false;
}

function isToken(byte: number | undefined): boolean {
  return ((BYTE_CLASS[byte ?? 0] ?? 0) & TOKEN) !== 0;
}

function toTextPositions(spans: readonly Span[], text: string): readonly Span[] {
  let unit = 0;
  let byte = 0;
  const unitAt = (position: number): number => {
    while (byte < position && unit < text.length) {
      const code = text.codePointAt(unit) ?? 0;
      byte += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
      unit += code < 0x10000 ? 1 : 2;
    }
    return unit;
  };
  return spans.map(({ start, end, detector }) => {
    const first = unitAt(start);
    return { start: first, end: unitAt(end), detector };
  });
}
