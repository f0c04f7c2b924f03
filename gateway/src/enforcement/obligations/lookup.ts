import type { FieldUse } from '../../model/facts.ts';
import type { MaskObligation } from '../../model/obligation.ts';
import { patternsOf } from './mask-patterns.ts';

/**
 * Whether a use of a column compares nothing but pseudonyms under this mask: with another column of it, or with
 * parameters, which the relay turns back from pseudonyms that were shown. What that tells, the pseudonyms tell already.
 */
export function isLookup({ as, names, equals }: FieldUse, mask: MaskObligation): boolean {
  if (mask.lookups !== true || as !== 'filter' || equals === undefined) return false;
  const patterns = patternsOf(mask);
  return [...names, ...equals.names].every((name) => patterns.covers(name));
}
