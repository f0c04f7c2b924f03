import { describe, expect, test } from 'vitest';
import { UpstreamError } from '../../../src/protocols/postgres/upstream/errors.ts';
import type { UpstreamConnection } from '../../../src/protocols/postgres/upstream.ts';
import { ask } from './ask.ts';
import type { ServerOrigin } from './cluster.ts';
import { PASSWORD, useRealUpstream } from './real-upstream.ts';

describe.each<ServerOrigin>(['npm', 'debian'])('a real PostgreSQL (from %s)', (origin) => {
  const upstream = useRealUpstream(origin);
  const { ca, cluster, connect, failure } = upstream;

  describe('what the login may do', () => {
    test.each([
      ['a superuser', 'boss'],
      ['one that bypasses row security', 'rls'],
      ['a member of a superuser role that does not inherit', 'heir'],
      ['one that may read the server’s files through two roles', 'reader'],
      ['a superuser whose role setting shows a lesser one', 'masked'],
    ])('%s is refused, unless the account allows it', async (_, user) => {
      expect((await failure(user)).code).toBe('ERR_UPSTREAM_SUPERUSER');
      const connection = await connect(user, { account: { allowSuperuser: true } });
      expect((await ask(connection, 'SELECT session_user')).cells).toEqual([user]);
      connection.socket.destroy();
    });

    test('CREATEROLE is refused before version 16, where it can make itself more', async () => {
      const outcome = await connect('maker').then(
        (connection) => connection.socket.destroy() && 'connected',
        (error: unknown) => error instanceof UpstreamError && error.code,
      );
      expect(outcome).toBe(cluster().major < 16 ? 'ERR_UPSTREAM_SUPERUSER' : 'connected');
    });

    test('a schema in front of pg_catalog cannot answer the check in its place', async () => {
      await cluster().sql(`
        CREATE SCHEMA evil; GRANT USAGE ON SCHEMA evil TO PUBLIC;
        CREATE FUNCTION evil.pg_has_role(name, oid, text) RETURNS bool LANGUAGE sql AS 'SELECT false';
        CREATE FUNCTION evil.current_setting(text) RETURNS text LANGUAGE sql AS $$SELECT '180000'$$;
        CREATE FUNCTION evil.differs(name, name) RETURNS bool LANGUAGE sql AS 'SELECT false';
        CREATE OPERATOR evil.= (FUNCTION = evil.differs, LEFTARG = name, RIGHTARG = name);
        CREATE VIEW evil.pg_roles AS SELECT ''::name AS rolname, false AS rolsuper, false AS rolbypassrls,
          false AS rolcreaterole, 0::oid AS oid;
        GRANT SELECT ON evil.pg_roles TO PUBLIC;`);
      const config = { tls: { ca: ca() }, searchPath: ['evil', 'pg_catalog'] };
      for (const user of ['boss', 'heir', 'reader']) {
        expect((await failure(user, { config })).code).toBe('ERR_UPSTREAM_SUPERUSER');
      }
      (await connect('app', { config })).socket.destroy();
    });
  });

  describe('settings', () => {
    const read = async (connection: UpstreamConnection, name: string): Promise<string | undefined> =>
      (await ask(connection, `SHOW ${name}`)).cells[0];

    test('those pinned win over what the DBA set for the login and the database', async () => {
      await cluster().sql(`
        CREATE ROLE odd LOGIN PASSWORD '${PASSWORD}';
        ALTER ROLE odd SET standard_conforming_strings = off;
        ALTER ROLE odd SET client_encoding = 'LATIN1';
        ALTER ROLE odd SET search_path = 'evil';
        ALTER ROLE odd IN DATABASE postgres SET search_path = 'worse';`);
      const connection = await connect('odd', {
        config: { tls: { ca: ca() }, searchPath: ['a"b', '$user'] },
      });
      expect(await read(connection, 'standard_conforming_strings')).toBe('on');
      expect(await read(connection, 'client_encoding')).toBe('UTF8');
      expect(await read(connection, 'search_path')).toBe('"a""b", "$user"');
      connection.socket.destroy();
    });

    test('a client’s harmless ones arrive', async () => {
      const startupParameters = new Map([
        ['TimeZone', 'Asia/Tokyo'],
        ['DateStyle', 'SQL, DMY'],
        ['client_encoding', 'utf-8'],
      ]);
      const connection = await connect('app', { options: { startupParameters } });
      expect(connection.parameters.get('TimeZone')).toBe('Asia/Tokyo');
      connection.socket.destroy();
    });

    test('one that the server does not know is its refusal', async () => {
      const startupParameters = new Map([['no_such_setting', 'x']]);
      expect(await failure('app', { options: { startupParameters } })).toMatchObject({
        code: 'ERR_UPSTREAM_REFUSED',
        sqlstate: '42704',
      });
    });

    // Login triggers came with version 17, and Debian may have an older one.
    test.each(origin === 'npm' ? ['search_path'] : [])(
      'a login trigger that changes %s is noticed',
      async (name) => {
        await cluster().sql(`
        CREATE ROLE triggered LOGIN PASSWORD '${PASSWORD}';
        CREATE FUNCTION on_login() RETURNS event_trigger LANGUAGE plpgsql AS $$
          BEGIN IF session_user = 'triggered' THEN PERFORM set_config('${name}', 'evil', false); END IF; END $$;
        CREATE EVENT TRIGGER on_login ON login EXECUTE FUNCTION on_login();`);
        try {
          expect((await failure('triggered')).code).toBe('ERR_UPSTREAM_SETTING');
          (await connect('app')).socket.destroy();
        } finally {
          await cluster().sql('DROP EVENT TRIGGER on_login');
        }
      },
    );
  });

  describe('the server’s own refusals', () => {
    test('a database that does not exist', async () => {
      const config = { tls: { ca: ca() }, databases: ['*'] };
      const error = await failure('app', { config, options: { database: 'nowhere' } });
      expect(error).toMatchObject({ code: 'ERR_UPSTREAM_DATABASE', sqlstate: '3D000' });
    });

    test('a login that may not connect to the database', async () => {
      await cluster().sql('CREATE DATABASE closed');
      await cluster().sql('REVOKE CONNECT ON DATABASE closed FROM PUBLIC');
      const config = { tls: { ca: ca() }, databases: ['*'] };
      const error = await failure('app', { config, options: { database: 'closed' } });
      expect(error).toMatchObject({ code: 'ERR_UPSTREAM_DATABASE', sqlstate: '42501' });
    });

    test('too many connections', async () => {
      expect(await failure('crowded')).toMatchObject({ code: 'ERR_UPSTREAM_BUSY', retryable: true });
    });
  });

  test('protocol 3.2 where the server speaks it, with its long cancel key, else 3.0', async () => {
    const connection = await connect('app');
    const isNew = cluster().major >= 18;
    expect([connection.protocolMinor, connection.cancelKey.secretKey.length]).toEqual(
      isNew ? [2, 32] : [0, 4],
    );
    connection.socket.destroy();
    const old = await connect('app', { options: { minor: 0 } });
    expect([old.protocolMinor, old.cancelKey.secretKey.length]).toEqual([0, 4]);
    old.socket.destroy();
  });

  test.each(['TLS', 'plaintext'])(
    'a running query is cancelled over a %s connection of its own',
    async (kind) => {
      const connection = await connect(
        'plain',
        kind === 'TLS' ? {} : { config: { tls: { mode: 'disable' } } },
      );
      const answer = ask(connection, 'SELECT pg_sleep(60)');
      const isRunning = `SELECT 1 FROM pg_stat_activity WHERE pid = ${connection.cancelKey.processId} AND wait_event = 'PgSleep'`;
      while ((await cluster().sql(isRunning)).length === 0);
      await connection.cancel();
      expect((await answer).sqlstate).toBe('57014');
      expect((await ask(connection, 'SELECT 7')).cells).toEqual(['7']);
      connection.socket.destroy();
    },
  );
});
