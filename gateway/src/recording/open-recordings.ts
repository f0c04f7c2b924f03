/** Everything of recordings that a gateway needs, started in the right order. */
import { mkdirSync } from 'node:fs';
import type { AuditLog } from '../model/audit-event.ts';
import type { Clock } from '../model/clock.ts';
import type { Recorder } from '../model/recording.ts';
import type { Log } from '../telemetry/log.ts';
import type { RecordingPlan } from './config.ts';
import { causeText, recordingError } from './errors.ts';
import { IndexThread } from './index/index-thread.ts';
import { type RecordingLayout, recordingLayout } from './layout.ts';
import { RecorderFiles } from './recorder.ts';
import { diskFiles } from './recording-files.ts';
import { recoverRecordings } from './recover-recordings.ts';
import { deleteOld } from './retention.ts';

/** How often old recordings are looked for. */
const RETENTION_MS = 3_600_000;

/** What {@link openRecordings} works with. */
export interface RecordingServices {
  readonly dataDir: string;
  readonly audit: AuditLog;
  readonly clock: Clock;
  readonly log: Log;
}

/** Recordings of a gateway that runs. */
export interface OpenRecordings {
  /** Undefined where the config switches recordings off. */
  readonly recorder: Recorder | undefined;
  readonly layout: RecordingLayout;
  /** Asks the index. Rejects with a RecordingError. */
  readonly ask: IndexThread['ask'];
  /** Puts what was read of pictures into the index. */
  readonly putScreens: IndexThread['putScreens'];
  /** Ends all recordings, for the end of the gateway. Never rejects. */
  close(): Promise<void>;
}

/**
 * Closes what the process before left open, then records. Switched off, it still looks after what is there.
 * @throws RecordingError when the folder cannot be made
 */
export async function openRecordings(
  plan: RecordingPlan,
  services: RecordingServices,
): Promise<OpenRecordings> {
  const { dataDir, audit, clock, log } = services;
  const layout = recordingLayout(dataDir);
  const files = diskFiles;
  makeFolder(layout.openFolder);
  await recoverRecordings({ layout, files, audit, log });
  const index = new IndexThread({ dataDir, log });
  const recorder = plan.enabled
    ? new RecorderFiles({ plan, layout, files, audit, clock, log, onWritten: (place) => index.grown(place) })
    : undefined;
  const stop = new AbortController();
  let deleting: Promise<void> = Promise.resolve();
  const retain = (): void => {
    deleting = deleteOld({
      layout,
      files,
      audit,
      days: plan.retentionDays,
      nowMs: clock.nowMs(),
      onDeleted: (sessions) => index.remove(sessions),
      signal: stop.signal,
    }).then(
      (count) => {
        if (count > 0) log.info('old recordings were deleted', { count });
      },
      (cause: unknown) => log.error('old recordings cannot be deleted', { reason: causeText(cause) }),
    );
  };
  retain();
  const timer = setInterval(retain, RETENTION_MS).unref();
  return {
    recorder,
    layout,
    ask: (question, asked) => index.ask(question, asked),
    putScreens: (screens) => index.putScreens(screens),
    async close() {
      clearInterval(timer);
      stop.abort();
      await recorder?.close();
      await deleting;
      await index.close();
    },
  };
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw recordingError('ERR_RECORDING_UNREADABLE', `cannot make ${folder}: ${causeText(cause)}`, cause);
  }
}
