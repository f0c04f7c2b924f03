/** How much was asked and decided, counted as it is indexed: so a picture of a month costs as little as one of an hour. */
import type { Store } from '../../store/open-store.ts';

/** Counts are kept for each so many milliseconds. */
export const COUNT_MS = 300_000;

/** What to count. Times are milliseconds since the epoch; both are rounded to {@link COUNT_MS}. */
export interface StatisticsSearch {
  readonly sinceMs: number;
  readonly untilMs: number;
  /** Length of a step of the series, a multiple of {@link COUNT_MS}. */
  readonly stepMs: number;
}

/** Requests that were permitted and denied. */
export interface DecisionCount {
  readonly permitted: number;
  readonly denied: number;
}

/** What was counted. */
export interface Statistics {
  readonly series: readonly (DecisionCount & { readonly fromMs: number })[];
  /** By principal and agent, the busiest first. */
  readonly agents: readonly (DecisionCount & { readonly subject: string; readonly agent?: string })[];
  readonly resources: readonly (DecisionCount & { readonly resource: string })[];
  /** How often each rule decided, and when last; a rule that never did is not in it. */
  readonly rules: readonly (DecisionCount & {
    readonly rule: string;
    readonly lastMs: number;
    /** What it would have decided while it was only observed. */
    readonly observed: DecisionCount;
  })[];
}

const MAX_AGENTS = 20;
const MAX_RULES = 2_000;

const sumOf = (effect: string, name: string): string =>
  `SUM(CASE WHEN effect = '${effect}' THEN count ELSE 0 END) AS ${name}`;
const COUNTS = [
  sumOf('permit', 'permitted'),
  sumOf('deny', 'denied'),
  sumOf('observed-permit', 'observed_permitted'),
  sumOf('observed-deny', 'observed_denied'),
].join(', ');

/** Rows whose rule is empty count requests; the others count rules, of which a request may have several. */
export function countDecisions({ database }: Store, search: StatisticsSearch): Statistics {
  const from = Math.floor(search.sinceMs / COUNT_MS);
  const to = Math.ceil(search.untilMs / COUNT_MS);
  const step = Math.max(1, Math.round(search.stepMs / COUNT_MS));
  const grouped = (columns: string, rest: string): readonly Record<string, unknown>[] =>
    database
      .prepare(
        `SELECT ${columns}, ${COUNTS}, MAX(last_ms) AS last FROM counts WHERE slot >= ? AND slot < ? AND ${rest}`,
      )
      .all(from, to);
  return {
    series: grouped(`slot / ${step} AS place`, "rule = '' GROUP BY place ORDER BY place").map((row) => ({
      fromMs: Number(row['place']) * step * COUNT_MS,
      ...decisions(row),
    })),
    agents: grouped(
      'subject, agent',
      `rule = '' GROUP BY subject, agent ORDER BY SUM(count) DESC LIMIT ${MAX_AGENTS}`,
    ).map((row) => ({
      subject: String(row['subject']),
      ...(row['agent'] === '' ? {} : { agent: String(row['agent']) }),
      ...decisions(row),
    })),
    resources: grouped('resource', "rule = '' GROUP BY resource ORDER BY SUM(count) DESC LIMIT 50").map(
      (row) => ({ resource: String(row['resource']), ...decisions(row) }),
    ),
    rules: grouped('rule', `rule <> '' GROUP BY rule ORDER BY SUM(count) DESC, rule LIMIT ${MAX_RULES}`).map(
      (row) => ({
        rule: String(row['rule']),
        lastMs: Number(row['last']),
        ...decisions(row),
        observed: {
          permitted: Number(row['observed_permitted']),
          denied: Number(row['observed_denied']),
        },
      }),
    ),
  };
}

function decisions(row: Record<string, unknown>): DecisionCount {
  return { permitted: Number(row['permitted']), denied: Number(row['denied']) };
}
