import type { LimitsObligation, Obligation } from '../../model/obligation.ts';

/** A bound and the rule that sets it. */
export interface Bound {
  readonly rule: string;
  readonly allowed: number;
}

/** The bounds on one exchange: of each kind the smallest of all rules. */
export interface ExchangeLimits {
  readonly rows?: Bound;
  readonly bytes?: Bound;
  /** Rows that it changes. */
  readonly affectedRows?: Bound;
  /** Milliseconds from forwarding to the end of the answer. */
  readonly timeoutMs?: Bound;
}

/** Longest time that a timer can wait for (2^31 - 1 ms, 24 days); beyond it Node's would go off at once. */
const MAX_TIMER_MS = 2_147_483_647;

/** The bounds of a permit's obligations; undefined when there are none, so that nothing need be counted. */
export function exchangeLimits(obligations: readonly Obligation[]): ExchangeLimits | undefined {
  const limits = obligations.filter((obligation) => obligation.kind === 'limits');
  if (limits.length === 0) return undefined;
  const rows = smallest(limits, 'rows');
  const bytes = smallest(limits, 'bytes');
  const affectedRows = smallest(limits, 'affectedRows');
  const timeoutMs = smallest(limits, 'timeoutMs');
  if ((rows ?? bytes ?? affectedRows ?? timeoutMs) === undefined) return undefined;
  return {
    ...(rows === undefined ? {} : { rows }),
    ...(bytes === undefined ? {} : { bytes }),
    ...(affectedRows === undefined ? {} : { affectedRows }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  };
}

function smallest(
  limits: readonly LimitsObligation[],
  name: 'rows' | 'bytes' | 'affectedRows' | 'timeoutMs',
): Bound | undefined {
  let least: Bound | undefined;
  for (const { rule, [name]: allowed } of limits) {
    if (allowed === undefined) continue;
    const bound = name === 'timeoutMs' ? Math.min(allowed, MAX_TIMER_MS) : allowed;
    if (least === undefined || bound < least.allowed) least = { rule, allowed: bound };
  }
  return least;
}
