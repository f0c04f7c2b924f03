import { type Duplex, duplexPair } from 'node:stream';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ClientStream } from './client-stream.ts';

const TIMES = { headTimeoutMs: 10_000, idleTimeoutMs: 10_000, keepAliveMs: 10_000 };

function pair(times: Partial<typeof TIMES> = {}): { readonly client: ClientStream; readonly peer: Duplex } {
  const [mine, peer] = duplexPair();
  return { client: new ClientStream(mine, { ...TIMES, ...times }), peer };
}

/** Lets what was written arrive; streams do not wait for clocks. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

afterEach(() => {
  vi.useRealTimers();
});

describe('the stream of a client', () => {
  it('P10: counts the time of a head from its first byte', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const { client, peer } = pair({ headTimeoutMs: 2_000 });
    const head = client.nextHead();
    await vi.advanceTimersByTimeAsync(5_000);
    peer.write('GET / HTTP/1.1\r\n');
    await turn();
    await vi.advanceTimersByTimeAsync(1_900);
    peer.write('Host: a\r\n\r\n');
    expect((await head)?.method).toBe('GET');
  });

  it('P10: gives a head that comes byte by byte no more time for each', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const { client, peer } = pair({ headTimeoutMs: 2_000 });
    const head = client.nextHead().catch((error: unknown) => error);
    for (const byte of 'GET') {
      peer.write(byte);
      await turn();
      await vi.advanceTimersByTimeAsync(900);
    }
    expect(await head).toMatchObject({ code: 'ERR_HTTP_CLIENT_TIMEOUT', status: 408 });
  });

  it('P10: gives up a head that stands still, and says nothing to a silent client', async () => {
    const slow = pair({ headTimeoutMs: 1 });
    const head = slow.client.nextHead();
    slow.peer.write('GET /');
    await expect(head).rejects.toMatchObject({ code: 'ERR_HTTP_CLIENT_TIMEOUT', status: 408 });
    expect(await pair({ keepAliveMs: 1 }).client.nextHead()).toBeUndefined();
  });

  it('reads bodies in pieces, and knows when there is nothing left of one', async () => {
    const { client, peer } = pair();
    peer.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab');
    await client.nextHead();
    const first = await client.nextBody();
    expect(first.kind === 'data' && first.bytes.toString('latin1', first.start, first.end)).toBe('ab');
    expect(client.isBodyRead).toBe(false);
    peer.write('cd');
    expect((await client.nextBody()).kind).toBe('data');
    expect((await client.nextBody()).kind).toBe('end');
    expect(client.isBodyRead).toBe(true);
  });

  it('P10: a client that goes within a body is gone, and so is one that takes nothing', async () => {
    const { client, peer } = pair({ idleTimeoutMs: 1 });
    peer.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n');
    await client.nextHead();
    await expect(client.nextBody()).rejects.toMatchObject({ code: 'ERR_HTTP_CLIENT_TIMEOUT' });
    await expect(client.write(Buffer.alloc(1_000_000))).rejects.toMatchObject({ code: 'ERR_HTTP_GONE' });
    peer.destroy();
    client.destroy();
    await expect.poll(() => client.gone.aborted).toBe(true);
  });
});
