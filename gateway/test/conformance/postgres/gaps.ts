/** What the gateway does not yet do for PostgreSQL. */
import type { Gap } from '../driver.ts';

/** Closed by taking them away here and in README.md. */
export const POSTGRES_GAPS: readonly Gap[] = [
  {
    obligation: 'rows limit',
    features: ['portal with row limit, suspended'],
    why: 'each Execute of a portal is an exchange of its own, so that a client with a fetch size is never over the limit',
  },
  {
    obligation: 'timeout',
    features: ['extended query, unnamed', 'portal with row limit, suspended', 'binary results'],
    why: 'cancelled, but told as a cancel by the user instead of as the limit',
  },
  {
    obligation: 'timeout',
    features: ['pipelined batch'],
    why: 'a statement behind another one of its batch is not cancelled',
  },
  {
    obligation: 'approval granted',
    features: ['cursor by DECLARE and FETCH', 'PREPARE and EXECUTE'],
    why: 'the grant for the first statement is used up, and the second asks anew: a FETCH, being in a transaction, never passes',
  },
];
