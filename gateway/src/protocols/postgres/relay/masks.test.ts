/** Masks as the relay drives them: which answer goes through which mask, and what else may come in between (P5). */
import { describe, expect, it } from 'vitest';
import type { LimitsObligation } from '../../../model/obligation.ts';
import { field } from '../masking/testing/fixtures.ts';
import {
  encodeBindComplete,
  encodeNoData,
  encodeParseComplete,
  encodePortalSuspended,
} from '../wire/backend/bare-backend-messages.ts';
import { encodeCommandComplete } from '../wire/backend/command-complete.ts';
import { encodeCopyResponse } from '../wire/backend/copy-response.ts';
import { encodeDataRow } from '../wire/backend/data-row.ts';
import { encodeNoticeResponse } from '../wire/backend/error-response.ts';
import { encodeNotificationResponse } from '../wire/backend/notification-response.ts';
import { encodeParameterDescription } from '../wire/backend/parameter-description.ts';
import { encodeRowDescription } from '../wire/backend/row-description.ts';
import { encodeFlush, encodeSync } from '../wire/frontend/bare-frontend-messages.ts';
import { encodeDescribe } from '../wire/frontend/describe.ts';
import { encodeFunctionCall } from '../wire/frontend/function-call.ts';
import { encodeQuery } from '../wire/frontend/query.ts';
import { MemoryRecording } from './testing/memory-recording.ts';
import {
  ask,
  bind,
  copyData,
  describePortal,
  execute,
  failure,
  parse,
  prepared,
  ready,
  reply,
} from './testing/messages.ts';
import { type RelayBench, type RelayBenchOptions, startRelayBench } from './testing/relay-bench.ts';
import { REDACT_EMAIL, REDACT_WORD, testSessionMasks } from './testing/session-masks.ts';

const SECRET = 'alice@secret.example';
const described = encodeRowDescription([field('id'), field('email')]);
const row = encodeDataRow(['1', SECRET]);
const done = encodeCommandComplete('SELECT 1');
const sync = encodeSync();
const SELECT = 'SELECT id, email FROM customers';

/** Keeps every byte that the client got. */
async function start(options: RelayBenchOptions = {}): Promise<RelayBench & { got(): string }> {
  const bench = await startRelayBench({
    masks: testSessionMasks(),
    obliges: (label) => (label.includes('customers') ? [REDACT_EMAIL] : []),
    ...options,
  });
  const chunks: Buffer[] = [];
  bench.client.stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return Object.assign(bench, { got: () => Buffer.concat(chunks).toString('latin1') });
}

describe('rows', () => {
  it('are masked in simple queries, several results in one text, in any chunking', async () => {
    const stream = Buffer.concat([described, row, row, done, described, row, done, ready()]);
    for (const size of [1, 7, 50, stream.length]) {
      const bench = await start();
      await ask(bench, encodeQuery(`${SELECT}; ${SELECT}`));
      for (let at = 0; at < stream.length; at += size) bench.server.send(stream.subarray(at, at + size));
      await bench.settled();
      expect(bench.client.take()).toEqual([
        ...['RowDescription', 'DataRow', 'DataRow', 'SELECT 1'],
        ...['RowDescription', 'DataRow', 'SELECT 1', 'Ready I'],
      ]);
      expect(bench.got()).not.toContain('alice');
      expect(bench.audit.outcomes).toMatchObject([{ result: { rows: 3 } }]);
      expect(JSON.stringify(bench.audit.outcomes)).toContain('emails');
    }
  });

  it('are masked without a Describe of the client: the gateway asks itself, and keeps the answer', async () => {
    const bench = await start();
    const sent = await ask(bench, parse(SELECT), bind(), execute(), sync);
    expect(sent).toEqual([`Parse ${SELECT}`, 'Bind', 'Describe portal', 'Execute', 'Sync']);
    expect(await reply(bench, prepared, described, row, done, ready())).toEqual([
      ...['ParseComplete', 'BindComplete', 'DataRow', 'SELECT 1', 'Ready I'],
    ]);
    expect(bench.got()).not.toContain('alice');
  });

  it('are not described twice where the client asks', async () => {
    const bench = await start();
    const sent = await ask(bench, parse(SELECT), bind(), describePortal(), execute(), sync);
    expect(sent).toEqual([`Parse ${SELECT}`, 'Bind', 'Describe portal', 'Execute', 'Sync']);
    const got = await reply(bench, prepared, described, row, done, ready());
    expect(got).toEqual([
      'ParseComplete',
      'BindComplete',
      'RowDescription',
      'DataRow',
      'SELECT 1',
      'Ready I',
    ]);
    expect(bench.got()).not.toContain('alice');
  });

  it('of a statement that was described are described again as its portal', async () => {
    const bench = await start();
    await ask(bench, parse(SELECT, 's'), encodeDescribe({ kind: 'statement', name: 's' }), sync);
    await reply(bench, encodeParseComplete(), encodeParameterDescription([]), described, ready());
    expect(await ask(bench, bind('', 's'), execute(), sync)).toEqual([
      'Bind s',
      'Describe portal',
      'Execute',
      'Sync',
    ]);
    await reply(bench, encodeBindComplete(), described, row, done, ready());
    expect(bench.got()).not.toContain('alice');
  });

  it('of a portal that is fetched piece by piece, bound in another exchange, are masked each time', async () => {
    const bench = await start();
    await ask(bench, parse(SELECT), bind('p'), encodeFlush());
    await reply(bench, prepared);
    for (let fetch = 0; fetch < 3; fetch += 1) {
      expect(await ask(bench, execute('p', 1), encodeFlush())).toEqual([
        'Describe portal p',
        'Execute p 1',
        'Flush',
      ]);
      expect(await reply(bench, described, row, encodePortalSuspended())).toEqual([
        'DataRow',
        'PortalSuspended',
      ]);
    }
    expect(bench.got()).not.toContain('alice');
  });

  it('the answer to the gateway’s own question is kept back when it is NoData, and told when it is an error', async () => {
    const bench = await start();
    await ask(bench, parse('DELETE FROM customers'), bind(), execute(), sync);
    expect(await reply(bench, prepared, encodeNoData(), encodeCommandComplete('DELETE 1'), ready())).toEqual([
      ...['ParseComplete', 'BindComplete', 'DELETE 1', 'Ready I'],
    ]);
    await ask(bench, parse(SELECT), bind(), execute(), sync);
    expect(await reply(bench, prepared, failure('25P02', SECRET), ready())).toEqual([
      ...['ParseComplete', 'BindComplete', 'ERROR 25P02', 'Ready I'],
    ]);
    expect(bench.got()).not.toContain('alice');
  });

  it('that nobody described end the session before they are told', async () => {
    const bench = await start();
    await ask(bench, encodeQuery(SELECT));
    expect(await reply(bench, row)).toEqual(['FATAL 58000']);
    expect(bench.got()).not.toContain('alice');
  });

  it('keep their place among what comes in between', async () => {
    const bench = await start();
    await ask(bench, encodeQuery(SELECT), encodeQuery('SELECT 1'));
    const notice = encodeNoticeResponse({ severity: 'NOTICE', code: '00000', message: SECRET });
    const got = await reply(bench, described, row, notice, row, done, ready(), described, row, done, ready());
    expect(got).toEqual([
      ...['RowDescription', 'DataRow', 'NoticeResponse', 'DataRow', 'SELECT 1', 'Ready I'],
      ...['RowDescription', 'DataRow', 'SELECT 1', 'Ready I'],
    ]);
  });

  it('P10: are cut at their bound and masked before it', async () => {
    const two: LimitsObligation = { kind: 'limits', rule: 'two', rows: 2 };
    const bench = await start({ obliges: () => [REDACT_EMAIL, two] });
    await ask(bench, encodeQuery(SELECT));
    const got = await reply(bench, described, row, row, row, row, failure('57014', SECRET), ready());
    expect(got).toEqual(['RowDescription', 'DataRow', 'DataRow', 'ERROR SPL01', 'Ready I']);
    expect(bench.got()).not.toContain('alice');
  });

  it('P5: in shadow mode what nobody permits is masked all the same', async () => {
    const bench = await start({ mode: 'observe', refuses: () => true });
    await ask(bench, encodeQuery(SELECT));
    await reply(bench, described, row, done, ready());
    expect(bench.got()).not.toContain('alice');
    expect(bench.audit.intents).toMatchObject([{ effect: 'permit', observed: [{ effect: 'deny' }] }]);
  });
});

