/** How fast a place in a recorded desktop is found and drawn, by the API of the gateway as the console and the command line read it. */

import type { ApiOptions } from '../../src/cli/api-client.ts';
import { recordingFromApi } from '../../src/cli/api-recording.ts';
import { DesktopReader } from '../../src/cli/desktop/desktop-reader.ts';
import { FILE_HEADER_BYTES } from '../../src/recording/format.ts';
import { openSource } from '../../src/recording/frame-reader.ts';
import { scanRecording } from '../../src/recording/index/scan-recording.ts';
import { cpuSecondsOf } from '../gateway-process.ts';

/** What seeks came to; times in milliseconds, from the request to the whole picture. */
export interface SeekFigures {
  readonly count: number;
  readonly seed: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly worstMs: number;
  /** Processor time of one, of this process and of the gateway's. */
  readonly readerCpuMs: number;
  readonly readerCpuP95Ms: number;
  readonly gatewayCpuMs: number;
}

/** In its first seconds a session has no picture yet. */
const FIRST_MS = 10_000;

/** Seeks at random times of a session, one after the other. @throws Error where a picture is not wholly known */
export async function timeSeeks(
  session: string,
  api: ApiOptions,
  {
    count,
    durationMs,
    seed,
    pid,
  }: {
    readonly count: number;
    readonly durationMs: number;
    readonly seed: number;
    /** Of the gateway. */
    readonly pid: number;
  },
): Promise<SeekFigures> {
  const [own, gateways] = [process.cpuUsage(), cpuSecondsOf(pid)];
  const random = randomFrom(seed);
  const times: number[] = [];
  const readerMs: number[] = [];
  for (let done = 0; done < count; done += 1) {
    const atMs = FIRST_MS + random(durationMs - FIRST_MS);
    const [beganMs, beganCpu] = [performance.now(), process.cpuUsage()];
    const reader = new DesktopReader();
    for await (const entry of recordingFromApi(session, { fromKeyMs: atMs, untilMs: atMs }, api))
      reader.take(entry);
    const { isKnown, screen } = reader.drawn();
    times.push(performance.now() - beganMs);
    const { user, system } = process.cpuUsage(beganCpu);
    readerMs.push((user + system) / 1000);
    if (screen === undefined || !isKnown)
      throw new Error(`not all of the picture is known at ${atMs} of ${durationMs} ms`);
  }
  const quantile = (of: readonly number[], share: number): number =>
    of.toSorted((left, right) => left - right)[Math.ceil(of.length * share) - 1] ?? Number.NaN;
  const { user, system } = process.cpuUsage(own);
  return {
    count,
    seed,
    p50Ms: quantile(times, 0.5),
    p95Ms: quantile(times, 0.95),
    worstMs: quantile(times, 1),
    readerCpuP95Ms: quantile(readerMs, 0.95),
    readerCpuMs: (user + system) / 1000 / count,
    gatewayCpuMs: ((cpuSecondsOf(pid) - gateways) * 1000) / count,
  };
}

/** How long a recorded session was, and at how many places of it reading may begin. */
export async function measureRecording(
  file: string,
): Promise<{ readonly durationMs: number; readonly keyFrames: number }> {
  const source = await openSource(file);
  try {
    let [durationMs, keyFrames] = [0, 0];
    for await (const fact of scanRecording(source, FILE_HEADER_BYTES)) {
      if (fact.kind === 'damaged') throw new Error(fact.reason);
      durationMs = Math.max(durationMs, fact.ms);
      if (fact.kind === 'key') keyFrames += 1;
    }
    return { durationMs, keyFrames };
  } finally {
    await source.close();
  }
}

/** mulberry32: small, and good enough to spread seeks. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}
