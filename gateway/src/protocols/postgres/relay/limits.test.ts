/** Results and times that are bounded, cut at the right place, with nothing else hit (P9, P10). */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LimitsObligation } from '../../../model/obligation.ts';
import { encodeParseComplete, encodePortalSuspended } from '../wire/backend/bare-backend-messages.ts';
import { encodeCommandComplete } from '../wire/backend/command-complete.ts';
import { encodeCopyResponse } from '../wire/backend/copy-response.ts';
import { encodeDataRow } from '../wire/backend/data-row.ts';
import { encodeCopyDone, encodeSync } from '../wire/frontend/bare-frontend-messages.ts';
import { encodeQuery } from '../wire/frontend/query.ts';
import {
  ask,
  bind,
  columns,
  copyData,
  describePortal,
  execute,
  failure,
  parse,
  prepared,
  ready,
  reply,
} from './testing/messages.ts';
import { type Obliges, type RelayBench, startRelayBench } from './testing/relay-bench.ts';

const sync = encodeSync();
const row = encodeDataRow(['x']);
const done = encodeCommandComplete('SELECT 3');
const cancelled = failure('57014', 'canceling statement due to user request');

const TWO_ROWS: LimitsObligation = { kind: 'limits', rule: 'two', rows: 2 };
const ONE_SECOND: LimitsObligation = { kind: 'limits', rule: 'quick', timeoutMs: 1_000 };

/** Statements on `t` have the bound; others have none. */
const on =
  (limit: LimitsObligation): Obliges =>
  (label) =>
    label.includes('public.t') ? [limit] : [];

const statuses = (bench: RelayBench): unknown => bench.audit.outcomes.map(({ status }) => status);

