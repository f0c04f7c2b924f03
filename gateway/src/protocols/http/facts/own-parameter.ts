import type { Pair } from '../../../documents/pairs.ts';
import { type Reading, read, unread } from '../../../documents/reading.ts';
import { mayBeTakenFor } from './parameter-names.ts';

/**
 * A query without the parameter by which the gateway authenticates. Clients that insist on a key send some placeholder, so theirs
 * is left out before anything is judged, as with headers. Left in, it would decide at some services which account acts: of two
 * of one name some take the first, others the last. Names that a service may take for the same have no such clear reading.
 */
export function withoutOwnParameter(query: readonly Pair[], own: string): Reading<readonly Pair[]> {
  const kept = query.filter(({ name }) => name !== own);
  return kept.some(({ name }) => mayBeTakenFor(name, own))
    ? unread('a parameter that some services take for the one by which the gateway authenticates')
    : read(kept);
}
