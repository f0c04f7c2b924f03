import path from 'node:path';
import pg from 'pg';
import {
  type PostgresOptions,
  type RunningPostgres,
  startPostgres,
} from '../../../examples/quickstart/postgres/server.ts';
import { createTestCertificate, type TestCertificate } from './certificates.ts';
import { postgresPrograms } from './postgres-programs.ts';
import { createTemporaryFolder } from './temporary-folder.ts';

/** One real PostgreSQL for a suite: SCRAM, TLS with a certificate of a test CA. */
export interface TestPostgres extends AsyncDisposable {
  readonly server: RunningPostgres;
  readonly certificate: TestCertificate;
  /** Connection URL with `sslmode=verify-full`; the superuser and database `postgres` unless said otherwise. */
  url(login?: Partial<TestLogin>): string;
  /** Runs one statement over TLS and returns its rows as objects; rejects as node-postgres does. */
  query(text: string, login?: Partial<TestLogin>): Promise<readonly Record<string, unknown>[]>;
  /** Makes a login role without rights and returns its login. */
  createRole(
    name: string,
    attributes?: string,
  ): Promise<{ readonly user: string; readonly password: string }>;
  createDatabase(name: string, owner?: string): Promise<void>;
}

/** Who connects to which database. */
export interface TestLogin {
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** Starts a server; in a suite: `beforeAll(async () => { postgres = await startTestPostgres(); })`. */
export async function startTestPostgres(options: Omit<PostgresOptions, 'tls'> = {}): Promise<TestPostgres> {
  const folder = createTemporaryFolder('postgres-tls');
  try {
    const certificate = await createTestCertificate(path.join(folder.path, 'ca'));
    const programs = postgresPrograms === undefined ? {} : { programs: postgresPrograms };
    const server = await startPostgres({ ...programs, ...options, tls: certificate });
    return describeServer(server, certificate, async () => {
      await server.stop();
      folder[Symbol.dispose]();
    });
  } catch (error) {
    folder[Symbol.dispose]();
    throw error;
  }
}

function describeServer(
  server: RunningPostgres,
  certificate: TestCertificate,
  stop: () => Promise<void>,
): TestPostgres {
  const url = (login: Partial<TestLogin> = {}): string => {
    const { user, password, database } = { database: 'postgres', ...server.superuser, ...login };
    const target = new URL(`postgres://${server.host}:${server.port}/${encodeURIComponent(database)}`);
    target.username = encodeURIComponent(user);
    target.password = encodeURIComponent(password);
    target.searchParams.set('sslmode', 'verify-full');
    target.searchParams.set('sslrootcert', certificate.caFile);
    return target.href;
  };
  const query = async (
    text: string,
    login?: Partial<TestLogin>,
  ): Promise<readonly Record<string, unknown>[]> => {
    const client = new pg.Client({ connectionString: url(login) });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(text)).rows;
    } finally {
      await client.end();
    }
  };
  return {
    server,
    certificate,
    url,
    query,
    createRole: async (name, attributes = '') => {
      const password = `${name}-secret`;
      const role = pg.escapeIdentifier(name);
      await query(`CREATE ROLE ${role} LOGIN ${attributes} PASSWORD ${pg.escapeLiteral(password)}`);
      return { user: name, password };
    },
    createDatabase: async (name, owner) => {
      const clause = owner === undefined ? '' : ` OWNER ${pg.escapeIdentifier(owner)}`;
      await query(`CREATE DATABASE ${pg.escapeIdentifier(name)}${clause}`);
    },
    [Symbol.asyncDispose]: stop,
  };
}
