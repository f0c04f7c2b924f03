/** postgres.js, unchanged but for the URL: its own type look-up, random statement names, pipelining, COPY, cursors. */
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestGateway } from '../../support/gateway.ts';
import { refusedStatements, startShop, stopShop } from './shop.ts';

let gateway: TestGateway;
let sql: postgres.Sql;
/** Moves the gateway's clock. */
let aheadMs = 0;

beforeAll(async () => {
  gateway = await startShop({ now: () => Date.now() + aheadMs });
  sql = await connect();
});

afterAll(async () => {
  await sql.end({ timeout: 5 });
  await stopShop(gateway);
});

/** postgres.js takes no CA from the URL; libpq's options there go into its startup packet, and the gateway drops them. */
async function connect(options: postgres.Options<Record<string, never>> = {}): Promise<postgres.Sql> {
  return postgres(await gateway.url(), { ssl: { ca: readFileSync(gateway.caFile) }, max: 3, ...options });
}

describe('postgres.js', () => {
  it('looks types up by itself when it connects (fetch_types), so that arrays of any type work', async () => {
    const rows = await sql`SELECT id, tags FROM customers WHERE id = ANY (${[1, 2]}) ORDER BY id`;
    expect(rows).toEqual([
      { id: 1, tags: ['vip', 'n1'] },
      { id: 2, tags: ['vip', 'n2'] },
    ]);
    expect(await sql`SELECT array_agg(status) AS all FROM orders WHERE id < 3`).toEqual([
      { all: ['open', 'open'] },
    ]);
    expect(refusedStatements(gateway)).toEqual([]);
  });

  it('inserts and updates with its helpers, JSON included', async () => {
    const [customer] =
      await sql`INSERT INTO customers ${sql({ email: 'a@js', name: 'A', tags: ['x'] })} RETURNING id`;
    const order = { customer_id: customer?.['id'], amount: '9.50', details: sql.json({ a: [1] }) };
    expect(await sql`INSERT INTO orders ${sql(order)} RETURNING amount, details`).toEqual([
      { amount: '9.50', details: { a: [1] } },
    ]);
    const many = Array.from({ length: 200 }, (_, index) => ({ email: `many${index}@js` }));
    expect(await sql`INSERT INTO customers ${sql(many)}`).toHaveProperty('count', 200);
    expect(await sql`UPDATE customers SET ${sql({ name: 'B' })} WHERE email = 'a@js' RETURNING name`).toEqual(
      [{ name: 'B' }],
    );
  });

  it('prepares under random names, and describes', async () => {
    const first = await sql`SELECT ${7}::int AS n`.describe();
    expect(first.columns.map((column) => column.name)).toEqual(['n']);
    for (const id of [1, 2, 3])
      expect(await sql`SELECT id FROM orders WHERE id = ${id}`).toEqual([{ id: String(id) }]);
  });

  it('pipelines many queries over few connections, and a refused or failing one harms no other', async () => {
    const outcomes = await Promise.allSettled(
      Array.from({ length: 60 }, async (_, index) => {
        if (index % 20 === 7) return await sql`SELECT secret FROM integration_tokens WHERE id = ${index}`;
        if (index % 20 === 11) return await sql`SELECT 1 / ${0}::int`;
        return await sql`SELECT ${index}::int AS n`;
      }),
    );
    const expected = outcomes.map((_, index) =>
      index % 20 === 7 ? '42501' : index % 20 === 11 ? '22012' : index,
    );
    expect(
      outcomes.map((one) => (one.status === 'rejected' ? one.reason.code : one.value[0]?.['n'])),
    ).toEqual(expected);
  });

  it('runs several statements of one text', async () => {
    expect(await sql`SELECT 1 AS a; SELECT 2 AS b`.simple()).toEqual([[{ a: 1 }], [{ b: 2 }]]);
  });

  it('reads cursors, and 100,000 rows one by one', async () => {
    let seen = 0;
    for await (const rows of sql`SELECT id FROM readings`.cursor(500)) {
      seen += rows.length;
      if (seen >= 2000) break;
    }
    expect(seen).toBe(2000);
    let rows = 0;
    await sql`SELECT id FROM readings`.forEach(() => {
      rows += 1;
    });
    expect(rows).toBe(100_000);
  });

  it('keeps transactions with savepoints, read-only ones too', async () => {
    const count = await sql.begin('isolation level serializable', async (transaction) => {
      await transaction`INSERT INTO customers (email) VALUES ('tx@js')`;
      const failed = transaction.savepoint((inner) => inner`DELETE FROM orders`);
      await expect(failed).rejects.toMatchObject({ code: '42501' });
      return await transaction`SELECT 1 AS one FROM customers WHERE email = 'tx@js'`;
    });
    expect(count).toEqual([{ one: 1 }]);
    const writing = sql.begin(
      'read only',
      (transaction) => transaction`INSERT INTO customers (email) VALUES ('ro@js')`,
    );
    await expect(writing).rejects.toMatchObject({ code: '25006' });
  });

  it('incident 3: a transaction that asks for READ WRITE is refused by the baseline, with the rule to write', async () => {
    const asked = sql.begin('read write', (transaction) => transaction`SELECT 1`);
    await expect(asked).rejects.toMatchObject({
      code: '42501',
      message: expect.stringContaining('SET transaction_read_only'),
    });
  });

  it('copies in and out', async () => {
    const target = await sql`COPY customers (email, name) FROM STDIN`.writable();
    await new Promise<void>((resolve, reject) => {
      target.on('error', reject).on('finish', () => resolve());
      target.write('copy1@js\tC\n');
      target.end('copy2@js\tC\n');
    });
    const source =
      await sql`COPY (SELECT email FROM customers WHERE email LIKE 'copy%@js' ORDER BY 1) TO STDOUT`.readable();
    expect(await text(source)).toBe('copy1@js\ncopy2@js\n');
  });

  it('listens and notifies', async () => {
    const heard = Promise.withResolvers<string>();
    const { unlisten } = await sql.listen('jobs', heard.resolve);
    await sql.notify('jobs', 'order 7');
    expect(await heard.promise).toBe('order 7');
    await unlisten();
    await expect(sql.listen('audit', () => undefined)).rejects.toMatchObject({ code: '42501' });
  });

  it('cancels a query', async () => {
    const query = sql`SELECT count(*) FROM readings a, readings b, readings c`.execute();
    while (
      (
        await gateway.postgres.query(
          "SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%readings c'",
        )
      ).length === 0
    );
    query.cancel();
    await expect(query).rejects.toMatchObject({ code: '57014' });
  });

  it('takes parameters of 8 MB', async () => {
    const body = Buffer.alloc(8 * 1024 * 1024, 7);
    await sql`INSERT INTO blobs (id, body) VALUES (2, ${body})`;
    expect(await sql`SELECT length(body) AS bytes FROM blobs WHERE id = 2`).toEqual([{ bytes: body.length }]);
  });

  it('P12: takes its token from a function, and recovers when a token expired', async () => {
    const expiresIn = [60, 7200];
    const own = await connect({
      max: 1,
      password: () => gateway.issuer.token({ expiresIn: expiresIn.shift() ?? 7200 }),
    });
    try {
      await own`SELECT 1`;
      aheadMs = 600_000;
      // postgres.js reports any FATAL error one statement late: first that the connection closed, then why.
      const codes = [await codeOf(own`SELECT 1`), await codeOf(own`SELECT 1`)];
      expect(codes).toEqual(['CONNECTION_CLOSED', '28000']);
      expect(await own`SELECT 2 AS two`).toEqual([{ two: 2 }]);
    } finally {
      aheadMs = 0;
      await own.end({ timeout: 1 });
    }
  });
});

async function codeOf(query: PromiseLike<unknown>): Promise<unknown> {
  try {
    await query;
    return undefined;
  } catch (error) {
    return (error as { readonly code?: unknown }).code;
  }
}
