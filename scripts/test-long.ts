/**
 * `npm run test:long`: what `npm test` has no time for, and a page of what came of each.
 *
 * - `statements`: those that `gateway/test/lineage` generates, in batches with seeds of their own. `--runs 100000` statements of the two
 *   generators together, `--wire 2000` of them over the wire, `--batch 10000`, `--seed 1` for the first batch.
 * - `search`: the search of the console over `--exchanges 1000000`, so many times: `--searches 90`.
 * - `desktop`: an hour at a desktop that scrolls, `gateway/bench/rdp/soak.ts`. `--minutes 60`, `--machine shadow` or `xrdp`, `--seeks 200`.
 * - `servers`: the suites of SQL with each older major version of PostgreSQL that is supported, from npm. `--versions 15.18.0-beta.17,…`: some.
 * - `suites`: PostgreSQL's regression suite and node-postgres' tests, whole, directly and through the gateway. `--tests name,name`: some.
 *
 * `--only statements`, `servers`, `search`, `desktop` or `suites`: that one.
 */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { UNEXPLAINED } from '../gateway/test/suites/comparison/reasons.ts';
import { driverTests, LEFT_OUT_TESTS } from '../gateway/test/suites/node-postgres/driver-suite.ts';
import { LEFT_OUT_SCRIPTS, scheduledScripts } from '../gateway/test/suites/postgresql/schedule.ts';
import { repositoryRoot } from './check/source-files.ts';
import { machineText, parseSearchRun, searchRunPage } from './long/search-run.ts';
import { installServer, OLDER_SERVERS, SERVER_SUITES } from './long/server-suites.ts';
import {
  compareRun,
  failuresOf,
  type NeedNewer,
  type ServerRun,
  serversPage,
  type VitestReport,
} from './long/servers-run.ts';
import { type SoakResult, soakFigures, soakPage } from './long/soak-page.ts';
import { parseSuiteResults, suitesPage } from './long/suites-page.ts';
import { longRunPage, parseLongRuns } from './long/summary.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    runs: { type: 'string', default: '100000' },
    wire: { type: 'string', default: '2000' },
    batch: { type: 'string', default: '10000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
    exchanges: { type: 'string', default: '1000000' },
    searches: { type: 'string', default: '90' },
    minutes: { type: 'string', default: '60' },
    machine: { type: 'string', default: 'shadow' },
    seeks: { type: 'string', default: '200' },
    tests: { type: 'string', default: 'long' },
    versions: { type: 'string', default: OLDER_SERVERS.join(',') },
  },
});
const vitest = path.join(repositoryRoot, 'node_modules', 'vitest', 'vitest.mjs');
const folder = mkdtempSync(path.join(os.tmpdir(), 'sallyport-long-'));
const summary = path.join(folder, 'summary.jsonl');
const failures: string[] = [];
const setting = {
  date: new Date().toISOString().slice(0, 10),
  commit: execFileSync('git', ['rev-parse', '--short=8', 'HEAD'], {
    cwd: repositoryRoot,
    encoding: 'utf8',
  }).trim(),
  node: process.version.slice(1),
};
let passed = 0;
const parts = { statements, servers, suites: suitesOfOthers, search, desktop };
for (const [name, part] of Object.entries(parts)) {
  if (values.only === undefined || values.only === name) passed += await part();
}
rmSync(folder, { recursive: true, force: true });
console.log(`\n${passed} passed, ${failures.length} failed`);
process.exitCode = failures.length === 0 && passed > 0 ? 0 : 1;

async function statements(): Promise<number> {
  const [runs, wire, batch, seed] = [values.runs, values.wire, values.batch, values.seed].map(Number) as [
    number,
    number,
    number,
    number,
  ];
  // Each generator of a batch makes half of it.
  for (let done = 0, next = seed; done < runs; done += batch, next += 1) {
    await suite(
      'masked-columns',
      { SALLYPORT_TEST_LINEAGE_RUNS: String(Math.min(batch, runs - done) / 2) },
      next,
    );
  }
  await suite('wire-interference', { SALLYPORT_TEST_WIRE_RUNS: String(wire) }, seed);
  const found = existsSync(summary) ? parseLongRuns(readFileSync(summary, 'utf8')) : [];
  writePage('long-run.md', longRunPage(found, { ...setting, failures }));
  return found.length;
}

