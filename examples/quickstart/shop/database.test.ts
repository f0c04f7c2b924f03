import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RunningPostgres, startPostgres } from '../postgres/server.ts';
import { createShop, type ShopDatabase } from './database.ts';

let server: RunningPostgres;
let shop: ShopDatabase;
const clients: pg.Client[] = [];

async function connect(name: 'app_ro' | 'app_rw'): Promise<pg.Client> {
  const account = shop.accounts.find((candidate) => candidate.name === name);
  const client = new pg.Client({
    host: server.host,
    port: server.port,
    database: shop.database,
    user: name,
    password: account?.password,
  });
  await client.connect();
  clients.push(client);
  return client;
}

beforeAll(async () => {
  server = await startPostgres();
  shop = await createShop(server);
});
afterAll(async () => {
  await Promise.all(clients.map((client) => client.end()));
  await server.stop();
});

it('holds some thousands of rows', async () => {
  const client = await connect('app_ro');
  const { rows } = await client.query(`
    SELECT (SELECT count(*) FROM customers)::int AS customers, (SELECT count(*) FROM orders)::int AS orders,
           (SELECT count(*) FROM order_items) > 8000 AS items, (SELECT count(*) FROM support_tickets)::int AS tickets,
           (SELECT count(*) FROM integration_tokens)::int AS tokens`);
  expect(rows).toEqual([{ customers: 1200, orders: 4000, items: true, tickets: 1500, tokens: 6 }]);
});

it('has totals, views and functions that agree', async () => {
  const client = await connect('app_ro');
  const { rows } = await client.query(`
    SELECT (SELECT bool_and(o.total = (SELECT sum(i.quantity * i.unit_price) FROM order_items i WHERE i.order_id = o.id))
            FROM orders o) AS totals,
           (SELECT bool_and(spent = customer_total(id)) FROM customer_overview WHERE id <= 50) AS spent,
           (SELECT sum(revenue) FROM analytics.revenue_by_month)
             = (SELECT sum(total) FROM orders WHERE status NOT IN ('cancelled', 'returned')) AS revenue,
           (SELECT count(*) FROM search_tickets('parcel')) > 0 AS found,
           (SELECT sum(sold) FROM analytics.product_sales) = (SELECT sum(quantity) FROM order_items) AS sold`);
  expect(rows).toEqual([{ totals: true, spent: true, revenue: true, found: true, sold: true }]);
});

it('gives accounts that are no superusers, bypass no row security, and log in by SCRAM', async () => {
  const client = new pg.Client({
    host: server.host,
    port: server.port,
    database: 'shop',
    ...server.superuser,
  });
  await client.connect();
  clients.push(client);
  const { rows } = await client.query(`
    SELECT rolname, rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication AS mighty,
           left(rolpassword, 14) AS scram
    FROM pg_authid WHERE rolname LIKE 'app\\_%' ORDER BY rolname`);
  expect(rows).toEqual([
    { rolname: 'app_ro', mighty: false, scram: 'SCRAM-SHA-256$' },
    { rolname: 'app_rw', mighty: false, scram: 'SCRAM-SHA-256$' },
  ]);
});

it('lets app_ro read and nothing else', async () => {
  const client = await connect('app_ro');
  await expect(client.query('DELETE FROM orders')).rejects.toMatchObject({ code: '42501' });
  await expect(client.query("SELECT integration_token('payments')")).rejects.toMatchObject({ code: '42501' });
  await expect(client.query('CREATE TABLE mine (a int)')).rejects.toMatchObject({ code: '42501' });
});

it('would let app_rw drop a table and read the tokens: only the gateway stands before that', async () => {
  const client = await connect('app_rw');
  expect((await client.query('SELECT token FROM integration_tokens')).rowCount).toBe(6);
  await client.query('BEGIN');
  await client.query('DROP TABLE support_tickets CASCADE');
  await client.query('ROLLBACK');
  expect((await client.query('SELECT FROM support_tickets WHERE id = 1')).rowCount).toBe(1);
});

it('keeps identity columns ready for the next row', async () => {
  const client = await connect('app_rw');
  const { rows } = await client.query(
    "INSERT INTO ticket_messages (ticket_id, author, body) VALUES (1, 'agent', 'On it.') RETURNING id > 1000 AS later",
  );
  expect(rows).toEqual([{ later: true }]);
});
