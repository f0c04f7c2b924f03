/** What a client starts with holds for the client's statements, and not for what the gateway asks at the login. */
import { describe, expect, test } from 'vitest';
import { CatalogCache } from '../../../src/protocols/postgres/upstream/catalog/catalog-cache.ts';
import type { UpstreamConnection } from '../../../src/protocols/postgres/upstream.ts';
import { ask } from './ask.ts';
import type { ServerOrigin } from './cluster.ts';
import { useRealUpstream } from './real-upstream.ts';

const CANCELED = '57014';

describe.each<ServerOrigin>(['npm', 'debian'])('a real PostgreSQL (from %s)', (origin) => {
  const upstream = useRealUpstream(origin);
  const start = (parameters: Readonly<Record<string, string>>): Promise<UpstreamConnection> =>
    upstream.connect('app', {
      options: {
        startupParameters: new Map(Object.entries(parameters)),
        // A new one each time, so that the catalog is asked for.
        catalogs: new CatalogCache(() => 0),
      },
    });

  test('P2: one millisecond for a statement ends no login, and ends what the client asks', async () => {
    const connection = await start({ Statement_Timeout: '1', lock_timeout: '1' });
    expect(connection.known?.catalog).toBeDefined();
    expect(connection.leftover).toHaveLength(0);
    expect((await ask(connection, 'SELECT pg_catalog.pg_sleep(60)')).sqlstate).toBe(CANCELED);
    connection.socket.destroy();
  });

  test('P2: one millisecond in an idle transaction ends no login', async () => {
    const connection = await start({ idle_in_transaction_session_timeout: '1' });
    expect((await ask(connection, 'SELECT 1')).cells).toEqual(['1']);
    connection.socket.destroy();
  });

  test('P2: the client finds its settings as it gave them, outside of a transaction', async () => {
    const settings = {
      statement_timeout: '61000',
      lock_timeout: '62000',
      idle_in_transaction_session_timeout: '63000',
      ...(upstream.cluster().major >= 17 ? { transaction_timeout: '64000' } : {}),
      default_transaction_isolation: 'serializable',
      default_transaction_deferrable: 'on',
      default_transaction_read_only: 'on',
    };
    const connection = await start(settings);
    const names = Object.keys(settings);
    const { cells } = await ask(
      connection,
      `SELECT name || '=' || setting || ' ' || source FROM pg_settings WHERE name IN ('${names.join("','")}')`,
    );
    expect(new Set(cells)).toEqual(
      new Set(Object.entries(settings).map(([name, value]) => `${name}=${value} client`)),
    );
    expect(connection.notices).toEqual([]);
    // In a transaction, this would be a warning of the server and a name of a savepoint that does not exist.
    expect((await ask(connection, 'SAVEPOINT outside')).sqlstate).toBe('25P01');
    connection.socket.destroy();
  });

  test('P2: transactions that wait for others by default do not keep the login waiting', async () => {
    const other = await start({});
    await ask(other, 'BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT 1');
    const connection = await start({
      default_transaction_isolation: 'serializable',
      default_transaction_read_only: 'on',
      default_transaction_deferrable: 'on',
    });
    expect((await ask(connection, 'SHOW default_transaction_isolation')).cells).toEqual(['serializable']);
    for (const { socket } of [other, connection]) socket.destroy();
  });
});
