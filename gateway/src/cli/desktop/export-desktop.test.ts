import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { inflateSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  createRecorder,
  request,
  session,
  temporaryFolder,
} from '../../../test/recording/recording-fixture.ts';
import { createTemporaryFolder, type TemporaryFolder } from '../../../test/support/temporary-folder.ts';
import { decodeBitmapUpdate } from '../../protocols/rdp/picture/bitmap-update.ts';
import { Screen } from '../../protocols/rdp/picture/screen.ts';
import { bitmapUpdate, rectangle } from '../../protocols/rdp/picture/testing/updates.ts';
import { DesktopRecord } from '../../protocols/rdp/recording/desktop-record.ts';
import { runCli } from '../cli.ts';

const WIDTH = 96;
const HEIGHT = 64;
const path = process.env['PATH'];

let dataFolder: TemporaryFolder;

afterEach(() => {
  process.env['PATH'] = path;
});

/** A square of a colour that goes with the second. */
function update(second: number): Uint8Array {
  const data = [0xf3, 0, 4, (second * 29) & 0xff, (second * 71) & 0xff];
  const place = { left: (second * 7) % 64, top: (second * 5) % 32, width: 32, height: 32 };
  return bitmapUpdate([rectangle({ ...place, depth: 16, flags: 0x401, data })]);
}

async function run(...argv: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const texts = { out: '', err: '' };
  const code = await runCli(['sessions', ...argv], {
    stdout: { write: (text) => (texts.out += text) },
    stderr: { write: (text) => (texts.err += text) },
  });
  return { code, ...texts };
}

/** Minutes of a desktop that changes each second. */
async function recorded(): Promise<{ readonly folder: string; readonly options: readonly string[] }> {
  vi.useFakeTimers({ now: Date.UTC(2026, 10, 26, 12) });
  const folder = dataFolder.path;
  const { recorder } = createRecorder({ clock: { nowMs: () => Date.now() }, plan: { flushMs: 0 } }, folder);
  const recording = recorder.open(session('ses_desk', { protocol: 'rdp' }));
  const exchange = recording.begin(request('ses_desk', 1));
  const record = new DesktopRecord({ recording, exchange, nowMs: () => Date.now() });
  record.size(WIDTH, HEIGHT, 0x409);
  for (let second = 0; second < 200; second += 1) {
    record.bitmap(update(second));
    if (second === 10) for (const key of [0x26, 0x1f, 0x1c]) record.key(key);
    if (second === 11) record.clipboard('resource', 'from there');
    if (second === 12) record.mark('clipboard-denied', { direction: 'to the client' });
    // A text that is kept back is an exchange too.
    if (second === 40) recording.begin(request('ses_desk', 2, { effect: 'deny' }));
    await vi.advanceTimersByTimeAsync(1000);
  }
  record.end();
  const closed = recording.close('client left');
  await vi.advanceTimersByTimeAsync(1000);
  vi.useRealTimers();
  await closed;
  return { folder, options: ['--data-dir', folder] };
}

/** Pixels of a PNG without filters, as red, green and blue. */
function pixelsOf(png: Buffer): Buffer {
  const at = png.indexOf('IDAT');
  const rows = inflateSync(png.subarray(at + 4, at + 4 + png.readUInt32BE(at - 4)));
  const stride = png.readUInt32BE(16) * 3 + 1;
  return Buffer.concat(
    Array.from({ length: png.readUInt32BE(20) }, (_, y) => rows.subarray(y * stride + 1, (y + 1) * stride)),
  );
}

function expectedAt(second: number): Buffer {
  const screen = new Screen(WIDTH, HEIGHT);
  for (let drawn = 0; drawn <= second; drawn += 1) decodeBitmapUpdate(update(drawn), screen);
  return Buffer.from(screen.rgba.filter((_, index) => index % 4 !== 3));
}

describe('sallyport sessions export, of desktops', () => {
  let desk: Awaited<ReturnType<typeof recorded>>;
  beforeAll(async () => {
    dataFolder = createTemporaryFolder('desktop');
    desk = await recorded();
  }, 60_000);
  afterAll(() => dataFolder[Symbol.dispose]());

  it('writes the picture of a moment, and that of the end', async () => {
    const folder = temporaryFolder();
    for (const [second, at] of [
      [0, '500ms'],
      [163, '163500ms'],
      [199, undefined],
    ] as const) {
      const file = join(folder, `${second}.png`);
      const place = at === undefined ? [] : ['--at', at];
      const ran = await run(
        'export',
        'ses_desk',
        '--format',
        'png',
        ...place,
        '--output',
        file,
        ...desk.options,
      );
      expect(ran).toEqual({ code: 0, out: '', err: '' });
      expect(pixelsOf(readFileSync(file)).equals(expectedAt(second)), String(second)).toBe(true);
    }
  });

  it('prints what was typed, what passed through the clipboard, and marks', async () => {
    const { code, out } = await run('export', 'ses_desk', '--format', 'keys', ...desk.options);
    expect(code).toBe(0);
    expect(out).toContain('00:10.0  typed: ls[Enter]\n');
    expect(out).toContain('clipboard from the desktop: from there\n');
    expect(out).toContain('mark: {"name":"clipboard-denied","details":{"direction":"to the client"}}\n');
  });

  it('gives every picture of the time to ffmpeg', async () => {
    const folder = temporaryFolder();
    // A program in its place, which counts what it gets.
    writeFileSync(join(folder, 'ffmpeg'), '#!/bin/sh\nfor last; do :; done\nwc -c > "${last#file:}"\n');
    chmodSync(join(folder, 'ffmpeg'), 0o755);
    process.env['PATH'] = `${folder}:${path}`;
    const file = join(folder, 'video.mp4');
    const ran = await run(
      'export',
      'ses_desk',
      '--format',
      'video',
      '--fps',
      '2',
      '--speed',
      '10',
      '--output',
      file,
      ...desk.options,
    );
    expect(ran).toEqual({ code: 0, out: '', err: '' });
    const pictures = Number(readFileSync(file, 'utf8')) / (WIDTH * HEIGHT * 4);
    // Two hundred seconds, ten times as fast, two a second.
    expect(Math.abs(pictures - 40)).toBeLessThanOrEqual(2);
  });

  it('says what is missing where there is no ffmpeg, no file, or no desktop', async () => {
    process.env['PATH'] = temporaryFolder();
    const video = await run('export', 'ses_desk', '--format', 'video', '--output', 'x.mp4', ...desk.options);
    expect(video.code).not.toBe(0);
    expect(video.err).toContain('install it');
    const nowhere = await run('export', 'ses_desk', '--format', 'png', ...desk.options);
    expect(nowhere.err).toContain('--output');
    const { recorder, folder } = createRecorder();
    await recorder.open(session('ses_sql')).close('x');
    const other = await run(
      'export',
      'ses_sql',
      '--format',
      'png',
      '--output',
      'x.png',
      '--data-dir',
      folder,
    );
    expect(other.err).toContain('has no desktop');
  });
});
