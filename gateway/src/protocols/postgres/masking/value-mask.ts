/**
 * What the response masker asks of whoever knows methods and detectors: text in, text out. Typed values are made valid
 * for their type here (`types/`), so that a method need not know PostgreSQL.
 */
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
  /** At least 16 keyed bytes, equal for equal texts: pseudonyms of values that are not text are made of them. */
  digest(text: string): Uint8Array;
}

/** Replaces what detectors find inside of a value. */
export interface ContentMask {
  /** Whether there is anything to find in UTF-8 bytes; false is certain, true may turn out to be nothing. */
  mayFind(bytes: Buffer, start: number, end: number): boolean;
  /** The same string where nothing was found; undefined for SQL NULL. `found` is told the detector of each finding. */
  replace(text: string, found: (detector: string) => void): string | undefined;
}

/** Replaces what stands at paths inside of a document. */
export interface PathMask {
  /** The same string where no path leads anywhere; undefined where the text is no such document. */
  replace(text: string, form: 'json' | 'xml'): string | undefined;
}

interface MaskScope {
  /** Id of the rule that obliges. */
  readonly rule: string;
  readonly method: MaskMethod;
  /** Which columns; none: every column (content masks only). */
  readonly patterns: readonly ColumnPattern[];
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
