/**
 * Obligations that the gateway cannot fulfil yet. Their cases are complete, and left out of the run. Whoever wires one takes
 * its name from here and marks it in README.md; a test fails as long as this list is not the truth.
 */
import type { ObligationName } from './driver.ts';

/** In the order of the table. */
export const PENDING: readonly Exclude<ObligationName, 'permit' | 'deny' | 'record' | 'kill' | 'expiry'>[] =
  [];
