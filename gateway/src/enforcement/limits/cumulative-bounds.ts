import type { LimitsObligation, Obligation } from '../../model/obligation.ts';
import type { Ledger } from './ledger.ts';
import type { LimitExceeded } from './limit-exceeded.ts';
import type { TouchedTables } from './touched-tables.ts';

/** Whether an obligation sets a bound that outlives the exchange. */
export function isCumulative(obligation: Obligation): obligation is LimitsObligation {
  if (obligation.kind !== 'limits') return false;
  const { statementsPerMinute, distinctTables, probes, sessions } = obligation;
  return [statementsPerMinute, distinctTables, probes, sessions].some((bound) => bound !== undefined);
}

/** Whether the window of this rule has no room for so many statements. */
export function overStatements(
  { statementsPerMinute: allowed, rule }: LimitsObligation,
  ledger: Ledger | undefined,
  now: number,
  asked: number,
): LimitExceeded | undefined {
  if (allowed === undefined) return undefined;
  const used = ledger?.window.count(now) ?? 0;
  if (used + asked <= allowed) return undefined;
  const retryAfterMs = ledger?.window.waitMs(now, allowed, asked);
  return {
    limit: 'statementsPerMinute',
    rule,
    allowed,
    used,
    asked,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

/** Whether the tables that this rule has not counted yet are too many. */
export function overTables(
  { distinctTables: allowed, rule }: LimitsObligation,
  ledger: Ledger | undefined,
  newTables: readonly string[],
  { isUncountable }: TouchedTables,
): LimitExceeded | undefined {
  if (allowed === undefined) return undefined;
  const used = ledger?.tables.size ?? 0;
  if (!isUncountable && used + newTables.length <= allowed) return undefined;
  return { limit: 'distinctTables', rule, allowed, used };
}

/** Whether what this rule has not counted yet of questions about masked columns is too much. */
export function overProbes(
  { probes: allowed, rule }: LimitsObligation,
  ledger: Ledger | undefined,
  asked: readonly string[],
): LimitExceeded | undefined {
  if (allowed === undefined || asked.length === 0) return undefined;
  const used = ledger?.probes.size ?? 0;
  if (used + asked.length <= allowed) return undefined;
  return {
    limit: 'probes',
    rule,
    allowed,
    used,
    asked: asked.length,
    ...(ledger?.isTold ? {} : { isFirst: true }),
  };
}
