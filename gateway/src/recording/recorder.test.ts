import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  createRecorder,
  framesOf,
  memorySource,
  request,
  session,
} from '../../test/recording/recording-fixture.ts';
import { checkRecording } from './check-recording.ts';
import { FrameType } from './format.ts';

/** A busy machine is no failure. */
const PATIENT = { timeout: 30_000 };

const BYTES = Buffer.from('....the rows of the result....');

describe('a recording', () => {
  it('holds who, what, the decision, the bytes and the end, and the audit knows its chain', async () => {
    const { recorder, audit, pathOf, folder } = createRecorder();
    const recording = recorder.open(session('ses_a'));
    const n = recording.begin(request('ses_a', 1));
    expect(recording.data(n, BYTES, 4, BYTES.length - 4)).toBe(true);
    recording.end(n, { status: 'ok', result: { rows: 2 }, durationMs: 3, masked: { columns: ['email'] } });
    recording.note(0, 'kill', { by: 'admin' });
    await recording.close('client left');
    const bytes = readFileSync(pathOf('ses_a'));
    const frames = await framesOf(bytes);
    expect(frames.map(({ type }) => type)).toEqual([1, 2, 3, 4, 5, 7, 0x7f]);
    expect(frames.map(({ exchange }) => exchange)).toEqual([0, 1, 1, 1, 0, 0, 0]);
    const [head, begin, data, end, note, close] = frames.map(({ payload }) => payload.toString());
    expect(JSON.parse(head ?? '')).toMatchObject({
      session: 'ses_a',
      openedAt: '2026-11-26T12:00:00.000Z',
      results: true,
    });
    expect(JSON.parse(begin ?? '')).toEqual(request('ses_a', 1));
    expect(data).toBe('the rows of the result');
    expect(JSON.parse(end ?? '')).toMatchObject({
      status: 'ok',
      recordedBytes: 22,
      droppedBytes: 0,
      masked: { columns: ['email'] },
    });
    expect(JSON.parse(note ?? '')).toEqual({ name: 'kill', details: { by: 'admin' } });
    expect(JSON.parse(close ?? '')).toEqual({ reason: 'client left', exchanges: 1 });
    const report = await checkRecording(memorySource(bytes), [
      ...audit.of('recording.mark'),
      ...audit.of('recording.closed'),
    ]);
    expect(report).toMatchObject({
      ok: true,
      session: 'ses_a',
      end: 'close',
      frames: 7,
      sealedTo: bytes.length,
    });
    expect(audit.of('recording.closed')).toMatchObject([
      { reason: 'ended', bytes: bytes.length, frames: 7, chain: report.chain },
    ]);
    expect(statSync(pathOf('ses_a')).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'recordings')).mode & 0o777).toBe(0o700);
  });

  it('is written batch by batch, each sealed, and marked on the audit while it is open', async () => {
    const { recorder, audit, pathOf } = createRecorder();
    const recording = recorder.open(session('ses_a'));
    for (let n = 1; n <= 3; n += 1) {
      recording.begin(request('ses_a', n));
      recording.flush();
    }
    await expect.poll(() => audit.of('recording.mark'), PATIENT).toHaveLength(1);
    const open = await checkRecording(
      memorySource(readFileSync(pathOf('ses_a'))),
      audit.of('recording.mark'),
    );
    expect(open).toMatchObject({ ok: true, end: undefined, frames: 7 });
    await recording.close('x');
    expect(
      (await checkRecording(memorySource(readFileSync(pathOf('ses_a'))), audit.of('recording.mark'))).ok,
    ).toBe(true);
  });

  it('P10: records a cap when it is reached, keeps what was before it and counts what was not', async () => {
    const { recorder, pathOf } = createRecorder({ plan: { resultBytes: 10 } });
    const recording = recorder.open(session('ses_a'));
    const n = recording.begin(request('ses_a', 1));
    recording.data(n, BYTES, 0, 8);
    recording.data(n, BYTES, 8, 18);
    recording.data(n, BYTES, 18, 19);
    recording.end(n, { status: 'ok', result: {}, durationMs: 1 });
    const m = recording.begin(request('ses_a', 2));
    recording.data(m, BYTES, 0, 5);
    await recording.close('x');
    const frames = await framesOf(readFileSync(pathOf('ses_a')));
    expect(
      frames
        .filter(({ type }) => type === FrameType.cap)
        .map(({ payload }) => JSON.parse(payload.toString())),
    ).toEqual([{ cap: 'resultBytes', limit: 10 }]);
    const data = frames.filter(({ type }) => type === FrameType.data);
    expect(data.map(({ exchange, length }) => [exchange, length])).toEqual([
      [1, 8],
      [1, 2],
      [2, 5],
    ]);
    const end = frames.find(({ type }) => type === FrameType.end);
    expect(JSON.parse(String(end?.payload))).toMatchObject({ recordedBytes: 10, droppedBytes: 9 });
  });

  it('P10: records that the session is at its cap, and goes on with who did what', async () => {
    const { recorder, pathOf } = createRecorder({ plan: { sessionBytes: 12, requestBytes: 100_000 } });
    const recording = recorder.open(session('ses_a'));
    for (let n = 1; n <= 3; n += 1) {
      recording.begin(request('ses_a', n, { request: { text: 'x'.repeat(50_000) } }));
      recording.data(n, BYTES, 0, 10);
      recording.end(n, { status: 'ok', result: {}, durationMs: 1 });
    }
    await recording.close('x');
    const frames = await framesOf(readFileSync(pathOf('ses_a')));
    expect(frames.filter(({ type }) => type === FrameType.cap)).toHaveLength(1);
    const begins = frames
      .filter(({ type }) => type === FrameType.begin)
      .map(({ payload }) => JSON.parse(payload.toString()));
    expect(begins.map(({ request: { text } }) => text.length)).toEqual([50_000, 50_000, 1024]);
    expect(begins[2].omitted).toMatchObject([{ path: 'text', bytes: 50_000 }]);
  });

  it('P10: cuts a request that is too long, and says so with its digest', async () => {
    const { recorder, pathOf } = createRecorder({ plan: { requestBytes: 1024 } });
    const recording = recorder.open(session('ses_a'));
    recording.begin(
      request('ses_a', 1, {
        request: { text: '\u0001'.repeat(5_000), parameters: ['a'.repeat(2_000)], kind: 'x' },
      }),
    );
    recording.begin(
      request('ses_a', 2, {
        request: Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`key${i}`, 'value'])),
      }),
    );
    await recording.close('x');
    const frames = await framesOf(readFileSync(pathOf('ses_a')));
    const [first, second] = frames
      .filter(({ type }) => type === FrameType.begin)
      .map(({ payload }) => JSON.parse(payload.toString()));
    expect(first.request).toMatchObject({ text: '\u0001'.repeat(256), parameters: null });
    expect(first.omitted).toMatchObject([
      { path: 'text', bytes: 5_000 },
      { path: 'parameters' },
      { path: 'kind' },
    ]);
    expect(second).toMatchObject({ exchange: 'ses_a.2', decision: 'dec_2', effect: 'permit' });
    expect(JSON.stringify(second).length).toBeLessThan(12_000);
  });

  it('has no results where the config says so, and counts them', async () => {
    const { recorder, pathOf } = createRecorder({ plan: { results: false } });
    const recording = recorder.open(session('ses_a'));
    const n = recording.begin(request('ses_a', 1));
    expect(recording.data(n, BYTES, 0, 8)).toBe(true);
    recording.end(n, { status: 'ok', result: {}, durationMs: 1 });
    await recording.close('x');
    const bytes = readFileSync(pathOf('ses_a'));
    expect(bytes.includes('the rows')).toBe(false);
    const end = (await framesOf(bytes)).find(({ type }) => type === FrameType.end);
    expect(JSON.parse(String(end?.payload))).toMatchObject({ recordedBytes: 0, droppedBytes: 8 });
  });

  it('has no result of an exchange that must not be recorded, and says so', async () => {
    const { recorder, pathOf } = createRecorder();
    const recording = recorder.open(session('ses_a'));
    const n = recording.begin(request('ses_a', 1), false);
    expect(recording.data(n, BYTES, 0, 8)).toBe(true);
    recording.end(n, { status: 'ok', result: {}, durationMs: 1 });
    recording.data(recording.begin(request('ses_a', 2)), BYTES, 0, 8);
    await recording.close('x');
    const frames = await framesOf(readFileSync(pathOf('ses_a')));
    expect(frames.filter(({ type }) => type === FrameType.data).map(({ exchange }) => exchange)).toEqual([2]);
    expect(JSON.parse(String(frames[1]?.payload))).toMatchObject({ exchange: 'ses_a.1', results: false });
    expect(JSON.parse(String(frames[2]?.payload))).toMatchObject({ recordedBytes: 0, droppedBytes: 8 });
  });

  it('takes nothing after its end, and ends once', async () => {
    const { recorder, pathOf, audit } = createRecorder();
    const recording = recorder.open(session('ses_a'));
    recording.begin(request('ses_a', 1));
    await Promise.all([recording.close('x'), recording.close('y')]);
    const size = statSync(pathOf('ses_a')).size;
    recording.begin(request('ses_a', 2));
    expect(recording.data(2, BYTES, 0, 5)).toBe(false);
    recording.end(2, { status: 'ok', result: {}, durationMs: 1 });
    recording.note(0, 'n', {});
    recording.flush();
    await recording.whenDrained();
    await recorder.close();
    expect(statSync(pathOf('ses_a')).size).toBe(size);
    expect(audit.of('recording.closed')).toHaveLength(1);
    expect(recorder.pending).toBe(0);
  });

  it('keeps few descriptors for many sessions', async () => {
    const { recorder, pathOf } = createRecorder({ plan: { openFiles: 8, flushMs: 0 } });
    const before = openDescriptors();
    const recordings = Array.from({ length: 300 }, (_, i) => recorder.open(session(`ses_${i}`)));
    for (let n = 1; n <= 2; n += 1) {
      for (const [i, recording] of recordings.entries()) {
        recording.begin(request(`ses_${i}`, n));
        recording.data(n, BYTES, 0, 8);
      }
      for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate);
      expect(openDescriptors() - before).toBeLessThan(12);
    }
    await recorder.close();
    for (let i = 0; i < 300; i += 1) {
      expect((await checkRecording(memorySource(readFileSync(pathOf(`ses_${i}`))))).ok).toBe(true);
    }
    expect(recorder.pending).toBe(0);
  });

  it('fails when somebody else writes into its file', async () => {
    const { recorder, pathOf, audit } = createRecorder({ plan: { openFiles: 8 } });
    const failures: string[] = [];
    const recording = recorder.open(session('ses_a'), (error) => failures.push(error.code));
    recording.begin(request('ses_a', 1));
    recording.flush();
    for (let i = 0; i < 10; i += 1) {
      recorder.open(session(`ses_${i}`)).flush();
    }
    writeFileSync(pathOf('ses_a'), 'forged', { flag: 'a' });
    recording.begin(request('ses_a', 2));
    recording.flush();
    expect(failures).toEqual(['ERR_RECORDING_UNWRITABLE']);
    expect(audit.of('recording.failed')).toMatchObject([{ session: 'ses_a' }]);
    await recorder.close();
  });
});

function openDescriptors(): number {
  return process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0;
}
