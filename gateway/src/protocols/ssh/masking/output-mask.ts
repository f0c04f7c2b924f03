/**
 * Masks one stream of output. It is looked through line by line, and a line that is too long to be held in windows that overlap,
 * counted from its beginning: what comes out does not depend on how the bytes came (P5), and no more than a window is held (P10).
 */
import { BYTE_CLASS, TOKEN } from '../../../masking/detect/byte-class.ts';
import type { Scanner } from '../../../masking/detect/scanner.ts';
import type { Span } from '../../../masking/detect/span.ts';
import { openKeyOf } from '../../../masking/detectors/private-key.ts';
import type { FindingMasks } from '../../../masking/finding-masks.ts';
import { findValues, seenText, type Values } from './find-values.ts';
import { KeyRest } from './open-key.ts';

/** Longest piece of a line that is looked at as a whole. */
export const WINDOW = 65_536;
/** Longest value that is seen wherever windows meet; keys and tokens are followed to their ends, however long. */
const OVERLAP = 8_192;
/** What of a line stays to tell what the words before a value say. */
const CONTEXT = 1_024;

const NEWLINE = 0x0a;
const RETURN = 0x0d;
/** Puts colours back that ended within a value. */
const RESET = '\u001b[0m';
const NOTHING = Buffer.alloc(0);
const LINE_END = Buffer.from('\n');

/** Prompts are short. */
const LONGEST_PROMPT = 256;
/**
 * Up to a sign and a blank: no value begins before them and goes on behind. Where quotes or an equals sign stand, one might.
 */
