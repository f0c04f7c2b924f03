/**
 * The playbook: whole sessions as transcripts, with peers in memory. What each side gets is told one line a message;
 * the disk, the clock and the policy are moved by hand.
 */
import { describe, expect, it } from 'vitest';
import {
  encodeBindComplete,
  encodeParseComplete,
  encodePortalSuspended,
} from '../wire/backend/bare-backend-messages.ts';
import { encodeCommandComplete } from '../wire/backend/command-complete.ts';
import { encodeDataRow } from '../wire/backend/data-row.ts';
import { encodeErrorResponse, encodeReportFields } from '../wire/backend/error-response.ts';
import { encodeReadyForQuery } from '../wire/backend/ready-for-query.ts';
import { encodeFlush, encodeSync, encodeTerminate } from '../wire/frontend/bare-frontend-messages.ts';
import { encodeBind } from '../wire/frontend/bind.ts';
import { encodeExecute } from '../wire/frontend/execute.ts';
import { encodeParse } from '../wire/frontend/parse.ts';
import { encodeQuery } from '../wire/frontend/query.ts';
import { type RelayBench, startRelayBench } from './testing/relay-bench.ts';

const sync = encodeSync();
const ready = (status: 'I' | 'T' | 'E' = 'I'): Buffer => encodeReadyForQuery(status);
const done = encodeCommandComplete('SELECT 1');
const row = encodeDataRow(['1']);
const parse = (text: string, statement = ''): Buffer => encodeParse({ statement, text, parameterTypes: [] });
const bind = (portal = '', statement = ''): Buffer =>
  encodeBind({ portal, statement, parameterFormats: [], parameters: [], resultFormats: [] });
const execute = (portal = '', maxRows = 0): Buffer => encodeExecute({ portal, maxRows });
const failure = (code: string): Buffer => encodeErrorResponse({ severity: 'ERROR', code, message: 'no' });

const noSecrets = (label: string): boolean => label.includes('secrets');
const nothing = (): boolean => true;

/** Steps of the recorded exchanges, in order. */
const steps = (bench: RelayBench): unknown => bench.audit.intents.map(({ request }) => request['steps']);
const statuses = (bench: RelayBench): unknown => bench.audit.outcomes.map(({ status }) => status);

/** Sends from the client and gives what reaches the server. */
async function ask(bench: RelayBench, ...pieces: readonly Buffer[]): Promise<readonly string[]> {
  bench.client.send(...pieces);
  await bench.settled();
  return bench.server.take();
}

/** Sends from the server and gives what reaches the client. */
async function reply(bench: RelayBench, ...pieces: readonly Buffer[]): Promise<readonly string[]> {
  bench.server.send(...pieces);
  await bench.settled();
  return bench.client.take();
}

