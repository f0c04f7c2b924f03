/**
 * `npm test`: installs the tools that the suites need where it may, runs every suite, lists what was skipped and
 * ends with one line, `N passed, N failed`. Arguments go to vitest: file filters, `-t name`.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { tools } from '../gateway/test/support/installed-tool.ts';
import { repositoryRoot } from './check/source-files.ts';
import { ensureTools, systemFolders } from './test/debian-packages.ts';
import { countLedger, parseLedger, type RunEnding } from './test/ledger.ts';

const isCi = process.env['CI'] === 'true' || process.env['CI'] === '1';
const minutes = Number(process.env['SALLYPORT_TEST_MINUTES'] ?? '60');
const graceMs = 10_000;
const vitestArguments = process.argv.slice(2);
const isNameFilter = vitestArguments.some((argument) => /^(-t|--testNamePattern)/.test(argument));

await ensureTools(Object.values(tools));
const folder = mkdtempSync(path.join(os.tmpdir(), 'sallyport-test-'));
const ledgerFile = path.join(folder, 'ledger.jsonl');
const ending = await runVitest(ledgerFile);
const ledger = existsSync(ledgerFile) ? parseLedger(readFileSync(ledgerFile, 'utf8')) : [];
rmSync(folder, { recursive: true, force: true });
// With a name filter, everything else counts as skipped and says nothing.
const relevant = isNameFilter
  ? ledger.filter((entry) => entry.kind !== 'test' || entry.state !== 'skipped')
  : ledger;
const { passed, failed, notes } = countLedger(relevant, ending);
for (const note of notes) console.log(note);
process.exitCode = failed === 0 ? 0 : 1;
console.log(`\n${passed} passed, ${failed} failed`);

/** Runs vitest in a process group of its own, so that ending it ends all that its tests started. */
function runVitest(file: string): Promise<RunEnding> {
  const cli = path.join(repositoryRoot, 'node_modules', 'vitest', 'vitest.mjs');
  const child = spawn(process.execPath, [cli, 'run', '--allowOnly=false', ...vitestArguments], {
    cwd: repositoryRoot,
    stdio: ['ignore', 'inherit', 'inherit'],
    // PATH may be short; what the system has besides (openssl, useradd) is looked for last.
    env: { ...process.env, PATH: `${process.env['PATH']}:${systemFolders}`, SALLYPORT_TEST_LEDGER: file },
    detached: true,
  });
  const signalGroup = (signal: NodeJS.Signals): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, signal);
    } catch {
      // The group is gone already.
    }
  };
  const stop = (): void => {
    signalGroup('SIGTERM');
    setTimeout(() => signalGroup('SIGKILL'), graceMs).unref();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    stop();
  }, minutes * 60_000);
  return new Promise((resolve) => {
    const finish = (exitCode: number | undefined): void => {
      clearTimeout(timer);
      signalGroup('SIGKILL');
      resolve({ exitCode, skipsFail: isCi, ...(timedOut ? { timedOutMinutes: minutes } : {}) });
    };
    child.once('error', () => finish(undefined));
    child.once('exit', (code) => finish(code ?? undefined));
  });
}
