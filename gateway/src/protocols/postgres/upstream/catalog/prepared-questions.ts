/** What a login asks, prepared on a connection that asks it again: planning takes most of its time. */

import { ACCOUNT_QUERY } from '../account-check.ts';
import type { ServerPeer } from '../message-channel.ts';
import { runCommands } from '../own-transaction.ts';
import type { ReadyState } from '../session-start.ts';
import { CATALOG_QUERY } from './catalog-query.ts';

/** Executes what {@link prepareQuestions} prepared. */
export const EXECUTE_ACCOUNT_QUERY = 'EXECUTE sallyport_account';
/** As {@link EXECUTE_ACCOUNT_QUERY}. */
export const EXECUTE_CATALOG_QUERY = 'EXECUTE sallyport_catalog';

/** Once for a connection. The server plans anew what a change of the structure makes stale. */
export async function prepareQuestions(peer: ServerPeer, state: ReadyState): Promise<void> {
  const text = `PREPARE sallyport_account AS ${ACCOUNT_QUERY}; PREPARE sallyport_catalog AS ${CATALOG_QUERY}`;
  await runCommands({ peer, state, secret: undefined }, text);
}
