import type { Decision } from '../model/decision.ts';
import type { Obligation } from '../model/obligation.ts';
import type { Explanation, RuleExplanation } from './explain.ts';

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
      return `mask ${obligation.columns.join(', ')} with ${obligation.method} (${obligation.rule})`;
    case 'approval':
      return `approval by ${obligation.count} of ${obligation.by.join(', ')} within ${obligation.withinMs / 1000} s (${obligation.rule})`;
    case 'limits': {
      const bounds = [
        obligation.rows === undefined ? '' : `${obligation.rows} rows`,
        obligation.bytes === undefined ? '' : `${obligation.bytes} bytes`,
        obligation.timeoutMs === undefined ? '' : `${obligation.timeoutMs} ms`,
      ];
      return `at most ${bounds.filter((bound) => bound !== '').join(', ')} (${obligation.rule})`;
    }
  }
}
