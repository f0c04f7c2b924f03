import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import type { AuditEvent, AuditLog } from '../../src/model/audit-event.ts';
import type { Clock } from '../../src/model/clock.ts';
import { DEFAULT_RECORDING, type RecordingPlan } from '../../src/recording/config.ts';
import { type ByteSource, type Frame, FrameReader } from '../../src/recording/frame-reader.ts';
import { recordingLayout } from '../../src/recording/layout.ts';
import { RecorderFiles, type RecorderOptions } from '../../src/recording/recorder.ts';
import { diskFiles } from '../../src/recording/recording-files.ts';
import { createLog, type Log } from '../../src/telemetry/log.ts';

export { request, session } from './session-data.ts';

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** An empty data folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-recording-'));
  folders.push(folder);
  return folder;
}

/** When recordings of tests begin. */
export const START_MS: number = Date.UTC(2026, 10, 26, 12);

/** A clock that goes on by one millisecond at each look. */
export function tickingClock(startMs: number = START_MS): Clock {
  let nowMs = startMs;
  return { nowMs: () => nowMs++ };
}

/** A log that nobody reads. */
export const silentLog: Log = createLog(
  'error',
  () => {},
  () => 0,
);

/** An audit in memory. */
export class AuditList implements AuditLog {
  readonly events: AuditEvent[] = [];

  async append(events: readonly AuditEvent[]): Promise<void> {
    this.events.push(...events);
  }

  enqueue(event: AuditEvent): void {
    this.events.push(event);
  }

  /** The events of one type. */
  of<Type extends AuditEvent['type']>(type: Type): readonly Extract<AuditEvent, { type: Type }>[] {
    return this.events.filter((event): event is Extract<AuditEvent, { type: Type }> => event.type === type);
  }
}

/** A recorder of a folder with what it works with. */
export interface TestRecorder {
  readonly recorder: RecorderFiles;
  readonly audit: AuditList;
  readonly folder: string;
  pathOf(session: string): string;
}

/** Makes a recorder. */
export function createRecorder(
  more: Partial<Omit<RecorderOptions, 'plan'>> & { readonly plan?: Partial<RecordingPlan> } = {},
  folder: string = temporaryFolder(),
): TestRecorder {
  const audit = new AuditList();
  const layout = recordingLayout(folder);
  const recorder = new RecorderFiles({
    layout,
    files: diskFiles,
    audit,
    clock: tickingClock(),
    log: silentLog,
    ...more,
    plan: { ...DEFAULT_RECORDING, durability: 'written', ...more.plan },
  });
  return {
    recorder,
    audit,
    folder,
    pathOf: (session) => join(layout.folder, '2026-11-26', `${session}.rec`),
  };
}

/** Bytes in memory. */
export function memorySource(bytes: Buffer): ByteSource {
  return {
    read: async (into, at) => bytes.copy(into, 0, Math.min(at, bytes.length)),
    size: async () => bytes.length,
    close: async () => {},
  };
}

/** All frames of a recording, with their payloads copied. */
export async function framesOf(bytes: Buffer): Promise<readonly Frame[]> {
  const frames: Frame[] = [];
  for await (const frame of new FrameReader(memorySource(bytes)).frames()) {
    frames.push({ ...frame, raw: Buffer.from(frame.raw), payload: Buffer.from(frame.payload) });
  }
  return frames;
}
