/**
 * Sessions in which both sides say anything that has the form of a message, in any order, while the disk, the policy and
 * the readers change: nothing hangs, nothing that was refused is sent, nothing stays open on the record.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Obligation } from '../../../model/obligation.ts';
import { encodeCommandComplete } from '../wire/backend/command-complete.ts';
import { encodeDataRow } from '../wire/backend/data-row.ts';
import { encodeErrorResponse } from '../wire/backend/error-response.ts';
import { encodeParameterStatus } from '../wire/backend/parameter-status.ts';
import { encodeReadyForQuery } from '../wire/backend/ready-for-query.ts';
import { encodeCopyDone, encodeFlush, encodeSync } from '../wire/frontend/bare-frontend-messages.ts';
import { encodeBind } from '../wire/frontend/bind.ts';
import { encodeClose } from '../wire/frontend/close.ts';
import { encodeDescribe } from '../wire/frontend/describe.ts';
import { encodeExecute } from '../wire/frontend/execute.ts';
import { encodeParse } from '../wire/frontend/parse.ts';
import { encodeQuery } from '../wire/frontend/query.ts';
import { MemoryApprovals } from './testing/memory-approvals.ts';
import { MemoryRecording } from './testing/memory-recording.ts';
import { type RelayBench, startRelayBench } from './testing/relay-bench.ts';
import { REDACT_WORD, testSessionMasks } from './testing/session-masks.ts';

const RUNS = 250;

/** A message of any type with a body of the test's. */
function message(type: string, body: string): Buffer {
  const bytes = Buffer.from(`${type}\0\0\0\0${body}`, 'latin1');
  bytes.writeInt32BE(bytes.length - 1, 1);
  return bytes;
}

const texts = fc.constantFrom(
  'SELECT 1',
  'SELECT * FROM secrets',
  'DELETE FROM t',
  'BEGIN',
  'COMMIT',
  'COPY t FROM STDIN',
  'COPY t TO STDOUT',
  'PREPARE a AS SELECT * FROM secrets',
  'EXECUTE a',
  'DECLARE c CURSOR FOR SELECT 1',
  'FETCH 1 FROM c',
  'CLOSE ALL',
  'DEALLOCATE ALL',
  'SET datestyle = iso',
  'SELEC',
  '',
);
const names = fc.constantFrom('', 'a');
const frontend = fc.oneof(
  texts.map((text) => encodeQuery(text)),
  fc.tuple(names, texts).map(([statement, text]) => encodeParse({ statement, text, parameterTypes: [] })),
  fc
    .tuple(names, names)
    .map(([portal, statement]) =>
      encodeBind({ portal, statement, parameterFormats: [], parameters: [], resultFormats: [] }),
    ),
  fc.tuple(names, fc.constantFrom(0, 1)).map(([portal, maxRows]) => encodeExecute({ portal, maxRows })),
  names.map((name) => encodeDescribe({ kind: 'portal', name })),
  names.map((name) => encodeClose({ kind: 'statement', name })),
  fc.constantFrom(encodeSync(), encodeSync(), encodeFlush(), encodeCopyDone(), message('d', 'x\n')),
);
const backend = fc.oneof(
  fc.constantFrom<'I' | 'T' | 'E'>('I', 'T', 'E').map((status) => encodeReadyForQuery(status)),
  fc.constantFrom('SELECT 1', 'BEGIN', 'COPY 1').map((tag) => encodeCommandComplete(tag)),
  fc.constantFrom('1', '2', '3', 'n', 's', 'I', 'c').map((type) => message(type, '')),
  fc.constantFrom(message('G', '\0\0\0'), message('H', '\0\0\0'), message('d', 'x\n'), message('t', '\0\0')),
  fc.constantFrom(message('T', '\0\0'), message('V', '\xff\xff\xff\xff'), message('A', '\0\0\0\x01c\0\0')),
  fc
    .constantFrom('42601', '57014')
    .map((code) => encodeErrorResponse({ severity: 'ERROR', code, message: 'no' })),
  fc.constant(encodeErrorResponse({ severity: 'FATAL', code: '57P01', message: 'bye' })),
  fc.constantFrom(encodeDataRow(['1']), encodeParameterStatus('search_path', 'public')),
  fc.constantFrom(message('N', 'SNOTICE\0\0'), message('R', '\0\0\0\x03'), message('W', '\0\0\0')),
);

/** Answers that fit what is asked most often, so that conversations get somewhere. */
const fitting = fc.constantFrom(
  Buffer.concat([encodeDataRow(['1']), encodeCommandComplete('SELECT 1'), encodeReadyForQuery('I')]),
  Buffer.concat([encodeCommandComplete('BEGIN'), encodeReadyForQuery('T')]),
  Buffer.concat([
    message('1', ''),
    message('2', ''),
    encodeCommandComplete('SELECT 1'),
    encodeReadyForQuery('I'),
  ]),
  Buffer.concat([
    encodeErrorResponse({ severity: 'ERROR', code: '42601', message: 'no' }),
    encodeReadyForQuery('I'),
  ]),
);

/** A session with everything that a decision can oblige to, as far as a run of the test has it. */
interface Session extends RelayBench {
  readonly approvals: MemoryApprovals;
  readonly recording: MemoryRecording | undefined;
}

