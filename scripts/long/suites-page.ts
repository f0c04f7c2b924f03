/** The page of the suites of others, from the lines that `gateway/test/suites` leaves: which tests are the same through the gateway. */
import { REASONS, UNEXPLAINED } from '../../gateway/test/suites/comparison/reasons.ts';

/** What came of one test. */
export interface SuiteResult {
  readonly suite: string;
  readonly test: string;
  /** One for each difference. */
  readonly reasons: readonly string[];
}

/** A suite, with all tests that it has. */
export interface Suite {
  readonly name: string;
  readonly title: string;
  readonly tests: readonly string[];
  /** Tests that it has beside, each with the reason why it does not run. */
  readonly leftOut: ReadonlyMap<string, string>;
}

/** Where and of what it was run. */
export interface SuiteSetting {
  /** ISO 8601 date. */
  readonly date: string;
  readonly node: string;
}

/** Reads the lines; one that is cut off counts as none. The last of a test counts. */
export function parseSuiteResults(text: string): readonly SuiteResult[] {
  const results = new Map<string, SuiteResult>();
  for (const line of text.split('\n')) {
    try {
      const result: unknown = JSON.parse(line);
      if (isResult(result)) results.set(`${result.suite}/${result.test}`, result);
    } catch {
      // Cut off.
    }
  }
  return [...results.values()];
}

function isResult(value: unknown): value is SuiteResult {
  if (typeof value !== 'object' || value === null) return false;
  const { suite, test, reasons } = value as Partial<Record<string, unknown>>;
  return typeof suite === 'string' && typeof test === 'string' && Array.isArray(reasons);
}

/** The page. */
export function suitesPage(
  suites: readonly Suite[],
  results: readonly SuiteResult[],
  { date, node }: SuiteSetting,
): string {
  const used = new Set(results.flatMap(({ reasons }) => reasons));
  const reasons = REASONS.filter(({ id }) => used.has(id)).map(({ id, why }) => `| ${id} | ${why} |`);
  return `# Suites of others

Written by \`npm run test:long\`, ${date}, Node ${node}. Each test runs twice, at the same time: directly against one fresh server, and through a gateway
that permits everything in front of another one. What it prints has to be the same, but for what is different by nature
([normalise.ts](../gateway/test/suites/comparison/normalise.ts)). Every other difference stands, line by line and with a reason, in the folder
\`explained\` of its suite ([gateway/test/suites](../gateway/test/suites)). A test fails on a difference that does not stand there, and on one that
no longer occurs. A selection runs in \`npm test\`. What the run of this page did not reach (\`--tests\`, time) is listed as not run.

| Suite | Tests | Same | Explained | Unexplained | Not run |
|---|---|---|---|---|---|
${suites.map((suite) => row(suite, results)).join('\n')}

## Reasons

| Reason | What it is |
|---|---|
${reasons.join('\n')}

${suites.map((suite) => section(suite, results)).join('\n')}`;
}

type State = 'same' | 'explained' | 'unexplained' | 'not run';

function stateOf(result: SuiteResult | undefined): State {
  if (result === undefined) return 'not run';
  if (result.reasons.length === 0) return 'same';
  return result.reasons.includes(UNEXPLAINED) ? 'unexplained' : 'explained';
}

function states(
  { name, tests }: Suite,
  results: readonly SuiteResult[],
): ReadonlyMap<State, readonly string[]> {
  const own = new Map(results.filter(({ suite }) => suite === name).map((result) => [result.test, result]));
  return Map.groupBy(tests, (test) => stateOf(own.get(test)));
}

function row(suite: Suite, results: readonly SuiteResult[]): string {
  const found = states(suite, results);
  const counts = (['same', 'explained', 'unexplained', 'not run'] as const).map(
    (state) => found.get(state)?.length ?? 0,
  );
  return `| ${[suite.title, suite.tests.length, ...counts].join(' | ')} |`;
}

function section(suite: Suite, results: readonly SuiteResult[]): string {
  const found = states(suite, results);
  const of = (test: string): string => {
    const own = results.find((result) => result.suite === suite.name && result.test === test);
    const counts = [...Map.groupBy(own?.reasons ?? [], (reason) => reason)];
    return `- \`${test}\`: ${counts.map(([reason, all]) => `${all.length} ${reason}`).join(', ')}`;
  };
  const list = (state: State): string =>
    (found.get(state) ?? []).map((test) => `\`${test}\``).join(' ') || 'none';
  const leftOut = [...suite.leftOut].map(([test, why]) => `- \`${test}\`: ${why}`);
  const differing = [...(found.get('explained') ?? []), ...(found.get('unexplained') ?? [])].map(of);
  return `## ${suite.title}

Same: ${list('same')}.

Not run: ${list('not run')}.

Differences of the others, by reason:

${differing.join('\n') || 'none'}

Left out, and not counted above:

${leftOut.join('\n') || 'none'}
`;
}
