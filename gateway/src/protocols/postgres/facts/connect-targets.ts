import type { ConfiguredResource, ConnectTarget } from '../../protocol.ts';
import type { PostgresResourceConfig } from '../config.ts';
import { connectFacts } from './connect-request.ts';

/** Each account of a resource with the database that it opens when a client names none. */
export function connectTargets({
  resource,
  config,
}: ConfiguredResource<PostgresResourceConfig>): readonly ConnectTarget[] {
  const { database, accounts } = config;
  return accounts.map(({ name }) => ({
    account: name,
    database,
    facts: connectFacts(resource.name, database, name),
  }));
}
