import type { ApprovalObligation, LimitsObligation, Obligation } from '../model/obligation.ts';
import { compileFilters } from './compile-filters.ts';
import { compileMasks } from './compile-masks.ts';
import type { PlacedRule } from './compile-rule.ts';
import { parseDurationMs, parseSizeBytes, parseWaitMs } from './duration.ts';
import type { PolicyDiagnostic } from './errors.ts';
import type { ApprovalSource, LimitsSource, RuleSource } from './policy-document.ts';

const KEYS = ['mask', 'filter', 'unmasked', 'approval', 'limits', 'access'] as const;

/** Longest time that a client is kept waiting for an approval. */
const MAX_WAIT_MS = 5 * 60_000;

/** What obligations are compiled with. */
export interface ObligationContext {
  /** The id that decisions name. */
  readonly rule: string;
  /** Names that `detect:` may use. */
  readonly detectors: readonly string[];
  readonly problems: PolicyDiagnostic[];
}

/** Compiles `mask`, `filter`, `approval` and `limits` of an allow rule; on a deny they are an error, and so is `access`. */
export function compileObligations(placed: PlacedRule, context: ObligationContext): readonly Obligation[] {
  const { file, path, source } = placed;
  if (!('effect' in source)) {
    return [];
  }
  if (source.effect === 'deny') {
    for (const key of KEYS.filter((name) => source[name] !== undefined)) {
      const message = `\`${key}\` has no meaning on a deny rule: nothing passes`;
      context.problems.push(file.atKey('ERR_POLICY_CONTRADICTION', message, path, key));
    }
    return [];
  }
  const { approval, limits } = source;
  checkVouching(placed, source, context.problems);
  return [
    ...compileMasks(placed, source.mask ?? [], context),
    ...compileFilters(placed, source.filter ?? [], context),
    ...(approval === undefined ? [] : [approvalObligation(placed, approval, context)]),
    ...(limits === undefined ? [] : [limitsObligation(placed, limits, context)]),
  ];
}

/** Vouching for everything there is would be a way to switch masks off by accident. */
function checkVouching({ file, path }: PlacedRule, source: RuleSource, problems: PolicyDiagnostic[]): void {
  const { match } = source;
  if (
    source.unmasked === undefined ||
    match?.['tables'] !== undefined ||
    match?.['functions'] !== undefined
  ) {
    return;
  }
  const message =
    '`unmasked` vouches for named views and functions: name them by `match.tables` or `match.functions`';
  problems.push(file.atKey('ERR_POLICY_CONTRADICTION', message, path, 'unmasked'));
}

function approvalObligation(
  { file, path }: PlacedRule,
  approval: ApprovalSource,
  { rule, problems }: ObligationContext,
): ApprovalObligation {
  const waitMs = approval.wait === undefined ? undefined : (parseWaitMs(approval.wait) ?? 0);
  if (waitMs !== undefined && waitMs > MAX_WAIT_MS) {
    const message = `\`wait\` is at most \`5m\`, got \`${approval.wait ?? ''}\`: clients give up sooner; the request stays open \`within\` all the same`;
    problems.push(file.at('ERR_POLICY_VALUE', message, [...path, 'approval', 'wait']));
  }
  const { preview } = approval;
  return {
    kind: 'approval',
    rule,
    by: [...new Set(approval.by)].sort(),
    count: approval.count ?? 1,
    withinMs: parseDurationMs(approval.within) ?? 0,
    ...(waitMs === undefined ? {} : { waitMs }),
    ...(approval.comment === undefined ? {} : { comment: approval.comment }),
    ...(preview === undefined || preview === 'estimate' ? {} : { preview }),
  };
}

function limitsObligation(
  placed: PlacedRule,
  limits: LimitsSource,
  context: ObligationContext,
): LimitsObligation {
  checkBounds(placed, limits, context.problems);
  const { rows, bytes, affectedRows, timeout, statementsPerMinute, distinctTables, probes, sessions } =
    limits;
  const size = typeof bytes === 'string' ? parseSizeBytes(bytes) : bytes;
  const timeoutMs = timeout === undefined ? undefined : parseDurationMs(timeout);
  return {
    kind: 'limits',
    rule: context.rule,
    ...(rows === undefined ? {} : { rows }),
    ...(size === undefined ? {} : { bytes: size }),
    ...(affectedRows === undefined ? {} : { affectedRows }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(statementsPerMinute === undefined ? {} : { statementsPerMinute }),
    ...(distinctTables === undefined ? {} : { distinctTables }),
    ...(probes === undefined ? {} : { probes }),
    ...(sessions === undefined ? {} : { sessions }),
  };
}

/** Sessions are bounded where they are opened, everything else where statements are made. */
function checkBounds(
  { file, path, source }: PlacedRule,
  limits: LimitsSource,
  problems: PolicyDiagnostic[],
): void {
  const isConnect = source.on === 'connect';
  for (const bound of Object.keys(limits).filter((name) => (name === 'sessions') !== isConnect)) {
    const message = isConnect
      ? `\`${bound}\` bounds what is done in a session: put it on the rules that permit that`
      : `\`${bound}\` bounds the opening of sessions: put it on an \`on: connect\` rule`;
    problems.push(file.atKey('ERR_POLICY_CONTRADICTION', message, [...path, 'limits'], bound));
  }
}