async function servers(): Promise<number> {
  const file = path.join(repositoryRoot, 'scripts', 'long', 'older-servers.json');
  const lists = JSON.parse(readFileSync(file, 'utf8')) as Readonly<Record<string, NeedNewer>>;
  const found: Record<string, NeedNewer> = {};
  const runs: ServerRun[] = [];
  for (const version of values.versions.split(',')) {
    const major = String(Number.parseInt(version, 10));
    const output = path.join(folder, `servers-${version}.json`);
    const args = [
      'run',
      ...SERVER_SUITES,
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${output}`,
    ];
    await succeeds([vitest, ...args], { SALLYPORT_TEST_POSTGRES_PROGRAMS: installServer(version, folder) });
    const report = JSON.parse(readFileSync(output, 'utf8')) as VitestReport;
    found[major] = failuresOf(report, repositoryRoot);
    runs.push(compareRun(version, report, { known: lists[major] ?? {}, root: repositoryRoot }));
  }
  if (process.env['UPDATE_SERVERS'] === '1')
    writeFileSync(file, `${JSON.stringify({ ...lists, ...found }, undefined, 2)}\n`);
  for (const { version, unexpected } of runs)
    if (unexpected.length > 0) failures.push(`servers: ${version}: ${unexpected.length}`);
  writePage('servers.md', serversPage(runs, setting));
  return runs.length;
}

async function suitesOfOthers(): Promise<number> {
  const results = path.join(folder, 'suites.jsonl');
  const passes = await succeeds([vitest, 'run', 'gateway/test/suites'], {
    SALLYPORT_TEST_SUITES: values.tests,
    SALLYPORT_TEST_SUITES_SUMMARY: results,
  });
  if (!passes) failures.push('suites of others');
  const found = existsSync(results) ? parseSuiteResults(readFileSync(results, 'utf8')) : [];
  const suites = [
    {
      name: 'postgresql',
      title: "PostgreSQL's regression suite",
      tests: scheduledScripts(),
      leftOut: LEFT_OUT_SCRIPTS,
    },
    {
      name: 'node-postgres',
      title: "node-postgres' integration tests",
      tests: driverTests(),
      leftOut: LEFT_OUT_TESTS,
    },
  ];
  writePage('suites.md', suitesPage(suites, found, setting));
  return found.filter(({ reasons }) => !reasons.includes(UNEXPLAINED)).length;
}

async function search(): Promise<number> {
  const output = path.join(folder, 'search.json');
  const load = os.loadavg()[1] ?? 0;
  const passes = await succeeds([vitest, 'run', 'gateway/test/e2e/console/search/search.test.ts'], {
    SALLYPORT_TEST_SEARCH_SESSIONS: String(Math.ceil(Number(values.exchanges) / 1000)),
    SALLYPORT_TEST_SEARCHES: values.searches,
    SALLYPORT_TEST_SEARCH_SUMMARY: output,
  });
  const run = existsSync(output) ? parseSearchRun(readFileSync(output, 'utf8')) : undefined;
  if (!passes || run === undefined) {
    failures.push('search');
    return 0;
  }
  writePage('long-search.md', searchRunPage(run, { ...setting, machine: machineText(os.cpus(), load) }));
  return 1;
}

async function desktop(): Promise<number> {
  const output = path.join(folder, 'soak.json');
  const { minutes, machine, seeks } = values;
  const args = ['--minutes', minutes, '--machine', machine, '--seeks', seeks, '--output', output];
  const script = path.join(repositoryRoot, 'gateway/bench/rdp/soak.ts');
  if (!(await succeeds([script, ...args]))) {
    failures.push('desktop');
    return 0;
  }
  const result = JSON.parse(readFileSync(output, 'utf8')) as SoakResult;
  writePage('desktop-soak.md', soakPage(result, setting));
  if (soakFigures(result.samples).isFlat) return 1;
  failures.push('desktop: memory is not flat');
  return 0;
}

function writePage(name: string, page: string): void {
  writeFileSync(path.join(repositoryRoot, 'docs', name), page);
  console.log(page);
}

async function suite(
  name: string,
  environment: Readonly<Record<string, string>>,
  ownSeed: number,
): Promise<void> {
  const file = `gateway/test/lineage/${name}.test.ts`;
  const passes = await succeeds([vitest, 'run', file, '-t', 'generated'], {
    ...environment,
    SALLYPORT_TEST_LINEAGE_SEED: String(ownSeed),
    SALLYPORT_TEST_LINEAGE_SUMMARY: summary,
  });
  if (!passes) failures.push(`${name}, seed ${ownSeed}`);
}

function succeeds(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<boolean> {
  const child = spawn(process.execPath, args, {
    cwd: repositoryRoot,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...environment },
  });
  return new Promise((resolve) => {
    child.once('error', () => resolve(false));
    child.once('exit', (code) => resolve(code === 0));
  });
}
