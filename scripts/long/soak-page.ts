/** What a long time at a desktop came to: whether memory stayed flat, what it cost, and the page of the documentation that says so. */

/** The gateway at a time, in seconds since the scrolling began. */
export interface Sample {
  readonly seconds: number;
  readonly rssBytes: number;
  /** Since the start of the process, all threads. */
  readonly cpuSeconds: number;
  readonly recordingBytes: number;
}

/** What the soak prints. */
export interface SoakResult {
  readonly machine: 'shadow' | 'xrdp';
  readonly minutes: number;
  /** Mean of runnable processes over the last minutes of the soak, on so many cores. */
  readonly load: { readonly mean: number; readonly cores: number };
  readonly samples: readonly Sample[];
  readonly recordedBytes: number;
  readonly durationMs: number;
  readonly frames: number;
  readonly keyFrames: number;
  readonly seeks: {
    readonly count: number;
    readonly seed: number;
    /** From the request to the whole picture. */
    readonly p50Ms: number;
    readonly p95Ms: number;
    readonly worstMs: number;
    /** Processor time of one seek, of the reader and of the gateway. */
    readonly readerCpuMs: number;
    readonly readerCpuP95Ms?: number;
    readonly gatewayCpuMs: number;
  };
}

/** What the samples say, without the warm-up: the first twelfth. */
export interface SoakFigures {
  readonly firstQuarterRss: number;
  readonly lastQuarterRss: number;
  readonly mostRss: number;
  /** The last quarter is at most a tenth above the first. */
  readonly isFlat: boolean;
  /** Of one core. */
  readonly cpuShare: number;
  readonly recordedBytesPerHour: number;
}

/** Medians, so that one collection of garbage more or less tells nothing. @throws RangeError for fewer than eight samples */
export function soakFigures(samples: readonly Sample[]): SoakFigures {
  const kept = samples.slice(Math.floor(samples.length / 12));
  const [first, last] = [kept.at(0), kept.at(-1)];
  if (first === undefined || last === undefined || kept.length < 8)
    throw new RangeError(`${samples.length} samples say nothing`);
  const quarter = Math.floor(kept.length / 4);
  const firstQuarterRss = median(kept.slice(0, quarter));
  const lastQuarterRss = median(kept.slice(-quarter));
  const seconds = last.seconds - first.seconds;
  return {
    firstQuarterRss,
    lastQuarterRss,
    mostRss: Math.max(...kept.map(({ rssBytes }) => rssBytes)),
    isFlat: lastQuarterRss <= firstQuarterRss * 1.1,
    cpuShare: (last.cpuSeconds - first.cpuSeconds) / seconds,
    recordedBytesPerHour: ((last.recordingBytes - first.recordingBytes) / seconds) * 3600,
  };
}

function median(samples: readonly Sample[]): number {
  const sorted = samples.map(({ rssBytes }) => rssBytes).toSorted((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

const MACHINES = {
  shadow: 'FreeRDP’s shadow server 2.11, by NLA and the fast path, 32 bits',
  xrdp: 'xrdp 0.9 with xorgxrdp, inside of TLS and by the slow path',
};
/** Rows of the table. */
const ROWS = 12;

const megabytes = (bytes: number): string => Math.round(bytes / 1e6).toLocaleString('en');
const milliseconds = (ms: number): string => `${Math.round(ms).toLocaleString('en')} ms`;

/** The page. */
export function soakPage(
  result: SoakResult,
  { date, commit, node }: { readonly date: string; readonly commit: string; readonly node: string },
): string {
  const { samples, seeks, load } = result;
  const figures = soakFigures(samples);
  const step = Math.max(1, Math.round(samples.length / ROWS));
  const rows = samples.flatMap((sample, index) => {
    const before = samples[index - step];
    if ((index + 1) % step !== 0) return [];
    const cpu = sample.cpuSeconds - (before?.cpuSeconds ?? 0);
    const share = cpu / (sample.seconds - (before?.seconds ?? 0));
    const minutes = Math.round(sample.seconds / 60);
    return `| ${minutes} | ${megabytes(sample.rssBytes)} | ${(share * 100).toFixed(0)} % | ${megabytes(sample.recordingBytes)} |`;
  });
  return `# The last soak of a desktop

Written by \`npm run test:long -- --only desktop\`: a gateway with its defaults, as a process of its own, xfreerdp 2.11 before it and a real
desktop of 1024 by 768 points behind it, whose terminal prints some forty lines a second without end. Each minute something is typed
through the gateway, and has to come about on the machine. All of it is recorded.

${result.minutes} minutes, ${date}, commit ${commit}, Node ${node}; the machine was ${MACHINES[result.machine]}. ${load.cores} cores with a load of ${load.mean.toFixed(0)}: other work beside it.

| Minute | Memory (RSS), MB | CPU of one core since the row before | Recording, MB |
|---|---|---|---|
${rows.join('\n')}

- Memory, median of the first quarter after a warm-up of a twelfth, and of the last: ${megabytes(figures.firstQuarterRss)} MB and ${megabytes(figures.lastQuarterRss)} MB${figures.isFlat ? '' : ' (**not flat**)'}; the most was ${megabytes(figures.mostRss)} MB.
- CPU: ${(figures.cpuShare * 100).toFixed(0)} % of one core, all threads: both legs of TLS, checks, drawing, recording, and indexing.
- Recording: ${megabytes(figures.recordedBytesPerHour)} MB an hour; ${result.frames.toLocaleString('en')} frames, ${result.keyFrames.toLocaleString('en')} places at which reading may begin.
- A seek to a random time, by the API, from the request to the whole picture: p50 ${milliseconds(seeks.p50Ms)}, p95 ${milliseconds(seeks.p95Ms)}, the worst of ${seeks.count} ${milliseconds(seeks.worstMs)}
  (seed ${seeks.seed}). Of the processor it takes ${milliseconds(seeks.readerCpuMs)} of the reader, who draws${seeks.readerCpuP95Ms === undefined ? '' : ` (p95 ${milliseconds(seeks.readerCpuP95Ms)})`}, and ${milliseconds(seeks.gatewayCpuMs)} of the gateway.
`;
}