describe('recording', () => {
  it('P4: nothing is sent while the intent is not on file, and everything as soon as it is', async () => {
    const bench = await startRelayBench();
    bench.audit.hold();
    expect(await ask(bench, encodeQuery('SELECT 1'))).toEqual([]);
    expect(await ask(bench, encodeQuery('SELECT 2'))).toEqual([]);
    bench.audit.release();
    await bench.settled();
    expect(bench.server.take()).toEqual(['Query SELECT 1', 'Query SELECT 2']);
    expect(bench.audit.intents.map(({ summary }) => summary)).toHaveLength(2);
  });

  it('P4: when the intent cannot be written nothing is sent, and the client is told with 58030', async () => {
    const bench = await startRelayBench();
    bench.audit.hold();
    await ask(bench, parse('SELECT 1'), bind(), execute(), sync);
    bench.audit.break();
    await bench.settled();
    expect(bench.client.take()).toEqual(['FATAL 58030']);
    expect(bench.server.take()).toEqual(['Terminate']);
    expect(await bench.relay.ended).toBe('internal-error');
    expect(bench.audit.intents).toEqual([]);
  });

  it('P4: a denial, too, is told only when it is on file', async () => {
    const bench = await startRelayBench({ refuses: nothing });
    bench.audit.hold();
    await ask(bench, encodeQuery('SELECT 1'));
    expect(bench.client.take()).toEqual([]);
    bench.audit.release();
    await bench.settled();
    expect(bench.client.take()).toEqual(['ERROR 42501', 'Ready I']);
    expect(bench.audit.intents).toMatchObject([{ effect: 'deny' }]);
  });

  it('P4: a session that ends while its intent waits for the disk sends nothing and leaves nothing open', async () => {
    const bench = await startRelayBench();
    bench.audit.hold();
    await ask(bench, encodeQuery('DELETE FROM t'), parse('SELECT 1'), bind(), execute(), sync);
    bench.client.stream.destroy();
    await bench.settled();
    expect(await bench.relay.ended).toBe('client-gone');
    bench.audit.release();
    await bench.settled();
    expect(bench.server.take()).toEqual(['Terminate']);
    expect(bench.audit.open).toEqual([]);
  });

  it('P4: writes ask for a sync, reads for what is configured', async () => {
    const bench = await startRelayBench();
    await ask(bench, encodeQuery('SELECT 1'));
    await ask(bench, encodeQuery('DELETE FROM t'));
    expect(bench.audit.durabilities).toEqual([undefined, 'synced']);
  });

  it('P5: of a failure only a SQLSTATE is recorded, whatever the server puts in its place', async () => {
    const bench = await startRelayBench();
    for (const code of ['22012', 'Jane Doe, 12 Elm Street', '']) {
      await ask(bench, encodeQuery('SELECT 1'));
      const fields = new Map([
        ['S', 'ERROR'],
        ['C', code],
        ['M', 'no'],
      ]);
      await reply(bench, encodeReportFields('error', fields), ready());
    }
    expect(bench.audit.outcomes.map(({ result }) => result['sqlstate'])).toEqual(['22012', '', '']);
  });

  it('makes one exchange of the messages that came together, and one each of those that did not', async () => {
    const bench = await startRelayBench();
    await ask(bench, parse('SELECT 1'), bind(), execute(), sync);
    expect(steps(bench)).toEqual([['parse', 'bind', 'execute']]);
    await reply(bench, encodeParseComplete(), encodeBindComplete(), row, done, ready());
    expect(bench.audit.outcomes).toMatchObject([{ status: 'ok', result: { rows: 1, tag: 'SELECT 1' } }]);

    await ask(bench, parse('SELECT 2'));
    await ask(bench, bind());
    await ask(bench, execute(), sync);
    expect(steps(bench)).toEqual([['parse', 'bind', 'execute'], ['parse'], ['bind'], ['execute']]);
    await reply(bench, encodeParseComplete(), encodeBindComplete(), row, done, ready());
    expect(statuses(bench)).toEqual(['ok', 'ok', 'ok', 'ok']);
  });

  it('makes an exchange of each Execute of one portal', async () => {
    const bench = await startRelayBench();
    await ask(bench, encodeQuery('BEGIN'));
    await reply(bench, encodeCommandComplete('BEGIN'), ready('T'));
    await ask(bench, parse('SELECT 1'), bind('p'), execute('p', 1), execute('p', 1), sync);
    expect(steps(bench)).toEqual([['query'], ['parse', 'bind', 'execute'], ['execute']]);
  });
});

