import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FaultyFiles } from '../../test/recording/faulty-files.ts';
import {
  AuditList,
  createRecorder,
  framesOf,
  memorySource,
  request,
  session,
  silentLog,
  type TestRecorder,
} from '../../test/recording/recording-fixture.ts';
import { checkRecording } from './check-recording.ts';
import { recordingLayout } from './layout.ts';
import { diskFiles } from './recording-files.ts';
import { recoverRecordings } from './recover-recordings.ts';

/** A busy machine is no failure. */
const PATIENT = { timeout: 30_000 };

const BULK = Buffer.alloc(64 * 1024, 'row ');
const recover = (folder: string, audit: AuditList): ReturnType<typeof recoverRecordings> =>
  recoverRecordings({ layout: recordingLayout(folder), files: diskFiles, audit, log: silentLog });

describe('a disk that is full', () => {
  it.each([
    ['a small write', 100, 1],
    ['a large write', 200_000, 40],
  ])(
    'P4: fails the recording once in %s, keeps what was whole, and holds no memory',
    async (_, room, chunks) => {
      const files = new FaultyFiles();
      const { recorder, audit, pathOf, folder } = createRecorder({ files });
      const failures: string[] = [];
      const recording = recorder.open(session('ses_a'), (error) => failures.push(error.code));
      const n = recording.begin(request('ses_a', 1));
      recording.flush();
      const whole = statSync(pathOf('ses_a')).size;
      files.room = room;
      let accepted = true;
      for (let i = 0; i < chunks; i += 1) {
        accepted = recording.data(n, BULK, 0, chunks === 1 ? 500 : BULK.length);
        if (!accepted) await recording.whenDrained();
      }
      recording.flush();
      await recording.whenDrained();
      await expect.poll(() => failures, PATIENT).toEqual(['ERR_RECORDING_UNWRITABLE']);
      expect(recording.failed).toMatchObject({
        code: 'ERR_RECORDING_UNWRITABLE',
        publicMessage: expect.stringContaining('nothing more is delivered'),
      });
      expect(recording.data(n, BULK, 0, 10)).toBe(false);
      recording.end(n, { status: 'error', result: {}, durationMs: 1 });
      await recording.close('x');
      expect(recorder.pending).toBe(0);
      const bytes = readFileSync(pathOf('ses_a'));
      expect(bytes.length).toBeGreaterThanOrEqual(whole);
      const failed = audit.of('recording.failed');
      expect(failed).toMatchObject([{ bytes: bytes.length, cause: expect.stringContaining('ENOSPC') }]);
      expect(await checkRecording(memorySource(bytes), failed)).toMatchObject({
        ok: true,
        sealedTo: bytes.length,
      });
      await recover(folder, audit);
      expect(audit.of('recording.closed')).toMatchObject([{ reason: 'cut' }]);
      const told = [...failed, ...audit.of('recording.closed')];
      expect(await checkRecording(memorySource(readFileSync(pathOf('ses_a'))), told)).toMatchObject({
        ok: true,
        end: 'cut',
      });
    },
  );

  it('does not hinder other sessions, nor the next one', async () => {
    const files = new FaultyFiles();
    const { recorder, audit } = createRecorder({ files });
    files.room = 10;
    const first = recorder.open(session('ses_a'));
    first.flush();
    expect(first.failed?.code).toBe('ERR_RECORDING_UNWRITABLE');
    files.room = 1e9;
    const second = recorder.open(session('ses_b'));
    second.begin(request('ses_b', 1));
    await second.close('x');
    await recorder.close();
    expect(audit.of('recording.closed')).toMatchObject([{ session: 'ses_b', reason: 'ended' }]);
  });

  it('P4: leaves the end to the next start when the device cannot sync', async () => {
    const files = new FaultyFiles();
    files.onSync = () => Promise.reject(new Error('EIO: i/o error, fdatasync'));
    const { recorder, audit, folder } = createRecorder({ files, plan: { durability: 'synced' } });
    const recording = recorder.open(session('ses_a'));
    await recording.close('x');
    expect(audit.events).toEqual([]);
    await recover(folder, audit);
    expect(audit.of('recording.closed')).toMatchObject([{ reason: 'ended' }]);
    expect(readdirSync(recordingLayout(folder).openFolder)).toEqual([]);
  });
});

describe('a disk that is slow', () => {
  it('P10: makes the result wait, in bounded memory, and lets it go on', async () => {
    const files = new FaultyFiles();
    const gate = { open: Promise.withResolvers<void>() };
    files.onWriteMany = () => gate.open.promise;
    const { recorder, pathOf } = createRecorder({ files, plan: { bufferBytes: 512 * 1024 } });
    const recording = recorder.open(session('ses_a'));
    const n = recording.begin(request('ses_a', 1));
    let chunks = 0;
    while (recording.data(n, BULK, 0, BULK.length)) chunks += 1;
    expect(chunks * BULK.length).toBeLessThan(1024 * 1024);
    let isDrained = false;
    const drained = recording.whenDrained().then(() => (isDrained = true));
    await new Promise(setImmediate);
    expect(isDrained).toBe(false);
    gate.open.resolve();
    await drained;
    expect(recording.data(n, BULK, 0, BULK.length)).toBe(true);
    await recording.close('x');
    const report = await checkRecording(memorySource(readFileSync(pathOf('ses_a'))));
    expect(report).toMatchObject({ ok: true, end: 'close' });
    expect(report.bytes).toBeGreaterThan((chunks + 2) * BULK.length);
  });

  it('P10: makes all wait when all together are over the bound, but nobody who holds nothing', async () => {
    const files = new FaultyFiles();
    const gate = Promise.withResolvers<void>();
    files.onWriteMany = () => gate.promise;
    const { recorder } = createRecorder({ files, plan: { totalBufferBytes: 1024 * 1024 } });
    const recordings = Array.from({ length: 8 }, (_, i) => recorder.open(session(`ses_${i}`)));
    for (const recording of recordings) {
      for (let i = 0; i < 4 && recording.data(0, BULK, 0, BULK.length); i += 1);
    }
    expect(recorder.pending).toBeLessThan(2.2 * 1024 * 1024);
    expect(recordings.at(-1)?.data(0, BULK, 0, 10)).toBe(false);
    gate.resolve();
    await Promise.all(recordings.map((recording) => recording.whenDrained()));
    expect(recordings.at(-1)?.data(0, BULK, 0, 10)).toBe(true);
    await recorder.close();
    expect(recorder.pending).toBe(0);
  });

  it('P10: fails the recording of whoever does not wait', async () => {
    const files = new FaultyFiles();
    const gate = Promise.withResolvers<void>();
    files.onWriteMany = () => gate.promise;
    const { recorder } = createRecorder({ files, plan: { resultBytes: 1e12, sessionBytes: 1e12 } });
    const recording = recorder.open(session('ses_a'));
    for (let i = 0; i < 1000 && recording.failed === undefined; i += 1)
      recording.data(0, BULK, 0, BULK.length);
    expect(recording.failed?.code).toBe('ERR_RECORDING_UNWRITABLE');
    expect(recorder.pending).toBeLessThan(1024 * 1024);
    gate.resolve();
    await recorder.close();
  });
});

