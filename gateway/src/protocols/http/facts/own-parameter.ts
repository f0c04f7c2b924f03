import type { Pair } from '../../../documents/pairs.ts';
import { type Reading, read, unread } from '../../../documents/reading.ts';

/**
 * A query without the parameter by which the gateway authenticates. Clients that insist on a key send some placeholder, so theirs
 * is left out before anything is judged, as with headers. Left in, it would decide at some services which account acts: of two
 * of one name some take the first, others the last. Names that a service may take for the same have no such clear reading.
 */
export function withoutOwnParameter(query: readonly Pair[], own: string): Reading<readonly Pair[]> {
  const kept = query.filter(({ name }) => name !== own);
  const folded = foldName(own);
  return kept.some(({ name }) => foldName(name) === folded)
    ? unread('a parameter that some services take for the one by which the gateway authenticates')
    : read(kept);
}

/**
 * A name as the most generous service has it: in any case, `a[]` and `a[0]` are `a`, PHP makes `_` of dots and spaces and drops
 * leading spaces, and IIS folds what looks alike.
 */
function foldName(name: string): string {
  return name
    .normalize('NFKC')
    .replace(/\[.*$/s, '')
    .trim()
    .toLowerCase()
    .replace(/[\s.-]/g, '_');
}
