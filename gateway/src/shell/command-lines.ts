/** Lines that are put together until they are a whole command. Pure, bounded. */
import { MOST_BYTES } from './limits.ts';
import { completenessOf } from './read/completeness.ts';

/** The lines are read anew with each one that may be the last: so many characters altogether. */
const MOST_READ = 4 * 1024 * 1024;

/** What lines made: a whole command, or more than a command may be. */
export type TakenLine = { readonly command: string } | { readonly isTooLong: true };

/** The command under way. */
export class CommandLines {
  #lines: string[] = [];
  #bytes = 0;
  #read = 0;
  #until: string | undefined;

  /** There are lines that are no whole command yet. */
  get isOpen(): boolean {
    return this.#lines.length > 0;
  }

  /** One line more. The command once it is whole, undefined while it is not, or where there is nothing to do. */
  take(line: string): TakenLine | undefined {
    this.#lines.push(line);
    this.#bytes += Buffer.byteLength(line) + 1;
    if (this.#bytes > MOST_BYTES) return { isTooLong: true };
    if (this.#until !== undefined && line.replace(/^\t+/, '') !== this.#until) return undefined;
    const text = this.#lines.join('\n');
    this.#read += text.length;
    if (this.#read > MOST_READ) return { isTooLong: true };
    const { is, until } = completenessOf(text);
    this.#until = until;
    if (is === 'unfinished') return undefined;
    this.clear();
    return is === 'whole' ? { command: text } : undefined;
  }

  /** What there is, whole or not; undefined where there is nothing. */
  rest(): string | undefined {
    const text = this.#lines.join('\n');
    this.clear();
    return text.trim() === '' ? undefined : text;
  }

  clear(): void {
    this.#lines = [];
    this.#bytes = 0;
    this.#read = 0;
    this.#until = undefined;
  }
}
