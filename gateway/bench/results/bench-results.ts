/**
 * Results of many rows through the gateway, against the server asked directly: `npm run bench -- --results`, or
 * `node gateway/bench/results/bench-results.ts [--rows N] [--rounds N] [--only TEXT]`.
 */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startTestPostgres, type TestPostgres } from '../../test/support/postgres.ts';
import { runProcess } from '../../test/support/processes.ts';
import { createTemporaryFolder } from '../../test/support/temporary-folder.ts';
import { cpuSecondsOf, startBenchGateway } from '../gateway-process.ts';
import { startPgbouncer } from '../postgres/peers.ts';
import { groupOf, MASKS, RECORDINGS, RESULTS_POLICY } from './policy.ts';
import type { SinkResult, SinkTask } from './sink-child.ts';

/** One way of a result to the client. */
export interface ResultCell {
  readonly peer: string;
  /** `SELECT` or `COPY`. */
  readonly query: string;
  readonly recording: string;
  /** Median over the rounds of this way's rows a second by those of the direct way in the same round. */
  readonly toDirect: number;
  /** Of the server's bytes of the same result, whatever the gateway makes of them. */
  readonly megabytesPerSecond: number;
  readonly megabytesPerCpuSecond: number | undefined;
  readonly millionRowsPerCpuSecond: number | undefined;
}

/** How long and how much. */
export interface ResultsOptions {
  readonly rows: number;
  readonly rounds: number;
  /** Ways whose name, query or recording holds none of it are left out. */
  readonly only?: string;
  readonly note: (line: string) => void;
  /** Flags of Node for the gateways, such as `--cpu-prof`. */
  readonly nodeFlags?: readonly string[];
}

interface Way {
  readonly name: string;
  readonly query: 'SELECT' | 'COPY';
  readonly recording: string;
  readonly task: Omit<SinkTask, 'query'>;
  /** The process whose CPU counts. */
  readonly pid: number | undefined;
}

interface Run {
  readonly ms: number;
  readonly cpuSeconds: number;
}

const QUERIES = {
  SELECT: (rows: number) => `SELECT id, email, name, reference, note, data FROM customers LIMIT ${rows}`,
  COPY: () => 'COPY public.customers TO STDOUT',
} as const;

/** Six text columns, some 120 bytes a row on the wire; each e-mail address is another. */
const TABLE = (rows: number): string => `
CREATE TABLE customers AS
SELECT i::text AS id, 'user' || i || '@example.com' AS email, 'name of customer ' || i AS name,
  'ref-' || lpad(i::text, 9, '0') AS reference, 'a note of some length' AS note, 'other data' AS data
FROM generate_series(1, ${rows}) AS i;
ANALYZE customers; GRANT SELECT ON customers TO app, sink`;

/** Measures all ways in turn, round by round, after one round that counts for nothing. */
export async function benchResults(options: ResultsOptions): Promise<readonly ResultCell[]> {
  await using undo = new AsyncDisposableStack();
  const hba = 'host all sink 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256';
  const settings = { fsync: 'off', shared_buffers: '512MB', max_parallel_workers_per_gather: '0' };
  const postgres = undo.use(await startTestPostgres({ hba, settings }));
  const login = await postgres.createRole('app');
  await postgres.createRole('sink');
  await postgres.query(TABLE(options.rows));
  const folder = undo.use(createTemporaryFolder('bench')).path;
  const bouncer = await startPgbouncer({ postgres, folder, login, tls: false });
  if (bouncer === undefined) options.note('pgbouncer is not installed: left out');
  else undo.use(bouncer.process);
  const { host, port } = postgres.server;
  const direct = { host, port, user: 'sink', password: '', database: 'postgres' };
  const peers: Way[] = (['SELECT', 'COPY'] as const).flatMap((query) => {
    const own = { name: 'direct', query, recording: '', task: direct, pid: undefined };
    return bouncer === undefined
      ? [own]
      : [own, { ...own, name: 'pgbouncer', task: bouncer.peer, pid: bouncer.process.pid }];
  });
  const all = [...peers, ...(await gatewayWays(postgres, login, options, undo))];
  const { only = '' } = options;
  const ways = all.filter(
    ({ name, query, recording }) => name === 'direct' || `${name} ${query} ${recording}`.includes(only),
  );
  const rounds: ReadonlyMap<Way, Run>[] = [];
  for (let round = 0; round <= options.rounds; round += 1) {
    options.note(round === 0 ? 'warming up' : `round ${round} of ${options.rounds}`);
    const runs = new Map<Way, Run>();
    for (const way of ways) runs.set(way, await runOnce(way, options.rows));
    if (round > 0) rounds.push(runs);
  }
  const bytes = await wireBytes(direct, options.rows);
  return ways.map((way) => summarise(way, ways, rounds, { rows: options.rows, bytes: bytes[way.query] }));
}

