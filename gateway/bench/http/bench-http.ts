/**
 * HTTP through the gateway against its peers: `npm run bench -- --legs http`, or
 * `node gateway/bench/http/bench-http.ts [--rounds N] [--seconds N] [--connections 1,32] [--gib N]`.
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startTestIssuer } from '../../test/support/issuer.ts';
import { createTemporaryFolder } from '../../test/support/temporary-folder.ts';
import { cpuSecondsOf } from '../gateway-process.ts';
import { download } from './download.ts';
import { type HttpPeer, haproxyPeer, nginxPeer, sallyportPeer } from './peers.ts';
import { startService } from './service.ts';
import { type LoadResult, runWrk, wrkProgram } from './wrk.ts';

/** Small answers: one way, one number of connections. */
export interface HttpCell {
  readonly peer: string;
  readonly connections: number;
  readonly requestsPerSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
  /** Medians over the rounds of this way's rate by that of another in the same round. */
  readonly toDirect: number;
  readonly toNginx: number | undefined;
  readonly cpuUsPerRequest: number | undefined;
}

/** One large download. */
export interface DownloadCell {
  readonly peer: string;
  readonly what: string;
  readonly megabytes: number;
  readonly megabytesPerSecond: number;
  readonly rssBefore: number | undefined;
  readonly rssPeak: number | undefined;
}

/** How long and how often. */
export interface HttpBenchOptions {
  readonly rounds: number;
  readonly seconds: number;
  readonly connections: readonly number[];
  /** Size of the download. */
  readonly gibibytes: number;
  readonly note: (line: string) => void;
  readonly nodeFlags?: readonly string[];
}

interface Way {
  readonly name: string;
  readonly peer: HttpPeer;
  readonly token: string;
}

interface Run extends LoadResult {
  readonly cpuUsPerRequest: number | undefined;
}

/** Measures everything; undefined where a tool is missing. */
export async function benchHttp(
  options: HttpBenchOptions,
): Promise<{ readonly small: readonly HttpCell[]; readonly large: readonly DownloadCell[] } | undefined> {
  const program = wrkProgram();
  await using undo = new AsyncDisposableStack();
  const folder = undo.use(createTemporaryFolder('bench-http')).path;
  const service = await startService(folder, options.gibibytes * 1024 ** 3);
  if (program === undefined || service === undefined) {
    options.note('wrk or nginx is not installed (Debian packages of these names): skipped');
    return undefined;
  }
  undo.use(service.process);
  const issuer = undo.use(await startTestIssuer());
  const nginx = await nginxPeer(folder, service);
  const haproxy = await haproxyPeer(folder, service);
  const how = { issuer, nodeFlags: options.nodeFlags ?? [] };
  const recorded = await sallyportPeer(folder, service, { ...how, isRecorded: true });
  const unrecorded = await sallyportPeer(folder, service, { ...how, isRecorded: false });
  for (const peer of [nginx, haproxy, recorded, unrecorded]) if (peer !== undefined) undo.use(peer.process);
  const hours = 24 * 3600;
  const plain = await issuer.token({ groups: ['plain'], expiresIn: hours });
  const masked = await issuer.token({ groups: ['masked'], expiresIn: hours });
  const direct: HttpPeer = { name: 'direct', base: `http://127.0.0.1:${service.port}`, pid: undefined };
  const others = [direct, nginx, haproxy].filter((peer) => peer !== undefined);
  const ways: readonly Way[] = [
    ...others.map((peer) => ({ name: peer.name, peer, token: plain })),
    ...[recorded, unrecorded].flatMap((peer) => [
      { name: peer.name, peer, token: plain },
      { name: `${peer.name}, JSON mask`, peer, token: masked },
    ]),
  ];
  const small: HttpCell[] = [];
  for (const connections of options.connections) {
    options.note(`small answers, ${connections} connection(s)`);
    small.push(...(await measureSmall(program, ways, connections, options)));
  }
  options.note(`downloads`);
  return { small, large: await measureLarge(ways) };
}

