import { isWordByte } from '../detect/byte-class.ts';
import { unreadable } from './document-masks.ts';

const NUMBER = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Reads the tokens of a JSON text (RFC 8259) by position. Whatever is not in the grammar is unreadable. */
export class JsonReader {
  readonly source: Buffer;
  at = 0;

  constructor(source: Buffer) {
    this.source = source;
  }

  /** The next byte that is no white space; -1 at the end. */
  peek(): number {
    for (; this.at < this.source.length; this.at += 1) {
      const byte = this.source[this.at] ?? 0;
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) {
        return byte;
      }
    }
    return -1;
  }

  /** Takes the next byte if it is this one. */
  takes(byte: number): boolean {
    if (this.peek() !== byte) {
      return false;
    }
    this.at += 1;
    return true;
  }

  expect(byte: number): void {
    if (!this.takes(byte)) {
      unreadable();
    }
  }

  /** Reads a string and says whether it holds escapes; its bytes are those between the quotes. */
  skipString(): boolean {
    this.expect(QUOTE);
    let isEscaped = false;
    for (;;) {
      const byte = this.source[this.at];
      if (byte === undefined || byte < 0x20) {
        return unreadable();
      }
      this.at += 1;
      if (byte === QUOTE) {
        return isEscaped;
      }
      if (byte === BACKSLASH) {
        isEscaped = true;
        this.at += 1;
      }
    }
  }

  /** The text of the string whose quotes stand at `start` and before `end`. */
  textOf(start: number, end: number, isEscaped: boolean): string {
    if (!isEscaped) {
      return this.source.toString('utf8', start + 1, end - 1);
    }
    try {
      return String(JSON.parse(this.source.toString('utf8', start, end)));
    } catch {
      return unreadable();
    }
  }

  /** Reads a number, `true`, `false` or `null`. */
  word(): string {
    const start = this.at;
    while (isWordPart(this.source[this.at])) {
      this.at += 1;
    }
    const word = this.source.toString('latin1', start, this.at);
    return word === 'true' || word === 'false' || word === 'null' || NUMBER.test(word) ? word : unreadable();
  }
}

function isWordPart(byte: number | undefined): boolean {
  return byte === 0x2b || byte === 0x2d || byte === 0x2e || isWordByte(byte);
}
