import type { Facts } from '../../model/facts.ts';
import type { LimitsObligation } from '../../model/obligation.ts';
import type { ObligationFulfiller } from './index.ts';

/** What the relays of the protocols can keep, by their names; a bound that nobody keeps is a denial. */
export interface KeptLimits {
  /** Rows, bytes and time, by `ResultMeter`. */
  readonly metered: ReadonlySet<string>;
  /** Bytes and time; they know no rows. */
  readonly rowless?: ReadonlySet<string>;
  /** Rows that are changed: why that cannot be bounded for a request; `undefined`: it can. */
  readonly changes?: ReadonlyMap<string, (facts: Facts) => string | undefined>;
}

/**
 * Says whether limits can be kept here: bounds on the exchange by the protocols that meter their results, cumulative
 * bounds by the gate, which counts for all. Whether a bound is met already is not asked here but of `Usage`, whose
 * answer says when to come back.
 */
export function createLimitsFulfiller({ metered, rowless, changes }: KeptLimits): ObligationFulfiller {
  return {
    kind: 'limits',
    canFulfil(obligation, access) {
      if (obligation.kind !== 'limits') return false;
      // Opening a session has no result.
      if (!boundsExchange(obligation) || access.facts.family === 'connect') return true;
      const { protocol } = access.resource;
      const isKept = metered.has(protocol) || (rowless?.has(protocol) && obligation.rows === undefined);
      if (isKept !== true) return false;
      if (obligation.affectedRows === undefined) return true;
      const why = changes?.get(protocol);
      if (why === undefined) return false;
      const reason = why(access.facts);
      return (
        reason === undefined || `rule ${obligation.rule} bounds the rows that may be changed, and ${reason}`
      );
    },
  };
}

function boundsExchange({ rows, bytes, affectedRows, timeoutMs }: LimitsObligation): boolean {
  return (rows ?? bytes ?? affectedRows ?? timeoutMs) !== undefined;
}
