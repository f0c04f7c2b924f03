/** What became of one test, as the ledger keeps it. */
export interface LedgerTest {
  readonly kind: 'test';
  readonly name: string;
  readonly state: 'passed' | 'failed' | 'skipped';
  /** Why it was skipped. */
  readonly note?: string;
}

/** A failure that is not a test's: a file that does not load, an error outside of tests. */
export interface LedgerProblem {
  readonly kind: 'problem';
  readonly message: string;
}

/** How long a file of tests took, with its set-up. */
export interface LedgerFile {
  readonly kind: 'file';
  readonly name: string;
  readonly ms: number;
}

/** One line of the ledger. */
export type LedgerEntry = LedgerTest | LedgerProblem | LedgerFile;

/** How the run of the suites ended. */
export interface RunEnding {
  /** Exit code of the runner; undefined when it was ended from outside. */
  readonly exitCode: number | undefined;
  /** Minutes after which it was ended, if it was. */
  readonly timedOutMinutes?: number;
  /** CI=true: a skipped test counts as failed. */
  readonly skipsFail: boolean;
}

/** The verdict over all suites. */
export interface Verdict {
  readonly passed: number;
  readonly failed: number;
  /** Lines to print before the final one. */
  readonly notes: readonly string[];
}

/**
 * Counts the ledger. A run that ended badly without a failed test counts one failure, so that no crash of the
 * runner and no empty run can look like success.
 */
export function countLedger(entries: readonly LedgerEntry[], ending: RunEnding): Verdict {
  const tests = entries.filter((entry) => entry.kind === 'test');
  const problems = entries.flatMap((entry) => (entry.kind === 'problem' ? [entry.message] : []));
  const skipped = tests.filter((test) => test.state === 'skipped');
  const passed = tests.filter((test) => test.state === 'passed').length;
  const failedTests = tests.filter((test) => test.state === 'failed').map((test) => test.name);
  if (ending.timedOutMinutes !== undefined) {
    problems.push(`the suites did not end within ${ending.timedOutMinutes} minutes and were ended`);
  }
  if (passed === 0) problems.push('no test passed');
  if (failedTests.length + problems.length === 0 && ending.exitCode !== 0) {
    problems.push(`the test runner ended with exit code ${ending.exitCode ?? 'none'}`);
  }
  const notes = [
    ...section('Slowest files:', slowest(entries)),
    ...section(`Skipped${ending.skipsFail ? ' (a failure under CI)' : ''}:`, skipped.map(describeSkip)),
    ...section('Failed:', [...failedTests, ...problems]),
  ];
  const failed = failedTests.length + problems.length + (ending.skipsFail ? skipped.length : 0);
  return { passed, failed, notes };
}

/** Reads a ledger: one JSON object a line. A torn last line, from a runner that was killed, is left out. */
export function parseLedger(text: string): readonly LedgerEntry[] {
  return text.split('\n').flatMap((line) => {
    if (line === '') return [];
    try {
      return [JSON.parse(line) as LedgerEntry];
    } catch {
      return [];
    }
  });
}

/** Files that are told with the time they took. */
const MOST_SLOW = 15;

function slowest(entries: readonly LedgerEntry[]): readonly string[] {
  const files = entries.filter(
    (entry) => entry.kind === 'file' && entry.ms >= 10_000,
  ) as readonly LedgerFile[];
  return files
    .toSorted((left, right) => right.ms - left.ms)
    .slice(0, MOST_SLOW)
    .map(({ name, ms }) => `${String(Math.round(ms / 1000)).padStart(4)} s  ${name}`);
}

function describeSkip({ name, note }: LedgerTest): string {
  return note === undefined ? name : `${name} (${note})`;
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)];
}
