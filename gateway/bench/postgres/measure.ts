/** Interleaved rounds: every peer is measured in turn, again and again, so that a machine that drifts drifts for all. */
import { cpuSecondsOf } from '../gateway-process.ts';
import type { Peer } from './peers.ts';
import { type QueryMode, type RunResult, runPgbench } from './pgbench.ts';

/** One cell of the table. */
export interface Cell {
  readonly peer: string;
  readonly mode: QueryMode;
  readonly clients: number;
  readonly tls: boolean;
  readonly tps: number;
  readonly p50Us: number;
  readonly p99Us: number;
  /** Median over the rounds of this peer's tps divided by the direct tps of the same round. */
  readonly toDirect: number;
  readonly toPgbouncer: number | undefined;
  /** Median over the rounds of this peer's p50 minus the direct p50 of the same round, microseconds. */
  readonly addedP50Us: number;
  /** CPU time of the peer's process, all its threads, a transaction; undefined where it is not known. */
  readonly cpuUs: number | undefined;
}

/** What to measure. */
export interface Measurement {
  readonly program: string;
  readonly peers: readonly Peer[];
  readonly mode: QueryMode;
  readonly clients: number;
  readonly tls: boolean;
  readonly rounds: number;
  readonly seconds: number;
}

interface MeasuredRun extends RunResult {
  readonly cpuUs: number | undefined;
}

/** Measures one mode and client count for all peers. */
export async function measure(what: Measurement): Promise<readonly Cell[]> {
  const rounds: Map<string, MeasuredRun>[] = [];
  for (let round = 0; round < what.rounds; round += 1) {
    const results = new Map<string, MeasuredRun>();
    for (const peer of what.peers) results.set(peer.name, await runOnce(peer, what));
    rounds.push(results);
  }
  return what.peers.map((peer) => {
    const own = rounds.flatMap((round) => round.get(peer.name) ?? []);
    const against = (name: string, ratio: (own: RunResult, other: RunResult) => number): number[] =>
      rounds.flatMap((round) => {
        const mine = round.get(peer.name);
        const other = round.get(name);
        return mine === undefined || other === undefined ? [] : [ratio(mine, other)];
      });
    const cpus = own.flatMap((result) => result.cpuUs ?? []);
    const toPgbouncer = against('pgbouncer', (mine, other) => mine.tps / other.tps);
    return {
      peer: peer.name,
      mode: what.mode,
      clients: what.clients,
      tls: what.tls,
      tps: median(own.map((result) => result.tps)),
      p50Us: median(own.map((result) => result.p50Us)),
      p99Us: median(own.map((result) => result.p99Us)),
      toDirect: median(against('direct', (mine, other) => mine.tps / other.tps)),
      toPgbouncer: toPgbouncer.length === 0 ? undefined : median(toPgbouncer),
      addedP50Us: median(against('direct', (mine, other) => mine.p50Us - other.p50Us)),
      cpuUs: cpus.length === 0 ? undefined : median(cpus),
    };
  });
}

async function runOnce(peer: Peer, what: Measurement): Promise<MeasuredRun> {
  const { pid } = peer;
  const before = pid === undefined ? 0 : cpuSecondsOf(pid);
  const result = await runPgbench(what.program, peer, what);
  const cpuUs =
    pid === undefined ? undefined : ((cpuSecondsOf(pid) - before) * 1e6) / Math.max(1, result.transactions);
  return { ...result, cpuUs };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
