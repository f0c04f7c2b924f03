/**
 * What recorded desktops cost, and how fast a place in one is found: `node gateway/bench/desktop.ts [minutes]`, an hour unless said.
 * Not a test. Files go to the temporary folder. The desktop is synthetic: text-like tiles that scroll without a pause.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { DesktopReader } from '../src/cli/desktop/desktop-reader.ts';
import type { AuditLog } from '../src/model/audit-event.ts';
import { decodeBitmapUpdate } from '../src/protocols/rdp/picture/bitmap-update.ts';
import { Screen } from '../src/protocols/rdp/picture/screen.ts';
import { encodeInterleaved } from '../src/protocols/rdp/picture/testing/encode-interleaved.ts';
import { encodePlanar } from '../src/protocols/rdp/picture/testing/encode-planar.ts';
import { bitmapUpdate, rectangle } from '../src/protocols/rdp/picture/testing/updates.ts';
import { DesktopRecord } from '../src/protocols/rdp/recording/desktop-record.ts';
import { DEFAULT_RECORDING } from '../src/recording/config.ts';
import { RecordingIndex } from '../src/recording/index/recording-index.ts';
import { recordingLayout, recordingPath } from '../src/recording/layout.ts';
import { RecorderFiles } from '../src/recording/recorder.ts';
import { diskFiles } from '../src/recording/recording-files.ts';
import { replayRecording } from '../src/recording/replay.ts';
import { createLog } from '../src/telemetry/log.ts';

const MINUTES = Number(process.argv[2] ?? 60);
const WIDTH = 1024;
const HEIGHT = 768;
const TILE = 64;
const STEP_MS = 100;
/** Tiles that change in a step: a third of the screen in a second. */
const TILES = 6;

let seed = 1;
const random = (below: number): number => {
  seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
  return Math.floor(seed / 65_536) % below;
};

/** A tile of dark text on light ground: runs with edges, as fonts have them. */
function textPlane(): Uint8Array {
  const plane = new Uint8Array(TILE * TILE).fill(0xee);
  for (let line = 2; line < TILE; line += 13)
    for (let x = 0; x < TILE - 2; x += 3 + random(5))
      for (let y = line; y < Math.min(TILE, line + 9); y += 1)
        plane[y * TILE + x] = random(3) === 0 ? 0x80 : 0x10;
  return plane;
}

function tile(depth: 16 | 32): Uint8Array {
  const plane = textPlane();
  if (depth === 32) {
    const made = { width: TILE, height: TILE, isRunLength: true, hasAlpha: false, alpha: plane };
    return encodePlanar({ ...made, colours: [plane, plane, plane] }, random);
  }
  const pixels = [...plane].map((shade) => ((shade >> 3) << 11) | ((shade >> 2) << 5) | (shade >> 3));
  return encodeInterleaved({ width: TILE, height: TILE, depth: 16, pixels }, random);
}

const tiles = {
  16: Array.from({ length: 60 }, () => tile(16)),
  32: Array.from({ length: 60 }, () => tile(32)),
};

function update(depth: 16 | 32, count: number): Uint8Array {
  return bitmapUpdate(
    Array.from({ length: count }, () => {
      const data = tiles[depth][random(60)] ?? new Uint8Array(0);
      const left = random(WIDTH / TILE) * TILE;
      const top = random(HEIGHT / TILE) * TILE;
      return rectangle({ left, top, width: TILE, height: TILE, depth, flags: 0x401, data });
    }),
  );
}

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const milliseconds = (ms: number): string => `${ms.toFixed(ms < 10 ? 2 : 0)} ms`;

for (const depth of [16, 32] as const) {
  const updates = Array.from({ length: 50 }, () => update(depth, 100));
  const screen = new Screen(WIDTH, HEIGHT);
  for (const one of updates) decodeBitmapUpdate(one, screen);
  // Time of the processor: the machine may have much else to do.
  const before = process.cpuUsage();
  for (let round = 0; round < 10; round += 1) for (const one of updates) decodeBitmapUpdate(one, screen);
  const { user, system } = process.cpuUsage(before);
  const seconds = (user + system) / 1e6 / 10;
  const bytes = updates.reduce((sum, one) => sum + one.length, 0);
  const pixels = updates.length * 100 * TILE * TILE;
  say(
    `${depth === 16 ? 'interleaved RLE, 16 bits' : 'planar, 32 bits'}: ${(bytes / seconds / 1e6).toFixed(0)} MB/s of data, ${(pixels / seconds / 1e6).toFixed(0)} megapixels/s`,
  );
}

