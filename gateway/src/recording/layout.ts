/** Where recordings are: `<data folder>/recordings/<day>/<session>.rec`, and a mark for each that has no end yet. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { causeText, recordingError } from './errors.ts';

const SUFFIX = '.rec';
const DAY = /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/;
const SESSION = /^[A-Za-z0-9_]{1,80}$/;

/** A recording by its place. */
export interface RecordingPlace {
  /** UTC day on which the session was opened: `2026-11-26`. */
  readonly day: string;
  readonly session: string;
}

/** Paths of one data folder. */
export interface RecordingLayout {
  readonly folder: string;
  /** Names of recordings that were not closed in order: `<day>_<session>`. */
  readonly openFolder: string;
  readonly indexFile: string;
}

/** The paths of a data folder. */
export function recordingLayout(dataDir: string): RecordingLayout {
  const folder = join(dataDir, 'recordings');
  return { folder, openFolder: join(folder, 'open'), indexFile: join(folder, 'index.sqlite') };
}

/** Whether the name can be a session's: nothing that leads to another folder. */
export function isSessionId(name: string): boolean {
  return SESSION.test(name);
}

/** The UTC day of a time. */
export function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** The file of a recording. */
export function recordingPath({ folder }: RecordingLayout, { day, session }: RecordingPlace): string {
  return join(folder, day, `${session}${SUFFIX}`);
}

/** The mark of a recording that has no end yet. */
export function openMarkPath({ openFolder }: RecordingLayout, { day, session }: RecordingPlace): string {
  return join(openFolder, `${day}_${session}`);
}

/** Recordings that have no end yet, in no order. */
export function listOpenMarks({ openFolder }: RecordingLayout): readonly RecordingPlace[] {
  return namesIn(openFolder).flatMap((name) => {
    const day = name.slice(0, 10);
    const session = name.slice(11);
    return DAY.test(day) && isSessionId(session) ? [{ day, session }] : [];
  });
}

/** Days that have recordings, the first first. */
export function listDays({ folder }: RecordingLayout): readonly string[] {
  return namesIn(folder)
    .filter((name) => DAY.test(name))
    .sort();
}

/** Sessions that were opened on a day and have a recording. */
export function listSessions({ folder }: RecordingLayout, day: string): readonly string[] {
  return namesIn(join(folder, day))
    .filter((name) => name.endsWith(SUFFIX) && isSessionId(name.slice(0, -SUFFIX.length)))
    .map((name) => name.slice(0, -SUFFIX.length))
    .sort();
}

/** Finds the recording of a session, the newest day first; undefined when there is none. */
export function findRecording(layout: RecordingLayout, session: string): RecordingPlace | undefined {
  if (!isSessionId(session)) return undefined;
  for (const day of [...listDays(layout)].reverse()) {
    const place = { day, session };
    if (statSync(recordingPath(layout, place), { throwIfNoEntry: false })?.isFile() === true) return place;
  }
  return undefined;
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return [];
    throw recordingError('ERR_RECORDING_UNREADABLE', `cannot read ${folder}: ${causeText(cause)}`, cause);
  }
}
