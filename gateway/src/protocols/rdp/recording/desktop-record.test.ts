import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { GatewayError } from '../../../model/gateway-error.ts';
import { Desktop } from '../events/desktop.ts';
import type { DesktopEvent } from '../events/desktop-event.ts';
import { decodeBitmapUpdate } from '../picture/bitmap-update.ts';
import { PointerUpdate } from '../picture/pointer.ts';
import { Screen } from '../picture/screen.ts';
import { bitmapUpdate, rectangle } from '../picture/testing/updates.ts';
import { readBlock } from '../playback/read-block.ts';
import { DesktopRecord } from './desktop-record.ts';
import { type MemoryFrame, MemoryFrames } from './testing/memory-frames.ts';

const WIDTH = 320;
const HEIGHT = 200;
const US = 0x409;

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

/** An update that looks different for each number: a run of a colour, somewhere. */
function update(number: number, side = 64): Uint8Array {
  const left = (number * 37) % (WIDTH - side);
  const top = (number * 53) % (HEIGHT - side);
  const count = side * side;
  const data = [0xf3, count & 0xff, count >> 8, number * 7, number * 13];
  return bitmapUpdate([rectangle({ left, top, width: side, height: side, depth: 16, flags: 0x401, data })]);
}

function open(): {
  readonly record: DesktopRecord;
  readonly memory: MemoryFrames;
  readonly failures: GatewayError[];
} {
  const memory = new MemoryFrames(() => Date.now());
  const failures: GatewayError[] = [];
  const record = new DesktopRecord({
    recording: memory,
    exchange: 1,
    nowMs: () => Date.now(),
    onFailed: (error) => failures.push(error),
  });
  return { record, memory, failures };
}

/** The desktop after these frames. */
function replayed(frames: readonly MemoryFrame[], isWhole: boolean): Desktop {
  const desktop = new Desktop(isWhole);
  for (const { bytes, ms } of frames) readBlock(bytes, ms, (event) => desktop.take(event));
  return desktop;
}

const same = (desktop: Desktop, screen: Screen): boolean =>
  Buffer.from(desktop.screen?.rgba.buffer ?? new ArrayBuffer(0)).equals(Buffer.from(screen.rgba.buffer));

