/** One measured run of wrk (Debian package `wrk`). */
import { findTool, type Tool } from '../../test/support/installed-tool.ts';
import { runProcess } from '../../test/support/processes.ts';

/** The load generator. */
export const WRK: Tool = { name: 'wrk', debianPackage: 'wrk' };

/** What was measured. */
export interface LoadResult {
  readonly requestsPerSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
}

/** What is asked, and how. */
export interface Load {
  readonly url: string;
  readonly token: string;
  readonly connections: number;
  readonly seconds: number;
}

/** Where wrk is, or undefined. */
export function wrkProgram(): string | undefined {
  return findTool(WRK);
}

/** Asks the same again and again. Throws where an answer is not 200: its speed would be that of a refusal. */
export async function runWrk(program: string, load: Load): Promise<LoadResult> {
  const { url, token, connections, seconds } = load;
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency'];
  const { code, stdout, stderr } = await runProcess(
    program,
    [...args, '-H', `Authorization: Bearer ${token}`, url],
    { timeoutMs: (seconds + 60) * 1000 },
  );
  const rate = /Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1];
  const bad = /Non-2xx or 3xx responses: \d+|Socket errors: .*/.exec(stdout)?.[0];
  if (code !== 0 || rate === undefined || bad !== undefined) {
    throw new Error(`wrk on ${url} failed: ${bad ?? stderr.slice(-500)}`);
  }
  return { requestsPerSecond: Number(rate), p50Us: percentile(stdout, 50), p99Us: percentile(stdout, 99) };
}

const UNITS: Readonly<Record<string, number>> = { us: 1, ms: 1_000, s: 1_000_000 };

function percentile(output: string, which: number): number {
  const [, value, unit = ''] = new RegExp(`^\\s+${which}%\\s+([\\d.]+)(us|ms|s)$`, 'm').exec(output) ?? [];
  return Number(value) * (UNITS[unit] ?? Number.NaN);
}
