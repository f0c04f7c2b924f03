/** What the long runs came to: read from the lines that suites leave, and written as a page of the documentation. */

/** One run of one generator. */
export interface LongRun {
  readonly kind: string;
  /** Statements that were asked for. */
  readonly runs: number;
  readonly seed: number;
  readonly denied: number;
  /** Permitted, and refused by the server. */
  readonly failed: number;
  /** Permitted, by what the suite counts besides. */
  readonly [count: string]: number | string;
}

/** Where and of what it was run. */
export interface LongRunSetting {
  /** ISO 8601 date. */
  readonly date: string;
  readonly commit: string;
  readonly node: string;
  /** Suites that failed: their batch and kind. */
  readonly failures: readonly string[];
}

/** Reads the lines; one that is cut off counts as none. */
export function parseLongRuns(text: string): readonly LongRun[] {
  return text.split('\n').flatMap((line) => {
    try {
      const run: unknown = JSON.parse(line);
      return isLongRun(run) ? [run] : [];
    } catch {
      return [];
    }
  });
}

function isLongRun(value: unknown): value is LongRun {
  if (typeof value !== 'object' || value === null) return false;
  const { kind, ...counts } = value as Record<string, unknown>;
  const wanted = ['runs', 'seed', 'denied', 'failed'];
  return typeof kind === 'string' && wanted.every((name) => typeof counts[name] === 'number');
}

const WHAT: Readonly<Record<string, string>> = {
  queries: 'queries: joins, subqueries, common tables, set operations, aggregates, views',
  computations: 'computations of masked columns, some of which can fail',
  wire: 'both kinds through two gateways: every byte downstream compared',
};

/** `1, 2, 3, 7` as `1 to 3, 7`. */
function seedsText(seeds: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const seed of seeds.toSorted((left, right) => left - right)) {
    const last = ranges.at(-1);
    if (last !== undefined && seed - last[1] <= 1) last[1] = seed;
    else ranges.push([seed, seed]);
  }
  return ranges.map(([first, last]) => (first === last ? `${first}` : `${first} to ${last}`)).join(', ');
}

/** The page. */
export function longRunPage(
  runs: readonly LongRun[],
  { date, commit, node, failures }: LongRunSetting,
): string {
  const kinds = [...Map.groupBy(runs, ({ kind }) => kind)];
  const rows = kinds.map(([kind, all]) => {
    const sum = (count: string): number => all.reduce((total, run) => total + Number(run[count] ?? 0), 0);
    const permitted = sum('masked') + sum('plain') + sum('permitted');
    const counts = [sum('runs'), sum('denied'), sum('failed'), permitted].map((n) => n.toLocaleString('en'));
    return `| ${WHAT[kind] ?? kind} | ${counts.join(' | ')} | ${seedsText(all.map(({ seed }) => seed))} |`;
  });
  const servers = [...new Set(runs.map((run) => run['postgres'] ?? ''))]
    .filter((one) => one !== '')
    .join(', ');
  const total = runs.reduce((sum, run) => sum + run.runs, 0).toLocaleString('en');
  const outcome =
    failures.length === 0
      ? 'No canary came through, and no answer differed.'
      : `**Failed:** ${failures.join('; ')}.`;
  return `# The last long run

Written by \`npm run test:long\`; what is tried and how is told in [Lineage](lineage.md#how-that-is-tested). A run stops at the first
statement that tells anything, so a table means that none did.

${total} generated statements, ${date}, commit ${commit}, Node ${node}, PostgreSQL ${servers}. ${outcome}

| Generator | Statements | Denied | Refused by the server | Answered | Seeds |
|---|---|---|---|---|---|
${rows.join('\n')}

Statements are generated to move a masked column about, so most are denied for a reason: the share of ordinary statements that is
refused is measured by the suite of [ordinary statements](../gateway/test/lineage/ordinary-queries.test.ts). Over the wire each statement is
sent by both protocols. \`SALLYPORT_TEST_LINEAGE_SEED\` repeats a seed.
`;
}
