/** A real gateway in this process, in front of a real PostgreSQL, with a real issuer: what end-to-end suites use. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { TokenClaims } from './issuer.ts';
import { startTestPostgres, type TestPostgres } from './postgres.ts';
import { type GatewayOptions, type StartedGateway, startRunningGateway } from './running-gateway.ts';

export type { AuditRecord } from './running-gateway.ts';

/** Lets group `agents` open sessions and do everything; suites about policy bring their own. */
export const ALLOW_ALL = `apiVersion: sallyport.dev/v1
rules:
  - { id: everyone-connects, effect: allow, on: connect, match: { groups: [agents] } }
  - { id: everything, effect: allow, on: sql, match: { groups: [agents] } }
`;

/** Options of {@link startTestGateway}; the default policy is {@link ALLOW_ALL}. */
export interface TestGatewayOptions extends GatewayOptions {
  /** SQL that the superuser runs before the gateway starts. */
  readonly setUp?: string;
  /** An existing server, which the caller stops. */
  readonly postgres?: TestPostgres;
}

/** A gateway and what it stands on. */
export interface TestGateway extends StartedGateway {
  readonly postgres: TestPostgres;
  /** A URL that clients use unchanged. */
  url(options?: {
    readonly token?: string;
    readonly user?: string;
    readonly database?: string;
    readonly claims?: TokenClaims;
  }): Promise<string>;
}

/** The account of the tests: no superuser, owner of the schema `public`. */
const ACCOUNT = 'app';

/** Starts everything; `await using` stops it. */
export async function startTestGateway(options: TestGatewayOptions = {}): Promise<TestGateway> {
  await using undo = new AsyncDisposableStack();
  const postgres = options.postgres ?? undo.use(await startTestPostgres({ settings: { fsync: 'off' } }));
  const login = await postgres
    .createRole(ACCOUNT)
    .catch(() => ({ user: ACCOUNT, password: `${ACCOUNT}-secret` }));
  await postgres.query(`GRANT ALL ON SCHEMA public TO ${ACCOUNT}`);
  if (options.setUp !== undefined) await postgres.query(options.setUp);
  const shop = {
    name: 'shop',
    protocol: 'postgres',
    host: postgres.server.host,
    port: postgres.server.port,
    database: 'postgres',
    tls: { mode: 'verify-full', ca: postgres.certificate.caFile },
  };
  const started = undo.use(
    await startRunningGateway(options, {
      policy: ALLOW_ALL,
      listener: { protocol: 'postgres' },
      resources: (folder) => {
        const file = path.join(folder, 'secret');
        writeFileSync(file, login.password, { mode: 0o600 });
        const accounts = [{ name: ACCOUNT, credential: { file } }];
        return [{ ...shop, accounts, ...options.resource }];
      },
    }),
  );
  const owned = undo.move();
  return {
    ...started,
    postgres,
    async url({ token, user = ACCOUNT, database = 'shop', claims } = {}) {
      const password = token ?? (await started.issuer.token(claims));
      const target = new URL(`postgres://${started.host}:${started.port}/${database}`);
      target.username = user;
      target.password = password;
      target.searchParams.set('sslmode', 'verify-full');
      target.searchParams.set('sslrootcert', started.caFile);
      return target.href;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