describe('rows', () => {
  it('P9: the client gets what fits, whole, then the error, and the session goes on', async () => {
    const bench = await startRelayBench({ obliges: on(TWO_ROWS) });
    await ask(bench, encodeQuery('SELECT x FROM t'));
    const got = await reply(bench, columns(1, 'x'), row, row, row, row);
    expect(got).toEqual(['RowDescription', 'DataRow', 'DataRow']);
    expect(bench.cancels).toBe(1);
    expect(await reply(bench, row, cancelled, ready())).toEqual(['ERROR SPL01', 'Ready I']);
    expect(bench.audit.outcomes).toMatchObject([
      { status: 'cancelled', result: { rows: 2, limit: { limit: 'rows', rule: 'two' } } },
    ]);
    expect(await ask(bench, encodeQuery('SELECT 1'))).toEqual(['Query SELECT 1']);
  });

  it('P9: a row that comes in pieces is either whole or not there', async () => {
    const bench = await startRelayBench({ obliges: on(TWO_ROWS) });
    await ask(bench, encodeQuery('SELECT x FROM t'));
    const stream = Buffer.concat([columns(1, 'x'), row, row, row, row]);
    for (const byte of stream) {
      bench.server.send(Buffer.from([byte]));
    }
    await bench.settled();
    expect(bench.client.take()).toEqual(['RowDescription', 'DataRow', 'DataRow']);
    expect(await reply(bench, cancelled, ready())).toEqual(['ERROR SPL01', 'Ready I']);
  });

  it('P9: all results of one text count together', async () => {
    const bench = await startRelayBench({ obliges: on(TWO_ROWS) });
    await ask(bench, encodeQuery('SELECT x FROM t; SELECT x FROM t'));
    const two = await reply(bench, columns(1, 'x'), row, row, done, columns(1, 'x'), row);
    expect(two).toEqual(['RowDescription', 'DataRow', 'DataRow', 'SELECT 3', 'RowDescription']);
    expect(await reply(bench, cancelled, ready())).toEqual(['ERROR SPL01', 'Ready I']);
  });

  it('P9: a cancel that comes too late is told as the error all the same, and what follows in the text is not told', async () => {
    const bench = await startRelayBench({ obliges: on(TWO_ROWS) });
    await ask(bench, encodeQuery('SELECT x FROM t; SELECT 1'));
    const got = await reply(bench, row, row, row, done, columns(0, 'y'), row, done, ready());
    expect(got).toEqual(['DataRow', 'DataRow', 'ERROR SPL01', 'Ready I']);
  });

  it('P9: after a cancel that came too late the transaction is failed for the server too', async () => {
    const bench = await startRelayBench({ obliges: on(TWO_ROWS) });
    await ask(bench, encodeQuery('BEGIN'));
    await reply(bench, encodeCommandComplete('BEGIN'), ready('T'));
    await ask(bench, parse('SELECT x FROM t'), bind(), execute(), sync);
    expect(await reply(bench, prepared, row, row, row, done, ready('T'))).toEqual([
      'ParseComplete',
      'BindComplete',
      'DataRow',
      'DataRow',
      'ERROR SPL01',
    ]);
    expect(bench.server.take()).toEqual(['Query sallyport_refused limit']);
    expect(await ask(bench, encodeQuery('COMMIT'))).toEqual(['Query COMMIT']);
    expect(await reply(bench, failure('42601'), ready('E'))).toEqual(['Ready E']);
    expect(await reply(bench, encodeCommandComplete('ROLLBACK'), ready())).toEqual(['ROLLBACK', 'Ready I']);
  });

  it('P9: nothing of the batch behind a cut statement is carried out, were the cancel too late or not', async () => {
    for (const end of [Buffer.concat([row, done]), cancelled]) {
      const bench = await startRelayBench({ obliges: on(TWO_ROWS) });
      const batch = [parse('SELECT x FROM t'), bind(), execute(), parse('COMMIT'), bind(), execute(), sync];
      expect(await ask(bench, ...batch)).toEqual(['Parse SELECT x FROM t', 'Bind', 'Execute', 'Flush']);
      await reply(bench, prepared, row, row, row);
      expect((await reply(bench, end)).at(-1)).toBe('ERROR SPL01');
      expect(bench.server.take().filter((line) => line !== 'Flush')).toEqual(['Sync']);
      expect(await reply(bench, ready())).toEqual(['Ready I']);
      expect(bench.audit.open).toEqual([]);
    }
  });

  it('P10: the fetches of one portal count together, and a portal that ends in the bound is no success', async () => {
    const bench = await startRelayBench({ obliges: on({ ...TWO_ROWS, rows: 3 }) });
    await ask(bench, encodeQuery('BEGIN'));
    await reply(bench, encodeCommandComplete('BEGIN'), ready('T'));
    await ask(bench, parse('SELECT x FROM t'), bind('p'), execute('p', 2), sync);
    const first = await reply(bench, prepared, row, row, encodePortalSuspended(), ready('T'));
    expect(first.at(-2)).toBe('PortalSuspended');
    await ask(bench, execute('p', 2), sync);
    const second = await reply(bench, row, row, encodePortalSuspended(), ready('T'));
    expect(second).toEqual(['DataRow', 'ERROR SPL01']);
    expect(bench.server.take()).toEqual(['Query sallyport_refused limit']);
  });

  it('P10: the next batch waits until the cancel is over, and is not hit', async () => {
    let told: () => void = () => undefined;
    const onCancel = (): Promise<void> => new Promise((resolve) => (told = resolve));
    const bench = await startRelayBench({ obliges: on(TWO_ROWS), onCancel });
    await ask(bench, encodeQuery('SELECT x FROM t'), encodeQuery('DELETE FROM u'));
    await reply(bench, row, row, row, cancelled, ready());
    expect(bench.server.take()).toEqual([]);
    told();
    await bench.settled();
    expect(bench.server.take()).toEqual(['Query DELETE FROM u']);
  });

  it('P10: COPY out is cut, too, however the cancel comes', async () => {
    const out = encodeCopyResponse({ direction: 'out', format: 'text', columnFormats: ['text'] });
    for (const end of [cancelled, Buffer.concat([encodeCopyDone(), encodeCommandComplete('COPY 9')])]) {
      const bench = await startRelayBench({ obliges: on(TWO_ROWS) });
      await ask(bench, encodeQuery('COPY t TO STDOUT'));
      const lines = ['a\n', 'b\n', 'c\n'].map(copyData);
      const got = await reply(bench, out, ...lines, end, ready());
      expect(got).toEqual(['CopyOutResponse', 'CopyData', 'CopyData', 'ERROR SPL01', 'Ready I']);
    }
  });

  it('P10: COPY in over its bound fails on the server, and the client is told why', async () => {
    const into = encodeCopyResponse({ direction: 'in', format: 'text', columnFormats: ['text'] });
    const bench = await startRelayBench({ obliges: on(TWO_ROWS) });
    await ask(bench, encodeQuery('COPY t FROM STDIN'));
    await reply(bench, into);
    const got = await ask(bench, copyData('a\n'), copyData('b\nc\n'), copyData('d\n'), encodeCopyDone());
    expect(got).toEqual(['CopyData a', 'CopyFail']);
    expect(await reply(bench, failure('57014', 'COPY from stdin failed: limit'), ready())).toEqual([
      'ERROR SPL01',
      'Ready I',
    ]);
    expect(await ask(bench, encodeQuery('SELECT 1'))).toEqual(['Query SELECT 1']);
  });
});

