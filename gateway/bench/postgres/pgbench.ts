/** One measured run of pgbench. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findTool, tools } from '../../test/support/installed-tool.ts';
import { runProcess } from '../../test/support/processes.ts';
import type { Peer } from './peers.ts';

/** Ways in which pgbench can ask. */
export const QUERY_MODES = ['simple', 'extended', 'prepared'] as const;

/** How pgbench asks. */
export type QueryMode = (typeof QUERY_MODES)[number];

/** What was measured. */
export interface RunResult {
  readonly tps: number;
  /** Median time of a transaction, in microseconds, as pgbench's log has it. */
  readonly p50Us: number;
  readonly p99Us: number;
  readonly transactions: number;
}

/** Where pgbench is, or undefined. */
export function pgbenchProgram(): string | undefined {
  return findTool(tools.pgbench);
}

/** Runs the select-only script for some seconds. */
export async function runPgbench(
  program: string,
  peer: Peer,
  how: {
    readonly mode: QueryMode;
    readonly clients: number;
    readonly seconds: number;
    readonly tls: boolean;
  },
): Promise<RunResult> {
  const folder = mkdtempSync(path.join(tmpdir(), 'sallyport-bench-'));
  try {
    const target = `host=${peer.host} port=${peer.port} user=${peer.user} dbname=${peer.database} sslmode=${how.tls ? 'require' : 'disable'}`;
    const { code, stdout, stderr } = await runProcess(
      program,
      [
        '-S',
        '-n',
        '-M',
        how.mode,
        '-c',
        String(how.clients),
        '-j',
        '1',
        '-T',
        String(how.seconds),
        '-l',
        '--log-prefix',
        path.join(folder, 'log'),
        target,
      ],
      { env: { PGPASSWORD: peer.password }, timeoutMs: (how.seconds + 60) * 1000 },
    );
    const tps = /tps = ([\d.]+) \(without/.exec(stdout)?.[1];
    if (code !== 0 || tps === undefined)
      throw new Error(`pgbench by ${peer.name} failed with ${code}: ${(stdout + stderr).slice(-500)}`);
    const times = readTimes(folder);
    return {
      tps: Number(tps),
      p50Us: times[Math.floor(times.length / 2)] ?? Number.NaN,
      p99Us: times[Math.floor(times.length * 0.99)] ?? Number.NaN,
      transactions: times.length,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Third field of each line of pgbench's log: elapsed microseconds. Sorted. */
function readTimes(folder: string): Float64Array {
  const times: number[] = [];
  for (const name of readdirSync(folder)) {
    for (const line of readFileSync(path.join(folder, name), 'latin1').split('\n')) {
      const field = line.split(' ', 3)[2];
      if (field !== undefined) times.push(Number(field));
    }
  }
  return Float64Array.from(times).sort();
}
