import { describe, expect, it } from 'vitest';
import { ByteAccumulator } from './byte-accumulator.ts';

function append(accumulator: ByteAccumulator, text: string, total: number): void {
  const chunk = Buffer.from(text);
  accumulator.append(chunk, { start: 0, end: chunk.length }, total);
}

describe('ByteAccumulator', () => {
  it('collects ranges of chunks in order and copies them', () => {
    const accumulator = new ByteAccumulator();
    const chunk = Buffer.from('xabx');
    accumulator.append(chunk, { start: 1, end: 3 }, 4);
    chunk.fill(0);
    append(accumulator, 'cd', 4);
    expect(accumulator.length).toBe(4);
    expect(accumulator.at(0)).toBe(0x61);
    expect(accumulator.int32At(0)).toBe(0x61626364);
    expect(accumulator.release().toString()).toBe('abcd');
  });

  it('is empty before the first and after the last byte', () => {
    const accumulator = new ByteAccumulator();
    expect(accumulator.at(0)).toBe(0);
    expect(accumulator.int32At(0)).toBe(0);
    expect(accumulator.release()).toHaveLength(0);
    append(accumulator, 'abcd', 4);
    accumulator.release();
    expect([accumulator.length, accumulator.capacity]).toEqual([0, 0]);
  });

  it('gives its buffer away: what comes later does not change it', () => {
    const accumulator = new ByteAccumulator();
    append(accumulator, 'abcd', 4);
    const first = accumulator.release();
    append(accumulator, 'efgh', 4);
    expect(first.toString()).toBe('abcd');
  });

  it('P10: never holds more than twice what arrived nor more than the message', () => {
    const accumulator = new ByteAccumulator();
    const total = 1000;
    for (let length = 1; length <= total; length += 1) {
      append(accumulator, 'x', total);
      expect(accumulator.capacity).toBeGreaterThanOrEqual(length);
      expect(accumulator.capacity).toBeLessThanOrEqual(Math.min(total, Math.max(2 * length, 64)));
    }
  });
});