async function abandoned(): Promise<TestRecorder> {
  const made = createRecorder();
  const recording = made.recorder.open(session('ses_a'));
  for (let n = 1; n <= 5; n += 1) {
    recording.begin(request('ses_a', n));
    recording.data(n, Buffer.from('hello'), 0, 5);
    recording.end(n, { status: 'ok', result: {}, durationMs: 1 });
    recording.flush();
  }
  return made;
}

describe('a recording that was cut', () => {
  it('P4: is closed at the next start behind its last whole frame, wherever it was cut, and once', async () => {
    const { pathOf, folder } = await abandoned();
    const path = pathOf('ses_a');
    const whole = readFileSync(path);
    const mark = join(recordingLayout(folder).openFolder, '2026-11-26_ses_a');
    for (let size = whole.length; size >= 0; size -= 7) {
      writeFileSync(path, whole.subarray(0, size));
      writeFileSync(mark, '');
      const audit = new AuditList();
      await recover(folder, audit);
      expect(existsSync(mark)).toBe(false);
      const before = size < 16 ? [] : await framesOf(whole.subarray(0, size));
      // Less than a first frame leaves no session to begin with.
      if (before.length === 0) {
        expect(existsSync(path)).toBe(false);
        expect(audit.of('recording.closed')).toEqual([]);
        continue;
      }
      const bytes = readFileSync(path);
      const after = await framesOf(bytes);
      expect(after.slice(0, before.length)).toEqual(before);
      expect(after.slice(before.length).map(({ type }) => type)).toEqual([8, 0x7f]);
      const [closed] = audit.of('recording.closed');
      expect(closed).toMatchObject({ reason: 'cut', bytes: bytes.length, frames: after.length });
      const report = await checkRecording(memorySource(bytes), audit.of('recording.closed'));
      expect(report).toMatchObject({ ok: true, end: 'cut', chain: closed?.chain });
      // The process died before the mark was gone.
      writeFileSync(mark, '');
      const again = new AuditList();
      await recover(folder, again);
      expect(again.of('recording.closed')).toMatchObject([{ reason: 'cut', chain: closed?.chain }]);
      expect(readFileSync(path).equals(bytes)).toBe(true);
    }
  });

  it('is left as it is when it is damaged, and the audit is told', async () => {
    const { pathOf, folder } = await abandoned();
    writeFileSync(pathOf('ses_a'), 'this is not what was written there');
    const audit = new AuditList();
    await recover(folder, audit);
    expect(audit.of('recording.failed')).toMatchObject([
      { session: 'ses_a', cause: expect.stringContaining('begin') },
    ]);
    expect(readFileSync(pathOf('ses_a'), 'utf8')).toBe('this is not what was written there');
  });
});

describe('a recording that somebody changed', () => {
  it('is found, whichever byte it was', async () => {
    const { pathOf, audit, recorder } = await abandoned();
    await recorder.close();
    const bytes = readFileSync(pathOf('ses_a'));
    const told = audit.of('recording.closed');
    expect((await checkRecording(memorySource(bytes), told)).ok).toBe(true);
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect((await checkRecording(memorySource(changed), told)).ok, `byte ${at}`).toBe(false);
    }
    for (let size = 0; size < bytes.length; size += 1) {
      expect((await checkRecording(memorySource(bytes.subarray(0, size)), told)).ok, `cut at ${size}`).toBe(
        false,
      );
    }
  });

  it('is found when it was made anew in good order, or has more behind its end', async () => {
    const { pathOf, audit, recorder } = await abandoned();
    await recorder.close();
    const other = createRecorder();
    await other.recorder.open(session('ses_a')).close('nothing happened');
    const forged = readFileSync(other.pathOf('ses_a'));
    expect((await checkRecording(memorySource(forged))).ok).toBe(true);
    expect((await checkRecording(memorySource(forged), audit.of('recording.closed'))).findings).toHaveLength(
      1,
    );
    appendFileSync(pathOf('ses_a'), 'x');
    expect((await checkRecording(memorySource(readFileSync(pathOf('ses_a'))))).findings).toEqual([
      '1 bytes follow its end',
    ]);
    truncateSync(pathOf('ses_a'), 5);
    expect((await checkRecording(memorySource(readFileSync(pathOf('ses_a'))))).ok).toBe(false);
  });
});
