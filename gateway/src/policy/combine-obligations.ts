import type {
  ApprovalObligation,
  LimitsObligation,
  MaskMethod,
  MaskObligation,
  Obligation,
} from '../model/obligation.ts';

const STRICTEST_FIRST: readonly MaskMethod[] = ['null', 'redact', 'fixed', 'pseudonym', 'partial'];

/**
 * Adds up the obligations of all rules that cover an atom; the strictest wins. Masks come strictest first, so that the
 * first one whose pattern fits a column is the one to apply, and a pattern is named only by its strictest mask. Limits
 * keep, for each bound, the rule that sets the smallest. Approvals are kept for each distinct set of approvers, with
 * the largest count, and all get the shortest window.
 */
export function combineObligations(obligations: readonly Obligation[]): readonly Obligation[] {
  if (obligations.length <= 1) {
    return obligations;
  }
  return [
    ...combineMasks(obligations.filter((obligation) => obligation.kind === 'mask')),
    ...combineLimits(obligations.filter((obligation) => obligation.kind === 'limits')),
    ...combineApprovals(obligations.filter((obligation) => obligation.kind === 'approval')),
  ];
}

function combineMasks(masks: readonly MaskObligation[]): MaskObligation[] {
  const named = new Set<string>();
  const ranked = masks.toSorted(
    (left, right) => STRICTEST_FIRST.indexOf(left.method) - STRICTEST_FIRST.indexOf(right.method),
  );
  return ranked.flatMap((mask) => {
    const columns = mask.columns.filter((column) => !named.has(column));
    columns.forEach((column) => named.add(column));
    return columns.length === 0 ? [] : [{ ...mask, columns }];
  });
}

function combineLimits(limits: readonly LimitsObligation[]): LimitsObligation[] {
  const kept = new Map<string, LimitsObligation>();
  for (const bound of ['rows', 'bytes', 'timeoutMs'] as const) {
    let smallest: LimitsObligation | undefined;
    for (const candidate of limits) {
      if ((candidate[bound] ?? Number.POSITIVE_INFINITY) < (smallest?.[bound] ?? Number.POSITIVE_INFINITY)) {
        smallest = candidate;
      }
    }
    if (smallest !== undefined) {
      const previous = kept.get(smallest.rule) ?? { kind: 'limits', rule: smallest.rule };
      kept.set(smallest.rule, { ...previous, [bound]: smallest[bound] });
    }
  }
  return [...kept.values()];
}

function combineApprovals(approvals: readonly ApprovalObligation[]): ApprovalObligation[] {
  const withinMs = Math.min(...approvals.map((approval) => approval.withinMs));
  const quorums = new Map<string, ApprovalObligation>();
  for (const approval of approvals) {
    const key = JSON.stringify(approval.by);
    const known = quorums.get(key);
    if (known === undefined || approval.count > known.count) {
      quorums.set(key, { ...approval, withinMs });
    }
  }
  return [...quorums.values()];
}
