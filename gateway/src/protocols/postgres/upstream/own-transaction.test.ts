import { describe, expect, test } from 'vitest';
import {
  createScriptedPeer,
  type ScriptedPeer,
  type Step,
} from '../../../../test/e2e/upstream/scripted-peer.ts';
import { rawMessage } from '../../../../test/e2e/upstream/server-messages.ts';
import { encodeReadyForQuery, type TransactionStatus } from '../wire/backend/ready-for-query.ts';
import { inOwnTransaction } from './own-transaction.ts';

const BEGIN = 'BEGIN ISOLATION LEVEL READ COMMITTED, READ ONLY, NOT DEFERRABLE';

const done = (status: TransactionStatus): Buffer[] => [rawMessage('C', 'SET\0'), encodeReadyForQuery(status)];
const failed = (code: string, status: TransactionStatus): Buffer[] => [
  rawMessage('E', `SERROR\0C${code}\0Mno\0\0`),
  encodeReadyForQuery(status),
];

/** Asks nothing; tells with which status it would have. */
function run(peer: ScriptedPeer, ...requested: string[]): Promise<TransactionStatus> {
  const state = {
    parameters: new Map<string, string>(),
    notices: [],
    cancelKey: { processId: 1, secretKey: Buffer.alloc(4) },
  };
  const parameters = new Map(requested.map((name) => [name, '1']));
  return inOwnTransaction(
    { peer, state, secret: undefined, requested: parameters },
    async (status) => status,
  );
}

/** Texts of the queries that were sent. */
function texts(peer: ScriptedPeer): string[] {
  return peer.sent.map((packet) => packet.subarray(5, -1).toString());
}

describe('what the gateway asks under the settings of a client', () => {
  test('is asked as it is where the client set no limit', async () => {
    const peer = createScriptedPeer([]);
    expect(await run(peer, 'TimeZone', 'DateStyle')).toBe('I');
    expect(peer.sent).toEqual([]);
  });

  test('is asked in a transaction that lifts the limits the client has set, and no others', async () => {
    const peer = createScriptedPeer([() => done('T'), () => done('I')]);
    expect(await run(peer, 'LOCK_TIMEOUT', 'statement_timeout', 'TimeZone')).toBe('T');
    expect(texts(peer)).toEqual([
      `${BEGIN}; SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0`,
      'COMMIT',
    ]);
  });

  test('is begun again where the limit struck before it was lifted', async () => {
    const steps: Step[] = [
      () => failed('57014', 'I'),
      () => failed('57014', 'E'),
      () => done('T'),
      () => done('I'),
    ];
    const peer = createScriptedPeer(steps);
    expect(await run(peer, 'default_transaction_isolation')).toBe('T');
    expect(texts(peer)).toEqual([BEGIN, BEGIN, `ROLLBACK; ${BEGIN}`, 'COMMIT']);
  });

  test('P10: is given up where it never begins', async () => {
    const peer = createScriptedPeer(Array.from({ length: 1000 }, (): Step => () => failed('57014', 'I')));
    await expect(run(peer, 'statement_timeout')).rejects.toMatchObject({
      code: 'ERR_UPSTREAM_REFUSED',
      sqlstate: '57014',
    });
    expect(peer.sent).toHaveLength(50);
  });

  test.each<[string, Step[], object]>([
    ['another error', [() => failed('42704', 'I')], { code: 'ERR_UPSTREAM_REFUSED', sqlstate: '42704' }],
    [
      'a transaction that does not end',
      [() => done('T'), () => done('T')],
      { code: 'ERR_UPSTREAM_PROTOCOL' },
    ],
    ['rows that nobody asked for', [() => [rawMessage('D')]], { code: 'ERR_UPSTREAM_PROTOCOL' }],
  ])('%s is a refusal', async (_, steps, expected) => {
    await expect(run(createScriptedPeer(steps), 'statement_timeout')).rejects.toMatchObject(expected);
  });
});
