import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createCredentialSource } from '../../../src/credentials/credential-source.ts';
import { postgresResourceSchema } from '../../../src/protocols/postgres/config.ts';
import { UpstreamError } from '../../../src/protocols/postgres/upstream/errors.ts';
import {
  connectUpstream,
  type UpstreamConnection,
  type UpstreamOptions,
} from '../../../src/protocols/postgres/upstream.ts';
import { createAuthority, type Issued } from './certificate-authority.ts';
import { type Cluster, type ServerOrigin, startCluster } from './cluster.ts';
import { ask } from './session.ts';

const PASSWORD = 'canary-Zürich-41';

const HBA = `
host    all postgres   127.0.0.1/32 trust
host    all plain      127.0.0.1/32 scram-sha-256
hostssl all legacy     127.0.0.1/32 md5
hostssl all clear      127.0.0.1/32 password
hostssl all certified  127.0.0.1/32 cert
hostssl all twofold    127.0.0.1/32 scram-sha-256 clientcert=verify-full
hostssl all anybody    127.0.0.1/32 trust
hostssl all all        127.0.0.1/32 scram-sha-256
`;

const authority = createAuthority('server ca');
const clientAuthority = createAuthority('client ca');
const serverNames = { commonName: 'server', dnsNames: ['localhost'], addresses: [[127, 0, 0, 1]] as const };
const serverCertificate = authority.issue(serverNames);

const asServer = ({ cert, key }: Issued): Readonly<Record<string, string>> => ({
  'server.crt': cert,
  'server.key': key,
});

