import { describe, expect, it } from 'vitest';
import { NameLock } from './name-lock.ts';

describe('the lock of names', () => {
  it('is shared by who looks, and had alone by who changes, in the order in which they came', async () => {
    const lock = new NameLock();
    const order: string[] = [];
    const take = (name: string, alone: boolean): Promise<() => void> =>
      lock.take(alone).then((release) => {
        order.push(name);
        return release;
      });
    const first = await take('a', false);
    const second = await take('b', false);
    const change = take('change', true);
    const behind = take('c', false);
    first();
    await Promise.resolve();
    expect(order).toEqual(['a', 'b']);
    second();
    const changed = await change;
    expect(order).toEqual(['a', 'b', 'change']);
    changed();
    changed();
    (await behind)();
    expect(order).toEqual(['a', 'b', 'change', 'c']);
    (await take('d', true))();
  });
});
