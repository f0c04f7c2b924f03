import type { TestContext } from 'vitest';
import { requireTool, tools } from './installed-tool.ts';
import { type ProcessResult, runProcess } from './processes.ts';

/** How psql is run. */
export interface PsqlOptions {
  /** Connection URL, with password and TLS parameters. */
  readonly url: string;
  /** Statements and backslash commands, as a user would type them. */
  readonly script: string;
  /** Further arguments: `--set=ON_ERROR_STOP=1`, `--single-transaction`… */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

/**
 * Runs the real psql with a script on its standard input: no startup file, no password prompt, unaligned rows only.
 * Skips the test, with the reason, where psql is not installed.
 */
export async function runPsql(context: TestContext, options: PsqlOptions): Promise<ProcessResult> {
  const program = requireTool(context, tools.psql);
  const args = ['--no-psqlrc', '--no-password', '--quiet', '--tuples-only', '--no-align'];
  return await runProcess(program, [...args, ...(options.args ?? []), options.url], {
    input: options.script,
    // The passfile and service file of the developer must not decide a test.
    env: {
      LC_ALL: 'C.UTF-8',
      PGPASSFILE: '/dev/null',
      PGSERVICEFILE: '/dev/null',
      PGCONNECT_TIMEOUT: '15',
      ...options.env,
    },
    ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
  });
}