async function gatewayWays(
  postgres: TestPostgres,
  login: { readonly password: string },
  { nodeFlags }: ResultsOptions,
  undo: AsyncDisposableStack,
): Promise<readonly Way[]> {
  const ways: Way[] = [];
  for (const [recording, config] of Object.entries(RECORDINGS)) {
    const {
      port,
      process: running,
      site,
    } = await startBenchGateway(
      {
        postgres,
        policy: RESULTS_POLICY,
        password: login.password,
        recording: config,
        durability: 'written',
        tls: false,
        ...(nodeFlags === undefined ? {} : { nodeFlags }),
      },
      undo,
    );
    for (const name of Object.keys(MASKS)) {
      const password = await site.issuer.token({ groups: ['bench', groupOf(name)], expiresIn: 24 * 3600 });
      const task = { host: '127.0.0.1', port, user: 'app', password, database: 'shop' };
      const way = { name, recording, task, pid: running.pid };
      ways.push({ ...way, query: 'SELECT' });
      if (name === 'no mask' || name === 'one column redact') ways.push({ ...way, query: 'COPY' });
    }
  }
  return ways;
}

async function runOnce({ name, query, recording, task, pid }: Way, rows: number): Promise<Run> {
  const cpu = pid === undefined ? 0 : cpuSecondsOf(pid);
  const result = await ask({ ...task, query: QUERIES[query](rows) });
  if (result.error !== undefined || result.rows !== rows) {
    throw new Error(`${query} ${name}, recording ${recording}: ${result.rows} rows; ${result.error ?? ''}`);
  }
  return { ms: result.ms, cpuSeconds: pid === undefined ? 0 : cpuSecondsOf(pid) - cpu };
}

async function ask(task: SinkTask): Promise<SinkResult> {
  const program = path.join(import.meta.dirname, 'sink-child.ts');
  const { stdout, stderr } = await runProcess(process.execPath, [program, JSON.stringify(task)], {
    timeoutMs: 120_000,
  });
  if (stdout === '') throw new Error(`the sink failed: ${stderr.slice(-500)}`);
  return JSON.parse(stdout) as SinkResult;
}

async function wireBytes(task: Way['task'], rows: number): Promise<Readonly<Record<Way['query'], number>>> {
  const bytesOf = async (query: Way['query']): Promise<number> =>
    (await ask({ ...task, query: QUERIES[query](rows) })).bytes;
  return { SELECT: await bytesOf('SELECT'), COPY: await bytesOf('COPY') };
}

function summarise(
  way: Way,
  ways: readonly Way[],
  rounds: readonly ReadonlyMap<Way, Run>[],
  size: { readonly rows: number; readonly bytes: number },
): ResultCell {
  const direct = ways.find(({ name, query }) => name === 'direct' && query === way.query);
  const runs = rounds.flatMap((round) => round.get(way) ?? []);
  const ratios = rounds.flatMap((round) => {
    const own = round.get(way);
    const other = direct === undefined ? undefined : round.get(direct);
    return own === undefined || other === undefined ? [] : [other.ms / own.ms];
  });
  // Too little to be told from nothing in steps of 10 ms is not told at all.
  const cpuSeconds = median(runs.map((run) => run.cpuSeconds)) || undefined;
  return {
    peer: way.name,
    query: way.query,
    recording: way.recording,
    toDirect: median(ratios),
    megabytesPerSecond: size.bytes / 1000 / median(runs.map((run) => run.ms)),
    megabytesPerCpuSecond: cpuSeconds === undefined ? undefined : size.bytes / 1e6 / cpuSeconds,
    millionRowsPerCpuSecond: cpuSeconds === undefined ? undefined : size.rows / 1e6 / cpuSeconds,
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Rows of a table for the terminal. */
export function formatResults(cells: readonly ResultCell[]): readonly Readonly<Record<string, string>>[] {
  return cells.map((cell) => ({
    way: cell.peer,
    query: cell.query,
    recording: cell.recording,
    '÷ direct': cell.toDirect.toFixed(2),
    'MB/s': cell.megabytesPerSecond.toFixed(0),
    'MB/CPU-s': cell.megabytesPerCpuSecond?.toFixed(0) ?? '',
    'M rows/CPU-s': cell.millionRowsPerCpuSecond?.toFixed(2) ?? '',
  }));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      rows: { type: 'string', default: '1000000' },
      rounds: { type: 'string', default: '3' },
      only: { type: 'string', default: '' },
      node: { type: 'string', multiple: true, default: [] },
    },
  });
  const cells = await benchResults({
    rows: Number(values.rows),
    rounds: Number(values.rounds),
    only: values.only,
    note: (line) => console.error(`  ${line}`),
    nodeFlags: values.node,
  });
  console.table(formatResults(cells));
}
