import type { ObligationFulfiller } from './index.ts';

/**
 * Says whether limits can be kept here: bounds on the exchange by the protocols that meter their results, cumulative
 * bounds by the gate, which counts for all. Whether a bound is met already is not asked here but of `Usage`, whose
 * answer says when to come back.
 * @param metered names of the protocols whose relay uses `ResultMeter`; a bound on another's exchange is a denial
 * @param rowless names of those whose relay meters bytes and time, and knows no rows
 */
export function createLimitsFulfiller(
  metered: ReadonlySet<string>,
  rowless: ReadonlySet<string> = new Set(),
): ObligationFulfiller {
  return {
    kind: 'limits',
    canFulfil(obligation, access) {
      if (obligation.kind !== 'limits') return false;
      const { rows, bytes, timeoutMs } = obligation;
      const boundsExchange = rows !== undefined || bytes !== undefined || timeoutMs !== undefined;
      // Opening a session has no result.
      if (!boundsExchange || access.facts.family === 'connect') return true;
      const { protocol } = access.resource;
      if (metered.has(protocol)) return true;
      return rowless.has(protocol) && rows === undefined;
    },
  };
}
