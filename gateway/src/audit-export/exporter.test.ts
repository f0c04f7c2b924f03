import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { closed, intent, opened, openLog, temporaryFolder } from '../../test/audit/audit-fixture.ts';
import type { AuditRecord } from '../audit/record.ts';
import { createLog } from '../telemetry/log.ts';
import { Exporter } from './exporter.ts';
import { positionFile, readPosition } from './position.ts';
import { createFileSink } from './sinks/file-sink.ts';
import type { ExportLine, Sink } from './sinks/sink.ts';

const TERMS = { idleMs: 1, retryMs: 1, mostRetryMs: 2 };
const clock = { nowMs: () => 0 };

/** Takes what it is given, unless it is told to fail. */
class MemorySink implements Sink {
  readonly lines: ExportLine[] = [];
  failures = 0;
  isDown = false;

  async send(lines: readonly ExportLine[]): Promise<void> {
    if (this.isDown) {
      this.failures += 1;
      throw new Error('down');
    }
    this.lines.push(...lines);
  }

  get seqs(): readonly number[] {
    return this.lines.map(({ seq }) => seq);
  }
}

function exporter(dataFolder: string, sink: Sink, format: 'ocsf' | 'jsonl' = 'jsonl'): Exporter {
  const log = createLog('error', () => undefined, clock.nowMs);
  const made = new Exporter({ name: 'out', to: 'file', format }, sink, { dataFolder, clock, log }, TERMS);
  made.start();
  return made;
}

async function filled(folder: string, from: number, to: number): Promise<void> {
  const log = await openLog(folder);
  await log.append([opened(`ses_${from}`)]);
  for (let n = from; n < to; n += 1) await log.append([intent(`ses_${from}`, n)]);
  await log.append([closed(`ses_${from}`)]);
  await log.close();
}

const upTo = (last: number): readonly number[] => Array.from({ length: last }, (_, index) => index + 1);

describe('an export of the audit', () => {
  it('sends every record in order, over segments, and goes on where it was after a restart', async () => {
    const folder = temporaryFolder();
    await filled(folder, 0, 20);
    const sink = new MemorySink();
    const first = exporter(folder, sink);
    await vi.waitFor(() => expect(sink.seqs.length).toBeGreaterThan(20));
    await first.close();
    await filled(folder, 20, 40);
    const second = exporter(folder, sink);
    const last = (): number => sink.seqs.at(-1) ?? 0;
    await vi.waitFor(() => expect(last()).toBeGreaterThan(45));
    await second.close();
    expect(sink.seqs).toEqual(upTo(last()));
  });

  it('follows a log that grows', async () => {
    const folder = temporaryFolder();
    const log = await openLog(folder);
    const sink = new MemorySink();
    const running = exporter(folder, sink);
    for (let n = 0; n < 10; n += 1) {
      await log.append([intent('ses_a', n)]);
      await vi.waitFor(() => expect(sink.lines.some(({ text }) => text.includes(`"ses_a.${n}"`))).toBe(true));
    }
    await log.close();
    await running.close();
    expect(sink.seqs).toEqual(upTo(sink.seqs.length));
  });

  it('P10: a receiver that is down loses nothing and holds nothing up', async () => {
    const folder = temporaryFolder();
    const sink = new MemorySink();
    sink.isDown = true;
    const running = exporter(folder, sink);
    await filled(folder, 0, 10);
    await vi.waitFor(() => expect(sink.failures).toBeGreaterThan(3));
    expect(running.status()).toMatchObject({ state: 'failing', seq: 0, lastFailure: { reason: 'down' } });
    sink.isDown = false;
    await vi.waitFor(() => expect(running.status()).toMatchObject({ state: 'ok' }));
    await vi.waitFor(() => expect(sink.seqs.length).toBeGreaterThan(11));
    await running.close();
    expect(sink.seqs).toEqual(upTo(sink.seqs.length));
  });

  it('begins anew where its position is damaged: twice is better than never', async () => {
    const folder = temporaryFolder();
    await filled(folder, 0, 3);
    const path = positionFile(folder, 'out');
    mkdirSync(join(path, '..'), { recursive: true });
    for (const text of ['', '{', '{"segment":0,"offset":-1,"seq":"x"}', 'null']) {
      writeFileSync(path, text);
      expect(await readPosition(path)).toEqual({ segment: 1, offset: 0, seq: 0 });
    }
    rmSync(path);
    const sink = new MemorySink();
    const running = exporter(folder, sink);
    await vi.waitFor(() => expect(sink.seqs.length).toBeGreaterThan(4));
    await running.close();
    expect(await readPosition(path)).toMatchObject({ seq: sink.seqs.at(-1) });
  });

  it('of OCSF knows who is in a session that began before it did', async () => {
    const folder = temporaryFolder();
    const log = await openLog(folder);
    await log.append([opened('ses_early', 'bob'), intent('ses_early', 1)]);
    const sink = new MemorySink();
    const first = exporter(folder, sink, 'ocsf');
    await vi.waitFor(() => expect(sink.lines.length).toBeGreaterThan(1));
    await first.close();
    await log.append([intent('ses_early', 2)]);
    const second = exporter(folder, sink, 'ocsf');
    await vi.waitFor(() => expect(sink.lines.some(({ text }) => text.includes('ses_early.2'))).toBe(true));
    await second.close();
    await log.close();
    expect(JSON.parse(sink.lines.at(-1)?.text ?? '{}')).toMatchObject({
      class_uid: 6005,
      actor: { user: { uid: 'bob' } },
    });
  });

  it('to a file appends whole lines, and to the new one where the file was rotated away', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'out.jsonl');
    await filled(folder, 0, 3);
    const running = exporter(folder, createFileSink(path));
    const lines = (): readonly AuditRecord[] =>
      readFileSync(path, 'utf8')
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as AuditRecord);
    await vi.waitFor(() => expect(lines().length).toBeGreaterThan(4));
    const before = lines().length;
    rmSync(path);
    await filled(folder, 3, 6);
    await vi.waitFor(() => expect(lines().length).toBeGreaterThan(4));
    await running.close();
    expect(lines()[0]?.seq).toBe(before + 1);
  });
});
