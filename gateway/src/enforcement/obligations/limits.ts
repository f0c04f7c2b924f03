import type { Usage } from '../limits/usage.ts';
import type { ObligationFulfiller } from './index.ts';

/**
 * Fulfils limits. Bounds on the exchange are for the protocols that meter their results; cumulative bounds hold for all,
 * because the gate counts. A bound that is met already is no permit either, should the gate not have asked before.
 * @param metered names of the protocols whose relay uses `ResultMeter`; a bound on another's exchange is a denial
 */
export function createLimitsFulfiller(
  usage: Pick<Usage, 'check'>,
  metered: ReadonlySet<string>,
): ObligationFulfiller {
  return {
    kind: 'limits',
    canFulfil(obligation, access) {
      if (obligation.kind !== 'limits') return false;
      const { rows, bytes, timeoutMs } = obligation;
      const boundsExchange = rows !== undefined || bytes !== undefined || timeoutMs !== undefined;
      if (boundsExchange && access.facts.family !== 'connect' && !metered.has(access.resource.protocol)) {
        return false;
      }
      return usage.check(access, [obligation]) === undefined;
    },
  };
}
