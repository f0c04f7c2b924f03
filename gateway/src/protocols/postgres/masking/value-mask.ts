/**
 * What the response masker asks of whoever knows methods and detectors: text in, text out. Typed values are made valid
 * for their type here (`value-types/`), so that a method need not know PostgreSQL.
 */
import type { Carrier } from '../../../model/facts.ts';
import type { MaskMethod } from '../../../model/obligation.ts';

/** A dotted name pattern of a rule; both readings are those of the policy's own patterns. */
export interface ColumnPattern {
  /** Surely matches: parts that the value lacks are matched by a lone `*` only. */
  covers(parts: readonly NamePart[] | undefined): boolean;
  /** Possibly matches: parts that the value lacks are matched by anything. */
  hits(parts: readonly NamePart[] | undefined): boolean;
}

/** One part of a column's name as the server knows it. */
export interface NamePart {
  readonly text: string;
  readonly quoted: boolean;
}

/** Replaces whole values. */
export interface ValueMask {
  /** What stands for the value: text, or undefined for SQL NULL. `fixed` and `redact` give the same for every value. */
  replace(text: string): string | undefined;
  /** The same from UTF-8 to UTF-8, where that is quicker; undefined: ask {@link replace}. */
  replaceBytes?(bytes: Buffer, start: number, end: number): Buffer | undefined;
  /** Makes pseudonyms of values that are not text; undefined where there are no keys. */
  readonly pseudonyms: ShapedPseudonyms | undefined;
}

/** Pseudonyms that keep the form of a value: equal for equal ones, and nothing leads back without the key. */
export interface ShapedPseudonyms {
  text(value: string, kind: 'digits' | 'date' | 'ip' | 'mac' | 'uuid'): string;
  /** Fits the same column, and is the same in narrower and wider ones. */
  integer(value: bigint, bits: 16 | 32 | 64): bigint;
  /** 16 bytes. */
  bytes(value: Uint8Array): Uint8Array;
}

/** A document, by its grammar. */
export type DocumentForm = 'json' | 'xml';

/** Is told the detector of each finding. */
export type Found = (detector: string) => void;

/** Replaces what detectors find inside of a value. */
export interface ContentMask {
  /** Whether there is anything to find in UTF-8 bytes that stand for themselves. */
  mayFind(bytes: Buffer, start: number, end: number): boolean;
  /** `replace` of such bytes, scanned once; undefined where nothing was found or changed. */
  replaceBytes(bytes: Buffer, start: number, end: number, found: Found): string | undefined;
  /** The same string where nothing was found. */
  replace(text: string, found: Found): string;
  /** As `replace`, for what stands in a document; undefined where it cannot be read. */
  replaceIn(text: string, form: DocumentForm, found: Found): string | undefined;
}

/** Replaces what stands at paths inside of a document. */
export interface PathMask {
  /** The same string where no path leads anywhere; undefined where the text is no such document. */
  replace(text: string, form: DocumentForm): string | undefined;
}

/** Is told of each pseudonym that is shown, with what it stands for. */
export type Issue = (pseudonym: string, value: string) => void;

interface MaskScope {
  /** What its pseudonyms stand for is remembered. */
  readonly isIssuing?: true;
  /** Id of the rule that obliges. */
  readonly rule: string;
  readonly method: MaskMethod;
  /** Which columns; none: every column (content masks only). */
  readonly patterns: readonly ColumnPattern[];
  /** Whether a column of that name, as facts write names, may be meant. */
  readonly mayMean: (name: string) => boolean;
  /** Whether the policy says of a view or function that nothing that the mask is for is handed out by it. */
  readonly isVouchedBy: (carrier: Carrier) => boolean;
  /** Whether the policy says of a view that nothing that the mask is for is handed out by it. */
  isVouched(schema: string, relation: string): boolean;
}

/** A mask obligation made ready: exactly one of the three. */
export type ResponseMask = MaskScope &
  (
    | { readonly kind: 'whole'; readonly mask: ValueMask }
    /** Made for each column: its name tells what its values are about. */
    | { readonly kind: 'content'; readonly forColumn: (name: string) => ContentMask }
    | { readonly kind: 'paths'; readonly mask: PathMask }
  );

/** Strictest first. */
export const STRICTEST_FIRST: readonly MaskMethod[] = ['null', 'redact', 'fixed', 'pseudonym', 'partial'];