const audit: AuditLog = { append: async () => {}, enqueue: () => {} };
const log = createLog(
  'error',
  (line) => void process.stderr.write(line),
  () => Date.now(),
);
const folder = mkdtempSync(join(tmpdir(), 'sallyport-bench-'));
try {
  const layout = recordingLayout(folder);
  let nowMs = Date.UTC(2026, 0, 1);
  const openedMs = nowMs;
  const clock = { nowMs: () => nowMs };
  const recorder = new RecorderFiles({
    plan: DEFAULT_RECORDING,
    layout,
    files: diskFiles,
    audit,
    clock,
    log,
  });
  const session = {
    session: 'ses_hour',
    protocol: 'rdp',
    principal: { issuer: '', subject: '', groups: [], delegation: [], tokenDigest: '', expiresAtMs: 0 },
    resource: 'desk',
    account: 'user',
    sourceAddress: '127.0.0.1',
    hints: {},
    details: {},
  };
  const recording = recorder.open(session);
  const exchange = recording.begin({
    exchange: 'x',
    request: {},
    summary: 'desktop',
    effect: 'permit',
    decision: 'd',
    rules: [],
    policy: { hash: '' },
  });
  const record = new DesktopRecord({ recording, exchange, nowMs: clock.nowMs });
  record.size(WIDTH, HEIGHT, 0x409);
  const cpu = process.cpuUsage();
  let raw = 0;
  for (; nowMs < openedMs + MINUTES * 60_000; nowMs += STEP_MS) {
    const bytes = update(32, TILES);
    raw += bytes.length;
    record.bitmap(bytes);
    record.key(0x1e);
    // The clock of the recording runs ahead of the one of the timers: what is drawn steps on.
    await new Promise((resolve) => setImmediate(resolve));
    await record.drained();
  }
  record.end();
  const { user, system } = process.cpuUsage(cpu);
  await recording.close('over');
  await recorder.close();
  const { size } = statSync(recordingPath(layout, { day: '2026-01-01', session: 'ses_hour' }));
  say(
    `recorded ${MINUTES} minutes: ${(raw / 1e6).toFixed(0)} MB of updates, ${(size / 1e6).toFixed(0)} MB on disk with key frames; ${(((user + system) / 1e6 / (MINUTES * 60)) * 100).toFixed(1)} % of one processor; ${(process.memoryUsage().rss / 1e6).toFixed(0)} MB of memory`,
  );
  const index = RecordingIndex.open(layout);
  const indexedMs = performance.now();
  await index.catchUp();
  say(`indexed in ${milliseconds(performance.now() - indexedMs)}`);
  const times: number[] = [];
  const seeking = process.cpuUsage();
  for (let count = 0; count < 20; count += 1) {
    const ms = random(MINUTES * 60_000);
    const startMs = performance.now();
    const place = index.keyPlace({ session: 'ses_hour', ms });
    const reader = new DesktopReader();
    for await (const entry of replayRecording(layout, 'ses_hour', {
      fromOffset: place.offset,
      knownMs: ms,
      untilMs: ms,
    }))
      reader.take(entry);
    const { isKnown } = reader.drawn();
    times.push(performance.now() - startMs);
    if (!isKnown) throw new Error(`not all is known at ${ms}`);
  }
  times.sort((left, right) => left - right);
  const sought = process.cpuUsage(seeking);
  say(
    `a place found and drawn: ${milliseconds((sought.user + sought.system) / 20_000)} of the processor; median ${milliseconds(times[10] ?? 0)}, worst of 20 ${milliseconds(times[19] ?? 0)}`,
  );
  index.close();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
