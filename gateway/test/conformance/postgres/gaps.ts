/** What the gateway does not yet do for PostgreSQL. */
import type { Gap } from '../driver.ts';

/** Closed by taking them away here and in README.md. */
export const POSTGRES_GAPS: readonly Gap[] = [
  {
    obligation: 'approval granted',
    features: ['cursor by DECLARE and FETCH', 'PREPARE and EXECUTE'],
    why: 'the grant for the first statement is used up, and the second asks anew: a FETCH, being in a transaction, never passes',
  },
];
