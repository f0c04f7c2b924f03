/**
 * What of the input of a terminal may be recorded: lines that the terminal showed. Programs that ask for a password switch the
 * echo off, and no message of SSH tells. So a line is kept until its text is seen in the output, and left out where it is
 * not: what is on record as input is in the recorded output as well, and tells nothing more. Pure, bounded.
 */

/** Longest line that is looked for; longer ones are left out. */
const LONGEST_LINE = 4096;
/** Lines that wait for their echo. */
const MOST_LINES = 64;
/** Output behind the end of a line in which its echo has to come, and how much is kept to look in. */
const WINDOW = 16 * 1024;

interface Line {
  /** Without controls and the sequences of keys. */
  text: string;
  isEnded: boolean;
  /** Characters shown since it ended. */
  waited: number;
}

/** What is known of lines now: those that may be recorded, without keys that are no text, and how many are left out. */
export interface ShownLines {
  readonly lines: readonly Buffer[];
  readonly leftOut: number;
}

/** The input of one terminal, and what it shows. */
export class ShownInput {
  readonly #typedKeys = new EscapeStripper();
  readonly #shownKeys = new EscapeStripper();
  #lines: Line[] = [];
  #shown = '';

  /** The client sent this. */
  typed(bytes: Buffer): void {
    for (const byte of bytes) {
      const line = this.#current();
      const isText = this.#typedKeys.isText(byte);
      if (isText && line.text.length <= LONGEST_LINE) line.text += String.fromCharCode(byte);
      if (byte === 13 || byte === 10) line.isEnded = true;
    }
  }

  /** The terminal shows this. Tells which lines are known now. */
  shown(bytes: Buffer): ShownLines {
    if (this.#lines.length === 0) {
      // Nothing is looked for; what comes before the first key is no echo of it.
      for (const byte of bytes) this.#shownKeys.isText(byte);
      this.#shown = '';
      return { lines: [], leftOut: 0 };
    }
    const pieces: string[] = [];
    for (const byte of bytes) if (this.#shownKeys.isText(byte)) pieces.push(String.fromCharCode(byte));
    const text = pieces.join('');
    this.#shown = (this.#shown + text).slice(-2 * WINDOW);
    for (const line of this.#lines) if (line.isEnded) line.waited += bytes.length;
    return this.#take(false);
  }

  /** Nothing is shown any more. */
  end(): ShownLines {
    return this.#take(true);
  }

  #take(isOver: boolean): ShownLines {
    const lines: Buffer[] = [];
    let leftOut = 0;
    for (;;) {
      const [line] = this.#lines;
      if (line === undefined || !(line.isEnded || isOver)) break;
      const at = line.text.length > LONGEST_LINE ? -1 : this.#shown.indexOf(line.text);
      if (at === -1 && line.waited <= WINDOW && this.#lines.length <= MOST_LINES && !isOver) break;
      this.#lines.shift();
      if (at === -1) leftOut += 1;
      else {
        lines.push(Buffer.from(`${line.text}${line.isEnded ? '\r' : ''}`, 'latin1'));
        this.#shown = this.#shown.slice(at + line.text.length);
      }
    }
    return { lines, leftOut };
  }

  #current(): Line {
    const last = this.#lines.at(-1);
    if (last !== undefined && !last.isEnded) return last;
    const line: Line = { text: '', isEnded: false, waited: 0 };
    // Whoever types without end and is shown nothing waits for nothing.
    if (this.#lines.length > MOST_LINES + 1) this.#lines = this.#lines.slice(1);
    this.#lines.push(line);
    return line;
  }
}

/** Tells text from controls and from the sequences that begin with ESC (ECMA-48 sections 5.4 and 8.3). */
class EscapeStripper {
  #state: 'text' | 'escape' | 'sequence' | 'string' | 'string-escape' = 'text';

  isText(byte: number): boolean {
    switch (this.#state) {
      case 'text':
        if (byte === 27) this.#state = 'escape';
        return byte >= 32 && byte !== 127;
      case 'escape':
        if (byte === 0x5b) this.#state = 'sequence';
        else if (byte === 0x5d || byte === 0x50) this.#state = 'string';
        else if (byte !== 0x4f) this.#state = 'text';
        return false;
      case 'sequence':
        if (byte >= 0x40 && byte <= 0x7e) this.#state = 'text';
        return false;
      case 'string':
        if (byte === 27) this.#state = 'string-escape';
        else if (byte === 7) this.#state = 'text';
        return false;
      case 'string-escape':
        this.#state = byte === 0x5c ? 'text' : 'string';
        return false;
    }
  }
}