describe.each<ServerOrigin>(['npm', 'debian'])('a real PostgreSQL (from %s)', (origin) => {
  let started: Cluster | undefined;
  let files: Record<'ca' | 'otherCa' | 'cert' | 'key' | 'foreignCert' | 'foreignKey', string>;

  beforeAll(async () => {
    started = await startCluster(origin, {
      ...asServer(serverCertificate),
      'client-ca.crt': clientAuthority.cert,
      'pg_hba.conf': HBA,
    });
    if (started === undefined) return;
    const { folder } = started;
    const write = async (name: string, content: string): Promise<string> => {
      await writeFile(join(folder, name), content);
      return join(folder, name);
    };
    const client = clientAuthority.issue({ commonName: 'certified' });
    const foreign = createAuthority('foreign ca').issue({ commonName: 'certified' });
    files = {
      ca: await write('ca.pem', authority.cert),
      otherCa: await write('other-ca.pem', createAuthority('server ca').cert),
      cert: await write('client.pem', client.cert),
      key: await write('client.key', client.key),
      foreignCert: await write('foreign.pem', foreign.cert),
      foreignKey: await write('foreign.key', foreign.key),
    };
    const role = (name: string, more = ''): string =>
      `CREATE ROLE ${name} LOGIN PASSWORD '${PASSWORD}' ${more};`;
    await started.sql(
      ['app', 'plain', 'clear', 'certified', 'twofold', 'anybody'].map((name) => role(name)).join('\n') +
        `SET password_encryption = 'md5'; ${role('legacy')} RESET password_encryption;` +
        `${role('boss', 'SUPERUSER')} ${role('rls', 'BYPASSRLS')} ${role('maker', 'CREATEROLE')}` +
        `${role('heir', 'NOINHERIT')} GRANT boss TO heir;` +
        `CREATE ROLE middle; GRANT pg_read_server_files TO middle; ${role('reader', 'NOINHERIT')} GRANT middle TO reader;` +
        `${role('masked', 'SUPERUSER')} ALTER ROLE masked SET role = 'app';` +
        `${role('crowded', 'CONNECTION LIMIT 0')}`,
    );
  });
  afterAll(async () => await started?.[Symbol.asyncDispose]());
  beforeEach((context) => {
    if (started === undefined)
      context.skip('the PostgreSQL server is not installed: apt-get install postgresql');
  });

  function cluster(): Cluster {
    if (started === undefined) throw new Error('not started');
    return started;
  }

  interface Wish {
    readonly account?: object;
    readonly config?: object;
    readonly options?: Partial<UpstreamOptions>;
    readonly password?: string | undefined;
  }

  /** Connects as `user` with verify-full and the right password unless the wish says otherwise. */
  async function connect(user: string, wish: Wish = {}): Promise<UpstreamConnection> {
    const env = { PW: 'password' in wish ? wish.password : PASSWORD };
    const credential = env.PW === undefined ? { none: true as const } : { env: 'PW' };
    return await connectUpstream({
      resource: postgresResourceSchema.parse({
        host: '127.0.0.1',
        port: cluster().port,
        database: 'postgres',
        accounts: [{ name: 'account', user, credential, ...wish.account }],
        tls: { ca: files.ca },
        ...wish.config,
      }),
      account: 'account',
      database: 'postgres',
      startupParameters: new Map(),
      applicationName: 'sallyport/ses_1',
      credential: createCredentialSource(credential, { env }),
      signal: new AbortController().signal,
      minor: 2,
      ...wish.options,
    });
  }

  async function failure(user: string, wish: Wish = {}): Promise<UpstreamError> {
    const error = await connect(user, wish).then(
      (connection) => {
        connection.socket.destroy();
        throw new Error('it connected');
      },
      (reason: unknown) => reason,
    );
    if (!(error instanceof UpstreamError)) throw new Error('expected an UpstreamError', { cause: error });
    expect(inspect(error, { depth: 9 })).not.toContain(PASSWORD);
    expect(error.publicMessage).not.toMatch(
      new RegExp(`127\\.0\\.0\\.1|localhost|${cluster().port}|\\b${user}\\b`),
    );
    return error;
  }

  describe('authentication', () => {
    test('scram with channel binding inside verified TLS, and a DBA sees the session’s name', async () => {
      const connection = await connect('app');
      expect(connection).toMatchObject({
        method: 'scram-sha-256-plus',
        tls: { protocol: 'TLSv1.3', verified: true },
      });
      expect(Math.trunc(connection.serverVersion / 10_000)).toBe(cluster().major);
      const sql = `SELECT application_name || ' ' || ssl FROM pg_stat_activity JOIN pg_stat_ssl USING (pid)
                    WHERE pid = pg_backend_pid()`;
      expect((await ask(connection, sql)).cells).toEqual(['sallyport/ses_1 true']);
      connection.socket.destroy();
    });

    test('scram without channel binding where the operator wants it so', async () => {
      const connection = await connect('app', {
        config: { tls: { ca: files.ca }, authMethods: ['scram-sha-256'] },
      });
      expect(connection.method).toBe('scram-sha-256');
      connection.socket.destroy();
    });

    test('scram in plaintext to this machine', async () => {
      const connection = await connect('plain', { config: { tls: { mode: 'disable' } } });
      expect(connection).toMatchObject({ method: 'scram-sha-256', tls: undefined });
      connection.socket.destroy();
    });

    test.each([
      ['legacy', 'md5'],
      ['clear', 'password'],
    ])('login %s by %s is refused, unless the operator allows it', async (user, method) => {
      expect((await failure(user)).code).toBe('ERR_UPSTREAM_METHOD');
      const connection = await connect(user, { config: { tls: { ca: files.ca }, authMethods: [method] } });
      expect(connection.method).toBe(method);
      connection.socket.destroy();
    });

    test('a client certificate alone', async () => {
      const clientCertificate = { cert: files.cert, key: files.key };
      const connection = await connect('certified', { account: { clientCertificate }, password: undefined });
      expect(connection.method).toBe('trust');
      connection.socket.destroy();
      expect((await failure('certified', { password: undefined })).code).toBe('ERR_UPSTREAM_AUTHENTICATION');
      const foreign = { clientCertificate: { cert: files.foreignCert, key: files.foreignKey } };
      expect((await failure('certified', { account: foreign, password: undefined })).code).toBe(
        'ERR_UPSTREAM_TLS',
      );
      const swapped = { clientCertificate: { cert: files.cert, key: files.foreignKey } };
      const error = await failure('certified', { account: swapped, password: undefined });
      expect(error.code).toBe('ERR_UPSTREAM_CONFIGURATION');
    });

    test('a client certificate together with a password', async () => {
      const other = clientAuthority.issue({ commonName: 'twofold' });
      await writeFile(join(cluster().folder, 'twofold.pem'), other.cert);
      await writeFile(join(cluster().folder, 'twofold.key'), other.key);
      const clientCertificate = {
        cert: join(cluster().folder, 'twofold.pem'),
        key: join(cluster().folder, 'twofold.key'),
      };
      const connection = await connect('twofold', { account: { clientCertificate } });
      expect(connection.method).toBe('scram-sha-256-plus');
      connection.socket.destroy();
    });

    test('a server that trusts everybody is refused where a secret is configured', async () => {
      expect((await failure('anybody')).code).toBe('ERR_UPSTREAM_METHOD');
      const config = { tls: { ca: files.ca }, authMethods: ['scram-sha-256', 'trust'] };
      const connection = await connect('anybody', { config });
      expect(connection.method).toBe('trust');
      connection.socket.destroy();
    });

    test.each(['app', 'plain', 'legacy', 'clear'])('a wrong password for %s', async (user) => {
      const config = { tls: { ca: files.ca }, authMethods: ['scram-sha-256', 'md5', 'password'] };
      const error = await failure(user, { config, password: 'wrong' });
      expect(error).toMatchObject({ code: 'ERR_UPSTREAM_AUTHENTICATION', sqlstate: '28P01' });
    });

    test('after a refused password a cached one is forgotten', async () => {
      let invalidated = 0;
      const source = createCredentialSource({ env: 'PW' }, { env: { PW: 'wrong' } });
      const credential = { ...source, invalidate: (): void => void (invalidated += 1) };
      await failure('app', { options: { credential } });
      expect(invalidated).toBe(1);
    });

    test('SASLprep agrees with the server on passwords outside ASCII', async () => {
      const passwords = [
        'ẞ straße',
        'ª Ⅸ ﬁ',
        'e\u0301',
        'a\u00a0b\u200bc',
        'I\u00adX',
        '\u{1f600}ª',
        '\u05d0\u00b9\u05d1',
        '\u0627ª',
      ];
      for (const [index, password] of passwords.entries()) {
        await cluster().sql(`CREATE ROLE unicode${index} LOGIN PASSWORD '${password}'`);
        const connection = await connect(`unicode${index}`, { password });
        expect(connection.method).toBe('scram-sha-256-plus');
        connection.socket.destroy();
      }
      (await connect('unicode1', { password: 'a IX fi' })).socket.destroy();
      expect((await failure('unicode5', { password: '\u{1f600}a' })).code).toBe(
        'ERR_UPSTREAM_AUTHENTICATION',
      );
    });

    test('a server with more iterations than allowed is refused', async () => {
      const config = { tls: { ca: files.ca }, minScramIterations: 1, maxScramIterations: 4095 };
      const error = await failure('app', { config });
      expect(error).toMatchObject({ code: 'ERR_UPSTREAM_PROTOCOL' });
      expect(error.message).toContain('4096 scram iterations');
    });
  });

  describe('certificates', () => {
    afterAll(async () => await started?.replace(asServer(serverCertificate)));

    test('of another authority of the same name are refused', async () => {
      expect((await failure('app', { config: { tls: { ca: files.otherCa } } })).code).toBe(
        'ERR_UPSTREAM_CERTIFICATE',
      );
    });

    test('are refused where no CA is named, because no public one signed them', async () => {
      expect((await failure('app', { config: { tls: {} } })).code).toBe('ERR_UPSTREAM_CERTIFICATE');
    });

    test('for another name are refused, by verify-full', async () => {
      const tls = { ca: files.ca, serverName: 'db.example' };
      const error = await failure('app', { config: { tls } });
      expect(error.code).toBe('ERR_UPSTREAM_CERTIFICATE');
      expect(error.message).toContain('ALTNAME');
      const connection = await connect('app', { config: { tls: { ...tls, mode: 'verify-ca' } } });
      expect(connection.tls?.verified).toBe(true);
      connection.socket.destroy();
    });

    test('are checked against the host where no name is given, DNS name and address alike', async () => {
      const connection = await connect('app', { config: { host: 'localhost', tls: { ca: files.ca } } });
      connection.socket.destroy();
      const onlyName = authority.issue({ commonName: '127.0.0.1', dnsNames: ['localhost'] });
      await cluster().replace(asServer(onlyName));
      expect((await failure('app')).code).toBe('ERR_UPSTREAM_CERTIFICATE');
    });

    test('that have expired or do not count yet are refused', async () => {
      const hour = 3_600_000;
      const now = Date.now();
      const expired = authority.issue({ ...serverNames, notAfter: new Date(now - hour) });
      await cluster().replace(asServer(expired));
      expect((await failure('app')).message).toContain('CERT_HAS_EXPIRED');
      const early = authority.issue({ ...serverNames, notBefore: new Date(now + hour) });
      await cluster().replace(asServer(early));
      expect((await failure('app')).message).toContain('CERT_NOT_YET_VALID');
    });

    test('are not checked by require, where channel binding still proves that the server knows the password', async () => {
      const connection = await connect('app', { config: { tls: { mode: 'require' } } });
      expect(connection).toMatchObject({ method: 'scram-sha-256-plus', tls: { verified: false } });
      connection.socket.destroy();
    });

    test.each(['ecdsa-sha384', 'rsa-sha512', 'rsa-pss-sha384'] as const)(
      'signed with %s bind the channel',
      async (kind) => {
        const other = createAuthority('other', kind);
        await cluster().replace(asServer(other.issue(serverNames)));
        const ca = join(cluster().folder, `${kind}.pem`);
        await writeFile(ca, other.cert);
        const connection = await connect('app', { config: { tls: { ca } } });
        expect(connection.method).toBe('scram-sha-256-plus');
        connection.socket.destroy();
      },
    );

    test('signed with Ed25519 cannot bind the channel, and scram goes without', async () => {
      const other = createAuthority('other', 'ed25519');
      await cluster().replace(asServer(other.issue(serverNames)));
      const ca = join(cluster().folder, 'ed25519.pem');
      await writeFile(ca, other.cert);
      const connection = await connect('app', { config: { tls: { ca } } });
      expect(connection.method).toBe('scram-sha-256');
      connection.socket.destroy();
      const error = await failure('app', { config: { tls: { ca }, authMethods: ['scram-sha-256-plus'] } });
      expect(error.code).toBe('ERR_UPSTREAM_METHOD');
    });
  });

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
      const config = { tls: { ca: files.ca }, searchPath: ['evil', 'pg_catalog'] };
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
        config: { tls: { ca: files.ca }, searchPath: ['a"b', '$user'] },
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
      const config = { tls: { ca: files.ca }, databases: ['*'] };
      const error = await failure('app', { config, options: { database: 'nowhere' } });
      expect(error).toMatchObject({ code: 'ERR_UPSTREAM_DATABASE', sqlstate: '3D000' });
    });

    test('a login that may not connect to the database', async () => {
      await cluster().sql('CREATE DATABASE closed');
      await cluster().sql('REVOKE CONNECT ON DATABASE closed FROM PUBLIC');
      const config = { tls: { ca: files.ca }, databases: ['*'] };
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
