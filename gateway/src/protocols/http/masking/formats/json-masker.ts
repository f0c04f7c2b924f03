import { DEEPEST } from '../../../../masking/document/document-masks.ts';
import { replaceJsonString, replaceJsonTree } from '../../../../masking/document/replace-json-leaf.ts';
import { REDACTED } from '../../../../masking/replace/replace.ts';
import type { BodyMasker, MaskContext } from '../body-masker.ts';
import { HttpMaskError, httpMaskError } from '../errors.ts';
import type { RuleReplacement } from '../field-masks.ts';
import { LONGEST_NAME } from '../mask-limits.ts';
import { maskJsonName, maskJsonString, maskJsonWord } from './json-leaf.ts';
import { elementPlace, memberPlace, type Place, replacementAt, rootPlace } from './json-place.ts';
import { StreamSplicer, type TokenMode } from './stream-splicer.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
/** Before each text of a JSON text sequence (RFC 7464). */
const RECORD = 0x1e;

const WORD = /^(?:true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)$/;

type Expected = 'value' | 'value or close' | 'key' | 'key or close' | 'colon' | 'comma or close' | 'end';

interface Container {
  readonly place: Place;
  readonly isObject: boolean;
  /** Elements or members so far. */
  index: number;
}

/**
 * Masks JSON as it comes (RFC 8259): fields by their names at any depth, by paths and by content; all else stays byte for
 * byte. It holds at most one string, and one place for each level. Members of one name twice are both masked; names are
 * read with their escapes undone. With `many`, values follow one another: NDJSON, JSON text sequences.
 */
export class JsonMasker implements BodyMasker {
  readonly #context: MaskContext;
  readonly #isMany: boolean;
  readonly #stack: Container[] = [];
  #expected: Expected = 'value';
  /** Of the value to come. */
  #place: Place;
  /** Depth at which a replaced container began; nothing is handed out before it is closed. */
  #mutedAt: number | undefined;
  #token: 'string' | 'word' | undefined;
  #how: RuleReplacement | undefined;
  #isKey = false;
  #isEscape = false;
  #seen = 0;
  readonly #splicer = new StreamSplicer();

  constructor(context: MaskContext, isMany = false) {
    this.#context = context;
    this.#isMany = isMany;
    this.#place = rootPlace(context.fields.root, context.masks.paths);
  }

  push(chunk: Buffer, out: Buffer[]): void {
    this.#splicer.begin(chunk, out);
    for (let at = 0; at < chunk.length; ) {
      if (this.#token === 'string') at = this.#inString(at);
      else if (this.#token === 'word') at = this.#inWord(at);
      else at = this.#between(at);
    }
    this.#splicer.suspend(this.#token !== undefined);
  }

  end(out: Buffer[]): void {
    this.#splicer.begin(Buffer.alloc(0), out);
    if (this.#token === 'word') this.#endWord(0);
    this.#splicer.finish();
    const isComplete = this.#expected === 'end' || (this.#isMany && this.#expected === 'value');
    if (this.#token !== undefined || this.#stack.length > 0 || !isComplete) unreadable();
  }

  #between(at: number): number {
    const byte = this.#splicer.chunk[at] ?? 0;
    if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) return at + 1;
    if (byte === RECORD && this.#isMany && this.#stack.length === 0) return at + 1;
    switch (this.#expected) {
      case 'colon':
        if (byte !== COLON) unreadable();
        this.#expected = 'value';
        return at + 1;
      case 'comma or close':
        if (byte === COMMA) this.#next();
        else this.#close(byte, at);
        return at + 1;
      case 'key or close':
      case 'key':
        if (byte === CLOSE_OBJECT && this.#expected === 'key or close') this.#close(byte, at);
        else if (byte === QUOTE) this.#beginString(at, true);
        else unreadable();
        return at + 1;
      case 'value or close':
        if (byte === CLOSE_ARRAY) {
          this.#close(byte, at);
          return at + 1;
        }
        return this.#beginValue(byte, at);
      case 'value':
        return this.#beginValue(byte, at);
      case 'end':
        return unreadable();
    }
  }

  #next(): void {
    const top = this.#stack.at(-1);
    if (top === undefined) unreadable();
    top.index += 1;
    if (top.isObject) {
      this.#expected = 'key';
      return;
    }
    this.#expected = 'value';
    if (this.#mutedAt === undefined) this.#place = elementPlace(top.place, top.index);
  }

  #close(byte: number, at: number): void {
    const top = this.#stack.pop();
    if (top === undefined || byte !== (top.isObject ? CLOSE_OBJECT : CLOSE_ARRAY)) unreadable();
    if (this.#mutedAt === this.#stack.length) {
      this.#mutedAt = undefined;
      this.#splicer.isMuted = false;
      this.#splicer.skip(at + 1);
    }
    this.#endValue();
  }

  #endValue(): void {
    this.#token = undefined;
    if (this.#stack.length > 0) {
      this.#expected = 'comma or close';
      return;
    }
    this.#expected = this.#isMany ? 'value' : 'end';
    this.#place = rootPlace(this.#context.fields.root, this.#context.masks.paths);
  }

  #beginValue(byte: number, at: number): number {
    if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) this.#open(byte === OPEN_OBJECT, at);
    else if (byte === QUOTE) this.#beginString(at, false);
    else return this.#beginWord(at);
    return at + 1;
  }

