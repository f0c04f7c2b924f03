/** Slow peers, floods and ends of connections: everything is bounded, and nothing is left over (P10). */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { encodeCommandComplete } from '../wire/backend/command-complete.ts';
import { encodeCopyResponse } from '../wire/backend/copy-response.ts';
import { encodeDataRow } from '../wire/backend/data-row.ts';
import { encodeReadyForQuery } from '../wire/backend/ready-for-query.ts';
import { encodeCopyDone, encodeSync } from '../wire/frontend/bare-frontend-messages.ts';
import { encodeClose } from '../wire/frontend/close.ts';
import { encodeDescribe } from '../wire/frontend/describe.ts';
import { encodeQuery } from '../wire/frontend/query.ts';
import { type RelayBench, startRelayBench } from './testing/relay-bench.ts';

const ROW = encodeDataRow(['x'.repeat(8_000)]);
const MANY = 400;

function copyData(size: number): Buffer {
  const message = Buffer.alloc(size + 5, 'x');
  message.write('d', 'latin1');
  message.writeInt32BE(size + 4, 1);
  return message;
}

/** Sends rows one by one; gives how many left the server before it was held up. */
async function pourRows(bench: RelayBench): Promise<number> {
  for (let sent = 0; sent < MANY; sent += 1) {
    if (!bench.server.stream.write(ROW)) await bench.settled();
    if (bench.server.stream.writableNeedDrain) return sent;
  }
  return MANY;
}

describe('backpressure', () => {
  it('P10: a client that does not read pauses the server, and the rows go on when it does', async () => {
    const bench = await startRelayBench();
    bench.client.send(encodeQuery('SELECT x FROM t'));
    await bench.settled();
    bench.client.pause();
    const sent = await pourRows(bench);
    expect(sent).toBeLessThan(MANY);
    bench.client.stream.resume();
    await bench.settled();
    expect(bench.server.stream.writableNeedDrain).toBe(false);
    bench.server.send(encodeCommandComplete('SELECT 1'), encodeReadyForQuery('I'));
    await bench.settled();
    expect(bench.client.take().filter((line) => line === 'DataRow')).toHaveLength(sent + 1);
    expect(bench.audit.open).toEqual([]);
  });

  it('P10: a server that does not read pauses the client, and the data goes on when it does', async () => {
    const bench = await startRelayBench();
    bench.client.send(encodeQuery('COPY t FROM STDIN'));
    await bench.settled();
    bench.server.send(encodeCopyResponse({ direction: 'in', format: 'text', columnFormats: ['text'] }));
    await bench.settled();
    bench.server.pause();
    let sent = 0;
    while (sent < MANY && !bench.client.stream.writableNeedDrain) {
      bench.client.stream.write(copyData(8_000));
      sent += 1;
      if (bench.client.stream.writableNeedDrain) await bench.settled();
    }
    expect(sent).toBeLessThan(MANY);
    bench.server.stream.resume();
    bench.client.send(encodeCopyDone());
    await bench.settled();
    const got = bench.server.take();
    expect(got.filter((line) => line.startsWith('CopyData'))).toHaveLength(sent);
    expect(got.at(-1)).toBe('CopyDone');
  });

  it('P10: a client that goes while the server is held up for it does not leave the server held up', async () => {
    const bench = await startRelayBench();
    bench.client.send(encodeQuery('SELECT x FROM t'));
    await bench.settled();
    bench.client.pause();
    await pourRows(bench);
    bench.client.stream.destroy();
    await bench.settled();
    expect(await bench.relay.ended).toBe('client-gone');
    expect(bench.cancels).toBe(1);
    expect(bench.server.stream.writableNeedDrain).toBe(false);
    expect(bench.server.take().at(-1)).toBe('Terminate');
  });
});

describe('floods', () => {
  it.each([
    ['Sync', encodeSync()],
    ['Describe', encodeDescribe({ kind: 'statement', name: 'a' })],
    ['Close', encodeClose({ kind: 'portal', name: 'a' })],
    ['Query', encodeQuery('SELECT 1')],
  ])('P10: %s without end: the client is read no further than the server answers', async (name, message) => {
    const bench = await startRelayBench();
    const sent = 20_000;
    for (let i = 0; i < sent; i += 500) bench.client.send(...Array.from({ length: 500 }, () => message));
    await bench.settled();
    const asked = bench.server.take().filter((line) => line.startsWith(name)).length;
    expect(asked).toBeGreaterThan(500);
    expect(asked).toBeLessThan(6_000);
  });

  it('P10: a text of thousands of statements leaves a short record of its answers', async () => {
    const bench = await startRelayBench();
    bench.client.send(encodeQuery('SELECT 1;'.repeat(500)));
    await bench.settled();
    for (let i = 0; i < 500; i += 1) bench.server.send(encodeCommandComplete(`SELECT ${i}`));
    bench.server.send(encodeReadyForQuery('I'));
    await bench.settled();
    const [outcome] = bench.audit.outcomes;
    expect(outcome?.result['completed']).toBe(500);
    expect(String(outcome?.result['tag']).split('; ')).toHaveLength(100);
  });
});