const PROMPT = /^[A-Za-z0-9 \t.,:;!?>$#()[\]_/~@+-]*[:?>$#] /;

/** Counts findings. */
export type Count = (detector: string) => void;

/** The mask of one stream. Nothing of it throws. */
export class OutputMask {
  readonly #masks: FindingMasks;
  readonly #scanner: Scanner;
  readonly #count: Count;
  readonly #replace: (found: string, detector: string) => string;
  /** A line that has not ended; the first bytes of it are gone out already, and stay as context. */
  #held: Buffer = NOTHING;
  #context = 0;
  #key: KeyRest | undefined;
  /** The value that a window ended in goes on while its characters do. */
  #isInToken = false;

  /** @throws TypeError where nothing is looked for */
  constructor(masks: FindingMasks, count: Count, replace?: (found: string, detector: string) => string) {
    if (masks.scanner === undefined) throw new TypeError('a mask that looks for nothing');
    this.#masks = masks;
    this.#scanner = masks.scanner;
    this.#count = count;
    this.#replace = replace ?? ((found, detector) => masks.replacement(found, detector));
  }

  /** Takes bytes; answers what may go out. */
  push(chunk: Buffer): Buffer {
    const out: Buffer[] = [];
    let at = 0;
    // Where what goes out as it came begins.
    let plain = 0;
    while (at < chunk.length) {
      const lineEnd = endOfLine(chunk, at);
      if (this.#held.length > 0 || lineEnd - at >= WINDOW || lineEnd === chunk.length) {
        out.push(chunk.subarray(plain, at));
        at = this.#takeHeld(chunk, at, lineEnd, out);
        plain = at;
        continue;
      }
      const isInside = this.#key !== undefined || this.#isInToken;
      const values = isInside || at === lineEnd ? undefined : this.#find(chunk, at, lineEnd);
      if (values === undefined && !isInside) {
        at = lineEnd + 1;
        continue;
      }
      out.push(chunk.subarray(plain, at));
      this.#line(chunk.subarray(at, lineEnd + 1), out, values);
      at = lineEnd + 1;
      plain = at;
    }
    out.push(chunk.subarray(plain, at));
    this.#releasePrompt(out);
    return joined(out);
  }

  /** There is no more: what is held goes out. */
  end(): Buffer {
    const out: Buffer[] = [];
    this.#line(this.#held, out);
    this.#held = NOTHING;
    return joined(out);
  }

  #find(bytes: Buffer, start: number, end: number): Values | undefined {
    return findValues(this.#scanner, this.#masks.detectors, { bytes, start, end });
  }

  /** Adds to what is held, up to the end of the line or of a window. Returns what was taken. */
  #takeHeld(chunk: Buffer, at: number, lineEnd: number, out: Buffer[]): number {
    const room = WINDOW - this.#held.length;
    if (lineEnd - at >= room) {
      const window = Buffer.concat([this.#held, chunk.subarray(at, at + room)]);
      const cut = this.#window(window, out);
      this.#context = Math.min(CONTEXT, cut);
      this.#held = window.subarray(cut - this.#context);
      return at + room;
    }
    const isWhole = lineEnd < chunk.length;
    const held = Buffer.concat([this.#held, chunk.subarray(at, isWhole ? lineEnd + 1 : lineEnd)]);
    this.#held = held;
    if (isWhole) {
      this.#line(held, out);
      this.#held = NOTHING;
    }
    return isWhole ? lineEnd + 1 : lineEnd;
  }

  /** Lets a prompt go, which nobody ends before it is answered. What is held stays as the context of what follows. */
  #releasePrompt(out: Buffer[]): void {
    const held = this.#held;
    if (held.length === 0 || held.length > LONGEST_PROMPT || this.#key !== undefined || this.#isInToken)
      return;
    const text = PROMPT.exec(held.toString('latin1'))?.[0] ?? '';
    const isNew = text.length > this.#context && !this.#masks.hasOwnPatterns;
    if (!isNew || this.#find(held, 0, text.length) !== undefined) return;
    out.push(held.subarray(this.#context, text.length));
    this.#context = text.length;
  }

  /** The rest of a line, with its end where it has one. @param known what is found in it, where it was looked for */
  #line(line: Buffer, out: Buffer[], known?: Values): void {
    const last = line.at(-1);
    const end = last === NEWLINE || last === RETURN ? line.length - 1 : line.length;
    let from = this.#pastToken(line, this.#context, end);
    this.#isInToken = false;
    this.#context = 0;
    if (this.#key !== undefined) {
      const { bytes, isOver } = this.#key.take(line.subarray(from, end), true);
      from += bytes;
      if (!isOver) return;
      this.#key = undefined;
      if (bytes === 0) out.push(LINE_END);
    }
    const values = known ?? this.#find(line, 0, end);
    this.#emit(line, { from, to: end }, values, out);
    this.#key = this.#keyAfter(line, values, end);
    if (this.#key === undefined) out.push(line.subarray(end));
  }

  /** A whole window of a line that goes on. Returns up to where it went out. */
  #window(window: Buffer, out: Buffer[]): number {
    const from = this.#pastToken(window, this.#context, WINDOW);
    if (from === WINDOW) return WINDOW;
    this.#isInToken = false;
    if (this.#key !== undefined) {
      const { bytes, isOver } = this.#key.take(window.subarray(from), false);
      if (isOver) this.#key = undefined;
      // What is left is looked at when more of the line is there.
      return from + bytes;
    }
    const values = this.#find(window, 0, WINDOW);
    const across = values?.spans.find(({ start, end }) => start < WINDOW - OVERLAP && end > WINDOW - OVERLAP);
    // A value that is longer than what overlaps goes out at once, and its rest is followed.
    const isLong = across !== undefined && across.start <= Math.max(from, CONTEXT);
    const cut = isLong ? across.end : Math.max(from, across?.start ?? WINDOW - OVERLAP);
    this.#emit(window, { from, to: cut }, values, out);
    if (isLong && cut === WINDOW) {
      this.#key = this.#keyAfter(window, values, WINDOW);
      this.#isInToken = this.#key === undefined && isToken(window[WINDOW - 1]);
    }
    return cut;
  }

  /** Where a token that began in an earlier window is over. */
  #pastToken(bytes: Buffer, from: number, end: number): number {
    let at = from;
    if (this.#isInToken) while (at < end && isToken(bytes[at])) at += 1;
    return at;
  }

  #emit(
    bytes: Buffer,
    { from, to }: { readonly from: number; readonly to: number },
    values: Values | undefined,
    out: Buffer[],
  ): void {
    let copied = from;
    for (const { start, end, detector } of values?.spans ?? []) {
      if (end <= from || start >= to) continue;
      const begin = Math.max(start, from);
      const found = bytes.subarray(begin, end);
      const text = values?.isDisguised === true ? seenText(found) : found.toString('utf8');
      out.push(bytes.subarray(copied, begin), Buffer.from(this.#replace(text, detector)));
      if (values?.isDisguised === true && found.includes(RESET[0] ?? '')) out.push(Buffer.from(RESET));
      this.#count(detector);
      copied = end;
    }
    if (copied < to) out.push(bytes.subarray(copied, to));
  }

  /** A key whose first line this is. */
  #keyAfter(line: Buffer, values: Values | undefined, end: number): KeyRest | undefined {
    const last: Span | undefined = values?.spans.at(-1);
    if (last?.end !== end || !this.#masks.detectors.includes('private-key')) return undefined;
    const kind = openKeyOf(line.toString('latin1', last.start, end));
    return kind === undefined ? undefined : new KeyRest(kind);
  }
}

function isToken(byte: number | undefined): boolean {
  return ((BYTE_CLASS[byte ?? 0] ?? 0) & TOKEN) !== 0;
}

/** Where the next line feed or carriage return stands; the length where there is none. */
function endOfLine(chunk: Buffer, from: number): number {
  for (let at = from; at < chunk.length; at += 1) {
    const byte = chunk[at];
    if (byte === NEWLINE || byte === RETURN) return at;
  }
  return chunk.length;
}

function joined(parts: readonly Buffer[]): Buffer {
  const filled = parts.filter(({ length }) => length > 0);
  const [only] = filled;
  return filled.length === 1 && only !== undefined ? only : Buffer.concat(filled);
}
