import { type Duplex, duplexPair } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChunkSource } from '../chunk-source.ts';
import { type Relayed, type RelaySide, relayBytes } from './relay-bytes.ts';

/** A side of the relay, and what stands behind it. */
function side(): { readonly near: RelaySide; readonly far: Duplex } {
  const [stream, far] = duplexPair({ highWaterMark: 64 });
  stream.on('error', () => undefined);
  far.on('error', () => undefined);
  return { near: { stream, source: new ChunkSource(stream) }, far };
}

/** All that comes until the end. */
async function all(stream: Duplex): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  return text;
}

const relay = (
  client: RelaySide,
  service: RelaySide,
  {
    take = () => undefined,
    idleTimeoutMs = 60_000,
  }: { take?: (bytes: number) => void; idleTimeoutMs?: number } = {},
): { readonly done: Promise<void>; readonly relayed: Relayed } => {
  const relayed: Relayed = { sent: 0, received: 0 };
  return { done: relayBytes(client, service, { bounds: { idleTimeoutMs, take }, relayed }), relayed };
};

describe('a relay of bytes', () => {
  it('P2: hands over all of it, in order, both ways, and counts it', async () => {
    const pieces = fc.array(fc.string({ minLength: 1, maxLength: 200, unit: 'grapheme-ascii' }), {
      maxLength: 20,
    });
    await fc.assert(
      fc.asyncProperty(pieces, pieces, async (up, down) => {
        const [client, service] = [side(), side()];
        const { done, relayed } = relay(client.near, service.near);
        for (const piece of up) client.far.write(piece);
        for (const piece of down) service.far.write(piece);
        client.far.end();
        service.far.end();
        const [seen, told] = await Promise.all([all(service.far), all(client.far), done]);
        expect(seen).toBe(up.join(''));
        expect(told).toBe(down.join(''));
        expect(relayed).toEqual({ sent: up.join('').length, received: down.join('').length });
      }),
      { numRuns: 50 },
    );
  });

  it('P10: takes no more from one side than the other takes', async () => {
    const [client, service] = [side(), side()];
    const { done, relayed } = relay(client.near, service.near);
    const piece = 'x'.repeat(64);
    let written = 0;
    while (client.far.write(piece) && written < 1000) {
      written += 1;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(written).toBeLessThan(100);
    expect(relayed.sent).toBeLessThan(2000);
    client.near.stream.destroy();
    service.near.stream.destroy();
    await done.catch(() => undefined);
  });

  it('hands out nothing beyond a bound', async () => {
    const [client, service] = [side(), side()];
    let left = 10;
    const take = (bytes: number): void => {
      left -= bytes;
      if (left < 0) throw new Error('too much');
    };
    const { done, relayed } = relay(client.near, service.near, { take });
    service.far.write('12345678');
    service.far.write('12345678');
    await expect(done).rejects.toThrow('too much');
    expect(relayed.received).toBe(8);
    client.near.stream.destroy();
    service.near.stream.destroy();
  });

  it('P10: ends where nothing moves, and not where one side alone is silent', async () => {
    const [client, service] = [side(), side()];
    await expect(relay(client.near, service.near, { idleTimeoutMs: 5 }).done).rejects.toMatchObject({
      code: 'ERR_HTTP_CLIENT_TIMEOUT',
    });
  });

  it.each(['client', 'service'] as const)('ends in order where the %s is gone', async (which) => {
    const sides = { client: side(), service: side() };
    const { done } = relay(sides.client.near, sides.service.near);
    const other = which === 'client' ? 'service' : 'client';
    sides[which].near.stream.destroy();
    sides[other].far.write('nobody hears this');
    sides[other].far.end();
    sides[other].far.resume();
    await done;
  });
});
