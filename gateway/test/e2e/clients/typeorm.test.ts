/** TypeORM, unchanged but for the URL: repositories, transactions, introspection, and schema changes that policy refuses. */
import { readFileSync } from 'node:fs';
import { DataSource, EntitySchema, type Repository } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestGateway } from '../../support/gateway.ts';
import { refusedStatements, startShop, stopShop } from './shop.ts';

interface Customer {
  id: number;
  email: string;
  name: string | null;
  tags: string[];
  orders?: Order[];
}

interface Order {
  id: string;
  amount: string;
  status: string;
  details: unknown;
  customer: Customer;
}

const customers = new EntitySchema<Customer>({
  name: 'Customer',
  tableName: 'customers',
  columns: {
    id: { type: 'int', primary: true, generated: 'increment' },
    email: { type: 'text', unique: true },
    name: { type: 'text', nullable: true },
    tags: { type: 'text', array: true, default: '{}' },
  },
  relations: { orders: { type: 'one-to-many', target: 'Order', inverseSide: 'customer' } },
});

const orders = new EntitySchema<Order>({
  name: 'Order',
  tableName: 'orders',
  columns: {
    id: { type: 'bigint', primary: true, generated: 'increment' },
    amount: { type: 'numeric', precision: 10, scale: 2 },
    status: { type: 'enum', enum: ['open', 'paid', 'sent'], enumName: 'order_status', default: 'open' },
    details: { type: 'jsonb', nullable: true },
  },
  relations: { customer: { type: 'many-to-one', target: 'Customer', joinColumn: { name: 'customer_id' } } },
});

let gateway: TestGateway;
let source: DataSource;
let repository: Repository<Customer>;

beforeAll(async () => {
  gateway = await startShop();
  source = await new DataSource({
    type: 'postgres',
    url: await gateway.url(),
    ssl: { ca: readFileSync(gateway.caFile) },
    entities: [customers, orders],
    migrations: [],
  }).initialize();
  repository = source.getRepository(customers);
});

afterAll(async () => {
  await source.destroy();
  await stopShop(gateway);
});

describe('TypeORM', () => {
  it('saves, finds, updates and removes entities with their relations', async () => {
    const saved = await repository.save({ email: 'a@typeorm', name: 'A', tags: ['x', 'y'] });
    await source.getRepository(orders).save({ amount: '12.50', details: { gift: true }, customer: saved });
    const found = await repository.findOne({ where: { email: 'a@typeorm' }, relations: { orders: true } });
    expect(found).toMatchObject({
      tags: ['x', 'y'],
      orders: [{ amount: '12.50', status: 'open', details: { gift: true } }],
    });
    expect(await repository.update({ id: saved.id }, { name: 'B' })).toMatchObject({ affected: 1 });
    await source.getRepository(orders).delete({ customer: { id: saved.id } });
    await repository.remove(await repository.findOneByOrFail({ id: saved.id }));
    expect(await repository.countBy({ email: 'a@typeorm' })).toBe(0);
    expect(refusedStatements(gateway)).toEqual([]);
  });

  it('builds queries, and pages', async () => {
    const [page, total] = await repository.findAndCount({ order: { id: 'ASC' }, skip: 10, take: 5 });
    expect([page[0]?.id, page.length, total]).toEqual([11, 5, 50]);
    const rich = repository
      .createQueryBuilder('c')
      .innerJoin('c.orders', 'o')
      .where('o.amount > :least', { least: 400 })
      .groupBy('c.id')
      .select(['c.id AS id', 'sum(o.amount) AS total'])
      .orderBy('c.id');
    expect((await rich.getRawMany())[0]).toEqual({ id: 41, total: '410.00' });
  });

  it('nests transactions as savepoints', async () => {
    await source.transaction('SERIALIZABLE', async (manager) => {
      await manager.save(customers, { email: 'outer@typeorm' });
      const inner = manager.transaction(async (nested) => {
        await nested.save(customers, { email: 'inner@typeorm' });
        await nested.query('DELETE FROM orders');
      });
      await expect(inner).rejects.toThrow('POLICY_DENIED');
    });
    expect(await repository.countBy([{ email: 'outer@typeorm' }, { email: 'inner@typeorm' }])).toBe(1);
  });

  it('reads the schema of tables, views, enums and foreign keys', async () => {
    const before = refusedStatements(gateway).length;
    const runner = source.createQueryRunner();
    try {
      const [table] = await runner.getTables(['orders']);
      expect(table?.columns.map((column) => column.name)).toContain('details');
      expect(table?.findColumnByName('status')?.enum).toEqual(['open', 'paid', 'sent']);
      expect(table?.foreignKeys[0]?.referencedTableName).toBe('customers');
      expect(table?.indices.map((index) => index.columnNames)).toContainEqual(['customer_id', 'status']);
      expect((await runner.getTables()).length).toBeGreaterThan(5);
      expect(await runner.hasTable('nothing')).toBe(false);
      expect(await runner.getCurrentSchema()).toBe('public');
      await source.driver.createSchemaBuilder().log();
    } finally {
      await runner.release();
    }
    expect(refusedStatements(gateway).slice(before)).toEqual([]);
  });

  it('P9: tells why a migration and a synchronisation are refused, and works on', async () => {
    const refused = { driverError: { code: '42501' } };
    await expect(source.runMigrations()).rejects.toMatchObject({
      ...refused,
      message: expect.stringContaining('CREATE TABLE public.migrations: no rule allows it'),
    });
    await expect(source.synchronize()).rejects.toMatchObject(refused);
    await expect(repository.updateAll({ name: 'all' })).rejects.toThrow('denied by rule bounded-writes');
    await expect(repository.clear()).rejects.toThrow('TRUNCATE on public.customers');
    expect(await repository.findOneBy({ id: 1 })).toMatchObject({ name: 'Customer 1' });
  });

  it('streams', async () => {
    let rows = 0;
    for await (const _ of await source.createQueryBuilder().select('r.id').from('readings', 'r').stream())
      rows += 1;
    expect(rows).toBe(100_000);
  });
});
