/** First continuation byte that may follow these lead bytes, where it is not 0x80 (RFC 3629 section 4). */
const LEAST_AFTER = new Map([
  [0xe0, 0xa0],
  [0xf0, 0x90],
]);
/** Last continuation byte that may follow these lead bytes, where it is not 0xbf: no surrogates, nothing beyond U+10FFFF. */
const MOST_AFTER = new Map([
  [0xed, 0x9f],
  [0xf4, 0x8f],
]);

/** Checks UTF-8 that comes in pieces, which may be cut inside of a character. */
export class Utf8Validator {
  /** Continuation bytes still due. */
  #due = 0;
  #least = 0x80;
  #most = 0xbf;

  /** The text may end here. */
  get isComplete(): boolean {
    return this.#due === 0;
  }

  reset(): void {
    this.#due = 0;
    this.#least = 0x80;
    this.#most = 0xbf;
  }

  /** Whether `bytes[start, end)` may come next. After false the validator is of no more use until it is reset. */
  accepts(bytes: Buffer, start: number, end: number): boolean {
    let at = start;
    while (at < end) {
      // Most text is ASCII, in which there is nothing to keep track of.
      if (this.#due === 0) while (at < end && (bytes[at] ?? 0) < 0x80) at += 1;
      if (at === end) return true;
      const byte = bytes[at] ?? 0;
      at += 1;
      if (this.#due > 0) {
        if (byte < this.#least || byte > this.#most) return false;
        this.#due -= 1;
        this.#least = 0x80;
        this.#most = 0xbf;
      } else if (byte >= 0x80 && !this.#begin(byte)) return false;
    }
    return true;
  }

  #begin(lead: number): boolean {
    if (lead < 0xc2 || lead > 0xf4) return false;
    if (lead < 0xe0) this.#due = 1;
    else this.#due = lead < 0xf0 ? 2 : 3;
    this.#least = LEAST_AFTER.get(lead) ?? 0x80;
    this.#most = MOST_AFTER.get(lead) ?? 0xbf;
    return true;
  }
}
