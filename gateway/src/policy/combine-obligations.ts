import type {
  ApprovalObligation,
  FilterObligation,
  LimitsObligation,
  Obligation,
} from '../model/obligation.ts';
import { combineMasks } from './combine-masks.ts';

/**
 * Adds up the obligations of all rules that cover an atom; the strictest wins. Filters all stay. Masks come strictest first, so that the
 * first one whose pattern fits a column is the one to apply. Limits keep, for each bound, the rule that sets the
 * smallest, and of what a rule counts every rule's own. Approvals are kept for each distinct set of approvers, with the largest count, and all get the shortest
 * window and the shortest wait.
 */
export function combineObligations(obligations: readonly Obligation[]): readonly Obligation[] {
  if (obligations.length <= 1) {
    return obligations;
  }
  return [
    ...combineMasks(obligations.filter((obligation) => obligation.kind === 'mask')),
    ...distinctFilters(obligations.filter((obligation) => obligation.kind === 'filter')),
    ...combineLimits(obligations.filter((obligation) => obligation.kind === 'limits')),
    ...combineApprovals(obligations.filter((obligation) => obligation.kind === 'approval')),
  ];
}

/** All of them have to hold; two that ask for the same are one. */
function distinctFilters(filters: readonly FilterObligation[]): readonly FilterObligation[] {
  const seen = new Set<string>();
  return filters.filter(({ rule: _, ...asked }) => {
    const key = JSON.stringify(asked);
    const isNew = !seen.has(key);
    seen.add(key);
    return isNew;
  });
}

/** Bounds that hold for the exchange, or for the sessions of a principal: the smallest holds. */
const ABSOLUTE = [
  'rows',
  'bytes',
  'affectedRows',
  'timeoutMs',
  'sessions',
] as const satisfies readonly (keyof LimitsObligation)[];
/** Bounds on what a rule has permitted so far. Each rule counts for itself, so each one's stays. */
const COUNTED = [
  'statementsPerMinute',
  'distinctTables',
  'probes',
] as const satisfies readonly (keyof LimitsObligation)[];

function combineLimits(limits: readonly LimitsObligation[]): LimitsObligation[] {
  const kept = new Map<string, LimitsObligation>();
  const keep = ({ rule }: LimitsObligation, bounds: Partial<LimitsObligation>): void => {
    kept.set(rule, { ...(kept.get(rule) ?? { kind: 'limits', rule }), ...bounds });
  };
  for (const bound of ABSOLUTE) {
    let smallest: LimitsObligation | undefined;
    for (const candidate of limits) {
      if ((candidate[bound] ?? Number.POSITIVE_INFINITY) < (smallest?.[bound] ?? Number.POSITIVE_INFINITY)) {
        smallest = candidate;
      }
    }
    if (smallest !== undefined) keep(smallest, { [bound]: smallest[bound] });
  }
  for (const bound of COUNTED) {
    for (const candidate of limits) {
      if (candidate[bound] !== undefined) keep(candidate, { [bound]: candidate[bound] });
    }
  }
  return [...kept.values()];
}

function combineApprovals(approvals: readonly ApprovalObligation[]): ApprovalObligation[] {
  const withinMs = Math.min(...approvals.map((approval) => approval.withinMs));
  const waits = approvals.flatMap(({ waitMs }) => (waitMs === undefined ? [] : [waitMs]));
  const preview = strictestPreview(approvals);
  const shared = {
    withinMs,
    ...(waits.length === 0 ? {} : { waitMs: Math.min(...waits) }),
    ...(preview === undefined ? {} : { preview }),
  };
  const quorums = new Map<string, ApprovalObligation>();
  for (const approval of approvals) {
    const key = JSON.stringify(approval.by);
    const known = quorums.get(key);
    const comment = known?.comment ?? approval.comment;
    const { preview: _own, ...own } = approval;
    const larger = known === undefined || approval.count > known.count ? { ...own, ...shared } : known;
    quorums.set(key, comment === undefined ? larger : { ...larger, comment });
  }
  return [...quorums.values()];
}

/** A statement is run for a preview only where every rule allows it. */
function strictestPreview(approvals: readonly ApprovalObligation[]): ApprovalObligation['preview'] {
  if (approvals.some(({ preview }) => preview === 'none')) return 'none';
  return approvals.every(({ preview }) => preview === 'exact') ? 'exact' : undefined;
}
