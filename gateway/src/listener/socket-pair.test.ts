import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { openSocketPair } from './socket-pair.ts';

describe('a pair of sockets', () => {
  it('carries bytes both ways, and ends with either side', async () => {
    const [near, far] = await openSocketPair();
    near.write('there');
    const [there] = (await once(far, 'data')) as [Buffer];
    expect(String(there)).toBe('there');
    far.end('back');
    const [back] = (await once(near, 'data')) as [Buffer];
    expect(String(back)).toBe('back');
    near.destroy();
    await once(far, 'close');
  });

  it('belongs together, however many are opened at once', async () => {
    const pairs = await Promise.all(Array.from({ length: 20 }, () => openSocketPair()));
    for (const [index, [near, far]] of pairs.entries()) {
      near.write(`pair ${index}`);
      const [got] = (await once(far, 'data')) as [Buffer];
      expect(String(got)).toBe(`pair ${index}`);
      near.destroy();
      far.destroy();
    }
  });
});
