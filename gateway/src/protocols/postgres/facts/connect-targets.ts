import { accountNames } from '../../../session/accounts.ts';
import type { ConfiguredResource, ConnectTarget } from '../../protocol.ts';
import type { PostgresResourceConfig } from '../config.ts';
import { isDatabaseAllowed } from '../database-names.ts';
import { connectFacts } from './connect-request.ts';

/** Each account of a resource, the default one first, with a database: the one that is opened when a client names none, or another. */
export function connectTargets(
  { resource, config }: ConfiguredResource<PostgresResourceConfig>,
  database: string = config.database,
): readonly ConnectTarget[] {
  if (!isDatabaseAllowed(config, database)) return [];
  return accountNames(config).map((account) => ({
    account,
    database,
    facts: connectFacts(resource.name, database, account),
  }));
}