describe('refusal in pipelines', () => {
  it('P9: skips to Sync, tells it once, and the session is usable', async () => {
    const bench = await startRelayBench({ refuses: noSecrets });
    const denied = [parse('SELECT * FROM secrets'), bind(), execute(), sync];
    const allowed = [parse('SELECT 1'), bind(), execute(), sync];
    expect(await ask(bench, ...denied)).toEqual([]);
    expect(bench.client.take()).toEqual(['ERROR 42501', 'Ready I']);
    expect(await ask(bench, ...allowed)).toEqual(['Parse SELECT 1', 'Bind', 'Execute', 'Sync']);
    await reply(bench, encodeParseComplete(), encodeBindComplete(), row, done, ready());
    expect(bench.audit.intents.map(({ effect }) => effect)).toEqual(['deny', 'permit']);
  });

  it('P9: keeps the order of answers around a refusal between permitted statements', async () => {
    const bench = await startRelayBench({ refuses: noSecrets });
    const sent = await ask(
      bench,
      encodeQuery('SELECT 1'),
      encodeQuery('SELECT * FROM secrets'),
      encodeQuery('SELECT 2'),
    );
    // The server itself answers in the refused one's place; its text is no SQL.
    expect(sent).toEqual([
      'Query SELECT 1',
      expect.stringMatching(/^Query sallyport_refused dec/),
      'Query SELECT 2',
    ]);
    expect(await reply(bench, row, done, ready(), failure('42601'), ready(), row, done, ready())).toEqual([
      'DataRow',
      'SELECT 1',
      'Ready I',
      'ERROR 42501',
      'Ready I',
      'DataRow',
      'SELECT 1',
      'Ready I',
    ]);
  });

  it('P9: a refusal inside a batch lets what came before it run, and nothing after it', async () => {
    const bench = await startRelayBench({ refuses: noSecrets });
    const sent = await ask(
      bench,
      ...[parse('SELECT 1', 'a'), bind('', 'a'), execute()],
      ...[parse('SELECT * FROM secrets', 'b'), bind('', 'b'), execute()],
      ...[parse('DELETE FROM t', 'c'), bind('', 'c'), execute(), sync],
    );
    expect(sent).toEqual([
      'Parse a SELECT 1',
      'Bind a',
      'Execute',
      expect.stringMatching(/^Parse sallyport_refused sallyport_refused/),
      'Sync',
    ]);
    const answer = await reply(
      bench,
      ...[encodeParseComplete(), encodeBindComplete(), row, done],
      ...[failure('42601'), ready()],
    );
    expect(answer.slice(-2)).toEqual(['ERROR 42501', 'Ready I']);
    // What was skipped was never judged: it is as if it had not been sent, as on the server.
    expect(bench.audit.intents.map(({ effect }) => effect)).toEqual(['permit', 'deny']);
    expect(bench.audit.open).toEqual([]);
  });

  it('P9: in a transaction the server itself fails it, so the status is the true one', async () => {
    const bench = await startRelayBench({ refuses: noSecrets });
    await ask(bench, encodeQuery('BEGIN'));
    await reply(bench, encodeCommandComplete('BEGIN'), ready('T'));
    expect(await ask(bench, encodeQuery('SELECT * FROM secrets'))).toEqual([
      expect.stringMatching(/^Query sallyport_refused/),
    ]);
    expect(await reply(bench, failure('42601'), ready('E'))).toEqual(['ERROR 42501', 'Ready E']);
  });

  it('P1: a server that does not refuse the refused is out of order: nothing of its answer passes', async () => {
    for (const lie of [[row], [done], [ready('T')], [encodeParseComplete()]]) {
      const bench = await startRelayBench({ refuses: noSecrets });
      await ask(bench, encodeQuery('BEGIN'));
      await reply(bench, encodeCommandComplete('BEGIN'), ready('T'));
      await ask(bench, encodeQuery('SELECT * FROM secrets'));
      expect(await reply(bench, ...lie)).toEqual(['FATAL 58000']);
    }
  });
});

describe('policy swaps', () => {
  it('P8: between Bind and Execute: what was bound is refused', async () => {
    const bench = await startRelayBench();
    await ask(bench, parse('SELECT * FROM secrets'), bind(), encodeFlush());
    bench.setPolicy(noSecrets);
    expect(await ask(bench, execute(), sync)).toEqual([
      expect.stringMatching(/^Parse sallyport_refused/),
      'Sync',
    ]);
    const answer = await reply(bench, encodeParseComplete(), encodeBindComplete(), failure('42601'), ready());
    expect(answer).toEqual(['ParseComplete', 'BindComplete', 'ERROR 42501', 'Ready I']);
  });

  it('P8: between Parse and Bind, and for a statement prepared long before', async () => {
    const bench = await startRelayBench();
    await ask(bench, parse('SELECT * FROM secrets', 'old'), sync);
    await reply(bench, encodeParseComplete(), ready());
    bench.setPolicy(noSecrets);
    expect(await ask(bench, bind('', 'old'), execute(), sync)).toEqual([]);
    expect(bench.client.take()).toEqual(['ERROR 42501', 'Ready I']);
  });

  it('P8: between two fetches of a suspended portal', async () => {
    const bench = await startRelayBench();
    await ask(bench, encodeQuery('BEGIN'));
    await reply(bench, encodeCommandComplete('BEGIN'), ready('T'));
    await ask(bench, parse('SELECT * FROM secrets'), bind('p'), execute('p', 1), encodeFlush());
    const first = await reply(
      bench,
      encodeParseComplete(),
      encodeBindComplete(),
      row,
      encodePortalSuspended(),
    );
    expect(first).toContain('PortalSuspended');
    bench.setPolicy(noSecrets);
    expect(await ask(bench, execute('p', 1), sync)).toEqual([
      expect.stringMatching(/^Parse sallyport_refused/),
      'Sync',
    ]);
    expect(await reply(bench, failure('42601'), ready('E'))).toEqual(['ERROR 42501', 'Ready E']);
  });

  it('P8: between DECLARE and FETCH, and between PREPARE and EXECUTE', async () => {
    const bench = await startRelayBench();
    await ask(bench, encodeQuery('BEGIN; DECLARE c CURSOR FOR SELECT * FROM secrets'));
    await reply(bench, encodeCommandComplete('BEGIN'), encodeCommandComplete('DECLARE CURSOR'), ready('T'));
    await ask(bench, encodeQuery('PREPARE p AS SELECT * FROM secrets'));
    await reply(bench, encodeCommandComplete('PREPARE'), ready('T'));
    expect(await ask(bench, encodeQuery('FETCH 1 FROM c'))).toEqual(['Query FETCH 1 FROM c']);
    await reply(bench, row, encodeCommandComplete('FETCH 1'), ready('T'));
    bench.setPolicy(noSecrets);
    for (const text of ['FETCH 1 FROM c', 'MOVE 1 FROM c', 'EXECUTE p']) {
      const [sent] = await ask(bench, encodeQuery(text));
      expect(sent, text).toMatch(/^Query sallyport_refused/);
      await reply(bench, failure('42601'), ready('T'));
    }
  });

  it('P8: the decision in force when a message is handled counts, not that of its record’s place in line', async () => {
    const bench = await startRelayBench();
    bench.audit.hold();
    await ask(bench, encodeQuery('SELECT * FROM secrets'));
    bench.setPolicy(noSecrets);
    await ask(bench, encodeQuery('SELECT * FROM secrets'));
    bench.audit.release();
    await bench.settled();
    expect(bench.audit.intents.map(({ effect }) => effect)).toEqual(['permit', 'deny']);
  });
});

