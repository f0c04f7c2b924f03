import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { createCredentialSource } from '../../../src/credentials/credential-source.ts';
import { postgresResourceSchema } from '../../../src/protocols/postgres/config.ts';
import type { UpstreamError } from '../../../src/protocols/postgres/upstream/errors.ts';
import {
  connectUpstream,
  type UpstreamConnection,
  type UpstreamOptions,
} from '../../../src/protocols/postgres/upstream.ts';
import { type Authority, createAuthority, type Issued } from './certificate-authority.ts';
import { type Cluster, type ServerOrigin, startCluster } from './cluster.ts';
import { refusalOf } from './fake-upstream.ts';

/** Password of every login; not ASCII, so that SASLprep has something to do. */
export const PASSWORD = 'canary-Zürich-41';

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

/** What the server's certificate says by default. */
export const SERVER_NAMES = {
  commonName: 'server',
  dnsNames: ['localhost'],
  addresses: [[127, 0, 0, 1]],
} as const;

/** How a connection differs from the default: verify-full, the right password, protocol 3.2. */
export interface Wish {
  readonly account?: object;
  readonly config?: object;
  readonly options?: Partial<UpstreamOptions>;
  readonly password?: string | undefined;
}

/** A real PostgreSQL with logins of every kind, and the gateway's own way to connect to it. */
export interface RealUpstream {
  readonly authority: Authority;
  readonly clientAuthority: Authority;
  cluster(): Cluster;
  /** Whether the server is there; the tests of the suite are skipped otherwise. */
  isStarted(): boolean;
  /** Path of the file with the server's CA. */
  ca(): string;
  /** Writes a file into the test's folder and returns its path. */
  write(name: string, content: string): Promise<string>;
  /** Gives the server another certificate. */
  present(certificate: Issued): Promise<void>;
  connect(user: string, wish?: Wish): Promise<UpstreamConnection>;
  /** The error that connecting ends with; it holds no password, and for clients no address and no login. */
  failure(user: string, wish?: Wish): Promise<UpstreamError>;
}

/** Starts it for the tests of a suite, which are skipped with a reason where the server is not installed. */
export function useRealUpstream(origin: ServerOrigin): RealUpstream {
  const authority = createAuthority('server ca');
  const clientAuthority = createAuthority('client ca');
  let started: Cluster | undefined;
  beforeAll(async () => {
    started = await startCluster(origin, {
      ...asServer(authority.issue(SERVER_NAMES)),
      'client-ca.crt': clientAuthority.cert,
      'pg_hba.conf': HBA,
    });
    if (started === undefined) return;
    await upstream.write('ca.pem', authority.cert);
    await createLogins(started);
  });
  afterAll(async () => await started?.[Symbol.asyncDispose]());
  beforeEach((context) => {
    if (started !== undefined) return;
    context.skip('the PostgreSQL server is not installed: apt-get install postgresql');
  });
  const cluster = (): Cluster => {
    if (started === undefined) throw new Error('not started');
    return started;
  };
  const upstream: RealUpstream = {
    authority,
    clientAuthority,
    cluster,
    isStarted: () => started !== undefined,
    ca: () => join(cluster().folder, 'ca.pem'),
    async write(name, content) {
      const path = join(cluster().folder, name);
      await writeFile(path, content);
      return path;
    },
    present: (certificate) => cluster().replace(asServer(certificate)),
    connect: (user, wish = {}) => connectUpstream(optionsFor(user, wish, upstream)),
    async failure(user, wish = {}) {
      const error = await refusalOf(upstream.connect(user, wish));
      if (inspect(error, { depth: 9 }).includes(PASSWORD)) throw new Error('the password is in the error');
      const secrets = new RegExp(`127\\.0\\.0\\.1|localhost|${cluster().port}|\\b${user}\\b`);
      if (secrets.test(error.publicMessage ?? user)) throw new Error('a client would be told too much');
      return error;
    },
  };
  return upstream;
}

function asServer({ cert, key }: Issued): Readonly<Record<string, string>> {
  return { 'server.crt': cert, 'server.key': key };
}

function optionsFor(user: string, wish: Wish, upstream: RealUpstream): UpstreamOptions {
  const env = { PW: 'password' in wish ? wish.password : PASSWORD };
  const credential = env.PW === undefined ? { none: true as const } : { env: 'PW' };
  return {
    resource: postgresResourceSchema.parse({
      host: '127.0.0.1',
      port: upstream.cluster().port,
      database: 'postgres',
      accounts: [{ name: 'account', user, credential, ...wish.account }],
      tls: { ca: upstream.ca() },
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
  };
}

async function createLogins(cluster: Cluster): Promise<void> {
  const login = (name: string, more = ''): string =>
    `CREATE ROLE ${name} LOGIN PASSWORD '${PASSWORD}' ${more};`;
  const plain = ['app', 'plain', 'clear', 'certified', 'twofold', 'anybody'].map((name) => login(name));
  await cluster.sql(`
    ${plain.join('\n')}
    SET password_encryption = 'md5'; ${login('legacy')} RESET password_encryption;
    ${login('boss', 'SUPERUSER')} ${login('rls', 'BYPASSRLS')} ${login('maker', 'CREATEROLE')}
    ${login('heir', 'NOINHERIT')} GRANT boss TO heir;
    CREATE ROLE middle; GRANT pg_read_server_files TO middle;
    ${login('reader', 'NOINHERIT')} GRANT middle TO reader;
    ${login('masked', 'SUPERUSER')} ALTER ROLE masked SET role = 'app';
    ${login('crowded', 'CONNECTION LIMIT 0')}`);
}
