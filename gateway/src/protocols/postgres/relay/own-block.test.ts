/** Statements whose changed rows are bounded: in a block of the gateway, or in the client's own transaction (P9, P10). */
import { describe, expect, it } from 'vitest';
import type { LimitsObligation } from '../../../model/obligation.ts';
import {
  encodeBindComplete,
  encodeCloseComplete,
  encodeParseComplete,
  encodePortalSuspended,
} from '../wire/backend/bare-backend-messages.ts';
import { encodeCommandComplete } from '../wire/backend/command-complete.ts';
import { encodeCopyResponse } from '../wire/backend/copy-response.ts';
import { encodeCopyDone, encodeSync } from '../wire/frontend/bare-frontend-messages.ts';
import { encodeQuery } from '../wire/frontend/query.ts';
import { ask, bind, copyData, execute, failure, parse, prepared, ready, reply } from './testing/messages.ts';
import { type RelayBench, startRelayBench } from './testing/relay-bench.ts';

const THREE: LimitsObligation = { kind: 'limits', rule: 'three', affectedRows: 3 };
const sync = encodeSync();
const tag = encodeCommandComplete;
const began = [tag('BEGIN'), ready('T')];
/** What the server answers to the gateway's BEGIN in the extended protocol. */
const opened = Buffer.concat([
  encodeCloseComplete(),
  encodeParseComplete(),
  encodeBindComplete(),
  tag('BEGIN'),
  encodeCloseComplete(),
]);

const start = (): Promise<RelayBench> =>
  startRelayBench({ obliges: (label) => (label.includes('public.t') ? [THREE] : []) });
const update = encodeQuery('UPDATE t SET x = 1');
const batch = (text: string): Buffer => Buffer.concat([parse(text), bind(), execute()]);
const outcomes = (bench: RelayBench): unknown => bench.audit.outcomes.map(({ status }) => status);

describe('a query', () => {
  it('P10: is sent when the server has confirmed BEGIN, and success is told when it has confirmed COMMIT', async () => {
    const bench = await start();
    expect(await ask(bench, update)).toEqual(['Query BEGIN']);
    expect(await reply(bench, ...began)).toEqual([]);
    expect(bench.server.take()).toEqual(['Query UPDATE t SET x = 1']);
    expect(await reply(bench, tag('UPDATE 3'), ready('T'))).toEqual([]);
    expect(outcomes(bench)).toEqual([]);
    expect(bench.server.take()).toEqual(['Query COMMIT']);
    expect(await reply(bench, tag('COMMIT'), ready())).toEqual(['UPDATE 3', 'Ready I']);
    expect(bench.audit.outcomes).toMatchObject([{ status: 'ok', result: { tag: 'UPDATE 3' } }]);
  });

  it('P10: that changes too many rows is rolled back, and what comes behind it waits', async () => {
    const bench = await start();
    await ask(bench, update, encodeQuery('COMMIT'));
    await reply(bench, ...began);
    expect(bench.server.take()).toEqual(['Query UPDATE t SET x = 1']);
    expect(await reply(bench, tag('UPDATE 4'), ready('T'))).toEqual(['ERROR SPL03']);
    expect(bench.server.take()).toEqual(['Query ROLLBACK']);
    expect(await reply(bench, tag('ROLLBACK'), ready())).toEqual(['Ready I']);
    expect(bench.audit.outcomes).toMatchObject([
      { status: 'cancelled', result: { limit: { limit: 'affectedRows', allowed: 3, changed: 4 } } },
    ]);
    expect(bench.server.take()).toEqual(['Query COMMIT']);
  });

  it('P10: of several statements has one bound, and tells of none but the last only when it is kept', async () => {
    const bench = await start();
    await ask(bench, encodeQuery('UPDATE t SET x = 1; UPDATE t SET x = 2'));
    await reply(bench, ...began);
    expect(await reply(bench, tag('UPDATE 2'))).toEqual(['UPDATE 2']);
    expect(await reply(bench, tag('UPDATE 2'), ready('T'))).toEqual(['ERROR SPL03']);
    expect(await reply(bench, tag('ROLLBACK'), ready())).toEqual(['Ready I']);
  });

  it('that fails by itself is rolled back, and told as it was', async () => {
    const bench = await start();
    await ask(bench, update);
    await reply(bench, ...began);
    expect(await reply(bench, failure('23505'), ready('E'))).toEqual(['ERROR 23505']);
    expect(bench.server.take().at(-1)).toBe('Query ROLLBACK');
    expect(await reply(bench, tag('ROLLBACK'), ready())).toEqual(['Ready I']);
    expect(outcomes(bench)).toEqual(['error']);
  });

  it('P10: is not sent when BEGIN fails or is cancelled', async () => {
    const bench = await start();
    await ask(bench, update);
    expect(await reply(bench, failure('57014'), ready())).toEqual(['ERROR 57014', 'Ready I']);
    expect(bench.server.take()).toEqual([]);
    expect(bench.audit.open).toEqual([]);
    expect(await ask(bench, encodeQuery('SELECT 1'))).toEqual(['Query SELECT 1']);
  });

  it('is told as failed when COMMIT fails, and rolled back where that is left to do', async () => {
    for (const status of ['I', 'E'] as const) {
      const bench = await start();
      await ask(bench, update);
      await reply(bench, ...began);
      await reply(bench, tag('UPDATE 1'), ready('T'));
      const told = [...(await reply(bench, failure('23503'), ready(status)))];
      if (status === 'E') {
        expect(bench.server.take().at(-1)).toBe('Query ROLLBACK');
        told.push(...(await reply(bench, tag('ROLLBACK'), ready())));
      }
      expect(told).toEqual(['ERROR 23503', 'Ready I']);
      expect(outcomes(bench)).toEqual(['error']);
    }
  });

  it('P10: a server that never ends the block loses the session', async () => {
    const bench = await start();
    await ask(bench, update);
    await reply(bench, ...began);
    await reply(bench, tag('UPDATE 9'), ready('T'));
    for (let i = 0; i < 2; i += 1) await reply(bench, failure('57014'), ready('E'));
    expect((await reply(bench, failure('57014'), ready('E'))).join()).toContain('FATAL');
    expect(outcomes(bench)).toEqual(['cancelled']);
  });

  it('P10: COPY from the client counts what the server has stored', async () => {
    const bench = await start();
    await ask(bench, encodeQuery('COPY t FROM STDIN'));
    await reply(bench, ...began);
    await reply(bench, encodeCopyResponse({ direction: 'in', format: 'text', columnFormats: ['text'] }));
    await ask(bench, copyData('1\n2\n3\n4\n'), encodeCopyDone());
    expect(await reply(bench, tag('COPY 4'), ready('T'))).toEqual(['ERROR SPL03']);
    expect(bench.server.take().at(-1)).toBe('Query ROLLBACK');
  });
});

