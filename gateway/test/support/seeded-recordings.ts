/** Recordings of many small exchanges, for searches: which is like what follows from its number, so that what has to be found is known. */
import type { AuditLog } from '../../src/model/audit-event.ts';
import type { RecordedRequest, RecordedSession } from '../../src/model/recording.ts';
import { DEFAULT_RECORDING } from '../../src/recording/config.ts';
import { RecordingIndex } from '../../src/recording/index/recording-index.ts';
import { recordingLayout } from '../../src/recording/layout.ts';
import { RecorderFiles } from '../../src/recording/recorder.ts';
import { diskFiles } from '../../src/recording/recording-files.ts';
import { createLog } from '../../src/telemetry/log.ts';

/** Exchanges of one session. */
export const SESSION_EXCHANGES = 1000;

/** One exchange: the session's number, from 0, and its own in it, from 1. */
export interface SeededExchange {
  readonly s: number;
  readonly n: number;
}

/** The tables that are asked for, one after the other. */
export const TABLES: readonly string[] = [
  'orders',
  'customers',
  'invoices',
  'payments',
  'shipments',
  'tickets',
  'accounts',
  'events',
];

/** What is alike for every protocol and no matter to searches: the row that each exchange delivers. */
const ROW = Buffer.from('T\0\0\0\x1eD\0\0\0\x20 4711 | anna@example.com | eu');

/** Id of a session. */
export function sessionId(s: number): string {
  return `ses_${s}`;
}

/** Who opened it, and on what. */
export function seededSession(s: number): RecordedSession {
  return {
    session: sessionId(s),
    protocol: 'postgres',
    principal: {
      issuer: 'https://idp.example',
      subject: `svc-${s % 40}`,
      groups: ['data-agents'],
      agent: `bot-${s % 7}`,
      run: `run-${s}`,
      delegation: [],
      tokenDigest: 'ab'.repeat(16),
      expiresAtMs: 0,
    },
    resource: s % 3 === 0 ? 'pg-prod' : 'pg-test',
    account: 'reader',
    sourceAddress: '127.0.0.1',
    hints: {},
    details: {},
  };
}

/** What is asked; one in fifty is denied. */
export function seededRequest({ s, n }: SeededExchange): RecordedRequest {
  const id = sessionId(s);
  const table = TABLES[n % TABLES.length] ?? '';
  return {
    exchange: `${id}.${n.toString(36)}`,
    request: {
      text: `SELECT id, name, region_${n % 977} FROM public.${table} WHERE id = $1 AND note = 'word${(n * 7919) % 50_021}' LIMIT 50`,
      steps: ['parse', 'bind', 'execute'],
      parameters: [String(n), 'eu'],
    },
    summary: `SELECT on public.${table}`,
    effect: n % 50 === 0 ? 'deny' : 'permit',
    decision: `dec_${id}_${n}`,
    rules: [n % 50 === 0 ? 'bounded-writes' : 'analytics-read'],
    policy: { hash: 'ab'.repeat(32) },
  };
}

/** A recorder below a data folder, without bounds on what it records. @param nowMs its clock */
export function seedingRecorder(folder: string, nowMs: () => number): RecorderFiles {
  const audit: AuditLog = { append: async () => {}, enqueue: () => {} };
  return new RecorderFiles({
    plan: { ...DEFAULT_RECORDING, resultBytes: 1e12, sessionBytes: 1e12 },
    layout: recordingLayout(folder),
    files: diskFiles,
    audit,
    clock: { nowMs },
    log: createLog(
      'error',
      (line) => void process.stderr.write(line),
      () => Date.now(),
    ),
  });
}

/** Records sessions of {@link SESSION_EXCHANGES} each. @param tick is called before each exchange */
export async function seedSessions(
  recorder: RecorderFiles,
  sessions: number,
  tick: () => void,
): Promise<void> {
  for (let s = 0; s < sessions; s += 1) {
    const recording = recorder.open(seededSession(s));
    for (let n = 1; n <= SESSION_EXCHANGES; n += 1) {
      tick();
      const exchange = recording.begin(seededRequest({ s, n }));
      recording.data(exchange, ROW, 0, ROW.length);
      recording.end(exchange, {
        status: 'ok',
        result: { tag: 'SELECT 1', rows: 1, bytes: 55 },
        durationMs: 1,
      });
      if (n % 100 === 0) {
        await new Promise(setImmediate);
        await recording.whenDrained();
      }
    }
    await recording.close('done');
  }
}

/** Records sessions below a data folder, a millisecond between two exchanges and the last one just now, and indexes them. */
export async function seedRecordings(folder: string, sessions: number): Promise<void> {
  let nowMs = Date.now() - sessions * SESSION_EXCHANGES;
  const recorder = seedingRecorder(folder, () => nowMs);
  await seedSessions(recorder, sessions, () => (nowMs += 1));
  await recorder.close();
  const index = RecordingIndex.open(recordingLayout(folder));
  await index.catchUp();
  index.close();
}
