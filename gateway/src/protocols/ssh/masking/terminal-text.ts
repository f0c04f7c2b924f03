/**
 * What a reader of a terminal sees of bytes: colour codes and other escape sequences (ECMA-48), characters of control and bytes
 * that are no UTF-8 may stand between the characters of a value, and are not seen.
 */

/** A text as it is seen. `starts` and `ends` say which bytes of the source each byte stands for. */
export interface SeenText {
  readonly bytes: Buffer;
  readonly length: number;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

/** One source in the two ways in which it is looked through. */
export interface TerminalText {
  /** As long as the source: what begins and ends sequences is a byte that no value holds, what they carry is left. */
  readonly blanked: Buffer;
  readonly seen: SeenText;
}

const ESC = 0x1b;
const BELL = 0x07;
const BACKSPACE = 0x08;
const TAB = 0x09;
const SPACE = 0x20;
const DELETE = 0x7f;
/** Stands for what is no part of a value. */
const BLANK = 0x01;

/** Longest text that is read, in bytes: scratch space is made once. */
export const LONGEST_READ = 131_072;
const blanked = Buffer.alloc(LONGEST_READ);
const bytes = Buffer.alloc(LONGEST_READ);
const starts = new Int32Array(LONGEST_READ);
const ends = new Int32Array(LONGEST_READ);

/** Whether a text holds anything that is not seen. Plain UTF-8 does not. */
export function hidesBytes(source: Uint8Array, start: number, end: number): boolean {
  let position = start;
  while (position < end) {
    const byte = source[position] ?? 0;
    if (byte < 0x80) {
      if ((byte < 0x20 && byte !== TAB) || byte === DELETE) return true;
      position += 1;
      continue;
    }
    const size = characterSize(source, position, end);
    if (size === 0 || isC1(source, position)) return true;
    position += size;
  }
  return false;
}

/** Reads a text of at most {@link LONGEST_READ} bytes. The result is good until the next call; positions count from `start`. */
export function readTerminal(source: Uint8Array, start: number, end: number): TerminalText {
  const length = end - start;
  const reading = new Reading(source, start, end);
  reading.run();
  return {
    blanked: blanked.subarray(0, length),
    seen: { bytes, length: reading.length, starts, ends },
  };
}

class Reading {
  /** Bytes that are seen. */
  length = 0;
  readonly #source: Uint8Array;
  readonly #start: number;
  readonly #end: number;
  /** Where the next character that is seen begins: what it overwrites belongs to it. */
  #from = -1;
  /** A blank was overwritten: what stood before it belongs to nothing that follows. */
  #isApart = false;
  /** Nothing ends a string any more: it is looked for once. */
  #isUnended = false;

  constructor(source: Uint8Array, start: number, end: number) {
    this.#source = source;
    this.#start = start;
    this.#end = end;
    blanked.set(source.subarray(start, end));
  }

  run(): void {
    let position = this.#start;
    while (position < this.#end) {
      const plain = this.#plain(position);
      position = plain === position ? this.#next(position) : plain;
    }
  }

  /** ASCII that is seen, up to what is not: most of a text. */
  #plain(from: number): number {
    const source = this.#source;
    const end = this.#end;
    let length = this.length;
    let position = from;
    if (this.#from !== -1 || this.#isApart) return from;
    for (; position < end; position += 1) {
      const byte = source[position] ?? 0;
      if (byte < 0x20 || byte >= DELETE) break;
      bytes[length] = byte;
      starts[length] = position - this.#start;
      length += 1;
      ends[length - 1] = position - this.#start + 1;
    }
    this.length = length;
    return position;
  }

