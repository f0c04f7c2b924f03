import { columnHints } from './detect/hints.ts';
import type { Scanner } from './detect/scanner.ts';
import { type DocumentMasks, type MaskedDocument, UNREADABLE } from './document/document-masks.ts';
import { maskJson } from './document/mask-json.ts';
import { maskXml } from './document/mask-xml.ts';
import type { ValuePath } from './document/value-path.ts';
import { encodeXmlText } from './document/xml-text.ts';
import type { Pseudonyms } from './replace/pseudonyms.ts';
import { REDACTED, type Replacement, replaceValue } from './replace/replace.ts';
import { replaceInBytes, replaceInText } from './replace/replace-findings.ts';

/** What the bytes of a value are. */
export type ValueFormat = 'text' | 'json' | 'xml';

/**
 * A masked value: `undefined` stays as it is, byte for byte; `null` is the protocol's NULL; bytes take the place of
 * the value.
 */
export type MaskedBytes = Buffer | null | undefined;

/** A replacement that came from a rule. */
export interface RuleReplacement extends Replacement {
  readonly rule: string;
}

/** What a column mask is made of; `ResponseMasks` makes it. */
export interface ColumnMaskParts {
  readonly column: string;
  /** Names of the rules that mask this column. */
  readonly rules: readonly string[];
  /** Replacement of the whole value; the others are then of no use. */
  readonly whole: RuleReplacement | undefined;
  readonly paths: readonly { readonly path: ValuePath; readonly how: Replacement }[];
  readonly scanner: Scanner | undefined;
  readonly howFound: ReadonlyMap<string, Replacement>;
  readonly pseudonyms: Pseudonyms | undefined;
  /** Longest value that is looked through, in bytes; a longer one is replaced whole. */
  readonly mostBytes: number;
}

/** Masks the values of one column, field or header. It holds no state between values. */
export class ColumnMask {
  /** Names of the rules, for the record. */
  readonly rules: readonly string[];
  /**
   * The replacement of the whole value, where there is one. Protocols with binary formats ask it for the method, and
   * {@link pseudonyms} for typed values; what has no typed replacement becomes NULL.
   */
  readonly whole: RuleReplacement | undefined;
  readonly pseudonyms: Pseudonyms | undefined;
  readonly #scanner: Scanner | undefined;
  readonly #documents: DocumentMasks;
  readonly #mostBytes: number;

  constructor(parts: ColumnMaskParts) {
    const { howFound } = parts;
    this.rules = parts.rules;
    this.whole = parts.whole;
    this.pseudonyms = parts.pseudonyms;
    this.#scanner = parts.scanner;
    this.#mostBytes = parts.mostBytes;
    this.#documents = {
      paths: parts.paths,
      scanner: parts.scanner,
      howFound: (detector) => howFound.get(detector) ?? { method: 'redact' },
      pseudonyms: parts.pseudonyms,
      hints: columnHints(parts.column),
    };
  }

  /** Masks the bytes of a value, which are UTF-8 or what came in its place; a clean value costs no object. */
  maskBytes(value: Buffer, format: ValueFormat = 'text'): MaskedBytes {
    if (this.whole !== undefined) {
      return this.#whole(value, this.whole, format);
    }
    if (value.length > this.#mostBytes) {
      return Buffer.from(format === 'json' ? JSON.stringify(REDACTED) : REDACTED);
    }
    if (format !== 'text' || this.#documents.paths.length > 0) {
      return this.#document(value, format);
    }
    const spans = this.#scanner?.scanBytes(value);
    return spans === undefined
      ? undefined
      : replaceInBytes(value, { start: 0, end: value.length }, spans, this.#documents);
  }

  /** Masks a text that a protocol has as a string: an error message, a header. */
  maskText(value: string, format: ValueFormat = 'text'): string | null {
    if (this.whole !== undefined || format !== 'text' || this.#documents.paths.length > 0) {
      const masked = this.maskBytes(Buffer.from(value), format);
      return masked === undefined ? value : masked === null ? null : masked.toString('utf8');
    }
    if (value.length > this.#mostBytes) {
      return REDACTED;
    }
    const spans = this.#scanner?.scanText(value);
    return spans === undefined ? value : replaceInText(value, spans, this.#documents);
  }

  #whole(value: Buffer, how: Replacement, format: ValueFormat): MaskedBytes {
    const text = value.toString('utf8');
    // Bytes that are no UTF-8 become text one by one: different values keep different pseudonyms.
    const isText = !text.includes('\ufffd');
    const replaced = replaceValue(isText ? text : value.toString('latin1'), how, this.pseudonyms);
    return replaced === null
      ? null
      : Buffer.from(
          format === 'json'
            ? JSON.stringify(replaced)
            : format === 'xml'
              ? encodeXmlText(replaced)
              : replaced,
        );
  }

  /** A text column with paths may hold either kind of document; what is neither is unreadable, so replaced whole. */
  #document(value: Buffer, format: ValueFormat): MaskedBytes {
    const isXml = format === 'xml' || (format === 'text' && /^\s*</.test(value.toString('latin1', 0, 64)));
    const masked: MaskedDocument = isXml ? maskXml(value, this.#documents) : maskJson(value, this.#documents);
    if (masked !== UNREADABLE) {
      return masked;
    }
    return Buffer.from(format === 'json' ? JSON.stringify(REDACTED) : REDACTED);
  }
}