describe('time', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  async function pass(bench: RelayBench, ms: number): Promise<void> {
    vi.advanceTimersByTime(ms);
    await bench.settled();
  }

  it('P9: is counted from when the server has nothing else to do', async () => {
    const bench = await startRelayBench({ obliges: on(ONE_SECOND) });
    expect(await ask(bench, encodeQuery('SELECT 1'), encodeQuery('SELECT x FROM t'))).toEqual([
      'Query SELECT 1',
    ]);
    await pass(bench, 60_000);
    expect(bench.cancels).toBe(0);
    await reply(bench, row, done, ready());
    expect(bench.server.take()).toEqual(['Query SELECT x FROM t']);
    await pass(bench, 999);
    expect(bench.cancels).toBe(0);
    await pass(bench, 1);
    expect(bench.cancels).toBe(1);
    expect(await reply(bench, cancelled, ready())).toEqual(['ERROR SPL02', 'Ready I']);
  });

  it('P9: a batch whose answers the server keeps back is told the bound, not a cancel by the user', async () => {
    const bench = await startRelayBench({ obliges: on(ONE_SECOND) });
    await ask(bench, parse('SELECT x FROM t'), bind(), describePortal(), execute(), sync);
    await pass(bench, 1_000);
    expect(bench.cancels).toBe(1);
    const got = await reply(bench, prepared, columns(1, 'x'), cancelled, ready());
    expect(got).toEqual(['ParseComplete', 'BindComplete', 'RowDescription', 'ERROR SPL02', 'Ready I']);
    expect(statuses(bench)).toEqual(['ok', 'cancelled']);
  });

  it('P10: what was only prepared and answered late does not hang the session', async () => {
    const bench = await startRelayBench({ obliges: on(ONE_SECOND) });
    await ask(bench, parse('SELECT x FROM t'));
    await pass(bench, 1_000);
    expect(bench.server.take()).toEqual(['Flush']);
    expect(await reply(bench, encodeParseComplete())).toEqual(['ParseComplete']);
    expect(await ask(bench, bind(), execute(), sync)).toEqual(['Bind', 'Execute', 'Sync']);
    await reply(bench, prepared.subarray(5), row, done, ready());
    expect(statuses(bench)).toEqual(['ok', 'ok']);
  });

  it('P10: a result that is cut while the client does not read does not wait for the client', async () => {
    const bench = await startRelayBench({ obliges: on(ONE_SECOND) });
    await ask(bench, encodeQuery('SELECT x FROM t'));
    bench.client.pause();
    const large = encodeDataRow(['x'.repeat(8_000)]);
    for (let sent = 0; sent < 200; sent += 1) bench.server.send(large);
    await bench.settled();
    expect(bench.server.stream.writableLength).toBeGreaterThan(0);
    await pass(bench, 1_000);
    expect(bench.cancels).toBe(1);
    expect(bench.server.stream.writableLength).toBe(0);
    bench.server.send(cancelled, ready());
    bench.client.stream.resume();
    await bench.settled();
    const got = bench.client.take();
    expect(got.slice(-2)).toEqual(['ERROR SPL02', 'Ready I']);
    expect(new Set(got.slice(0, -2))).toEqual(new Set(['DataRow']));
  });

  it('P10: a COPY whose client sends nothing is ended: a server that waits for data takes no cancel', async () => {
    const into = encodeCopyResponse({ direction: 'in', format: 'text', columnFormats: ['text'] });
    const bench = await startRelayBench({ obliges: on(ONE_SECOND) });
    await ask(bench, encodeQuery('COPY t FROM STDIN'));
    await reply(bench, into);
    await ask(bench, copyData('a\n'));
    await pass(bench, 1_000);
    expect(bench.server.take()).toEqual(['CopyFail']);
    expect(bench.cancels).toBe(1);
    expect(await ask(bench, copyData('b\n'), encodeCopyDone())).toEqual([]);
    expect(await reply(bench, failure('57014'), ready())).toEqual(['ERROR SPL02', 'Ready I']);
  });

  it('P2, P10: in the middle of COPY data the message is finished first; a client that does not is let go', async () => {
    const into = encodeCopyResponse({ direction: 'in', format: 'text', columnFormats: ['text'] });
    for (const isFinished of [true, false]) {
      const bench = await startRelayBench({ obliges: on(ONE_SECOND) });
      await ask(bench, encodeQuery('COPY t FROM STDIN'));
      await reply(bench, into);
      const message = copyData('abcdef\n');
      await ask(bench, message.subarray(0, 8));
      await pass(bench, 1_000);
      expect(bench.cancels).toBe(0);
      if (isFinished) {
        expect(await ask(bench, message.subarray(8))).toEqual(['CopyData abcdef', 'CopyFail']);
        continue;
      }
      for (let waited = 0; waited < 50; waited += 1) await pass(bench, 100);
      expect(bench.client.take()).toEqual(['FATAL 58000']);
      expect(bench.cancels).toBe(1);
    }
  });

  it('P10: a statement that catches its cancel is cancelled again, then the session ends', async () => {
    const bench = await startRelayBench({ obliges: on(ONE_SECOND) });
    await ask(bench, encodeQuery('SELECT x FROM t'));
    await pass(bench, 1_000);
    for (let second = 0; second < 10; second += 1) await pass(bench, 1_000);
    expect(bench.cancels).toBe(6);
    expect(bench.client.take()).toEqual(['FATAL 58000']);
    expect(await bench.relay.ended).toBe('upstream-protocol-error');
    expect(vi.getTimerCount()).toBeLessThan(2);
  });

  it('P12: a session that ends while a result is cut leaves nothing open', async () => {
    const bench = await startRelayBench({ obliges: on(ONE_SECOND) });
    await ask(bench, encodeQuery('SELECT x FROM t'), encodeQuery('DELETE FROM u'));
    await pass(bench, 1_000);
    bench.relay.kill('an administrator ended the session');
    await bench.settled();
    expect(bench.client.take()).toEqual(['FATAL 28000']);
    expect(bench.audit.open).toEqual([]);
  });
});