type Action = (bench: Session) => void | Promise<void>;

const APPROVAL: Obligation = { kind: 'approval', rule: 'writes', by: ['dba'], count: 1, withinMs: 60_000 };
const ONE_ROW: Obligation = { kind: 'limits', rule: 'one', rows: 1, timeoutMs: 60_000 };

const obligations = fc.record({
  approval: fc.boolean(),
  limits: fc.boolean(),
  masks: fc.boolean(),
  recording: fc.boolean(),
});

async function start(
  isStrict: boolean,
  has: { approval: boolean; limits: boolean; masks: boolean; recording: boolean },
): Promise<Session> {
  const approvals = new MemoryApprovals();
  const recording = has.recording ? new MemoryRecording() : undefined;
  const bench = await startRelayBench({
    ...(isStrict ? { refuses: isSecret } : {}),
    ...(recording === undefined ? {} : { recording }),
    ...(has.masks ? { masks: testSessionMasks() } : {}),
    approvals,
    obliges: (label) => [
      ...(has.approval && label.includes('DELETE') ? [APPROVAL] : []),
      ...(has.limits ? [ONE_ROW] : []),
      ...(has.masks ? [REDACT_WORD] : []),
    ],
  });
  return Object.assign(bench, { approvals, recording });
}

const actions = fc.oneof(
  { weight: 8, arbitrary: fc.array(frontend, { minLength: 1, maxLength: 5 }).map(says('client')) },
  {
    weight: 4,
    arbitrary: fitting.map(
      (bytes): Action =>
        (bench) =>
          bench.server.send(bytes),
    ),
  },
  { weight: 4, arbitrary: fc.array(backend, { minLength: 1, maxLength: 3 }).map(says('server')) },
  { weight: 4, arbitrary: fc.constant<Action>((bench) => bench.settled()) },
  {
    weight: 2,
    arbitrary: fc.constantFrom<Action>(
      (bench) => bench.setPolicy(isSecret),
      (bench) => bench.audit.hold(),
      (bench) => bench.audit.release(),
      (bench) => bench.approvals.grant(),
      (bench) => bench.approvals.deny('no'),
      (bench) => bench.relay.cancel(),
      (bench) => bench.recording?.fallBehind(),
      (bench) => bench.recording?.catchUp(),
      (bench) => bench.client.pause(),
      (bench) => void bench.client.stream.resume(),
      (bench) => bench.server.pause(),
      (bench) => void bench.server.stream.resume(),
    ),
  },
);

function says(side: 'client' | 'server'): (pieces: readonly Buffer[]) => Action {
  return (pieces) => (bench) => bench[side].send(...pieces);
}

const isSecret = (label: string): boolean => label.includes('secrets');

const ends = fc.constantFrom<Action>(
  (bench) => void bench.client.stream.destroy(),
  (bench) => void bench.client.stream.end(),
  (bench) => void bench.upstream.destroy(),
  (bench) => bench.relay.kill('the test is over'),
  (bench) => {
    bench.relay.expire();
    bench.client.send(encodeSync());
  },
);

/** Lets both sides read and the disk write, and ends the session. */
async function finish(bench: Session, end: Action): Promise<void> {
  bench.audit.release();
  bench.recording?.catchUp();
  bench.client.stream.resume();
  bench.server.stream.resume();
  await bench.settled();
  await end(bench);
  const patience = bench.settled().then(() => bench.settled());
  expect(await Promise.race([bench.relay.ended, patience.then(() => 'never')])).not.toBe('never');
  await bench.settled();
}

describe('any conversation', () => {
  it(`P1, P4, P10: ends, leaves nothing open, and sends nothing that was refused, in ${RUNS} runs`, async () => {
    const property = fc.asyncProperty(
      fc.array(actions, { minLength: 1, maxLength: 20 }),
      ends,
      fc.boolean(),
      obligations,
      async (steps, end, isStrict, has) => {
        const bench = await start(isStrict, has);
        for (const act of steps) await act(bench);
        await finish(bench, end);
        expect(bench.audit.open).toEqual([]);
        expect(bench.audit.outcomes.length).toBe(new Set(bench.audit.outcomes.map((o) => o.exchange)).size);
        const sent = bench.server.take();
        if (isStrict) expect(sent.filter((line) => line.includes('secrets'))).toEqual([]);
        // Each text that the server got is one that is on file as permitted.
        const permitted = new Set(
          bench.audit.intents
            .filter(({ effect }) => effect === 'permit')
            .map(({ request }) => request['text']),
        );
        for (const line of sent) {
          const text = /^(?:Query |Parse (?!a$)(?:a )?)(?!sallyport_refused)(.+)$/.exec(line)?.[1];
          if (text !== undefined) expect(permitted).toContain(text);
        }
        const deletions = sent.filter((line) => line.startsWith('Query DELETE'));
        if (has.approval) expect(deletions.length).toBeLessThanOrEqual(bench.approvals.used);
        expect(bench.log.filter((line) => line.includes('ERR_INTERNAL'))).toEqual([]);
      },
    );
    await fc.assert(property, { numRuns: RUNS, endOnFailure: true });
  });
});
