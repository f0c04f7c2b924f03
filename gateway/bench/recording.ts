/**
 * What recording costs, and how fast recordings are searched: `node gateway/bench/recording.ts [exchanges to search]`,
 * a million unless said. Not a test. Files go to the temporary folder.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { RecordingIndex } from '../src/recording/index/recording-index.ts';
import type { ExchangeSearch } from '../src/recording/index/search-query.ts';
import { recordingLayout } from '../src/recording/layout.ts';
import {
  SESSION_EXCHANGES,
  seededRequest,
  seededSession,
  seedingRecorder,
  seedSessions,
} from '../test/support/seeded-recordings.ts';
import { searchByApi } from './search-api.ts';

const EXCHANGES = Number(process.argv[2] ?? 1_000_000);
const SESSIONS = Math.max(1, Math.floor(EXCHANGES / SESSION_EXCHANGES));
const CHUNK = Buffer.alloc(64 * 1024, 'row of a result that streams ');
/** Microseconds of CPU and of time that `work` takes a round. */
async function cost(rounds: number, work: () => Promise<void>): Promise<{ cpuUs: number; wallUs: number }> {
  const cpu = process.cpuUsage();
  const startMs = performance.now();
  await work();
  const wallUs = ((performance.now() - startMs) * 1000) / rounds;
  const used = process.cpuUsage(cpu);
  return { cpuUs: (used.user + used.system) / rounds, wallUs };
}

async function record(folder: string): Promise<void> {
  let nowMs = Date.now() - EXCHANGES;
  const recorder = seedingRecorder(folder, () => nowMs);
  const small = await cost(EXCHANGES, () => seedSessions(recorder, SESSIONS, () => (nowMs += 1)));
  const MIB = 1024;
  const bulk = await cost(MIB, async () => {
    const recording = recorder.open({ ...seededSession(1), session: 'ses_bulk' });
    const exchange = recording.begin({ ...seededRequest({ s: 1, n: 1 }), exchange: 'ses_bulk.1' });
    for (let i = 0; i < MIB * 16; i += 1) {
      if (!recording.data(exchange, CHUNK, 0, CHUNK.length)) await recording.whenDrained();
    }
    await recording.close('done');
  });
  await recorder.close();
  process.stdout.write(
    `small exchange (begin, 55 bytes, end): ${small.cpuUs.toFixed(2)} µs CPU, ${small.wallUs.toFixed(2)} µs\n` +
      `bulk: ${(1e6 / bulk.wallUs).toFixed(0)} MiB/s to disk and back-pressure, ${bulk.cpuUs.toFixed(0)} µs CPU a MiB\n`,
  );
}

const SEARCHES: readonly Omit<ExchangeSearch, 'limit'>[] = [
  {},
  { words: 'word12345' },
  { words: 'select' },
  { words: 'invoices region_5' },
  { words: 'word1' },
  { principal: 'svc-7' },
  { run: 'run-3', words: 'customers' },
  { rule: 'bounded-writes', resource: 'pg-prod' },
  { words: 'select public payments', principal: 'bot-3', effect: 'deny' },
  { decision: 'dec_ses_1_500' },
  { words: 'nowhere' },
];

async function search(folder: string): Promise<void> {
  const index = RecordingIndex.open(recordingLayout(folder));
  const filled = await cost(EXCHANGES, () => index.catchUp());
  process.stdout.write(`indexing: ${filled.wallUs.toFixed(1)} µs an exchange\n`);
  for (const asked of SEARCHES) {
    const times: number[] = [];
    let count = 0;
    for (let i = 0; i < 5; i += 1) {
      const startMs = performance.now();
      count = index.search({ ...asked, limit: 50 }).exchanges.length;
      times.push(performance.now() - startMs);
    }
    const [first = 0] = times;
    const best = Math.min(...times);
    process.stdout.write(
      `${JSON.stringify(asked).padEnd(70)} ${String(count).padStart(3)} found  first ${first.toFixed(1)} ms  best ${best.toFixed(1)} ms\n`,
    );
  }
  index.close();
}

const folder = mkdtempSync(join(tmpdir(), 'sallyport-bench-'));
try {
  await record(folder);
  await search(folder);
  await searchByApi(folder);
} finally {
  rmSync(folder, { recursive: true });
}
