import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { joinUnread } from './join-unread.ts';

function open(): Readable {
  const stream = new Readable({ read: () => undefined });
  joinUnread(stream);
  return stream;
}

/** Pieces that Node keeps. */
function pieces(stream: Readable): number {
  const state = (stream as unknown as { _readableState: { buffer: unknown[]; bufferIndex: number } })
    ._readableState;
  return state.buffer.length - state.bufferIndex;
}

describe('what nobody has read of a stream', () => {
  it('P10: is kept in few pieces, however many came', () => {
    const stream = open();
    for (let index = 0; index < 65_535; index += 1) stream.push(Buffer.of(index & 0xff));
    expect(pieces(stream)).toBeLessThan(8);
    expect(stream.readableLength).toBe(65_535);
  });

  it('is not copied where it is long', () => {
    const stream = open();
    const long = Buffer.alloc(4096);
    stream.push(Buffer.from('a'));
    stream.push(long);
    stream.push(long);
    expect(pieces(stream)).toBe(3);
  });

  it('is what came, in order, whenever it is read', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 3000 }), fc.constantFrom('pause', 'resume', 'turn')), {
          maxLength: 40,
        }),
        async (steps) => {
          const stream = open();
          const sent: Buffer[] = [];
          const got: Buffer[] = [];
          const kept: Buffer[] = [];
          stream.on('data', (chunk: Buffer) => {
            got.push(chunk);
            kept.push(Buffer.from(chunk));
          });
          for (const [index, [bytes, step]] of steps.entries()) {
            const piece = Buffer.alloc(bytes, index);
            sent.push(piece);
            stream.push(piece);
            if (step === 'turn') await new Promise((resolve) => setImmediate(resolve));
            else stream[step]();
          }
          const ended = new Promise((resolve) => stream.once('end', resolve));
          stream.push(null);
          stream.resume();
          await ended;
          expect(Buffer.concat(got).equals(Buffer.concat(sent))).toBe(true);
          // Nor is what was read written to again.
          expect(Buffer.concat(kept).equals(Buffer.concat(got))).toBe(true);
        },
      ),
      { numRuns: 200 },
    );
  });
});
