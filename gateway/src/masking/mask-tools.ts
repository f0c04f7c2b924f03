import type { DetectorSet } from './detector-set.ts';
import type { ValueDigests } from './replace/digest.ts';
import type { IssuedPseudonyms } from './replace/issued-pseudonyms.ts';
import type { Pseudonyms } from './replace/pseudonyms.ts';

/** What masks of a resource work with. */
export interface MaskTools {
  readonly detectors: DetectorSet;
  /** Undefined where there are no keys: a pseudonym becomes a redaction then. */
  readonly pseudonyms: Pseudonyms | undefined;
  /** What pseudonyms stand for that were shown; absent: nobody can look anything up by one. */
  readonly issued?: IssuedPseudonyms;
  /** What stands in records for values that meet masked columns. */
  readonly digests: ValueDigests;
}
