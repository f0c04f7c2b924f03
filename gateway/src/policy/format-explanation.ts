import type { Decision } from '../model/decision.ts';
import type { LimitsObligation, MaskObligation, Obligation } from '../model/obligation.ts';
import type { Explanation, RuleExplanation } from './explain.ts';
import { formatFilterTerms } from './filter-terms.ts';

const MAX_REASONS = 6;

/** Renders an explanation for a terminal: the decision, what was asked, and each rule with its reasons. */
export function formatExplanation(explanation: Explanation): string {
  const { decision, asked, rules } = explanation;
  const lines = [formatDecision(decision), ...asked.map((phrase) => `  asks: ${phrase}`)];
  if (rules.length === 0) {
    lines.push('no rule is about this family of requests');
  }
  for (const rule of rules) {
    lines.push(...formatRule(rule));
  }
  return `${lines.join('\n')}\n`;
}

/** Renders a decision in one line, with a line for each obligation. */
export function formatDecision(decision: Decision): string {
  if (decision.effect === 'permit') {
    const obligations = decision.obligations.map(
      (obligation) => `\n  obliges: ${formatObligation(obligation)}`,
    );
    return `permit by ${decision.rules.join(', ')}${obligations.join('')}`;
  }
  const rules = decision.rules.length === 0 ? '' : ` ${decision.rules.join(', ')}`;
  const alternatives = decision.alternatives.map((phrase) => `\n  allowed instead: ${phrase}`).join('');
  const message = decision.message === undefined ? '' : `\n  message: ${decision.message}`;
  return `deny (${decision.cause}${rules}): ${decision.subject}${message}${alternatives}`;
}

function formatRule({ rule, effect, mode, outcome, source, reasons }: RuleExplanation): string[] {
  const observed = mode === 'observe' ? ', observed only' : '';
  const shown = reasons.slice(0, MAX_REASONS).map((reason) => `    ${reason}`);
  const rest = reasons.length > MAX_REASONS ? [`    and ${reasons.length - MAX_REASONS} more`] : [];
  return [`${outcome.padEnd(11)} ${effect} ${rule}${observed}  (${source})`, ...shown, ...rest];
}

function formatObligation(obligation: Obligation): string {
  switch (obligation.kind) {
    case 'mask':
      return `${formatMask(obligation)} (${obligation.rule})`;
    case 'filter':
      return `only rows of ${obligation.tables.join(', ')} where ${formatFilterTerms(obligation.where)} (${obligation.rule})`;
    case 'approval': {
      const { by, count, withinMs, waitMs, rule } = obligation;
      const wait = waitMs === undefined ? '' : `, waiting ${waitMs / 1000} s`;
      return `approval by ${count} of ${by.join(', ')} within ${withinMs / 1000} s${wait} (${rule})`;
    }
    case 'limits':
      return `at most ${formatBounds(obligation)} (${obligation.rule})`;
  }
}

function formatMask({
  columns,
  detect,
  paths,
  method,
  value,
  keep,
  inference,
  lookups,
}: MaskObligation): string {
  const what = [
    detect === undefined ? '' : `${detect.join(', ')} in`,
    columns.length === 0 ? 'all columns' : columns.join(', '),
    paths === undefined ? '' : `at ${paths.join(', ')}`,
  ];
  const how = [
    method,
    value === undefined ? '' : `\`${value}\``,
    keep === undefined ? '' : `keeping ${keep.first} first and ${keep.last} last`,
  ];
  const inferred = inference === undefined ? '' : `, inference: ${inference}`;
  return `mask ${words(what)} with ${words(how)}${inferred}${lookups === true ? ', with look-ups' : ''}`;
}

function formatBounds(limits: LimitsObligation): string {
  const bounds = [
    ['rows', limits.rows],
    ['bytes', limits.bytes],
    ['rows changed', limits.affectedRows],
    ['ms', limits.timeoutMs],
    ['a minute', limits.statementsPerMinute],
    ['distinct tables', limits.distinctTables],
    ['probes', limits.probes],
    ['sessions', limits.sessions],
  ] as const;
  return bounds.flatMap(([unit, bound]) => (bound === undefined ? [] : [`${bound} ${unit}`])).join(', ');
}

function words(parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(' ');
}
