import { describe, expect, it } from 'vitest';
import { createRecorder, request, session } from '../../../test/recording/recording-fixture.ts';
import { recordingLayout } from '../layout.ts';
import { type ReplayRange, replayRecording } from '../replay.ts';
import { RecordingIndex } from './recording-index.ts';

describe('places at which reading may begin', () => {
  it('are found by time: the last key but one, from which all is there; or the beginning', async () => {
    let nowMs = 0;
    const { recorder, folder } = createRecorder({
      clock: { nowMs: () => nowMs },
      plan: { resultBytes: 10, sessionBytes: 10_000 },
    });
    const recording = recorder.open(session('ses_k'));
    const number = recording.begin(request('ses_k', 1));
    recording.unbounded(number);
    const put = (text: string, kind: 'key' | 'response' | 'request'): void => {
      nowMs += 1000;
      recording.data(number, Buffer.from(text), 0, text.length, kind);
    };
    for (let key = 1; key <= 4; key += 1) {
      put(`key ${key}`, 'key');
      put(`shown ${key}`, 'response');
      put(`typed ${key}`, 'request');
    }
    await recording.close('over');
    const layout = recordingLayout(folder);
    const index = RecordingIndex.open(layout);
    await index.catchUp();
    const read = async (ms: number, more: ReplayRange = {}): Promise<readonly string[]> => {
      const { offset } = index.keyPlace({ session: 'ses_k', ms });
      const found: string[] = [];
      for await (const entry of replayRecording(layout, 'ses_k', {
        fromOffset: offset,
        untilMs: ms,
        ...more,
      }))
        found.push(entry.type === 'data' ? entry.bytes.toString() : entry.type);
      return found;
    };
    expect(await read(500)).toEqual(['session', 'begin']);
    expect(await read(2500)).toEqual(['session', 'begin', 'key 1', 'shown 1']);
    expect(await read(8500)).toEqual(['session', 'key 2', 'shown 2', 'typed 2', 'key 3', 'shown 3']);
    expect(await read(10_500, { kind: 'request' })).toEqual(['session', 'typed 3']);
    expect((await read(99_000)).at(-1)).toBe('close');
    expect(index.keyPlace({ session: 'ses_none', ms: 1 })).toEqual({ offset: 0, ms: 0 });
    index.remove(['ses_k']);
    expect(index.keyPlace({ session: 'ses_k', ms: 99_000 }).offset).toBe(0);
    index.close();
  });

  it('P10: an exchange as long as its session has the bound of the session, and that is told', async () => {
    const { recorder, folder } = createRecorder({ plan: { resultBytes: 10, sessionBytes: 1000 } });
    const recording = recorder.open(session('ses_u'));
    const number = recording.begin(request('ses_u', 1));
    recording.unbounded(number);
    for (let piece = 0; piece < 30; piece += 1) recording.data(number, Buffer.alloc(50), 0, 50);
    recording.end(number, { status: 'ok', result: {}, durationMs: 1 });
    await recording.close('over');
    const heads: object[] = [];
    let bytes = 0;
    for await (const entry of replayRecording(recordingLayout(folder), 'ses_u')) {
      if (entry.type === 'cap' || entry.type === 'end') heads.push(entry.head);
      if (entry.type === 'data') bytes += entry.bytes.length;
    }
    expect(bytes).toBe(1000);
    expect(heads).toMatchObject([{ cap: 'sessionBytes' }, { recordedBytes: 1000, droppedBytes: 500 }]);
  });
});
