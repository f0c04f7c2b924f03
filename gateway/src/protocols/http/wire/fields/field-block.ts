import { WireError, type WireErrorCode, type WireErrorSource } from '../errors.ts';
import { isNamed, KNOWN_FIELDS, type KnownField } from './known-fields.ts';

/** Numbers kept a field: name start and end, value start and end, id of the known field or -1. */
export const STRIDE = 5;

/** Whose bytes a text of the wire is, and where in the stream it begins. */
export interface TextOrigin {
  readonly source: WireErrorSource;
  /** Stream offset of the text's first byte. */
  readonly offset: number;
}

/** What a {@link FieldBlock} reads: latin1 text and five numbers a field. */
export interface FieldMarks {
  readonly text: string;
  readonly marks: readonly number[];
  readonly origin: TextOrigin;
}

/**
 * The fields of one head or trailer section, in the order received: raw names, raw values without the whitespace around
 * them, latin1 (a character is a byte). It holds offsets into one text and makes a string only when it is asked for one.
 */
export class FieldBlock {
  readonly #text: string;
  readonly #marks: readonly number[];
  readonly #origin: TextOrigin;

  constructor({ text, marks, origin }: FieldMarks) {
    this.#text = text;
    this.#marks = marks;
    this.#origin = origin;
  }

  /** Number of field lines. */
  get size(): number {
    return this.#marks.length / STRIDE;
  }

  /** The name as received. */
  nameAt(index: number): string {
    return this.#text.slice(this.#mark(index, 0), this.#mark(index, 1));
  }

  /** The value as received, without the whitespace around it. */
  valueAt(index: number): string {
    return this.#text.slice(this.#mark(index, 2), this.#mark(index, 3));
  }

  /** What this codec knows of the field. */
  knownAt(index: number): KnownField | undefined {
    return KNOWN_FIELDS[this.#mark(index, 4)];
  }

  /** Whether the field is `lowerName`, in any case. */
  isNamedAt(index: number, lowerName: string): boolean {
    return isNamed(this.#text, this.#mark(index, 0), this.#mark(index, 1), lowerName);
  }

  /** The first place from `from` on of the field `lowerName`, -1 if there is none. */
  indexOf(lowerName: string, from = 0): number {
    for (let index = from; index < this.size; index += 1) if (this.isNamedAt(index, lowerName)) return index;
    return -1;
  }

  has(lowerName: string): boolean {
    return this.indexOf(lowerName) !== -1;
  }

  /** All values of the field `lowerName`, in order. */
  valuesOf(lowerName: string): readonly string[] {
    const values: string[] = [];
    for (let index = this.indexOf(lowerName); index !== -1; index = this.indexOf(lowerName, index + 1)) {
      values.push(this.valueAt(index));
    }
    return values;
  }

  /** All fields as pairs of name and value, as received: for what is not on the hot path. */
  pairs(): (readonly [string, string])[] {
    return Array.from(
      { length: this.size },
      (_, index) => [this.nameAt(index), this.valueAt(index)] as const,
    );
  }

  /** The one value of the field `lowerName`, undefined if it is not there. Throws `ERR_HTTP1_DUPLICATE` for several. */
  only(lowerName: string): string | undefined {
    const index = this.indexOf(lowerName);
    if (index === -1) return undefined;
    const again = this.indexOf(lowerName, index + 1);
    if (again !== -1) throw this.error(again, 'ERR_HTTP1_DUPLICATE', 'a field is there twice');
    return this.valueAt(index);
  }

  /** Where the field's value begins in the stream. */
  originAt(index: number): TextOrigin {
    const { source, offset } = this.#origin;
    return { source, offset: offset + this.#mark(index, 2) };
  }

  /** An error at the field's name. */
  error(index: number, code: WireErrorCode, message: string, status?: number): WireError {
    const { source, offset } = this.#origin;
    const place = { source, offset: offset + this.#mark(index, 0) };
    return new WireError(code, message, status === undefined ? place : { ...place, status });
  }

  #mark(index: number, part: number): number {
    return this.#marks[index * STRIDE + part] ?? -1;
  }
}
