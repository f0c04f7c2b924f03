import { hash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PictureError } from '../picture/errors.ts';
import { Screen } from '../picture/screen.ts';
import { rectangle } from '../picture/testing/updates.ts';
import { Desktop } from './desktop.ts';
import type { DesktopEvent } from './desktop-event.ts';
import { overdrawn } from './overdrawn.ts';

const WIDTH = 70;
const HEIGHT = 40;

/** A run that is longer than any bitmap here. */
const BAD = [0xf3, 0xff, 0xff, 0];

/** A rectangle of one colour; some cannot be drawn. */
const drawn = fc
  .record({
    left: fc.nat(80),
    top: fc.nat(50),
    width: fc.integer({ min: 1, max: 70 }),
    height: fc.integer({ min: 1, max: 40 }),
    depth: fc.constantFrom(8, 16),
    colour: fc.nat(255),
    isUnreadable: fc.nat(60).map((one) => one === 0),
  })
  .map(({ left, top, width, height, depth, colour, isUnreadable }): DesktopEvent => {
    const count = width * height;
    const pixel = depth === 8 ? [colour] : [colour, colour];
    const data = isUnreadable ? BAD : [0xf3, count & 0xff, count >> 8, ...pixel];
    return { kind: 'rectangle', bytes: rectangle({ left, top, width, height, depth, flags: 0x401, data }) };
  });
const rows = fc.record({ y: fc.nat(HEIGHT), count: fc.nat(12), value: fc.nat(255) }).map(
  ({ y, count, value }): DesktopEvent => ({
    kind: 'rows',
    y,
    rgba: new Uint8Array(count * WIDTH * 4).fill(value),
  }),
);
/** All rows, as a key frame has them. */
const whole = fc.nat(255).map((value): readonly DesktopEvent[] =>
  Array.from({ length: 4 }, (_, part) => ({
    kind: 'rows',
    y: part * 10,
    rgba: new Uint8Array(10 * WIDTH * 4).fill(value),
  })),
);
const palette = fc.nat(255).map((shade): DesktopEvent => {
  const bytes = new Uint8Array(8 + 768).fill(shade, 8);
  bytes.set([2, 0, 0, 0, 0, 1, 0, 0]);
  return { kind: 'palette', bytes };
});
const size = fc
  .constantFrom([WIDTH, HEIGHT] as const, [WIDTH, HEIGHT] as const, [64, 33] as const, [0, 9] as const)
  .map(([width, height]): DesktopEvent => ({ kind: 'size', width, height }));
const mouse = fc.nat(60).map((x): DesktopEvent => ({ kind: 'mouse', flags: 0, x, y: x }));
const one = (event: fc.Arbitrary<DesktopEvent>) => event.map((made) => [made]);
const events = fc
  .array(
    fc.oneof(
      { weight: 30, arbitrary: one(drawn) },
      { weight: 3, arbitrary: one(rows) },
      { weight: 1, arbitrary: whole },
      { weight: 2, arbitrary: one(palette) },
      { weight: 1, arbitrary: one(size) },
      { weight: 2, arbitrary: one(mouse) },
    ),
    { minLength: 10, maxLength: 90, size: 'max' },
  )
  .map((groups) => groups.flat());

/** What is left of a desktop after such parts, and the code of what was wrong. */
function seen(isWhole: boolean, parts: readonly (readonly DesktopEvent[])[], isBatch: boolean) {
  const desktop = new Desktop(isWhole);
  let code = '';
  try {
    for (const part of parts) {
      if (isBatch) desktop.takeAll(part);
      else for (const event of part) desktop.take(event);
    }
  } catch (error) {
    if (!(error instanceof PictureError)) throw error;
    code = error.code;
  }
  const { screen, knownRows, isKnown, pointer } = desktop;
  // After an error the pointer may be where it went later.
  const x = code === '' ? pointer.x : 0;
  const { width, height, rgba, palette } = screen ?? new Screen(1, 1);
  const pixels = hash('sha256', Buffer.from(rgba));
  return {
    code,
    width,
    height,
    pixels,
    knownRows,
    isKnown,
    x,
    palette: palette.join().slice(0, 40),
  };
}

const isBad = (event: DesktopEvent): boolean =>
  event.kind === 'rectangle' && event.bytes.length === BAD.length + 18;

describe('events that are drawn over', () => {
  it('leave the same desktop whether they are drawn or not, cut into batches anywhere', () => {
    let spared = 0;
    fc.assert(
      fc.property(events, fc.boolean(), fc.nat(90), (drawing, isWhole, cut) => {
        const all: readonly DesktopEvent[] = [{ kind: 'size', width: WIDTH, height: HEIGHT }, ...drawing];
        const good = all.filter((event) => !isBad(event));
        spared += overdrawn(good, undefined).reduce((sum, hidden) => sum + hidden, 0);
        const wanted = seen(isWhole, [good], false);
        expect(seen(isWhole, [good], true)).toEqual(wanted);
        expect(seen(isWhole, [good.slice(0, cut), good.slice(cut)], true)).toEqual(wanted);
        // What is hidden is not decoded, so nothing is found wrong in it.
        const isHidden = overdrawn(all, undefined);
        const decoded = all.filter((event, index) => !isBad(event) || isHidden[index] === 0);
        const taken = seen(isWhole, [all], true);
        expect(taken).toEqual(seen(isWhole, [taken.code === '' ? decoded : all], false));
      }),
      { numRuns: 300 },
    );
    expect(spared).toBeGreaterThan(500);
  });

  it('are found by pixels: one that shows through is drawn', () => {
    const square = (left: number, top: number, width: number, height: number): DesktopEvent => {
      const count = width * height;
      const data = [0xf3, count & 0xff, count >> 8, 1, 1];
      return {
        kind: 'rectangle',
        bytes: rectangle({ left, top, width, height, depth: 16, flags: 0x401, data }),
      };
    };
    const mouse: DesktopEvent = { kind: 'mouse', flags: 0, x: 1, y: 1 };
    const all = [
      ...Array.from({ length: 16 }, () => mouse),
      square(0, 0, 64, 32),
      square(1, 0, 63, 32),
      square(1, 1, 62, 30),
      square(1, 0, 31, 32),
      square(32, 0, 32, 32),
    ];
    expect([...overdrawn(all, { width: 64, height: 32 })].slice(16)).toEqual([0, 1, 1, 0, 0]);
    expect([...overdrawn(all, undefined)]).not.toContain(1);
    expect([...overdrawn(all, { width: 60_000, height: 60_000 })]).not.toContain(1);
  });
});
