/** What the long search by the console came to: read from the line that its suite leaves, and written as a page. */

/** The line. */
export interface SearchRun {
  /** That were searched. */
  readonly exchanges: number;
  /** Version of Chromium. */
  readonly browser: string;
  /** Each search: from the key to the painted results, in milliseconds. */
  readonly times: readonly { readonly kind: string; readonly ms: number }[];
}

/** Where and of what it was run. */
export interface SearchSetting {
  /** ISO 8601 date. */
  readonly date: string;
  readonly commit: string;
  readonly node: string;
  /** The machine, and what else it did. */
  readonly machine: string;
}

/** Reads the line; undefined where the suite left none, because it failed. */
export function parseSearchRun(text: string): SearchRun | undefined {
  try {
    const run = JSON.parse(text) as Partial<SearchRun>;
    const isWhole = typeof run.exchanges === 'number' && Array.isArray(run.times) && run.times.length > 0;
    return isWhole ? { exchanges: run.exchanges, browser: String(run.browser), times: run.times } : undefined;
  } catch {
    return undefined;
  }
}

/** The machine in words. @param load processes that wanted to run, as the system counts them, before the run */
export function machineText(cores: readonly { readonly model: string }[], load: number): string {
  const model = cores[0]?.model ?? 'unknown';
  return `${cores.length} cores (${model}), and ${load.toFixed(1)} other processes that wanted to run when it began.`;
}

/** The page. */
export function searchRunPage(run: SearchRun, { date, commit, node, machine }: SearchSetting): string {
  const rows = [...Map.groupBy(run.times, ({ kind }) => kind)].map(([kind, all]) => row(kind, all));
  return `# The last long search

Written by \`npm run test:long\`. A real Chromium signs in at the console, fills in the form of **Search in them**, presses Enter, and reads
what was found. A time is from the key to the first frame that shows the results, taken in the page. What is found is held against what was recorded: the
first rows with verdict, text, rule and agent, and how many there are, by going through the list (up to 300; of more, that there is a second page). A run with
one wrong result writes no page.

${run.exchanges.toLocaleString('en')} exchanges, ${run.times.length} searches, ${date}, commit ${commit}, Node ${node}, Chromium ${run.browser}.
${machine}

| Search for | Searches | p50 | p95 | Slowest |
|---|---|---|---|---|
${[...rows, row('**all**', run.times)].join('\n')}

What the API takes of it is in [Recording](recording.md#cost).
`;
}

function row(name: string, times: SearchRun['times']): string {
  const sorted = times.map(({ ms }) => ms).sort((left, right) => left - right);
  const at = (share: number): string => text(sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)]);
  return `| ${name} | ${sorted.length} | ${at(0.5)} | ${at(0.95)} | ${text(sorted.at(-1))} |`;
}

function text(ms: number | undefined): string {
  return ms === undefined ? '' : `${Math.round(ms).toLocaleString('en')} ms`;
}
