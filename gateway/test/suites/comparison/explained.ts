/** Differences that are known, a file for each test that has some. `UPDATE_SUITES=1` writes them; read the diff before you commit it. */
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import { findDifferences, writeDifferences } from './differences.ts';
import { normalise } from './normalise.ts';
import { explain, UNEXPLAINED } from './reasons.ts';

/** What a test printed on both ways. */
export interface Outputs {
  readonly direct: string;
  readonly through: string;
}

/** One test of a suite. */
export interface SuiteTest {
  /** Name of the suite. */
  readonly suite: string;
  readonly name: string;
  /** Folder of its explained differences. */
  readonly folder: string;
  /** The reason of all that differs, where it cannot be seen in what is printed. */
  readonly reason?: string | undefined;
  /** Whether it builds on what was refused in a test before. */
  readonly isBehind?: boolean;
}

/** Fails on any difference that its file does not explain, and on an explanation that no longer occurs. */
export function expectExplained(
  { suite, name, folder, reason: wholly, isBehind = false }: SuiteTest,
  { direct, through }: Outputs,
): void {
  const file = path.join(folder, `${name.replaceAll('/', '-')}.diff`);
  const differences = explain(findDifferences(normalise(direct), normalise(through)), { wholly, isBehind });
  const found = writeDifferences(differences);
  if (process.env['UPDATE_SUITES'] === '1') update(file, found);
  const summary = process.env['SALLYPORT_TEST_SUITES_SUMMARY'];
  if (summary !== undefined)
    appendFileSync(
      summary,
      `${JSON.stringify({ suite, test: name, reasons: differences.map(({ reason }) => reason) })}\n`,
    );
  expect(found).toBe(existsSync(file) ? readFileSync(file, 'latin1') : '');
  expect(differences.filter(({ reason }) => reason === UNEXPLAINED)).toEqual([]);
}

function update(file: string, found: string): void {
  if (found === '') rmSync(file, { force: true });
  else {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, found, 'latin1');
  }
}