  #open(isObject: boolean, at: number): void {
    if (this.#stack.length >= DEEPEST) unreadable();
    let place = this.#place;
    if (this.#mutedAt === undefined) {
      const how = replacementAt(place, false);
      // Pseudonyms and partial values are made of each leaf; the other methods take the place of the whole.
      if (how !== undefined && how.method !== 'pseudonym' && how.method !== 'partial') {
        this.#splicer.emit(at);
        this.#splicer.put(replaceJsonTree(how));
        this.#count(how);
        this.#mutedAt = this.#stack.length;
        this.#splicer.isMuted = true;
      }
      if (how !== undefined) place = { ...place, forced: how };
    }
    this.#stack.push({ place, isObject, index: 0 });
    this.#expected = isObject ? 'key or close' : 'value or close';
    if (!isObject && this.#mutedAt === undefined) this.#place = elementPlace(place, 0);
  }

  #beginToken(kind: 'string' | 'word', at: number, mode: TokenMode): void {
    this.#token = kind;
    this.#splicer.open(at, mode);
    this.#seen = 0;
  }

  #beginString(at: number, isKey: boolean): void {
    this.#isKey = isKey;
    this.#isEscape = false;
    this.#how = isKey || this.#mutedAt !== undefined ? undefined : replacementAt(this.#place, true);
    const isWanted = isKey || this.#how !== undefined || this.#place.field.mask.scanner !== undefined;
    this.#beginToken('string', at, isWanted ? 'hold' : 'pass');
    if (this.#splicer.mode !== 'hold' || this.#how === undefined || needsValue(this.#how)) return;
    this.#splicer.emit(at);
    this.#splicer.put(replaceJsonString('', this.#how, undefined));
    this.#count(this.#how);
    this.#splicer.mode = 'drop';
  }

  #inString(from: number): number {
    const chunk = this.#splicer.chunk;
    // The quote that begins it is not looked at again.
    let at = from;
    for (; at < chunk.length; at += 1) {
      const byte = chunk[at] ?? 0;
      if (this.#isEscape) this.#isEscape = false;
      else if (byte === BACKSLASH) this.#isEscape = true;
      else if (byte === QUOTE) {
        this.#grow(at - from + 1);
        this.#endString(at + 1);
        return at + 1;
      } else if (byte < 0x20) unreadable();
    }
    this.#grow(at - from);
    return at;
  }

