import type { DetectorSet } from './detector-set.ts';
import type { ValueDigests } from './replace/digest.ts';
import type { Pseudonyms } from './replace/pseudonyms.ts';

/** What masks of a resource work with. */
export interface MaskTools {
  readonly detectors: DetectorSet;
  /** Undefined where there are no keys: a pseudonym becomes a redaction then. */
  readonly pseudonyms: Pseudonyms | undefined;
  /** What stands in records for values that meet masked columns. */
  readonly digests: ValueDigests;
}