describe('COPY', () => {
  it('P3: a form that cannot be masked is refused, and nothing is sent', async () => {
    const bench = await start();
    expect(await ask(bench, encodeQuery('COPY customers TO STDOUT; COPY customers TO STDOUT'))).toEqual([]);
    expect(bench.client.take()).toEqual(['ERROR 42501', 'Ready I']);
  });

  it('data that answers no admitted COPY ends the session', async () => {
    const bench = await start();
    await ask(bench, encodeQuery(SELECT));
    const out = encodeCopyResponse({ direction: 'out', format: 'text', columnFormats: ['text', 'text'] });
    const got = await reply(bench, out, copyData(`1\t${SECRET}\n`));
    expect(got.at(-1)).toMatch(/^FATAL/);
    expect(bench.got()).not.toContain('alice');
  });
});

describe('what is no row', () => {
  it('P3: a FunctionCall is refused under masks, whatever the policy says of it', async () => {
    const bench = await start({ obliges: () => [REDACT_EMAIL] });
    const call = encodeFunctionCall({
      functionOid: 1,
      argumentFormats: [],
      arguments: [],
      resultFormat: 'text',
    });
    expect(await ask(bench, call)).toEqual([]);
    expect(bench.client.take()).toEqual(['ERROR 42501', 'Ready I']);
  });

  it('errors, notices and notifications that belong to no exchange are masked by all that the session may meet', async () => {
    const bench = await start({ obliges: () => [REDACT_WORD] });
    await ask(bench, encodeQuery('LISTEN x'));
    await reply(bench, encodeCommandComplete('LISTEN'), ready());
    await reply(
      bench,
      encodeNoticeResponse({ severity: 'NOTICE', code: '00000', message: `the ${SECRET}` }),
      encodeNotificationResponse({ processId: 1, channel: 'x', payload: `the ${SECRET}` }),
    );
    await ask(bench, parse('DELETE FROM t'), sync);
    await reply(bench, failure('23505', `Key (email)=(${SECRET})`), ready());
    expect(bench.got()).not.toContain('secret');
  });
});

describe('on record', () => {
  it('is what the client got, never what the server sent', async () => {
    const recording = new MemoryRecording();
    const bench = await start({ recording });
    await ask(bench, parse(SELECT), bind(), execute(), sync);
    await reply(bench, prepared, described, row, done, ready());
    expect(recording.of('response').toString('latin1')).not.toContain('alice');
    expect(recording.of('response').includes('[redacted]')).toBe(true);
    expect(recording.of('context').equals(described)).toBe(true);
  });
});
