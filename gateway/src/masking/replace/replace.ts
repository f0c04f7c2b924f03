import type { MaskMethod } from '../../model/obligation.ts';
import { partial } from './partial.ts';
import type { Pseudonyms } from './pseudonyms.ts';
import { kindOfDetector, kindOfText } from './value-kind.ts';

/** What stands where a whole value was. */
export const REDACTED = '[redacted]';

/** How one mask replaces values. */
export interface Replacement {
  readonly method: MaskMethod;
  /** What `fixed` puts in place; absent: {@link REDACTED}. */
  readonly value?: string;
  readonly keep?: { readonly first: number; readonly last: number };
}

/**
 * Replaces a whole value; null is the NULL of the protocol.
 *
 * @param pseudonyms of the resource; where there are no keys, a pseudonym becomes a redaction.
 */
export function replaceValue(
  value: string,
  how: Replacement,
  pseudonyms: Pseudonyms | undefined,
): string | null {
  switch (how.method) {
    case 'null':
      return null;
    case 'redact':
      return REDACTED;
    case 'fixed':
      return how.value ?? REDACTED;
    case 'pseudonym':
      return pseudonyms?.text(value) ?? REDACTED;
    case 'partial':
      return partial(value, kindOfText(value), how.keep);
  }
}

/** Replaces what a detector found within a text: `[email]` by `redact`, nothing at all by `null`. */
export function replaceFinding(
  found: string,
  detector: string,
  how: Replacement,
  pseudonyms: Pseudonyms | undefined,
): string {
  const kind = kindOfDetector(detector);
  switch (how.method) {
    case 'null':
      return '';
    case 'redact':
      return `[${detector}]`;
    case 'fixed':
      return how.value ?? `[${detector}]`;
    case 'pseudonym':
      return pseudonyms?.text(found, kind) ?? `[${detector}]`;
    case 'partial':
      return partial(found, kind, how.keep);
  }
}
