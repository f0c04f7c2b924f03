/** A session that is put on record: what is in it, and what becomes of the session when it cannot be (P4, P10). */
import { describe, expect, it } from 'vitest';
import { encodeCommandComplete } from '../wire/backend/command-complete.ts';
import { encodeCopyResponse } from '../wire/backend/copy-response.ts';
import { encodeDataRow } from '../wire/backend/data-row.ts';
import { encodeCopyDone, encodeSync } from '../wire/frontend/bare-frontend-messages.ts';
import { encodeQuery } from '../wire/frontend/query.ts';
import { MemoryRecording } from './testing/memory-recording.ts';
import { ask, bind, columns, copyData, execute, parse, prepared, ready, reply } from './testing/messages.ts';
import { type RelayBench, type RelayBenchOptions, startRelayBench } from './testing/relay-bench.ts';

const row = encodeDataRow(['x'.repeat(1_000)]);
const done = encodeCommandComplete('SELECT 1');
const intoTable = encodeCopyResponse({ direction: 'in', format: 'text', columnFormats: ['text'] });

async function start(
  options: RelayBenchOptions = {},
): Promise<{ readonly bench: RelayBench; readonly recording: MemoryRecording }> {
  const recording = new MemoryRecording();
  return { bench: await startRelayBench({ recording, ...options }), recording };
}

describe('what is on record', () => {
  it('results with what describes their rows, asked for by the gateway where the client does not', async () => {
    const { bench, recording } = await start();
    const description = columns(1, 'x');
    expect(await ask(bench, parse('SELECT x FROM t'), bind(), execute(), encodeSync())).toEqual([
      ...['Parse SELECT x FROM t', 'Bind', 'Describe portal', 'Execute', 'Sync'],
    ]);
    await reply(bench, prepared, description, row, done, ready());
    expect(recording.of('context').equals(description)).toBe(true);
    expect(recording.of('response').equals(Buffer.concat([row, done]))).toBe(true);
    expect(recording.outcomes).toMatchObject([{ status: 'ok', result: { rows: 1 } }]);
  });

  it('data that the client sends', async () => {
    const { bench, recording } = await start();
    await ask(bench, encodeQuery('COPY t FROM STDIN'));
    await reply(bench, intoTable);
    const data = copyData('a\n');
    await ask(bench, data.subarray(0, 6));
    await ask(bench, data.subarray(6), encodeCopyDone());
    expect(recording.of('request').equals(data)).toBe(true);
  });

  it('denials, with what the client was told', async () => {
    const { bench, recording } = await start({ refuses: (label) => label.includes('secrets') });
    await ask(bench, encodeQuery('SELECT * FROM secrets'));
    expect(recording.requests).toMatchObject([{ effect: 'deny' }]);
    expect(recording.outcomes).toMatchObject([
      { status: 'refused', result: { message: expect.stringContaining('POLICY_DENIED') } },
    ]);
  });
});

describe('a disk that does not keep up', () => {
  it('P10: the server is read no further until it does, whatever the client reads', async () => {
    const { bench, recording } = await start();
    await ask(bench, encodeQuery('SELECT x FROM t'));
    recording.fallBehind();
    await reply(bench, columns(1, 'x'), row);
    const before = recording.of('response').length;
    for (let sent = 0; sent < 200; sent += 1) bench.server.send(row);
    await bench.settled();
    expect(bench.server.stream.writableLength).toBeGreaterThan(0);
    expect(recording.of('response').length - before).toBeLessThan(100_000);
    recording.catchUp();
    await bench.settled();
    expect(bench.server.stream.writableLength).toBe(0);
  });

  it('P10: neither is COPY data of the client', async () => {
    const { bench, recording } = await start();
    await ask(bench, encodeQuery('COPY t FROM STDIN'));
    await reply(bench, intoTable);
    recording.fallBehind();
    const data = copyData('x'.repeat(50_000));
    for (let sent = 0; sent < 40; sent += 1) bench.client.send(data);
    await bench.settled();
    expect(bench.client.stream.writableNeedDrain).toBe(true);
    expect(recording.of('request').length).toBeLessThan(200_000);
    recording.catchUp();
    await bench.settled();
    expect(recording.of('request').length).toBe(40 * data.length);
  });
});

describe('a disk that is full', () => {
  it('P9: the client is told why, also in the middle of a row, of which it gets nothing', async () => {
    for (const sent of [0, 1, 5, 500, row.length]) {
      const { bench, recording } = await start();
      await ask(bench, encodeQuery('SELECT x FROM t'));
      await reply(bench, columns(1, 'x'), row);
      await reply(bench, row.subarray(0, sent));
      recording.break();
      await bench.settled();
      const got = bench.client.take();
      expect(
        got.filter((line) => line !== 'DataRow'),
        String(sent),
      ).toEqual(['FATAL 58030']);
      expect(bench.cancels).toBe(1);
      expect(await bench.relay.ended).toBe('internal-error');
    }
  });

  it('P4: nothing more of COPY data is sent', async () => {
    const { bench, recording } = await start();
    await ask(bench, encodeQuery('COPY t FROM STDIN'));
    await reply(bench, intoTable);
    recording.break();
    await bench.settled();
    expect(await ask(bench, copyData('a\n'))).not.toContain('CopyData a');
    expect(bench.client.take()).toEqual(['FATAL 58030']);
  });
});
