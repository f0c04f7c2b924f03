import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeldBytes, type Room } from './held-bytes.ts';

const never = new AbortController().signal;

describe('memory for held bodies', () => {
  it('P10: is never more than there is, and everybody gets some in order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ bytes: fc.nat(150), shrinksTo: fc.nat(150), leaves: fc.boolean() }), {
          maxLength: 30,
        }),
        async (requests) => {
          const memory = new HeldBytes(100);
          let held = 0;
          let most = 0;
          const order: number[] = [];
          await Promise.all(
            requests.map(async ({ bytes, shrinksTo, leaves }, index) => {
              const gone = new AbortController();
              const taking = memory.wait(bytes, gone.signal);
              if (leaves) gone.abort(new Error('gone'));
              let room: Room;
              try {
                room = await taking;
              } catch {
                return;
              }
              order.push(index);
              let own = Math.min(bytes, 100);
              held += own;
              most = Math.max(most, held);
              await Promise.resolve();
              const kept = Math.min(own, shrinksTo);
              held -= own - kept;
              own = kept;
              room.shrink(shrinksTo);
              await Promise.resolve();
              held -= own;
              room.shrink(0);
            }),
          );
          expect(most).toBeLessThanOrEqual(100);
          expect(held).toBe(0);
          const staying = requests.flatMap(({ leaves }, index) => (leaves ? [] : [index]));
          expect(order.filter((index) => staying.includes(index))).toHaveLength(staying.length);
          // All of it is there again.
          (await memory.wait(100, never)).shrink(0);
        },
      ),
    );
  });

  it('is not waited for by who has gone', async () => {
    const memory = new HeldBytes(10);
    const room = await memory.wait(10, never);
    const gone = new AbortController();
    const waiting = memory.wait(5, gone.signal);
    const behind = memory.wait(5, never);
    gone.abort(new Error('gone'));
    await expect(waiting).rejects.toThrow('gone');
    room.shrink(5);
    (await behind).shrink(0);
    room.shrink(0);
  });
});
