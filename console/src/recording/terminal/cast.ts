/** A recorded terminal as the player wants it: the lines of an asciicast, kept within bounds as they come. Pure. */
import type { AsciicastLine } from '../../../../gateway/src/api/contract/recording.ts';

/** What a page keeps of a session; the export has all. In characters. */
const MOST_CHARACTERS = 20_000_000;

/** A decision, or another moment that is worth going to. */
export interface Mark {
  /** Seconds since the session was opened. */
  readonly atSeconds: number;
  readonly label: string;
}

/** What was read so far. */
export interface Cast {
  /** Only the first `length` belong to it: those behind came later. */
  readonly lines: readonly AsciicastLine[];
  readonly length: number;
  /** In the order of the marks in `lines`. */
  readonly marks: readonly Mark[];
  /** There is more than is shown here. */
  readonly isCut: boolean;
}

/** Takes the lines of one asciicast, version 3. */
export class CastReader {
  readonly #lines: AsciicastLine[] = [];
  readonly #marks: Mark[] = [];
  readonly #most: number;
  #atSeconds = 0;
  #characters = 0;
  #isCut = false;

  /** @param most characters that are kept */
  constructor(most = MOST_CHARACTERS) {
    this.#most = most;
  }

  /** Answers false once no more is kept. @throws SyntaxError for what is no JSON */
  take(text: string): boolean {
    if (text === '' || this.#isCut) return !this.#isCut;
    this.#characters += text.length;
    this.#isCut = this.#characters > this.#most;
    if (this.#isCut) return false;
    const line = JSON.parse(text) as AsciicastLine;
    if ('version' in line) {
      this.#lines.push(line);
      return true;
    }
    const [seconds, code, data] = line;
    this.#atSeconds += seconds;
    // Empty output says only that a silent session is still followed.
    if (code === 'o' && data === '' && seconds === 0) return true;
    this.#lines.push(line);
    if (code === 'm') this.#marks.push({ atSeconds: this.#atSeconds, label: data });
    return true;
  }

  get length(): number {
    return this.#lines.length;
  }

  /** As it is now; what is taken later does not change it. */
  cast(): Cast {
    return {
      lines: this.#lines,
      length: this.#lines.length,
      marks: [...this.#marks],
      isCut: this.#isCut,
    };
  }
}

/** Minutes and seconds, as players show them. */
export function playerTime(seconds: number): string {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}
