import { describe, expect, it } from 'vitest';
import { OutputPool } from './output-pool.ts';

/** Takes what is flushed, as it is and as a copy of that moment. */
function collect(): {
  add(bytes: Buffer, start?: number, end?: number): void;
  readonly slices: Buffer[];
  readonly copies: string[];
} {
  const slices: Buffer[] = [];
  const copies: string[] = [];
  return {
    slices,
    copies,
    add(bytes, start = 0, end = bytes.length) {
      slices.push(bytes.subarray(start, end));
      copies.push(bytes.toString('latin1', start, end));
    },
  };
}

describe('the output of masks', () => {
  it('P5: what was handed out stays as it was while more is written', () => {
    const pool = new OutputPool();
    const sink = collect();
    for (let index = 0; index < 500; index += 1) {
      pool.text(`row ${index} ${'x'.repeat(400)}`);
      pool.flush(sink);
    }
    expect(sink.slices.map((slice) => slice.toString('latin1'))).toEqual(sink.copies);
  });

  it('is written from its front again once everything is gone', () => {
    const pool = new OutputPool();
    const sink = collect();
    for (const text of ['first', 'second']) {
      pool.text(text);
      pool.flush(sink);
      pool.rewind();
    }
    const [first, second] = sink.slices;
    expect(first?.buffer).toBe(second?.buffer);
    expect(second?.byteOffset).toBe(first?.byteOffset);
    expect(sink.copies).toEqual(['first', 'second']);
  });

  it('P5: keeps what waits to be handed out', () => {
    const pool = new OutputPool();
    const sink = collect();
    pool.text('one');
    pool.flush(sink);
    pool.text('two');
    pool.rewind();
    pool.text('three');
    pool.flush(sink);
    expect(sink.copies).toEqual(['one', 'twothree']);
  });
});