describe('the end of a server connection', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  it('P10: a server that does not hang up is hung up on', async () => {
    const bench = await startRelayBench();
    bench.client.stream.destroy();
    await bench.settled();
    expect(bench.server.take()).toEqual(['Terminate']);
    // It talks on, to nobody.
    for (let i = 0; i < 50; i += 1) bench.server.send(ROW);
    await bench.settled();
    expect(bench.upstream.destroyed).toBe(false);
    vi.advanceTimersByTime(10_000);
    await bench.settled();
    expect(bench.upstream.destroyed).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('a server that hangs up leaves no timer behind', async () => {
    const bench = await startRelayBench();
    bench.server.stream.on('end', () => bench.server.stream.end());
    bench.client.stream.destroy();
    await bench.settled();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('the end of a session inside a message', () => {
  const ends: Readonly<Record<string, (bench: RelayBench) => void>> = {
    kill: (bench) => bench.relay.kill('an administrator ended the session'),
    expire: (bench) => bench.relay.expire(),
    'hang up': (bench) => bench.upstream.destroy(),
  };

  /** A session that ends when the server has sent `sent` of a row. */
  async function endWithin(sent: Buffer, end: (bench: RelayBench) => void): Promise<RelayBench> {
    const bench = await startRelayBench();
    bench.client.send(encodeQuery('SELECT x FROM t'));
    await bench.settled();
    for (let at = 0; at < sent.length; at += 60_000) {
      bench.server.send(sent.subarray(at, at + 60_000));
      await bench.settled();
    }
    end(bench);
    await bench.settled();
    expect(bench.client.isEnded).toBe(true);
    return bench;
  }

  it('P9: the client is told why: half a row was held back', async () => {
    for (const [name, end] of Object.entries(ends)) {
      const bench = await endWithin(Buffer.concat([ROW, ROW.subarray(0, -20)]), end);
      expect(bench.client.take(), name).toEqual(['DataRow', expect.stringMatching(/^FATAL (28000|58000)$/)]);
    }
  });

  it('P5, P10: more than a megabyte of a row is not held back, nor completed with the text of an error', async () => {
    const huge = encodeDataRow(['x'.repeat(2_000_000)]);
    for (const [name, end] of Object.entries(ends)) {
      const bench = await endWithin(huge.subarray(0, -20), end);
      expect(bench.client.receivedBytes, name).toBe(huge.length - 20);
    }
  });

  it('P2: half of the client’s COPY data is not completed with a message of the gateway’s own', async () => {
    const bench = await startRelayBench();
    bench.client.send(encodeQuery('COPY t FROM STDIN'));
    await bench.settled();
    bench.server.send(encodeCopyResponse({ direction: 'in', format: 'text', columnFormats: ['text'] }));
    await bench.settled();
    bench.server.take();
    const before = bench.server.receivedBytes;
    bench.client.send(copyData(100).subarray(0, 100));
    await bench.settled();
    bench.client.stream.destroy();
    await bench.settled();
    expect(bench.server.receivedBytes - before).toBe(100);
    expect(bench.server.isEnded).toBe(true);
  });
});

describe('a client that goes while its messages wait', () => {
  it('P12: is noticed although more of it was still to be handled, and its work is cancelled', async () => {
    const bench = await startRelayBench();
    bench.client.send(encodeQuery('COPY t FROM STDIN'));
    await bench.settled();
    // The server is silent, behind a lock for instance; the client sends on and gives up.
    bench.client.send(copyData(10), encodeCopyDone());
    await bench.settled();
    bench.client.send(encodeQuery('SELECT 1'));
    await bench.settled();
    bench.client.stream.destroy();
    await bench.settled();
    expect(bench.upstream.writableEnded).toBe(true);
    expect(bench.cancels).toBe(1);
    expect(bench.audit.open).toEqual([]);
  });

  it('P10: what is read ahead is bounded', async () => {
    const bench = await startRelayBench();
    bench.client.send(encodeQuery('COPY t FROM STDIN'));
    await bench.settled();
    let sent = 0;
    while (sent < MANY && !bench.client.stream.writableNeedDrain) {
      bench.client.stream.write(copyData(8_000));
      sent += 1;
      if (bench.client.stream.writableNeedDrain) await bench.settled();
    }
    expect(sent).toBeGreaterThan(20);
    expect(sent).toBeLessThan(60);
  });
});
