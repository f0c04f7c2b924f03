import { duplexPair } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { ChunkSource, whenWritable } from './chunk-source.ts';

describe('a source of chunks', () => {
  it('gives what came, then waits, then tells the end', async () => {
    const [mine, theirs] = duplexPair();
    const source = new ChunkSource(mine);
    theirs.write('a');
    expect(String(await source.next(10_000))).toBe('a');
    const waiting = source.next(10_000);
    theirs.write('b');
    expect(String(await waiting)).toBe('b');
    expect(await source.next(1)).toBe('timeout');
    theirs.end();
    expect(await source.next(10_000)).toBe('end');
    expect(source.isOver).toBe(true);
  });

  it('P10: notices that the peer has gone while nobody reads', async () => {
    const [mine, theirs] = duplexPair();
    const source = new ChunkSource(mine);
    const ended = new Promise((resolve) => mine.once('end', resolve));
    theirs.end();
    await ended;
    expect(source.isOver).toBe(true);
  });

  it('P10: takes no more than one chunk from a peer that nobody listens to', async () => {
    const [mine, theirs] = duplexPair({ highWaterMark: 4 });
    const source = new ChunkSource(mine);
    for (const piece of ['one ', 'two ', 'six ']) theirs.write(piece);
    await new Promise((resolve) => setImmediate(resolve));
    expect(source.hasEarly).toBe(true);
    expect(theirs.writableLength).toBeGreaterThan(0);
    let text = '';
    while (text.length < 12) text += String(await source.next(10_000));
    expect(text).toBe('one two six ');
    expect(source.hasEarly).toBe(false);
  });

  it('leaves what nobody asked for to the next reader', async () => {
    const [mine, theirs] = duplexPair();
    const source = new ChunkSource(mine);
    theirs.write('a');
    await new Promise((resolve) => setImmediate(resolve));
    source.release();
    theirs.write('b');
    const next = new ChunkSource(mine);
    let text = '';
    while (text.length < 2) text += String(await next.next(10_000));
    expect(text).toBe('ab');
  });

  it('P10: a peer that takes nothing is no reason to wait for ever', async () => {
    const [mine] = duplexPair({ highWaterMark: 1 });
    mine.write(Buffer.alloc(100_000));
    expect(await whenWritable(mine, 1)).toBe(false);
    mine.destroy();
    expect(await whenWritable(mine, 10_000)).toBe(false);
  });
});
