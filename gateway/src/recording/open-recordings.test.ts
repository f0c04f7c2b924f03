import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  AuditList,
  createRecorder,
  request,
  START_MS,
  session,
  silentLog,
  temporaryFolder,
} from '../../test/recording/recording-fixture.ts';
import { DEFAULT_RECORDING, recordingSchema } from './config.ts';
import { recordingLayout } from './layout.ts';
import { openRecordings } from './open-recordings.ts';
import { diskFiles } from './recording-files.ts';
import { deleteOld } from './retention.ts';

/** A busy machine is no failure. */
const PATIENT = { timeout: 30_000 };

const DAY_MS = 86_400_000;

async function open(folder: string, audit: AuditList, plan: object = {}, nowMs: number = START_MS) {
  return openRecordings(recordingSchema.parse(plan), {
    dataDir: folder,
    audit,
    clock: { nowMs: () => nowMs },
    log: silentLog,
  });
}

describe('recordings of a gateway', () => {
  it('P4: closes what the process before left open, records, and finds both', async () => {
    const before = createRecorder();
    const left = before.recorder.open(session('ses_left'));
    left.begin(request('ses_left', 1));
    left.flush();
    const audit = new AuditList();
    const recordings = await open(before.folder, audit);
    expect(audit.of('recording.closed')).toMatchObject([{ session: 'ses_left', reason: 'cut' }]);
    const recording = recordings.recorder?.open(session('ses_new'));
    recording?.begin(request('ses_new', 1));
    await recording?.close('x');
    await expect
      .poll(async () => (await recordings.ask('search', { limit: 9 })).exchanges.length, PATIENT)
      .toBe(2);
    await recordings.close();
    expect(readdirSync(recordings.layout.openFolder)).toEqual([]);
  });

  it('deletes what is older than it is kept, after the audit has its last link; nothing of a live session', async () => {
    const made = createRecorder();
    for (const id of ['ses_a', 'ses_b', 'ses_live']) {
      const recording = made.recorder.open(session(id));
      recording.begin(request(id, 1));
      if (id === 'ses_live') recording.flush();
      else await recording.close('x');
    }
    const chain = readFileSync(made.pathOf('ses_a')).toString('hex').slice(-64);
    const audit = new AuditList();
    const gone: string[] = [];
    const options = {
      layout: recordingLayout(made.folder),
      files: diskFiles,
      audit,
      days: 5,
      onDeleted: (sessions: readonly string[]) => void gone.push(...sessions),
    };
    expect(await deleteOld({ ...options, nowMs: START_MS + 5 * DAY_MS })).toBe(0);
    const broken = { append: () => Promise.reject(new Error('no space')), enqueue: () => {} };
    await expect(deleteOld({ ...options, audit: broken, nowMs: START_MS + 6 * DAY_MS })).rejects.toThrow(
      'no space',
    );
    expect(existsSync(made.pathOf('ses_a'))).toBe(true);
    expect(await deleteOld({ ...options, nowMs: START_MS + 6 * DAY_MS })).toBe(2);
    expect(gone).toEqual(['ses_a', 'ses_b']);
    expect([existsSync(made.pathOf('ses_a')), existsSync(made.pathOf('ses_live'))]).toEqual([false, true]);
    expect(audit.of('recording.deleted')).toMatchObject([
      { session: 'ses_a', chain, reason: 'older than 5 days' },
      { session: 'ses_b' },
    ]);
    await made.recorder.close();
    const later = await open(made.folder, audit, { retentionDays: 5 }, START_MS + 6 * DAY_MS);
    await expect.poll(() => existsSync(join(made.pathOf('ses_live'), '..')), PATIENT).toBe(false);
    await later.close();
  });

  it('keeps nothing where the config switches it off', async () => {
    const folder = temporaryFolder();
    const audit = new AuditList();
    const recordings = await open(folder, audit, { enabled: false });
    expect(recordings.recorder).toBeUndefined();
    await recordings.close();
    expect(audit.events).toEqual([]);
    expect(existsSync(join(recordings.layout.folder, '2026-11-26'))).toBe(false);
  });

  it('says what is wrong with its folder', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'recordings'), 'a file');
    await expect(open(folder, new AuditList())).rejects.toMatchObject({ code: 'ERR_RECORDING_UNREADABLE' });
  });
});

describe('the recording section of the config', () => {
  it('has defaults, and bounds', () => {
    expect(recordingSchema.parse(undefined)).toEqual(DEFAULT_RECORDING);
    expect(DEFAULT_RECORDING).toMatchObject({
      enabled: true,
      results: true,
      retentionDays: 90,
      durability: 'synced',
    });
    for (const wrong of [
      { retentionDays: 0 },
      { requestBytes: 1 },
      { openFiles: 1 },
      { durability: 'none' },
      { nope: 1 },
    ])
      expect(recordingSchema.safeParse(wrong).success).toBe(false);
  });
});
