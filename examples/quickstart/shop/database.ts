/** Fills a PostgreSQL with the sample shop. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import pg from 'pg';
import type { RunningPostgres } from '../postgres/server.ts';
import { customerRows } from './customers.ts';
import { createRandom } from './random.ts';
import { employeeRows, messageRows, ticketRows, tokenRows } from './support.ts';
import { orderRows, productRows } from './trade.ts';

const SEED = 20_261_101;
const CUSTOMERS = 1_200;
const ORDERS = 4_000;
const TICKETS = 1_500;

/** Where the shop is and who may log in. */
export interface ShopDatabase {
  readonly database: 'shop';
  readonly accounts: readonly ShopAccount[];
  /** The login of the internal service, which the gateway does not know. */
  readonly service: ShopAccount<'shop_api'>;
}

/** A login of the shop's database; SCRAM, neither superuser nor BYPASSRLS. */
export interface ShopAccount<Name extends string = 'app_ro' | 'app_rw'> {
  readonly name: Name;
  readonly password: string;
}

/** A shop that is to be: who will be able to log in, with fresh passwords. */
export function planShop(): ShopDatabase {
  const accounts = (['app_ro', 'app_rw'] as const).map(accountOf);
  return { database: 'shop', accounts, service: accountOf('shop_api') };
}

/**
 * Creates the database, its accounts, and the same rows every time. `ca` (PEM) is what to trust where the server speaks
 * TLS.
 */
export async function createShop(
  server: RunningPostgres,
  ca?: string,
  shop: ShopDatabase = planShop(),
): Promise<ShopDatabase> {
  const { accounts, service } = shop;
  await asSuperuser(server, { database: 'postgres', ca }, async (client) => {
    for (const { name, password } of [...accounts, service]) {
      await client.query(`CREATE ROLE ${name} LOGIN PASSWORD ${client.escapeLiteral(password)}`);
    }
    await client.query('CREATE DATABASE shop');
    await client.query('REVOKE ALL ON DATABASE shop FROM PUBLIC');
    await client.query('GRANT CONNECT ON DATABASE shop TO app_ro, shop_api');
    await client.query('GRANT CONNECT, CREATE, TEMPORARY ON DATABASE shop TO app_rw');
  });
  await asSuperuser(server, { database: 'shop', ca }, async (client) => {
    await client.query('ALTER SCHEMA public OWNER TO app_rw; CREATE SCHEMA analytics AUTHORIZATION app_rw');
    await client.query('SET ROLE app_rw');
    for (const part of ['schema', 'views', 'functions']) await client.query(await sql(part));
    await insertRows(client);
    await client.query('REFRESH MATERIALIZED VIEW analytics.product_sales');
    await client.query('RESET ROLE');
    await client.query(await sql('grants'));
    await client.query('ANALYZE');
  });
  return shop;
}

function accountOf<Name extends string>(name: Name): ShopAccount<Name> {
  return { name, password: randomBytes(18).toString('base64url') };
}

const sql = (part: string): Promise<string> => readFile(new URL(`sql/${part}.sql`, import.meta.url), 'utf8');

/** Runs `work` on one connection of the superuser, past every gateway. */
export async function asSuperuser(
  server: RunningPostgres,
  { database, ca }: { readonly database: string; readonly ca?: string | undefined },
  work: (client: pg.Client) => Promise<void>,
): Promise<void> {
  const { host, port, superuser } = server;
  const ssl = ca === undefined ? false : { ca };
  const client = new pg.Client({ host, port, database, ssl, ...superuser });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

async function insertRows(client: pg.Client): Promise<void> {
  const random = createRandom(SEED);
  const products = productRows(random);
  const { orders, items } = orderRows(random, ORDERS, { customers: CUSTOMERS, products });
  const tickets = ticketRows(random, TICKETS, orders);
  const tables = [
    ['employees', employeeRows(random)],
    ['customers', customerRows(random, CUSTOMERS)],
    ['products', products],
    ['orders', orders],
    ['order_items', items],
    ['support_tickets', tickets],
    ['ticket_messages', messageRows(random, tickets)],
    ['integration_tokens', tokenRows(random)],
  ] as const;
  for (const [table, rows] of tables) {
    await client.query(`INSERT INTO ${table} SELECT * FROM json_populate_recordset(null::${table}, $1)`, [
      JSON.stringify(rows),
    ]);
    if (table === 'order_items') continue;
    await client.query(`SELECT setval(pg_get_serial_sequence('${table}', 'id'), ${rows.length})`);
  }
}