  #next(position: number): number {
    const byte = this.#at(position);
    if (byte === ESC) return this.#sequence(position, 1, this.#at(position + 1));
    if (byte < 0x80) return this.#ascii(position, byte);
    const size = characterSize(this.#source, position, this.#end);
    if (size === 0) return this.#hide(position, 1);
    // C1 in UTF-8: 0xC2 0x9B is what ESC [ is.
    if (isC1(this.#source, position)) return this.#sequence(position, 1, this.#at(position + 1) - 0x40);
    this.#show(position, size);
    return position + size;
  }

  #ascii(position: number, byte: number): number {
    if (byte === BACKSPACE) this.#takeBack();
    if ((byte < 0x20 && byte !== TAB) || byte === DELETE) return this.#hide(position, 1);
    this.#show(position, 1);
    return position + 1;
  }

  /** A sequence whose kind is at `position + intro`. Returns where it ends. */
  #sequence(position: number, intro: number, kind: number): number {
    const body = this.#hide(position, intro + 1);
    switch (kind) {
      case 0x5b:
        return this.#control(body);
      case 0x5d: // OSC, DCS, SOS, PM, APC
      case 0x50:
      case 0x58:
      case 0x5e:
      case 0x5f:
        return this.#string(body);
      default:
        return kind >= 0x20 && kind <= 0x2f ? this.#short(body) : Math.min(body, this.#end);
    }
  }

  /** CSI: parameters, intermediates, one final byte. What cannot belong to it ends it. */
  #control(from: number): number {
    let position = from;
    while (this.#at(position) >= 0x20 && this.#at(position) <= 0x3f) position += 1;
    const final = this.#at(position);
    return final >= 0x40 && final <= 0x7e ? this.#hide(position, 1) : position;
  }

  /** Up to BEL or ST; one that does not end hides nothing but its beginning. */
  #string(from: number): number {
    for (let position = from; position < this.#end && !this.#isUnended; position += 1) {
      const byte = this.#at(position);
      if (byte === BELL) return this.#hide(position, 1);
      if (byte === ESC && this.#at(position + 1) === 0x5c) return this.#hide(position, 2);
      if (byte === 0xc2 && this.#at(position + 1) === 0x9c) return this.#hide(position, 2);
    }
    this.#isUnended = true;
    return from;
  }

  /** Such as the choice of a character set, `ESC ( B`. */
  #short(from: number): number {
    let position = from;
    while (this.#at(position) >= 0x20 && this.#at(position) <= 0x2f) position += 1;
    const final = this.#at(position);
    return final >= 0x30 && final <= 0x7e ? this.#hide(position, 1) : position;
  }

  #hide(position: number, count: number): number {
    const until = Math.min(position + count, this.#end);
    for (let at = position; at < until; at += 1) blanked[at - this.#start] = BLANK;
    return until;
  }

  #show(position: number, size: number): void {
    const start = this.#from === -1 ? position - this.#start : this.#from;
    this.#from = -1;
    this.#isApart = false;
    for (let offset = 0; offset < size; offset += 1) {
      bytes[this.length] = this.#at(position + offset);
      starts[this.length] = start;
      ends[this.length] = position - this.#start + size;
      this.length += 1;
    }
  }

  /** The next character is written over the last one, as bold and underlined text of old is. */
  #takeBack(): void {
    while (this.length > 0) {
      this.length -= 1;
      this.#isApart ||= bytes[this.length] === SPACE;
      this.#from = this.#isApart ? -1 : (starts[this.length] ?? 0);
      if (((bytes[this.length] ?? 0) & 0xc0) !== 0x80) return;
    }
  }

  /** -1 behind the end. */
  #at(position: number): number {
    return position < this.#end ? (this.#source[position] ?? -1) : -1;
  }
}

/** Bytes of the UTF-8 character at a position (RFC 3629 section 4); 0 where there is none. */
function characterSize(source: Uint8Array, position: number, end: number): number {
  const lead = source[position] ?? 0;
  const size = sizeByLead(lead);
  if (size === 0 || position + size > end) return 0;
  for (let offset = 1; offset < size; offset += 1) {
    if (((source[position + offset] ?? 0) & 0xc0) !== 0x80) return 0;
  }
  const second = source[position + 1] ?? 0;
  const isOverlong = (lead === 0xe0 && second < 0xa0) || (lead === 0xf0 && second < 0x90);
  const isBeyond = (lead === 0xed && second >= 0xa0) || (lead === 0xf4 && second >= 0x90);
  return isOverlong || isBeyond ? 0 : size;
}

function sizeByLead(lead: number): number {
  if (lead < 0xc2 || lead > 0xf4) return 0;
  return lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
}

/** U+0080 to U+009F. */
function isC1(source: Uint8Array, position: number): boolean {
  return source[position] === 0xc2 && (source[position + 1] ?? 0) < 0xa0;
}