describe('expiry and kill', () => {
  it('P12: an expired token ends the session at its next message, which is not judged', async () => {
    const bench = await startRelayBench();
    await ask(bench, encodeQuery('SELECT 1'));
    await reply(bench, row, done, ready());
    bench.expiresAtMs = bench.nowMs + 10;
    bench.nowMs += 10;
    expect(await ask(bench, encodeQuery('SELECT 2'))).toEqual(['Terminate']);
    expect(bench.client.take()).toEqual(['FATAL 28000']);
    expect(await bench.relay.ended).toBe('expired');
    expect(bench.audit.intents).toHaveLength(1);
  });

  it('P12: an idle client keeps its socket over the expiry, but the server is let go at once', async () => {
    const bench = await startRelayBench();
    bench.expiresAtMs = bench.nowMs;
    bench.relay.expire();
    await bench.settled();
    expect(bench.server.take()).toEqual(['Terminate']);
    expect(bench.client.take()).toEqual([]);
    expect(bench.client.isEnded).toBe(false);
    // A notification that was on its way is not for an expired session.
    bench.server.send(Buffer.from('A\0\0\0\x0b\0\0\0\x01c\0\0', 'latin1'));
    await ask(bench, encodeQuery('SELECT 1'));
    expect(bench.client.take()).toEqual(['FATAL 28000']);
  });

  it('P12: expiry and kill cancel what runs, and tell the client why', async () => {
    for (const [end, reason] of [
      ['expire', 'expired'],
      ['kill', 'killed'],
    ] as const) {
      const bench = await startRelayBench();
      await ask(bench, encodeQuery('SELECT pg_sleep(100)'));
      if (end === 'expire') bench.relay.expire();
      else bench.relay.kill('an administrator ended the session');
      await bench.settled();
      expect(bench.cancels).toBe(1);
      expect(bench.client.take()).toEqual(['FATAL 28000']);
      expect(bench.client.isEnded).toBe(true);
      expect(await bench.relay.ended).toBe(reason);
      expect(bench.audit.open).toEqual([]);
    }
  });

  it('answers what came before a Terminate, as the server does', async () => {
    const bench = await startRelayBench();
    expect(await ask(bench, encodeQuery('SELECT 1'), encodeTerminate())).toEqual([
      expect.stringContaining('Query'),
      'Terminate',
    ]);
    bench.server.send(row, done, ready());
    await bench.settled();
    expect(bench.client.take()).toHaveLength(3);
    bench.upstream.destroy();
    expect(await bench.relay.ended).toBe('terminated');
    expect(statuses(bench)).toEqual(['ok']);
  });

  it('P12: waits for no answer where the client has gone after its Terminate', async () => {
    const bench = await startRelayBench();
    await ask(bench, encodeQuery('SELECT 1'), encodeTerminate());
    bench.client.stream.end();
    await bench.settled();
    expect(await bench.relay.ended).toBe('terminated');
    expect(bench.cancels).toBe(0);
  });
});
