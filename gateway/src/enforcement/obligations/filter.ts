import type { ObligationFulfiller } from './index.ts';

/**
 * Fulfils row filters: the protocol rewrites what is asked when it is judged, and refuses what it cannot keep within them.
 * @param filtering names of the protocols that do
 */
export function createFilterFulfiller(filtering: ReadonlySet<string>): ObligationFulfiller {
  return {
    kind: 'filter',
    canFulfil: (obligation, { resource }) =>
      obligation.kind === 'filter' &&
      (filtering.has(resource.protocol) ||
        `rows of ${resource.protocol} cannot be filtered here, as rule ${obligation.rule} asks`),
  };
}
