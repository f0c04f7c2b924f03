/** Finds the marks in one stream of a shell: what is output of the line, what came too late of an earlier one, and how it ended. Pure, bounded. */
import type { Marks } from './control-text.ts';

/** Longest text between the last two marks: an exit status and a path. */
const LONGEST_END = 16 * 1024;

/** What a piece of the stream brought. */
export interface MarkedPiece {
  /** Output of the line. */
  readonly output: Buffer;
  /** The line is over on this stream. */
  readonly isOver: boolean;
}

/** One stream during one line. */
export class MarkedOutput {
  /** Bytes before the first mark: written by what earlier lines left behind. */
  lateBytes = 0;
  /** Between the last two marks, once the line is over; undefined where that cannot be read. */
  told: string | undefined;
  readonly #marks: { readonly begin: Buffer; readonly end: Buffer; readonly close: Buffer | undefined };
  #state: 'before' | 'output' | 'told' | 'over' = 'before';
  #held: Buffer = Buffer.alloc(0);

  /** @param isTold the stream has, behind the output, how the line ended */
  constructor({ begin, end, close }: Marks, isTold: boolean) {
    this.#marks = {
      begin: Buffer.from(begin),
      end: Buffer.from(end),
      close: isTold ? Buffer.from(close) : undefined,
    };
  }

  /** The next piece. What comes behind the last mark is dropped: it is of nothing that was asked for. */
  take(chunk: Buffer): MarkedPiece {
    let bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    this.#held = Buffer.alloc(0);
    const output: Buffer[] = [];
    for (;;) {
      const found = this.#split(bytes);
      if (this.#state === 'before') this.lateBytes += found.before.length;
      if (this.#state === 'output') output.push(found.before);
      if (found.after === undefined) {
        this.#keep(found);
        break;
      }
      if (this.#state === 'told') this.told = found.before.toString('utf8');
      this.#state = this.#next();
      if (this.#state === 'over') break;
      bytes = found.after;
    }
    return { output: Buffer.concat(output), isOver: this.#state === 'over' };
  }

  #next(): 'output' | 'told' | 'over' {
    if (this.#state === 'before') return 'output';
    return this.#state === 'output' && this.#marks.close !== undefined ? 'told' : 'over';
  }

  /** Around the next mark. What may be its beginning is neither before nor after: it is kept. */
  #split(bytes: Buffer): { readonly before: Buffer; readonly after?: Buffer; readonly rest?: Buffer } {
    const mark = this.#mark();
    const at = bytes.indexOf(mark);
    if (at !== -1) return { before: bytes.subarray(0, at), after: bytes.subarray(at + mark.length) };
    // All of what is told is kept, up to a bound.
    if (this.#state === 'told') return { before: Buffer.alloc(0), rest: bytes };
    const held = beginOf(mark, bytes);
    const end = bytes.length - held;
    return { before: bytes.subarray(0, end), rest: bytes.subarray(end) };
  }

  #keep({ rest = Buffer.alloc(0) }: { readonly rest?: Buffer }): void {
    if (rest.length > LONGEST_END) this.#state = 'over';
    else this.#held = Buffer.from(rest);
  }

  #mark(): Buffer {
    const { begin, end, close } = this.#marks;
    if (this.#state === 'before') return begin;
    return this.#state === 'told' && close !== undefined ? close : end;
  }
}

/** How many bytes at the end may be the beginning of the mark. */
function beginOf(mark: Buffer, bytes: Buffer): number {
  for (let length = Math.min(mark.length - 1, bytes.length); length > 0; length -= 1) {
    if (bytes.subarray(bytes.length - length).equals(mark.subarray(0, length))) return length;
  }
  return 0;
}