  /** Counts bytes of a token that is held; one that is too long is given up. */
  #grow(bytes: number): void {
    this.#seen += bytes;
    if (this.#splicer.mode !== 'hold') return;
    if (this.#isKey) {
      if (this.#seen > LONGEST_NAME) unreadable();
      return;
    }
    if (this.#seen <= this.#context.limits.valueBytes) return;
    this.#context.tally.oversized += 1;
    if (this.#how !== undefined) this.#count(this.#how);
    this.#splicer.giveUp(JSON.stringify(REDACTED));
  }

  #endString(end: number): void {
    const splicer = this.#splicer;
    this.#token = undefined;
    if (splicer.mode === 'drop') splicer.skip(end);
    if (splicer.mode === 'hold' && !(this.#isKey && this.#isGuessed(end))) {
      const raw = splicer.raw(end);
      splicer.settle(end, raw, this.#isKey ? this.#name(textOf(raw)) : this.#string(raw));
    }
    this.#afterString();
  }

  /** A name that stands where it was expected, and is no finding, stays: no text is made of it. */
  #isGuessed(end: number): boolean {
    const top = this.#stack.at(-1);
    const start = this.#splicer.heldFrom;
    if (top === undefined || start === undefined) return false;
    const field = top.place.field.guess(top.index, this.#splicer.chunk, start + 1, end - 1);
    if (field === undefined || field.hasFinding) return false;
    this.#place = memberPlace(top.place, field);
    return true;
  }

  #name(text: string): string | undefined {
    const top = this.#stack.at(-1);
    if (top === undefined) unreadable();
    this.#place = memberPlace(top.place, top.place.field.member(text));
    return maskJsonName(this.#context, this.#place.field, text);
  }

  #string(raw: Buffer): string | undefined {
    const leaf = { mask: this.#place.field.mask, how: this.#how };
    return maskJsonString(this.#context, leaf, raw, textOf);
  }

  #afterString(): void {
    if (this.#isKey) this.#expected = 'colon';
    else this.#endValue();
  }

  #beginWord(at: number): number {
    this.#isKey = false;
    this.#how = this.#mutedAt === undefined ? replacementAt(this.#place, true) : undefined;
    const isWanted = this.#how !== undefined || this.#place.field.mask.scanner !== undefined;
    this.#beginToken('word', at, isWanted ? 'hold' : 'pass');
    if (!isWordByte(this.#splicer.chunk[at] ?? 0)) unreadable();
    return this.#inWord(at);
  }

  #inWord(from: number): number {
    let at = from;
    for (; at < this.#splicer.chunk.length; at += 1) {
      if (!isWordByte(this.#splicer.chunk[at] ?? 0)) {
        this.#endWord(at);
        return at;
      }
    }
    this.#seen += at - from;
    if (this.#seen > LONGEST_NAME) unreadable();
    return at;
  }

  #endWord(end: number): void {
    if (this.#splicer.mode === 'hold') {
      const raw = this.#splicer.raw(end);
      const word = raw.toString('latin1');
      if (raw.length > LONGEST_NAME || !WORD.test(word)) unreadable();
      const leaf = { mask: this.#place.field.mask, how: this.#how };
      this.#splicer.settle(end, raw, maskJsonWord(this.#context, leaf, word));
    }
    this.#endValue();
  }

  #count(how: RuleReplacement): void {
    this.#context.tally.replaced(this.#place.field.names.path, how.rule, how.method);
  }
}

/** Masks a JSON text that is there as a whole; undefined for what is none. */
export function maskJsonText(context: MaskContext, text: Buffer): Buffer | undefined {
  const masker = new JsonMasker(context);
  const out: Buffer[] = [];
  try {
    masker.push(text, out);
    masker.end(out);
  } catch (error) {
    if (error instanceof HttpMaskError) return undefined;
    throw error;
  }
  return Buffer.concat(out);
}

function needsValue({ method }: RuleReplacement): boolean {
  return method === 'pseudonym' || method === 'partial';
}

function isWordByte(byte: number): boolean {
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    (byte >= 0x61 && byte <= 0x7a) ||
    byte === 0x2d ||
    byte === 0x2e ||
    byte === 0x2b ||
    byte === 0x45
  );
}

/** The text of a string, with its escapes undone. */
function textOf(raw: Buffer): string {
  if (!raw.includes(BACKSLASH)) return raw.toString('utf8', 1, raw.length - 1);
  try {
    return String(JSON.parse(raw.toString('utf8')));
  } catch {
    return unreadable();
  }
}

function unreadable(): never {
  throw httpMaskError(
    'ERR_HTTP_MASK_FORMAT',
    'the response says that it is JSON, and cannot be read as JSON',
  );
}
