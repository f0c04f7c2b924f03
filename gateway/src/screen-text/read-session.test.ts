import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createRecorder, request, session, temporaryFolder } from '../../test/recording/recording-fixture.ts';
import { createTemporaryFolder, type TemporaryFolder } from '../../test/support/temporary-folder.ts';
import { bitmapUpdate, rectangle } from '../protocols/rdp/picture/testing/updates.ts';
import { DesktopRecord } from '../protocols/rdp/recording/desktop-record.ts';
import type { ScreenTextPlan } from '../recording/config.ts';
import { recordingLayout } from '../recording/layout.ts';
import { readSession } from './read-session.ts';

/** A program that reads a PNG without filters, and says the colour of its first pixel: all that these screens have. */
const COLOURS = `
import { inflateSync } from 'node:zlib';
const parts = [];
for await (const part of process.stdin) parts.push(part);
const png = Buffer.concat(parts);
const at = png.indexOf('IDAT');
const rows = inflateSync(png.subarray(at + 4, at + 4 + png.readUInt32BE(at - 4)));
console.log('colour  ' + rows.subarray(1, 4).toString('hex') + '\\n of ' + png.readUInt32BE(16) + ' columns');
`;
/** Not by `console.log`: what a full pipe does not take would wait there for a loop that never comes round. */
const ENDLESS = `
import { writeSync } from 'node:fs';
for (;;) {
  try { writeSync(1, 'x'.repeat(9999)); } catch (error) { if (error.code !== 'EAGAIN') throw error; }
}
`;
const RED = 0xf800;
const BLUE = 0x001f;
/** What is drawn at which second. Twice it looks the same as before. */
const PAINTED = new Map([
  [1, RED],
  [20, RED],
  [35, RED],
  [40, BLUE],
  [55, RED],
]);

let data: TemporaryFolder;

beforeAll(async () => {
  data = createTemporaryFolder('screen-text');
  vi.useFakeTimers({ now: Date.UTC(2026, 10, 26, 12) });
  const clock = { nowMs: () => Date.now() };
  const { recorder } = createRecorder({ clock, plan: { flushMs: 0 } }, data.path);
  const recording = recorder.open(session('ses_desk', { protocol: 'rdp' }));
  recording.begin(request('ses_desk', 1));
  const exchange = recording.begin(request('ses_desk', 2));
  const record = new DesktopRecord({ recording, exchange, ...clock });
  record.size(32, 32, 0x409);
  const place = { left: 0, top: 0, width: 32, height: 32, depth: 16, flags: 0 };
  for (let second = 0; second < 60; second += 1) {
    const colour = PAINTED.get(second);
    if (colour !== undefined) {
      const pixels = Buffer.alloc(32 * 32 * 2);
      for (let at = 0; at < pixels.length; at += 2) pixels.writeUInt16LE(colour, at);
      record.bitmap(bitmapUpdate([rectangle({ ...place, data: pixels })]));
    }
    // What begins meanwhile is no new desktop.
    if (second === 30) recording.begin(request('ses_desk', 3));
    await vi.advanceTimersByTimeAsync(1000);
  }
  record.end();
  const closed = recording.close('client left');
  await vi.advanceTimersByTimeAsync(1000);
  vi.useRealTimers();
  await closed;
}, 60_000);
afterAll(() => data[Symbol.dispose]());

function read(program: string, more: Partial<ScreenTextPlan> = {}) {
  const file = join(temporaryFolder(), 'program.mjs');
  writeFileSync(file, program);
  // On a busy machine a program of the lowest priority may not get its turn before a test is over.
  const terms = { everySeconds: 5, timeoutMs: 30_000, picturesPerSession: 100, niceness: 0 };
  const plan = { command: [execPath, file], ...terms, ...more };
  return readSession('ses_desk', { layout: recordingLayout(data.path), plan });
}

describe('the text of a session', () => {
  it('is what the program reads in each picture that is new, with the time of the picture', async () => {
    const { screens, failures, trouble } = await read(COLOURS);
    expect({ failures, trouble }).toEqual({ failures: 0, trouble: undefined });
    const found = screens.texts.map(({ ms, text, exchange }) => [Math.floor(ms / 1000), text, exchange]);
    expect(found).toEqual([
      [1, 'colour ff0000 of 32 columns', 2],
      [40, 'colour 0000ff of 32 columns', 2],
      [55, 'colour ff0000 of 32 columns', 2],
    ]);
    expect(screens.ended).toBe('read');
  });

  it('P10: is of so many pictures at most', async () => {
    const { screens, pictures } = await read(COLOURS, { picturesPerSession: 1 });
    expect(pictures).toBe(1);
    expect(screens.texts).toHaveLength(1);
  });

  it.each<readonly [string, string, string, Partial<ScreenTextPlan>]>([
    ['ERR_SCREEN_TEXT_COMMAND', 'fails', 'process.exit(3);', {}],
    ['ERR_SCREEN_TEXT_COMMAND', 'is not there', '', { command: ['/nowhere/tesseract'] }],
    ['ERR_SCREEN_TEXT_TIMEOUT', 'does not end', 'setInterval(() => {}, 1000);', { timeoutMs: 500 }],
    ['ERR_SCREEN_TEXT_OUTPUT', 'talks without end', ENDLESS, {}],
  ])(
    'P10: %s: a program that %s is told, and not asked for each picture',
    async (code, _what, program, more) => {
      const { screens, failures, trouble } = await read(program, more);
      expect(screens).toEqual({ session: 'ses_desk', texts: [], ended: 'failed' });
      expect(failures).toBe(3);
      expect(trouble?.code).toBe(code);
    },
  );

  it('ERR_SCREEN_TEXT_RECORDING: is none where there is no recording', async () => {
    const terms = { everySeconds: 5, timeoutMs: 1000, picturesPerSession: 9 };
    const plan = { command: ['/bin/cat'], ...terms };
    const { screens, trouble } = await readSession('ses_none', { layout: recordingLayout(data.path), plan });
    expect(screens).toEqual({ session: 'ses_none', texts: [], ended: 'read' });
    expect(trouble?.code).toBe('ERR_SCREEN_TEXT_RECORDING');
  });
});
