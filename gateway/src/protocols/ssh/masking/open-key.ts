/** A private key whose first line was found: the lines that follow are part of it. */
import type { OpenKey } from '../../../masking/detectors/private-key.ts';

/** A key in PEM has at most some 14 KB. What goes on for longer was only the beginning of one, as `grep` prints it. */
const MOST_KEY_BYTES = 65_536;
const END = '-----END ';
const LONGEST_END = 80;
/** Lines of base64 are as long as the first one, but for the last. */
const FULL_LINE = 60;
const BASE64 = /^\s{0,16}[A-Za-z0-9+/=]+\s{0,4}$/;

/** The rest of a key. */
export class KeyRest {
  readonly #kind: OpenKey;
  #left = MOST_KEY_BYTES;

  constructor(kind: OpenKey) {
    this.#kind = kind;
  }

  /**
   * How much of a line, without its end, belongs to the key.
   * @param isWhole the line ends there; otherwise at most the last {@link LONGEST_END} bytes are asked about again
   */
  take(line: Buffer, isWhole: boolean): { readonly bytes: number; readonly isOver: boolean } {
    const { bytes, isOver } = this.#take(line.toString('latin1'), isWhole);
    this.#left -= bytes + 1;
    return { bytes, isOver: isOver || this.#left <= 0 };
  }

  #take(text: string, isWhole: boolean): { readonly bytes: number; readonly isOver: boolean } {
    if (this.#kind === 'base64') {
      const isPart = text === '' || BASE64.test(text);
      return isPart
        ? { bytes: text.length, isOver: isWhole && text !== '' && text.length < FULL_LINE }
        : { bytes: 0, isOver: true };
    }
    if (this.#kind === 'putty') {
      return { bytes: text.length, isOver: isWhole && text.includes('Private-MAC') };
    }
    const end = text.indexOf(END);
    if (end === -1) {
      return { bytes: isWhole ? text.length : Math.max(0, text.length - LONGEST_END), isOver: false };
    }
    const close = text.slice(end + END.length, end + LONGEST_END).indexOf('-----');
    return { bytes: close === -1 ? text.length : end + END.length + close + 5, isOver: true };
  }
}
