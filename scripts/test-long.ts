/**
 * `npm run test:long`: the generated statements of `gateway/test/lineage`, many more than `npm test` has time for, in batches with
 * seeds of their own, and a page of what came of it. `--runs 100000` statements of the two generators together, `--wire 2000` of
 * them over the wire, `--batch 10000`, `--seed 1` for the first batch.
 */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { repositoryRoot } from './check/source-files.ts';
import { longRunPage, parseLongRuns } from './long/summary.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '100000' },
    wire: { type: 'string', default: '2000' },
    batch: { type: 'string', default: '10000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
  },
});
const [runs, wire, batch, seed] = [values.runs, values.wire, values.batch, values.seed].map(Number) as [
  number,
  number,
  number,
  number,
];

const folder = mkdtempSync(path.join(os.tmpdir(), 'sallyport-long-'));
const summary = path.join(folder, 'summary.jsonl');
const failures: string[] = [];
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
rmSync(folder, { recursive: true, force: true });
const page = longRunPage(found, {
  date: new Date().toISOString().slice(0, 10),
  commit: execFileSync('git', ['rev-parse', '--short=8', 'HEAD'], {
    cwd: repositoryRoot,
    encoding: 'utf8',
  }).trim(),
  node: process.version.slice(1),
  failures,
});
writeFileSync(path.join(repositoryRoot, 'docs', 'long-run.md'), page);
console.log(page);
console.log(`\n${found.length} passed, ${failures.length} failed`);
process.exitCode = failures.length === 0 && found.length > 0 ? 0 : 1;

function suite(name: string, environment: Readonly<Record<string, string>>, ownSeed: number): Promise<void> {
  const cli = path.join(repositoryRoot, 'node_modules', 'vitest', 'vitest.mjs');
  const file = `gateway/test/lineage/${name}.test.ts`;
  const child = spawn(process.execPath, [cli, 'run', file, '-t', 'generated'], {
    cwd: repositoryRoot,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {
      ...process.env,
      ...environment,
      SALLYPORT_TEST_LINEAGE_SEED: String(ownSeed),
      SALLYPORT_TEST_LINEAGE_SUMMARY: summary,
    },
  });
  return new Promise((resolve) => {
    const finish = (code: number | null | undefined): void => {
      if (code !== 0) failures.push(`${name}, seed ${ownSeed}`);
      resolve();
    };
    child.once('error', () => finish(undefined));
    child.once('exit', finish);
  });
}
