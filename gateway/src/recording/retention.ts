/** Recordings are kept for so many days; what goes is told to the audit first, with the last link of its chain. */
import { rmdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { AuditLog } from '../model/audit-event.ts';
import type { RecordingDeleted } from '../model/recording-event.ts';
import { CHAIN_BYTES, SEAL_BYTES } from './format.ts';
import { openSource } from './frame-reader.ts';
import {
  dayOf,
  listDays,
  listOpenMarks,
  listSessions,
  type RecordingLayout,
  type RecordingPlace,
  recordingPath,
} from './layout.ts';
import type { RecordingFiles } from './recording-files.ts';

const DAY_MS = 86_400_000;
/** Recordings that are deleted before others have their turn. */
const BATCH = 50;

/** What a {@link deleteOld} works with. */
export interface RetentionOptions {
  readonly layout: RecordingLayout;
  readonly files: RecordingFiles;
  readonly audit: AuditLog;
  readonly days: number;
  readonly nowMs: number;
  /** These are gone. */
  readonly onDeleted?: (sessions: readonly string[]) => void;
  readonly signal?: AbortSignal;
}

/**
 * Deletes recordings of days that are over for longer than they are kept, the oldest first; of a session that is still
 * live nothing. Answers how many. Rejects when the audit or the disk fails: what was not deleted stays for the next time.
 */
export async function deleteOld(options: RetentionOptions): Promise<number> {
  const { layout, days, nowMs, signal } = options;
  const first = dayOf(nowMs - days * DAY_MS);
  let count = 0;
  for (const day of listDays(layout)) {
    if (day >= first) break;
    const live = new Set(listOpenMarks(layout).map((place) => place.session));
    const old = listSessions(layout, day).filter((session) => !live.has(session));
    for (let at = 0; at < old.length; at += BATCH) {
      if (signal?.aborted === true) return count;
      const places = old.slice(at, at + BATCH).map((session) => ({ day, session }));
      await deleteSome(places, options);
      count += places.length;
      await new Promise<void>((resolve) => void setImmediate(resolve));
    }
    removeIfEmpty(join(layout.folder, day));
  }
  return count;
}

async function deleteSome(
  places: readonly RecordingPlace[],
  { layout, files, audit, days, onDeleted }: RetentionOptions,
): Promise<void> {
  const events: RecordingDeleted[] = [];
  for (const place of places) {
    const path = recordingPath(layout, place);
    events.push({
      type: 'recording.deleted',
      session: place.session,
      bytes: statSync(path).size,
      chain: await lastChain(path),
      reason: `older than ${days} days`,
    });
  }
  await audit.append(events);
  for (const place of places) files.remove(recordingPath(layout, place));
  onDeleted?.(places.map(({ session }) => session));
}

/** Payload of the seal at the end of a closed recording, unchecked; empty where there can be none. */
async function lastChain(path: string): Promise<string> {
  const source = await openSource(path);
  try {
    const at = (await source.size()) - SEAL_BYTES;
    const seal = Buffer.alloc(SEAL_BYTES);
    if (at < 0 || (await source.read(seal, at)) < SEAL_BYTES) return '';
    return seal.toString('hex', SEAL_BYTES - CHAIN_BYTES);
  } finally {
    await source.close();
  }
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // A recording of a live session is in it, or it is gone already.
  }
}
