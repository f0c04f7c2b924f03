/**
 * Whether text can hold a word of a hint at all, told by the first three letters of its words: most labels hold none, and
 * need not be decoded and compared.
 */
import { HINT_FORMS } from './hints.ts';

/** Letters are 1 to 26; 0 is the end of the word. */
const LETTERS = 27;
const BEGINNINGS: Uint8Array = beginnings();

/** False: no part of the text is a word of any hint. Text outside of ASCII may always hold one. */
export function mayHoldHint(bytes: Uint8Array, start: number, end: number): boolean {
  let before = 0;
  for (let position = start; position < end; position += 1) {
    const byte = bytes[position] ?? 0;
    if (byte >= 0x80) {
      return true;
    }
    const letter = letterOf(byte);
    // Words begin behind what is no letter, and in camelCase.
    const isFirst = letter !== 0 && (letterOf(before) === 0 || (isUpper(byte) && !isUpper(before)));
    if (isFirst && BEGINNINGS[keyAt(bytes, position, end, letter)] === 1) {
      return true;
    }
    before = byte;
  }
  return false;
}

function keyAt(bytes: Uint8Array, position: number, end: number, first: number): number {
  const second = letterAfter(bytes, position, end);
  const third = second === 0 ? 0 : letterAfter(bytes, position + 1, end);
  return (first * LETTERS + second) * LETTERS + third;
}

/** The next letter of the same word, or 0. */
function letterAfter(bytes: Uint8Array, position: number, end: number): number {
  const next = position + 1 < end ? (bytes[position + 1] ?? 0) : 0;
  return isUpper(next) && !isUpper(bytes[position] ?? 0) ? 0 : letterOf(next);
}

function letterOf(byte: number): number {
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x7a ? lower - 0x60 : 0;
}

function isUpper(byte: number): boolean {
  return byte >= 0x41 && byte <= 0x5a;
}

function beginnings(): Uint8Array {
  const table = new Uint8Array(LETTERS ** 3);
  for (const form of HINT_FORMS) {
    for (const alternative of alternativesOf(form.source)) {
      mark(table, alternative);
    }
  }
  return table;
}

/** The words of `\b(?:one|two(?:a|b)?)\b`. */
function alternativesOf(source: string): readonly string[] {
  const inner = source.slice(source.indexOf('(?:') + 3, source.lastIndexOf(')'));
  const alternatives: string[] = [];
  let depth = 0;
  let begun = 0;
  for (let at = 0; at <= inner.length; at += 1) {
    const sign = inner[at];
    if (sign === '(' || sign === '[') depth += 1;
    if (sign === ')' || sign === ']') depth -= 1;
    if (at === inner.length || (sign === '|' && depth === 0)) {
      alternatives.push(inner.slice(begun, at));
      begun = at + 1;
    }
  }
  return alternatives;
}

/** Marks all beginnings that the alternative can have; where it is not made of letters, more rather than fewer. */
function mark(table: Uint8Array, alternative: string): void {
  const letters = /^[a-z]*/.exec(alternative)?.[0] ?? '';
  const next = alternative[letters.length];
  const isOptional = next === '?' || next === '*' || next === '{';
  const sure = isOptional ? letters.slice(0, -1) : letters;
  const isWhole = next === undefined || (next === ' ' && alternative[letters.length + 1] !== '?');
  const known = Array.from(sure.slice(0, 3), (letter) => letter.charCodeAt(0) - 0x60);
  const any = Array.from({ length: LETTERS }, (_, letter) => letter);
  const choices = [0, 1, 2].map((at) => {
    const letter = known[at];
    return letter !== undefined ? [letter] : isWhole ? [0] : any;
  });
  for (const first of choices[0] ?? any) {
    for (const second of choices[1] ?? any) {
      for (const third of choices[2] ?? any) {
        table[(first * LETTERS + second) * LETTERS + third] = 1;
      }
    }
  }
}
