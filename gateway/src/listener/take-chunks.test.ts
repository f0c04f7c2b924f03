import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Socket as NetSocket, type Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { openSocketPair } from './socket-pair.ts';
import { takeChunks } from './take-chunks.ts';

const KIB = 1024;

/** A pair whose far end is read; the test ends both. */
async function openPair(): Promise<{ near: Socket; far: Socket } & AsyncDisposable> {
  const [near, far] = await openSocketPair();
  return {
    near,
    far,
    async [Symbol.asyncDispose]() {
      near.destroy();
      far.destroy();
      await sleep(0);
    },
  };
}

describe('chunks of a socket', () => {
  it('P10: are what was sent, in sizes small and large, in turn', async () => {
    await using pair = await openPair();
    const sizes = [1, 60, 4095, 4096, 4097, 20 * KIB, 64 * KIB, 300 * KIB, 10, 3 * KIB, 128 * KIB, 5];
    const sent = createHash('sha256');
    const got = createHash('sha256');
    let left = 20 * sizes.reduce((sum, size) => sum + size, 0);
    const all = Promise.withResolvers<void>();
    takeChunks(pair.far, (chunk) => {
      got.update(chunk);
      left -= chunk.length;
      if (left === 0) all.resolve();
      return false;
    });
    pair.far.resume();
    for (let round = 0; round < 20; round += 1) {
      for (const size of sizes) {
        const bytes = randomBytes(size);
        sent.update(bytes);
        pair.near.write(bytes);
        if (size % 2 === 0) await sleep(0);
      }
    }
    await all.promise;
    expect(got.digest('hex')).toBe(sent.digest('hex'));
  });

  it('P10: are not written over while they are in use', async () => {
    await using pair = await openPair();
    const kept: Buffer[] = [];
    let bytes = 0;
    const all = Promise.withResolvers<void>();
    takeChunks(pair.far, (chunk) => {
      kept.push(chunk);
      bytes += chunk.length;
      if (bytes === 2048 * KIB) all.resolve();
      return true;
    });
    pair.far.resume();
    const sent = randomBytes(2048 * KIB);
    for (let at = 0; at < sent.length; ) {
      const size = at % 3 === 0 ? 100 : 40_000;
      pair.near.write(sent.subarray(at, at + size));
      at += size;
      await sleep(0);
    }
    await all.promise;
    expect(Buffer.concat(kept).equals(sent)).toBe(true);
  });

  it('take no memory of their own where they are not in use any more', async () => {
    await using pair = await openPair();
    const memory = new Set<ArrayBufferLike>();
    let bytes = 0;
    const all = Promise.withResolvers<void>();
    takeChunks(pair.far, (chunk) => {
      memory.add(chunk.buffer);
      bytes += chunk.length;
      if (bytes >= 8192 * KIB) all.resolve();
      return false;
    });
    pair.far.resume();
    pair.near.write(Buffer.alloc(8192 * KIB));
    await all.promise;
    // Its own, and what copies of small ones share.
    expect(memory.size).toBeLessThan(10);
  });

  it('P10: stop while the socket is paused, and the end comes after the last', async () => {
    await using pair = await openPair();
    let bytes = 0;
    takeChunks(pair.far, (chunk) => {
      bytes += chunk.length;
      if (bytes === chunk.length) pair.far.pause();
      return false;
    });
    pair.far.resume();
    const sent = 32 * 1024 * KIB;
    pair.near.end(Buffer.alloc(sent));
    while (!pair.far.isPaused()) await sleep(1);
    const before = bytes;
    await sleep(30);
    expect(bytes).toBe(before);
    expect(bytes).toBeLessThan(sent);
    pair.far.resume();
    await once(pair.far, 'end');
    expect(bytes).toBe(sent);
  });

  it('come by the events of the socket again once it is released, in order, as fast as they are read', async () => {
    await using pair = await openPair();
    const got: Buffer[] = [];
    const release = takeChunks(pair.far, (chunk) => got.push(chunk) > 0);
    pair.near.write('first');
    while (got.length === 0) await sleep(1);
    release();
    pair.far.pause();
    pair.far.unshift(Buffer.from('unread,'));
    const sent = 4096 * KIB;
    pair.near.end(Buffer.alloc(sent, 'x'));
    await sleep(30);
    expect(pair.far.readableLength).toBeLessThan(256 * KIB);
    const later: Buffer[] = [];
    pair.far.on('data', (chunk: Buffer) => later.push(chunk));
    pair.far.resume();
    await once(pair.far, 'end');
    expect(Buffer.concat(got).toString()).toBe('first');
    const text = Buffer.concat(later).toString();
    expect(text.slice(0, 9)).toBe('unread,xx');
    expect(text).toHaveLength(sent + 7);
  });

  it('go to whoever takes the socket next, with or without what nobody has read', async () => {
    await using pair = await openPair();
    const got: string[] = [];
    const text = (): string => got.join('');
    const take = (name: string): (() => void) =>
      takeChunks(pair.far, (chunk) => got.push(`${name}${chunk.toString('latin1')}`) > 0);
    const first = take('1:');
    pair.near.write('a');
    while (text() !== '1:a') await sleep(1);
    first();
    const second = take(' 2:');
    pair.near.write('b');
    while (text() !== '1:a 2:b') await sleep(1);
    second();
    pair.far.pause();
    pair.near.write('c');
    pair.far.unshift(Buffer.from('unread'));
    take(' 3:');
    pair.far.resume();
    while (!text().endsWith('c')) await sleep(1);
    expect(text().replaceAll(' 3:', '')).toBe('1:a 2:bunreadc');
  });

  it('come by the events of whatever is no TCP socket', async () => {
    const stream = new PassThrough();
    const got: Buffer[] = [];
    takeChunks(stream, (chunk) => got.push(chunk) > 0);
    stream.end('abc');
    await once(stream, 'end');
    expect(Buffer.concat(got).toString()).toBe('abc');
    const closed = new NetSocket();
    expect(() => takeChunks(closed, () => false)).not.toThrow();
  });
});
