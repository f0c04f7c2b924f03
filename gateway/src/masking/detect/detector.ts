import type { DigitScheme } from './digit-scheme.ts';
import type { NumberRun } from './number-run.ts';
import type { ScanInput } from './scan-input.ts';

/**
 * Finds one kind of content. It says at which places of a text it wants to be asked, and reports what it found there
 * by `input.hit`. The walk over the text is done once for all detectors; a place that no detector asks for costs
 * nothing. Handlers look at a bounded number of bytes around their place, so that a scan is linear.
 */
export interface Detector {
  /** As used in `detect:`. */
  readonly name: string;
  /** At each `@`. */
  atSign?(input: ScanInput, position: number): void;
  /** At each `:`. */
  colon?(input: ScanInput, position: number): void;
  /** At each `-` that follows another byte than `-`, in texts that hold two of them together: PEM. */
  dash?(input: ScanInput, position: number): void;
  /** At each `=`. */
  equals?(input: ScanInput, position: number): void;
  /** At each run of digit groups with at least {@link fewestDigits}. */
  numbers?(input: ScanInput, run: NumberRun): void;
  /** Fewest digits of a run that `numbers` wants to see. */
  readonly fewestDigits?: number;
  /** Its runs hold a dot. */
  readonly isDotted?: boolean;
  /** A number of a fixed length that is looked for among all windows of digit groups. */
  readonly scheme?: DigitScheme;
  /** At each word (ASCII letters and digits) that holds both, with the number of its digits. */
  word?(input: ScanInput, start: number, end: number, digits: number): void;
  /**
   * At each run of token characters of at least {@link fewestTokenBytes} that holds a digit or an upper case letter and
   * is no UUID. Its text is `input.tokenText`.
   */
  token?(input: ScanInput, start: number, end: number): void;
  readonly fewestTokenBytes?: number;
  /** Once for each text: own patterns, which may begin anywhere. */
  text?(input: ScanInput): void;
}
