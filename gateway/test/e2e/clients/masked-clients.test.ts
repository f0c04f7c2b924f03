/**
 * The opposite error, with real clients: psql, Knex, TypeORM and LangChain.js look round and work as they do, over tables with masked columns. What is
 * refused of that, although nobody asked for a masked value, is an outage.
 */
import { readFileSync } from 'node:fs';
import { SqlDatabase } from '@langchain/classic/sql_db';
import { InfoSqlTool, ListTablesSqlTool, QuerySqlTool } from '@langchain/classic/tools/sql';
import createKnex from 'knex';
import { DataSource, EntitySchema } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestGateway } from '../../support/gateway.ts';
import { runPsql } from '../../support/psql.ts';
import { META } from './psql-commands.ts';
import { refusedStatements, SHOP_POLICY, startShop, stopShop } from './shop.ts';

const MASKS = 'mask: [ { columns: [customers.email, customers.name], with: redact } ]';
const READS = 'match: { groups: [agents], kinds: [SELECT], tables: ["public.*"] }';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startShop({ policy: SHOP_POLICY.replace(READS, `${READS}\n    ${MASKS}`) });
});

afterAll(() => stopShop(gateway));

interface Customer {
  id: number;
  email: string;
  name: string | null;
}

const customers = new EntitySchema<Customer>({
  name: 'Customer',
  tableName: 'customers',
  columns: {
    id: { type: 'int', primary: true, generated: 'increment' },
    email: { type: 'text', unique: true },
    name: { type: 'text', nullable: true },
  },
});

async function typeorm(): Promise<DataSource> {
  const ssl = { ca: readFileSync(gateway.caFile) };
  return new DataSource({ type: 'postgres', url: await gateway.url(), ssl, entities: [customers] });
}

describe('over tables with masked columns', () => {
  it('psql looks round', async (context) => {
    const { stdout, stderr } = await runPsql(context, { url: await gateway.url(), script: META });
    expect(stdout).toContain('orders_customer_id_fkey');
    expect(stderr).not.toContain('POLICY_DENIED');
    expect(refusedStatements(gateway)).toEqual([]);
  });

  it('Knex builds reads, joins, writes and looks at the schema', async () => {
    const knex = createKnex({ client: 'pg', connection: await gateway.url(), pool: { min: 0, max: 3 } });
    try {
      expect(await knex('customers').where({ id: 1 }).first()).toMatchObject({ id: 1, name: '[redacted]' });
      const [made] = await knex('customers').insert({ email: 'a@knex', name: 'A' }).returning('id');
      await knex('orders').insert({ customer_id: made.id, amount: 12.5 });
      const joined = knex('orders as o')
        .join('customers as c', 'c.id', 'o.customer_id')
        .where('c.id', made.id);
      expect(await joined.select('o.amount', 'c.tags', 'c.email')).toHaveLength(1);
      await knex('customers').where({ id: made.id }).update({ name: 'B', email: 'b@knex' });
      expect(await knex('customers').count({ n: '*' }).first()).toEqual({ n: '51' });
      await knex('orders').groupBy('status').select('status').sum('amount').avg('amount');
      await knex('customers').orderBy('created_at', 'desc').limit(5).offset(10);
      await knex('customers').whereIn('id', [1, 2, 3]).pluck('email');
      await knex('customers')
        .whereExists(knex('orders').whereRaw('orders.customer_id = customers.id'))
        .select('*');
      await knex('orders').where({ customer_id: made.id }).del();
      await knex.transaction(async (open) => await open('customers').where({ id: made.id }).del());
      expect(await knex.schema.hasTable('orders')).toBe(true);
      expect(await knex.schema.hasColumn('customers', 'email')).toBe(true);
      expect(await knex('customers').columnInfo()).toHaveProperty('email');
    } finally {
      await knex.destroy();
    }
    expect(refusedStatements(gateway)).toEqual([]);
  });

  it('TypeORM saves, finds, pages and reads the schema', async () => {
    const source = await (await typeorm()).initialize();
    try {
      const repository = source.getRepository(customers);
      const saved = await repository.save({ email: 'a@typeorm', name: 'A' });
      expect(await repository.findOneBy({ id: saved.id })).toMatchObject({ name: '[redacted]' });
      expect(await repository.findAndCount({ order: { id: 'ASC' }, skip: 10, take: 5 })).toHaveLength(2);
      await repository.update({ id: saved.id }, { name: 'B' });
      await repository.delete({ id: saved.id });
      const runner = source.createQueryRunner();
      expect(await runner.getTables(['customers', 'orders'])).toHaveLength(2);
      expect((await runner.getTables()).length).toBeGreaterThan(3);
      await source.driver.createSchemaBuilder().log();
      await runner.release();
    } finally {
      await source.destroy();
    }
    expect(refusedStatements(gateway)).toEqual([]);
  });

  it('LangChain.js lists tables, describes them with rows, and asks', async () => {
    const source = await typeorm();
    const database = await SqlDatabase.fromDataSourceParams({ appDataSource: source });
    try {
      expect(await new ListTablesSqlTool(database).invoke('')).toContain('customers');
      const described = await new InfoSqlTool(database).invoke('orders, customers');
      expect(described).toContain('[redacted]');
      expect(described).not.toContain('example.org');
      const query = new QuerySqlTool(database);
      expect(await query.invoke('SELECT COUNT(*) FROM customers')).toContain('50');
      await query.invoke(
        'SELECT status, SUM(amount) AS total FROM orders GROUP BY status ORDER BY total DESC LIMIT 10;',
      );
    } finally {
      await source.destroy();
    }
    expect(refusedStatements(gateway)).toEqual([]);
  });

  it('P5: that is hundreds of statements, and none of them is refused', () => {
    const judged = gateway
      .records()
      .filter((record) => (record['request'] as { text?: unknown } | undefined)?.text);
    expect(judged.length).toBeGreaterThan(200);
    expect(refusedStatements(gateway)).toEqual([]);
  });
});
