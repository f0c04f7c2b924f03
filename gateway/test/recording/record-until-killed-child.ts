/**
 * A process that records several sessions at once until it is killed. It prints what the audit was told of the
 * recordings, line by line, after the audit has it: `<type> <session> <bytes> <chain>`.
 */
import { writeSync } from 'node:fs';
import { openAuditLog } from '../../src/audit/open-audit-log.ts';
import type { AuditEvent } from '../../src/model/audit-event.ts';
import { DEFAULT_RECORDING } from '../../src/recording/config.ts';
import { recordingLayout } from '../../src/recording/layout.ts';
import { RecorderFiles } from '../../src/recording/recorder.ts';
import { diskFiles } from '../../src/recording/recording-files.ts';
import { recoverRecordings } from '../../src/recording/recover-recordings.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { request, session } from './session-data.ts';

const [, , folder = '', round = ''] = process.argv;
const clock = { nowMs: (): number => Date.now() };
const log = createLog('error', (line) => void writeSync(2, line), clock.nowMs);
const audit = await openAuditLog({ folder, durability: 'written', clock });
const layout = recordingLayout(folder);
await recoverRecordings({ layout, files: diskFiles, audit, log });
const told = (event: AuditEvent): void => {
  if (event.type !== 'recording.mark' && event.type !== 'recording.closed') return;
  writeSync(1, `${event.type} ${event.session} ${event.bytes} ${event.chain}\n`);
};
const recorder = new RecorderFiles({
  plan: { ...DEFAULT_RECORDING, flushMs: 1, durability: 'synced', openFiles: 8 },
  layout,
  files: diskFiles,
  audit: {
    append: async (events, durability) => {
      await audit.append(events, durability);
      events.forEach(told);
    },
    enqueue: (event) => void audit.append([event]).then(() => told(event)),
  },
  clock,
  log,
});
const rows = Buffer.alloc(64 * 1024, 'row ');

async function run(name: string, size: number): Promise<never> {
  for (let s = 0; ; s += 1) {
    const id = `ses_${round}_${name}${s}`;
    const recording = recorder.open(session(id));
    for (let n = 1; n <= 30; n += 1) {
      const exchange = recording.begin(request(id, n));
      for (let left = (n * 37 * size) % (size * 10); left > 0; left -= rows.length) {
        if (!recording.data(exchange, rows, 0, Math.min(left, rows.length))) await recording.whenDrained();
      }
      recording.end(exchange, { status: 'ok', result: { n }, durationMs: 1 });
      if (n % 7 === 0) recording.flush();
      await new Promise(setImmediate);
    }
    await recording.close('done');
  }
}

await Promise.all([
  run('a', 10),
  run('b', 100),
  run('c', 10_000),
  run('d', 100_000),
  ...Array.from({ length: 12 }, (_, i) => run(`e${i}_`, 50)),
]);
