import { describe, expect, it } from 'vitest';
import { createRecorder, request, session } from '../../test/recording/recording-fixture.ts';
import { recordingLayout } from './layout.ts';
import { replayRecording } from './replay.ts';

describe('places from which all is known', () => {
  it('are the last whole key, where a key says that it is', async () => {
    let nowMs = 0;
    const { recorder, folder } = createRecorder({ clock: { nowMs: () => nowMs } });
    const recording = recorder.open(session('ses_w'));
    const number = recording.begin(request('ses_w', 1));
    for (const [text, kind] of [
      ['key 1', 'key'],
      ['shown 1', 'response'],
      ['whole 1', 'whole'],
      ['typed', 'request'],
      ['key 2', 'key'],
      ['shown 2', 'response'],
      // Given up: the desktop got another size.
      ['key 3', 'key'],
      ['shown 3', 'response'],
      ['whole 3', 'whole'],
    ] as const) {
      nowMs += 1000;
      recording.data(number, Buffer.from(text), 0, text.length, kind);
    }
    await recording.close('over');
    const layout = recordingLayout(folder);
    const read = async (knownMs: number, fromOffset = 0): Promise<string> => {
      const found: string[] = [];
      for await (const entry of replayRecording(layout, 'ses_w', { fromOffset, knownMs, untilMs: knownMs }))
        found.push(entry.type === 'data' ? entry.bytes.toString() : entry.type);
      return found.join();
    };
    expect(await read(500)).toBe('session,begin');
    expect(await read(2000)).toBe('session,begin,key 1,shown 1');
    expect(await read(3000)).toBe('session,key 1,shown 1,whole 1');
    expect(await read(8500)).toBe('session,key 1,shown 1,whole 1,typed,key 2,shown 2,key 3,shown 3');
    expect(await read(99_000)).toBe('session,key 3,shown 3,whole 3,close');
  });
});
