import type { JsonValue } from '../model/json.ts';
import { type Reading, read, unread } from './reading.ts';

const DEEPEST = 64;
const MOST_VALUES = 50_000;
const LONGEST_NUMBER = 400;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const ASCII = /^[ -~]*$/;
const EXPONENT = /e/i;
const EXACT_DIGITS = 15;
const FIRST_PRINTABLE = 0x20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const WORD = /true|false|null/y;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads one JSON text (RFC 8259) that every parser reads alike. Refused, since parsers differ: members whose names are
 * equal but for case or compatibility forms, `__proto__`, NUL in names, lone surrogates, a byte order mark, numbers
 * that a double does not hold exactly (send them as strings). At most 64 deep and 50 000 values.
 */
export function readJson(bytes: Uint8Array): Reading<JsonValue> {
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch {
    return unread('JSON that is no UTF-8');
  }
  try {
    return read(new JsonText(text).whole());
  } catch (error) {
    if (error instanceof Unreadable) return unread(error.message);
    throw error;
  }
}

class Unreadable extends Error {}

function refuse(reason: string): never {
  throw new Unreadable(reason);
}

class JsonText {
  readonly #text: string;
  #at = 0;
  #values = 0;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): JsonValue {
    const value = this.#value(0);
    this.#next();
    return this.#at === this.#text.length ? value : refuse('text behind the JSON');
  }

  #value(depth: number): JsonValue {
    if (depth > DEEPEST) refuse(`JSON nested deeper than ${DEEPEST}`);
    this.#values += 1;
    if (this.#values > MOST_VALUES) refuse(`JSON of more than ${MOST_VALUES} values`);
    const next = this.#next();
    if (next === '{') return this.#object(depth);
    if (next === '[') return this.#array(depth);
    if (next === '"') return this.#string();
    const word = this.#take(WORD);
    if (word !== undefined) return word === 'null' ? null : word === 'true';
    return exactNumber(this.#take(NUMBER) ?? refuse('text that is no JSON'));
  }

  #object(depth: number): JsonValue {
    this.#at += 1;
    const members: Record<string, JsonValue> = {};
    if (this.#takes('}')) return members;
    const names = new Set<string>();
    do {
      if (this.#next() !== '"') refuse('text that is no JSON');
      const name = this.#string();
      const folded = foldedName(name);
      if (names.has(folded)) refuse('JSON members of the same name');
      names.add(folded);
      if (!this.#takes(':')) refuse('text that is no JSON');
      // No name is `__proto__` here.
      members[name] = this.#value(depth + 1);
    } while (this.#takes(','));
    return this.#takes('}') ? members : refuse('text that is no JSON');
  }

  #array(depth: number): JsonValue {
    this.#at += 1;
    const items: JsonValue[] = [];
    if (this.#takes(']')) return items;
    do items.push(this.#value(depth + 1));
    while (this.#takes(','));
    return this.#takes(']') ? items : refuse('text that is no JSON');
  }

  #string(): string {
    const start = this.#at;
    this.#at += 1;
    let isEscaped = false;
    for (let code = this.#code(); code !== QUOTE; code = this.#code()) {
      if (code < FIRST_PRINTABLE) refuse('text that is no JSON');
      isEscaped ||= code === BACKSLASH;
      this.#at += code === BACKSLASH ? 2 : 1;
    }
    this.#at += 1;
    return isEscaped
      ? unescaped(this.#text.slice(start, this.#at))
      : this.#text.slice(start + 1, this.#at - 1);
  }

  #code(): number {
    return this.#at < this.#text.length ? this.#text.charCodeAt(this.#at) : refuse('text that is no JSON');
  }

  /** The next character that is no white space; empty at the end. */
  #next(): string {
    while (isSpace(this.#text.charCodeAt(this.#at))) this.#at += 1;
    return this.#text.charAt(this.#at);
  }

  #takes(character: string): boolean {
    if (this.#next() !== character) return false;
    this.#at += 1;
    return true;
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    this.#at += found?.length ?? 0;
    return found;
  }
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

function unescaped(token: string): string {
  let value: unknown;
  try {
    value = JSON.parse(token);
  } catch {
    return refuse('text that is no JSON');
  }
  return typeof value === 'string' && value.isWellFormed()
    ? value
    : refuse('a JSON string with half a surrogate pair');
}

/** Names that a parser which ignores case, or reads to the first NUL, would take for one another. */
function foldedName(name: string): string {
  const folded = (ASCII.test(name) ? name : name.normalize('NFKC')).toLowerCase();
  if (name.includes('\0')) refuse('a NUL in the name of a JSON member');
  if (folded === '__proto__') refuse('a JSON member that some parsers take for a prototype');
  return folded;
}

function exactNumber(text: string): number {
  // So few digits come back from a double as they were.
  if (text.length <= EXACT_DIGITS && !EXPONENT.test(text)) return Number(text) + 0;
  const value = text.length > LONGEST_NUMBER ? Number.NaN : Number(text);
  if (!Number.isFinite(value) || decimalOf(text) !== decimalOf(String(value))) {
    refuse('a JSON number that a double does not hold exactly');
  }
  return value + 0;
}

/** A decimal number as significant digits and a power of ten, so that equal numbers are equal texts. */
function decimalOf(text: string): string {
  const [, sign = '', whole = '', fraction = '', power = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const digits = (whole + fraction).replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return '0';
  return `${sign}${significant}e${Number(power) - fraction.length + digits.length - significant.length}`;
}
