import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GatheredBytes } from './gathered-bytes.ts';

describe('gathered bytes', () => {
  it('are what was added, whatever the pieces', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 20 }), (pieces) => {
        const gathered = new GatheredBytes();
        for (const piece of pieces) gathered.add(Buffer.from(piece));
        const all = Buffer.concat(pieces);
        expect(gathered.length).toBe(all.length);
        expect(gathered.bytes.equals(all)).toBe(true);
        expect(gathered.take().equals(all)).toBe(true);
        expect(gathered.length).toBe(0);
      }),
    );
  });

  it('P10: take at most twice their own memory, and not that in which pieces came', () => {
    const gathered = new GatheredBytes();
    for (let index = 0; index < 5000; index += 1) gathered.add(Buffer.alloc(65_536).subarray(7, 8));
    expect(gathered.bytes.buffer.byteLength).toBeLessThanOrEqual(2 * 5000);
  });

  it('are not written over by what is added after they were taken', () => {
    const gathered = new GatheredBytes();
    gathered.add(Buffer.from('a'));
    gathered.add(Buffer.from('b'));
    const first = gathered.take();
    gathered.add(Buffer.from('c'));
    gathered.add(Buffer.from('d'));
    expect(String(first)).toBe('ab');
    expect(String(gathered.take())).toBe('cd');
  });

  it('are not copied where one slice is all', () => {
    const slice = Buffer.from('abc');
    const gathered = new GatheredBytes();
    gathered.add(slice);
    expect(gathered.take()).toBe(slice);
  });
});