describe('the recording of a desktop', () => {
  it('replays to the same picture, from the beginning, from any key but the last, and from the last that is whole', async () => {
    const { record, memory } = open();
    const screen = new Screen(WIDTH, HEIGHT);
    record.size(WIDTH, HEIGHT, US);
    record.pointer(
      PointerUpdate.new,
      Uint8Array.of(1, 0, 4, 0, 0, 0, 0, 0, 1, 0, 1, 0, 2, 0, 2, 0, 0, 0, 0, 0),
    );
    const states: { readonly frames: number; readonly pixels: Buffer }[] = [];
    for (let number = 0; number < 400; number += 1) {
      record.bitmap(update(number));
      decodeBitmapUpdate(update(number), screen);
      record.mouse(0x800, number, number % HEIGHT);
      await vi.advanceTimersByTimeAsync(700);
      states.push({ frames: memory.frames.length, pixels: Buffer.from(screen.rgba) });
    }
    await record.drained();
    record.end();
    expect(memory.unboundedExchanges).toEqual([1]);
    expect(same(replayed(memory.frames, true), screen)).toBe(true);
    const keys = memory.frames.flatMap(({ kind }, index) => (kind === 'key' ? [index] : []));
    expect(keys.length).toBeGreaterThan(2);
    for (const [number, state] of states.entries()) {
      const before = keys.filter((index) => index < state.frames);
      const whole = memory.frames.findLastIndex(
        ({ kind }, index) => kind === 'whole' && index < state.frames,
      );
      for (const start of [before.at(-2), before.findLast((key) => key < whole)]) {
        if (start === undefined) continue;
        const desktop = replayed(memory.frames.slice(start, state.frames), false);
        expect(desktop.isKnown).toBe(true);
        expect(Buffer.from(desktop.screen?.rgba ?? []).equals(state.pixels)).toBe(true);
        expect(typeof desktop.pointer.shape).toBe('object');
        expect(desktop.pointer.x).toBe(number);
      }
    }
    expect(memory.frames.filter(({ kind }) => kind === 'whole').length).toBeGreaterThan(2);
  });

  it('keeps times, keys, text and marks, and begins anew where the size changes', async () => {
    const { record, memory } = open();
    record.size(100, 80, US);
    await vi.advanceTimersByTimeAsync(1000);
    record.key(0x1e);
    await vi.advanceTimersByTimeAsync(10);
    record.key(0x1e, { released: true });
    record.unicode(0x20ac, false);
    record.clipboard('resource', 'x'.repeat(40_000));
    record.mark('clipboard-denied', { direction: 'to the client' });
    record.size(60, 50, US);
    await vi.advanceTimersByTimeAsync(100);
    record.end();
    const events: (readonly [number, DesktopEvent])[] = [];
    for (const { bytes, ms } of memory.frames) readBlock(bytes, ms, (event, at) => events.push([at, event]));
    expect(events.filter(([, { kind }]) => kind === 'key')).toEqual([
      [1000, { kind: 'key', scancode: 0x1e, flags: 0 }],
      [1010, { kind: 'key', scancode: 0x1e, flags: 1 }],
    ]);
    const texts = events.flatMap(([, event]) => (event.kind === 'clipboard' ? [event.text.length] : []));
    expect(texts).toEqual([32_768, 7_232]);
    expect(memory.notes).toEqual(['clipboard-denied']);
    expect(replayed(memory.frames, true).screen).toMatchObject({ width: 60, height: 50 });
  });

  it('P3: fails closed at a picture that cannot be drawn, and says so in the recording', async () => {
    const { record, memory, failures } = open();
    record.size(WIDTH, HEIGHT, US);
    record.bitmap(update(1));
    const data = [0xf3, 0xff, 0xff, 0, 0];
    record.bitmap(
      bitmapUpdate([rectangle({ left: 0, top: 0, width: 4, height: 4, depth: 16, flags: 0x401, data })]),
    );
    await vi.advanceTimersByTimeAsync(100);
    expect(failures.map(({ code }) => code)).toEqual(['ERR_PICTURE_DATA']);
    await expect(record.drained()).rejects.toMatchObject({ code: 'ERR_PICTURE_DATA' });
    expect(memory.notes).toEqual(['picture-refused']);
    const before = memory.frames.length;
    record.bitmap(update(2));
    record.end();
    expect(memory.frames.length).toBe(before);
  });

  it('P3: does not draw before there is a size, nor an update that is none', async () => {
    for (const wrong of [update(1), Uint8Array.of(9, 9, 9)]) {
      const { record, failures } = open();
      record.bitmap(wrong);
      await vi.advanceTimersByTimeAsync(100);
      expect(failures.length).toBe(1);
    }
  });

  it('P10: lets a target wait whose small updates draw large pictures, and others get their turn', async () => {
    const { record } = open();
    record.size(WIDTH, HEIGHT, US);
    const count = 256 * 256 - 1;
    const data = [0xf3, count & 0xff, count >> 8, 1, 1, 0xfd];
    const whole = rectangle({ left: 0, top: 0, width: 256, height: 256, depth: 16, flags: 0x401, data });
    let turns = 0;
    const count1 = (): void => {
      turns += 1;
      setImmediate(count1);
    };
    setImmediate(count1);
    for (let number = 0; number < 200; number += 1) record.bitmap(bitmapUpdate([whole]));
    await vi.advanceTimersByTimeAsync(1100);
    let isDrained = false;
    const drained = record.drained().then(() => (isDrained = true));
    while (!isDrained) await vi.advanceTimersToNextTimerAsync();
    await drained;
    expect(turns).toBeGreaterThan(20);
    record.end();
  });

  it('does nothing where there is no recording', async () => {
    const record = new DesktopRecord({ recording: undefined, exchange: 0, nowMs: () => Date.now() });
    record.size(WIDTH, HEIGHT, US);
    record.bitmap(Uint8Array.of(1));
    record.key(1);
    record.mark('x', {});
    await record.drained();
    record.end();
    expect(record.failed).toBeUndefined();
  });
});
