/** Knex, unchanged but for the URL: query builder, transactions, schema look-ups, and migrations that policy refuses. */
import { readFileSync } from 'node:fs';
import createKnex, { type Knex } from 'knex';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestGateway } from '../../support/gateway.ts';
import { refusedStatements, startShop, stopShop } from './shop.ts';

let gateway: TestGateway;
let knex: Knex;
/** Moves the gateway's clock. */
let aheadMs = 0;

beforeAll(async () => {
  gateway = await startShop({ now: () => Date.now() + aheadMs });
  knex = createKnex({ client: 'pg', connection: await gateway.url(), pool: { min: 0, max: 3 } });
});

afterAll(async () => {
  await knex.destroy();
  await stopShop(gateway);
});

describe('Knex', () => {
  it('builds reads, joins and writes', async () => {
    const [created] = await knex('customers')
      .insert({ email: 'a@knex', tags: ['x'] })
      .returning('id');
    await knex('orders').insert({
      customer_id: created.id,
      amount: 12.5,
      details: JSON.stringify({ gift: true }),
    });
    const joined = await knex('orders as o')
      .join('customers as c', 'c.id', 'o.customer_id')
      .where('c.email', 'a@knex')
      .select('o.amount', 'o.details', 'c.tags');
    expect(joined).toEqual([{ amount: '12.50', details: { gift: true }, tags: ['x'] }]);
    expect(await knex('customers').where({ email: 'a@knex' }).update({ name: 'A' })).toBe(1);
    const merged = knex('customers').insert({ email: 'a@knex', name: 'B' }).onConflict('email').merge();
    expect(await merged.returning('name')).toEqual([{ name: 'B' }]);
    expect(await knex('orders').where('customer_id', created.id).del()).toBe(1);
    await knex.batchInsert(
      'customers',
      Array.from({ length: 100 }, (_, index) => ({ email: `batch${index}@knex` })),
      30,
    );
    expect(await knex('customers').where('email', 'like', 'batch%').count({ n: '*' }).first()).toEqual({
      n: '100',
    });
  });

  it('calls a function that policy names', async () => {
    const [row] = await knex('customers').where('id', 5).select(knex.raw('order_total(id) AS total'));
    expect(row).toEqual({ total: '50.00' });
  });

  it('looks at the schema', async () => {
    expect(await knex.schema.hasTable('orders')).toBe(true);
    expect(await knex.schema.hasColumn('orders', 'nothing')).toBe(false);
    expect(await knex('orders').columnInfo('amount')).toMatchObject({ type: 'numeric', nullable: false });
    expect(refusedStatements(gateway)).toEqual([]);
  });

  it('nests transactions as savepoints, and takes isolation and read-only', async () => {
    await knex.transaction(async (outer) => {
      await outer('customers').insert({ email: 'outer@knex' });
      const inner = outer.transaction(async (nested) => {
        await nested('customers').insert({ email: 'inner@knex' });
        await nested('orders').del();
      });
      await expect(inner).rejects.toMatchObject({ code: '42501' });
      expect(await outer('customers').whereLike('email', '%er@knex').pluck('email')).toEqual(['outer@knex']);
    });
    const readOnly = { readOnly: true, isolationLevel: 'repeatable read' } as const;
    const written = knex.transaction((one) => one('customers').insert({ email: 'ro@knex' }), readOnly);
    await expect(written).rejects.toMatchObject({ code: '25006' });
  });

  it('P9: tells why migrations are refused, and works on', async () => {
    const source: Knex.MigrationSource<string> = {
      getMigrations: async () => ['001_first'],
      getMigrationName: (name) => name,
      getMigration: async () => ({ up: async () => undefined, down: async () => undefined }),
    };
    await expect(knex.migrate.latest({ migrationSource: source })).rejects.toMatchObject({
      code: '42501',
      message: expect.stringMatching(
        /POLICY_DENIED \[dec_\w+\] CREATE TABLE public\.knex_migrations: no rule allows it\./,
      ),
    });
    await expect(knex('orders').del()).rejects.toThrow(
      'denied by rule bounded-writes. Add a WHERE on a key.',
    );
    expect(await knex('orders').where('id', 1).first('id')).toEqual({ id: '1' });
  });

  it('streams 100,000 rows', async () => {
    let rows = 0;
    for await (const _ of knex('readings').select('id').stream()) rows += 1;
    expect(rows).toBe(100_000);
  });

  it('P12: renews its token by expirationChecker, and recovers where that comes too late', async () => {
    const { hostname: host, port, pathname } = new URL(await gateway.url());
    const lives = [60, 1200, 7200];
    let isStale = false;
    const own = createKnex({
      client: 'pg',
      pool: { min: 0, max: 1 },
      connection: async () => {
        isStale = false;
        return {
          host,
          port: Number(port),
          user: 'app',
          database: pathname.slice(1),
          password: await gateway.issuer.token({ expiresIn: lives.shift() ?? 0 }),
          ssl: { ca: readFileSync(gateway.caFile) },
          expirationChecker: () => isStale,
        };
      },
    });
    const two = (): Promise<unknown> => own.raw('SELECT 2 AS two').then(({ rows }) => rows);
    try {
      expect(await two()).toEqual([{ two: 2 }]);
      aheadMs = 600_000;
      isStale = true;
      expect(await two()).toEqual([{ two: 2 }]);
      aheadMs = 1_800_000;
      await expect(two()).rejects.toMatchObject({ code: '28000' });
      isStale = true;
      expect(await two()).toEqual([{ two: 2 }]);
      expect(lives).toEqual([]);
    } finally {
      aheadMs = 0;
      await own.destroy();
    }
  });
});