describe('a batch of the extended protocol', () => {
  it('P10: opens the block before it, and is kept or undone at its Sync', async () => {
    for (const [rows, end, told] of [
      [3, 'COMMIT', 'UPDATE 3'],
      [4, 'ROLLBACK', 'ERROR SPL03'],
    ] as const) {
      const bench = await start();
      const own = [
        'Close sallyport_block',
        'Parse BEGIN',
        'Bind',
        'Execute',
        'Close sallyport_block',
        'Flush',
      ];
      expect((await ask(bench, batch('UPDATE t SET x = 1'), sync)).map(briefly)).toEqual(own.map(briefly));
      expect(await reply(bench, opened)).toEqual([]);
      expect(bench.server.take()).toEqual(['Parse UPDATE t SET x = 1', 'Bind', 'Execute', 'Flush']);
      const answer = await reply(bench, prepared, tag(`UPDATE ${rows}`));
      expect(answer).toEqual(['ParseComplete', 'BindComplete', told]);
      expect(bench.server.take()).toEqual(['Sync']);
      expect(await reply(bench, ready('T'))).toEqual([]);
      expect(bench.server.take()).toEqual([`Query ${end}`]);
      expect(await reply(bench, tag(end), ready())).toEqual(['Ready I']);
      expect(bench.audit.open).toEqual([]);
    }
  });

  it('P10: transaction control in the same batch is denied, and undoes the rest', async () => {
    const bench = await start();
    await ask(bench, batch('UPDATE t SET x = 1'), batch('COMMIT'), sync);
    await reply(bench, opened);
    expect(await reply(bench, prepared, tag('UPDATE 1'))).toEqual([
      'ParseComplete',
      'BindComplete',
      'UPDATE 1',
    ]);
    const sent = bench.server.take();
    expect(sent.filter((line) => line.startsWith('Parse'))).toEqual([
      'Parse UPDATE t SET x = 1',
      expect.stringContaining('sallyport_refused'),
    ]);
    expect(sent).not.toContain('Query COMMIT');
    expect(await reply(bench, failure('42601'), ready('E'))).toEqual(['ERROR 42501']);
    expect(bench.server.take().at(-1)).toBe('Query ROLLBACK');
  });

  it('P10: a portal that is left in its middle is undone: nobody was told how many rows it changed', async () => {
    const bench = await start();
    await ask(bench, parse('UPDATE t SET x = 1 RETURNING x'), bind(), execute('', 1), sync);
    await reply(bench, opened);
    expect((await reply(bench, prepared, encodePortalSuspended())).at(-1)).toBe('ERROR SPL03');
    await reply(bench, ready('T'));
    expect(bench.server.take().at(-1)).toBe('Query ROLLBACK');
  });
});

describe("the client's own transaction", () => {
  it('P9: is failed, and what comes behind is not sent before', async () => {
    const bench = await start();
    await ask(bench, encodeQuery('BEGIN'));
    await reply(bench, ...began);
    expect(await ask(bench, update, encodeQuery('COMMIT'))).toEqual(['Query UPDATE t SET x = 1']);
    expect(await reply(bench, tag('UPDATE 4'), ready('T'))).toEqual(['ERROR SPL03']);
    expect(bench.server.take()).toEqual(['Query sallyport_refused limit', 'Query COMMIT']);
    expect(await reply(bench, failure('42601'), ready('E'))).toEqual(['Ready E']);
  });
});

function briefly(line: string): string {
  return line.split(' ')[0] ?? '';
}
