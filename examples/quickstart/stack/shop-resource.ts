/** The protected resource: PostgreSQL with TLS and SCRAM, filled with the shop, its passwords in files for the gateway. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { certificateFromLocalCa } from '../../../gateway/src/listener/local-ca.ts';
import type { StoreLogin } from '../api/store.ts';
import { type RunningPostgres, startPostgres } from '../postgres/server.ts';
import { asSuperuser, createShop, planShop } from '../shop/database.ts';
import type { Folders } from './folders.ts';

/** A running shop, as the gateway's config needs it. */
export interface ShopResource {
  readonly server: RunningPostgres;
  readonly database: string;
  /** File with the CA that PostgreSQL's certificate is of, and its content. */
  readonly caFile: string;
  readonly ca: string;
  readonly accounts: readonly { readonly name: string; readonly passwordFile: string }[];
  /** How the internal service logs in: not an account of the gateway. */
  readonly service: StoreLogin;
}

/** Where others reach it; default: on loopback, at a free port. */
export interface ShopAddress {
  /** By which they know it, for its certificate. */
  readonly name: string;
  readonly listen: string;
  readonly port: number;
}

/**
 * Starts PostgreSQL. Every start makes a new one: the shop is always in its first state. `fill` makes the accounts and the
 * rows; who only has to know where the shop will be needs not wait for that.
 */
export async function startShop(
  folders: Pick<Folders, 'credentials' | 'postgresCertificates'>,
  at?: ShopAddress,
): Promise<ShopResource & { readonly fill: () => Promise<void> }> {
  const { certificatePem, keyPem } = await certificateFromLocalCa({
    directory: folders.postgresCertificates,
    names: at === undefined ? [] : [at.name, ...(at.listen === '0.0.0.0' ? [] : [at.listen])],
    clock: { nowMs: () => Date.now() },
  }).load();
  const caFile = path.join(folders.postgresCertificates, 'ca.crt');
  const ca = await readFile(caFile, 'utf8');
  const server = await startPostgres({
    tls: { cert: certificatePem, key: keyPem },
    ...(at === undefined ? {} : { listen: at.listen, port: at.port }),
  });
  try {
    const plan = planShop();
    const { database, accounts, service } = plan;
    await mkdir(folders.credentials, { recursive: true, mode: 0o700 });
    const files = accounts.map(({ name, password }) => ({
      name,
      password,
      passwordFile: path.join(folders.credentials, name),
    }));
    for (const { password, passwordFile } of files) {
      await writeFile(passwordFile, password, { mode: 0o600, flag: 'wx' });
    }
    return {
      server,
      database,
      caFile,
      ca,
      accounts: files.map(({ password: _, ...rest }) => rest),
      service: {
        host: server.host,
        port: server.port,
        database,
        user: service.name,
        password: service.password,
        ca,
      },
      fill: async () => {
        await createShop(server, ca, plan);
      },
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** A recording of what an account sends to PostgreSQL, in the server's own log. */
export interface StatementLog {
  /** Ends the recording and gives the log since it began. */
  end(): Promise<string>;
}

/** Lets PostgreSQL log every statement of `account`, from its next session on. */
export async function recordStatements(shop: ShopResource, account: string): Promise<StatementLog> {
  const { server, ca } = shop;
  const as = (statement: string): Promise<void> =>
    asSuperuser(server, { database: 'postgres', ca }, async (client) => {
      await client.query(statement);
    });
  await as(`ALTER ROLE ${account} SET log_statement = 'all'`);
  const before = (await readFile(server.logFile)).length;
  return {
    end: async () => {
      await as(`ALTER ROLE ${account} RESET log_statement`);
      return (await readFile(server.logFile)).subarray(before).toString('utf8');
    },
  };
}

/** A row that the agent saw masked, as the table has it: asked past the gateway. */
export async function behindTheMask({ server, database, ca }: ShopResource): Promise<string> {
  let row: Readonly<Record<string, unknown>> = {};
  await asSuperuser(server, { database, ca }, async (client) => {
    const { rows } = await client.query<Record<string, unknown>>(
      `SELECT c.full_name, c.email, c.phone, c.national_id, c.card_number
FROM customers c JOIN support_tickets t ON t.customer_id = c.id WHERE t.id = 36`,
    );
    row = rows[0] ?? {};
  });
  return `What the table holds for ticket 36, asked past the gateway (invented people):\n  ${Object.values(row).join('  ')}`;
}
