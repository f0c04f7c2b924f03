/** What the gateway itself asks on a session that the client's settings hold for already. */
import type { Secret } from '../../../credentials/secret.ts';
import { BackendType } from '../wire/backend/backend-type.ts';
import { decodeReadyForQuery, type TransactionStatus } from '../wire/backend/ready-for-query.ts';
import { encodeQuery } from '../wire/frontend/query.ts';
import { UpstreamError } from './errors.ts';
import type { ServerPeer } from './message-channel.ts';
import { toRefusal } from './server-report.ts';
import { type ReadyState, takeAsynchronous } from './session-start.ts';

/**
 * Time limits of PostgreSQL that a client may start with; a server has each whose name it accepted at the start. First the
 * one that ends the session, not only the statement.
 */
const TIME_LIMITS = [
  'transaction_timeout',
  'statement_timeout',
  'lock_timeout',
  'idle_in_transaction_session_timeout',
] as const;

/** What a transaction is by default: a serializable deferrable one waits for others, and none is served by a standby. */
const TRANSACTION_DEFAULTS = ['default_transaction_isolation', 'default_transaction_deferrable'] as const;

/** The first message is under the client's own limit still, which may be of a millisecond. */
const MOST_TRIES = 50;
const QUERY_CANCELED = '57014';

/**
 * Asks in a transaction in which none of the client's time limits holds, if it asked for any; else as it is. What was
 * set ends with the transaction, so that the client finds its settings as it gave them. What is asked at all has the
 * time that connecting has.
 * @param ask is told the status that each ReadyForQuery of its own queries has to have
 */
export async function inOwnTransaction<Answer>(
  session: {
    readonly peer: ServerPeer;
    readonly state: ReadyState;
    readonly secret: Secret | undefined;
    /** The startup parameters of the client. */
    readonly requested: ReadonlyMap<string, string>;
  },
  ask: (status: TransactionStatus) => Promise<Answer>,
): Promise<Answer> {
  const names = new Set([...session.requested.keys()].map((name) => name.toLowerCase()));
  const limits = TIME_LIMITS.filter((name) => names.has(name));
  if (limits.length === 0 && !TRANSACTION_DEFAULTS.some((name) => names.has(name))) return ask('I');
  const begin = [
    'BEGIN ISOLATION LEVEL READ COMMITTED, READ ONLY, NOT DEFERRABLE',
    ...limits.map((name) => `SET LOCAL ${name} = 0`),
  ].join('; ');
  let status = await runCommands(session, begin);
  for (let tries = 1; status !== 'T'; tries += 1) {
    if (tries === MOST_TRIES) {
      const message =
        'the time limits that the client starts with leave the server no time to begin a transaction';
      throw new UpstreamError('ERR_UPSTREAM_REFUSED', message, { sqlstate: QUERY_CANCELED });
    }
    status = await runCommands(session, status === 'E' ? `ROLLBACK; ${begin}` : begin);
  }
  const answer = await ask('T');
  if ((await runCommands(session, 'COMMIT')) !== 'I') {
    throw new UpstreamError('ERR_UPSTREAM_PROTOCOL', 'the server did not end the transaction of the login');
  }
  return answer;
}

/** Runs commands that yield no rows to their ReadyForQuery; one that ran out of time is told by the status only. */
export async function runCommands(
  {
    peer,
    state,
    secret,
  }: { readonly peer: ServerPeer; readonly state: ReadyState; readonly secret: Secret | undefined },
  text: string,
): Promise<TransactionStatus> {
  peer.send(encodeQuery(text));
  for (;;) {
    const message = await peer.receive();
    const { type, bytes, start, end } = message;
    if (type === BackendType.ReadyForQuery) return decodeReadyForQuery(bytes, start, end).status;
    if (type === BackendType.CommandComplete) continue;
    if (type === BackendType.ErrorResponse) {
      const refusal = toRefusal(message, secret);
      if (refusal.sqlstate !== QUERY_CANCELED) throw refusal;
    } else {
      takeAsynchronous(message, state, secret);
    }
  }
}