async function measureSmall(
  program: string,
  ways: readonly Way[],
  connections: number,
  { rounds, seconds }: HttpBenchOptions,
): Promise<readonly HttpCell[]> {
  const all: Map<string, Run>[] = [];
  // The first round warms up and counts for nothing.
  for (let round = 0; round <= rounds; round += 1) {
    const runs = new Map<string, Run>();
    for (const { name, peer, token } of ways) {
      const before = peer.pid === undefined ? 0 : cpuSecondsOf(peer.pid);
      const url = `${peer.base}/customers.json`;
      const result = await runWrk(program, { url, token, connections, seconds: round === 0 ? 1 : seconds });
      const requests = result.requestsPerSecond * seconds;
      const cpu = peer.pid === undefined ? undefined : (cpuSecondsOf(peer.pid) - before) * 1e6;
      runs.set(name, { ...result, cpuUsPerRequest: cpu === undefined ? undefined : cpu / requests });
    }
    if (round > 0) all.push(runs);
  }
  return ways.map(({ name }) => {
    const own = all.flatMap((round) => round.get(name) ?? []);
    const against = (other: string): number[] =>
      all.flatMap((round) => {
        const [mine, theirs] = [round.get(name), round.get(other)];
        return mine === undefined || theirs === undefined
          ? []
          : [mine.requestsPerSecond / theirs.requestsPerSecond];
      });
    const toNginx = against('nginx');
    const cpus = own.flatMap((run) => run.cpuUsPerRequest ?? []);
    // nginx works in a child of the process that is known.
    const isKnown = name.startsWith('sallyport') && cpus.length > 0;
    return {
      peer: name,
      connections,
      requestsPerSecond: median(own.map((run) => run.requestsPerSecond)),
      p50Us: median(own.map((run) => run.p50Us)),
      p99Us: median(own.map((run) => run.p99Us)),
      toDirect: median(against('direct')),
      toNginx: toNginx.length === 0 ? undefined : median(toNginx),
      cpuUsPerRequest: isKnown ? median(cpus) : undefined,
    };
  });
}

async function measureLarge(ways: readonly Way[]): Promise<readonly DownloadCell[]> {
  const cells: DownloadCell[] = [];
  for (const { name, peer, token } of ways) {
    // A mask refuses what it cannot look into; of what it can there is a file of lines.
    const isMasked = name.endsWith('mask');
    const what = isMasked ? 'lines.ndjson' : 'large.bin';
    const pid = name.startsWith('sallyport') ? peer.pid : undefined;
    const { bytes, seconds, rssBefore, rssPeak } = await download(`${peer.base}/${what}`, token, pid);
    const megabytes = bytes / 1e6;
    cells.push({ peer: name, what, megabytes, megabytesPerSecond: megabytes / seconds, rssBefore, rssPeak });
  }
  return cells;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Rows of a table of small answers. */
export function formatSmall(cells: readonly HttpCell[]): readonly Record<string, string | number>[] {
  return cells.map((cell) => ({
    way: cell.peer,
    connections: cell.connections,
    'requests/s': Math.round(cell.requestsPerSecond),
    '÷ direct': cell.toDirect.toFixed(2),
    '÷ nginx': cell.toNginx?.toFixed(2) ?? '',
    'p50 µs': Math.round(cell.p50Us),
    'p99 µs': Math.round(cell.p99Us),
    'CPU µs': cell.cpuUsPerRequest === undefined ? '' : Math.round(cell.cpuUsPerRequest),
  }));
}

/** Rows of a table of downloads. */
export function formatLarge(cells: readonly DownloadCell[]): readonly Record<string, string | number>[] {
  return cells.map((cell) => ({
    way: cell.peer,
    file: cell.what,
    MB: Math.round(cell.megabytes),
    'MB/s': Math.round(cell.megabytesPerSecond),
    'RSS before, MiB': cell.rssBefore ?? '',
    'RSS at most, MiB': cell.rssPeak ?? '',
  }));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '2' },
      seconds: { type: 'string', default: '4' },
      connections: { type: 'string', default: '1,32' },
      gib: { type: 'string', default: '2' },
      node: { type: 'string', multiple: true, default: [] },
    },
  });
  const result = await benchHttp({
    rounds: Number(values.rounds),
    seconds: Number(values.seconds),
    connections: values.connections.split(',').map(Number),
    gibibytes: Number(values.gib),
    note: (line) => console.error(`  ${line}`),
    nodeFlags: values.node,
  });
  if (result !== undefined) {
    console.table(formatSmall(result.small));
    console.table(formatLarge(result.large));
  }
}
