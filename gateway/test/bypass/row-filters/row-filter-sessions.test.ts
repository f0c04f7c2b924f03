/** What applications do within a row filter, values of claims that try to be more, and what is on record of it. */
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TestPostgres } from '../../support/postgres.ts';
import { startTenantServer, TENANT_POLICY, Tenants } from './tenants.ts';

let server: TestPostgres;
let tenants: Tenants;
let client: pg.Client;

beforeAll(async () => {
  server = await startTenantServer();
  tenants = await Tenants.start(server, true);
  client = await tenants.client();
});

beforeEach(() => tenants.refill());

afterAll(async () => {
  await client.end();
  await tenants[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

async function refusal(asked: Promise<unknown>): Promise<string> {
  return await asked.then(
    () => 'permitted',
    (error: Error) => error.message,
  );
}

describe('within a row filter', () => {
  it('an application reads, counts, joins and pages its own rows as if there were no others', async () => {
    const ids = async (text: string, values?: unknown[]): Promise<unknown> =>
      (await client.query<{ id: number }>(text, values)).rows.map(({ id }) => id);
    expect(await ids('SELECT id FROM orders ORDER BY id')).toEqual([1, 2, 3, 4]);
    expect(await ids('SELECT id FROM orders WHERE id = $1', [2])).toEqual([2]);
    expect(
      await ids('SELECT o.id FROM orders o JOIN scratch s ON s.id = o.id WHERE s.id IN (1, 3) ORDER BY o.id'),
    ).toEqual([1, 3]);
    expect(
      await ids(
        'SELECT "public"."orders"."id" FROM "public"."orders" WHERE ("public"."orders"."id" > $1 AND 1=1) ORDER BY 1 LIMIT $2',
        [1, 2],
      ),
    ).toEqual([2, 3]);
    const { rows } = await client.query('SELECT count(*)::int AS n, sum(amount)::int AS sum FROM orders');
    expect(rows).toEqual([{ n: 4, sum: 22 }]);
  });

  it('an application writes its own rows, by literals, parameters and queries, and changes and deletes them', async () => {
    const tag = async (text: string, values?: unknown[]): Promise<unknown> => {
      const { command, rowCount } = await client.query(text, values);
      return `${command} ${rowCount ?? ''}`;
    };
    expect(
      await tag("INSERT INTO orders (id, tenant_id, note) VALUES (5, 'acme', 'n'), (6, 'acme', 'n')"),
    ).toBe('INSERT 2');
    expect(await tag('INSERT INTO orders (id, tenant_id, note) VALUES ($1, $2, $3)', [7, 'acme', 'n'])).toBe(
      'INSERT 1',
    );
    expect(await tag("INSERT INTO orders (id, tenant_id) SELECT 20 + id, 'acme'::text FROM scratch")).toBe(
      'INSERT 3',
    );
    expect(
      await tag(
        "INSERT INTO orders (id, tenant_id, note) VALUES (5, 'acme', 'm') ON CONFLICT (id) DO UPDATE SET note = excluded.note WHERE orders.note <> 'm'",
      ),
    ).toBe('INSERT 1');
    expect(await tag('UPDATE orders SET note = $1 WHERE id = $2 AND amount < 10', ['x', 5])).toBe('UPDATE 1');
    expect(
      await tag("UPDATE orders SET tenant_id = 'acme', note = upper(note) WHERE upper(note) = 'X'"),
    ).toBe('UPDATE 1');
    expect(await tag('UPDATE orders o SET note = s.note FROM scratch s WHERE s.id = o.id')).toBe('UPDATE 3');
    expect(
      await tag(
        "MERGE INTO orders o USING scratch s ON o.id = s.id + 5 WHEN MATCHED THEN UPDATE SET note = s.note WHEN NOT MATCHED THEN INSERT (id, tenant_id) VALUES (s.id + 5, 'acme')",
      ),
    ).toBe('MERGE 3');
    expect(await tag('DELETE FROM orders WHERE id > 4')).toBe('DELETE 7');
    expect(await tenants.admin("SELECT count(*)::int AS n FROM orders WHERE tenant_id = 'globex'")).toEqual([
      { n: 4 },
    ]);
  });

  it('what describes the rows is what the server says of the table itself', async () => {
    const direct = await tenants.directClient();
    try {
      for (const text of [
        'SELECT * FROM orders',
        'SELECT o.note AS n, o.amount FROM orders o',
        'SELECT * FROM events',
      ]) {
        const [own, open] = [await client.query(text), await direct.query(text)];
        expect(own.fields).toEqual(open.fields);
      }
    } finally {
      await direct.end();
    }
  });

  it('a named statement is prepared once and run many times, with its parameters in their places', async () => {
    const run = async (values: unknown[]): Promise<unknown> =>
      (
        await client.query<{ note: string }>({
          name: 'by-id',
          text: 'SELECT note FROM orders WHERE id = $2 OR id = $1 ORDER BY id',
          values,
        })
      ).rows.map(({ note }) => note);
    expect(await run([1, 2])).toEqual(['own note 1', 'own note 2']);
    expect(await run([11, 2])).toEqual(['own note 2']);
    expect(await run([11, 12])).toEqual([]);
  });

  it('P4: the record shows what the agent wrote, and beside it what was sent', async () => {
    const text = "SELECT note FROM orders WHERE note = 'on record'";
    await client.query(text);
    const records = await tenants.gateway.recordsUntil((all) =>
      all.some((one) => JSON.stringify(one).includes('on record')),
    );
    const intent = records.find(
      ({ type, request }) => type === 'exchange.intent' && (request as { text?: string }).text === text,
    );
    const request = intent?.['request'];
    expect(JSON.stringify(request)).toContain("orders.tenant_id OPERATOR(pg_catalog.=) 'acme'");
    expect(JSON.stringify(request)).toContain('OFFSET 0');
  });
});

describe('P5: what the server says of a row that is not there', () => {
  it('leaves its values out: of an exclusion constraint, at once and at COMMIT', async () => {
    const slot = "INSERT INTO slots VALUES (2, 'acme', '[150,160)')";
    const detailOf = async (steps: readonly string[]): Promise<unknown> => {
      const other = await tenants.client();
      try {
        for (const step of steps) await other.query(step);
        return 'permitted';
      } catch (error) {
        return error instanceof pg.DatabaseError ? [error.code, error.detail] : error;
      } finally {
        await other.end();
      }
    };
    expect(await detailOf([slot])).toEqual(['23P01', undefined]);
    expect(await detailOf(['BEGIN', 'SET CONSTRAINTS ALL DEFERRED', slot, 'COMMIT'])).toEqual([
      '23P01',
      undefined,
    ]);
  });
});

describe('P3: what names no table', () => {
  it.each(['DROP OWNED BY app', 'REASSIGN OWNED BY app TO app'])(
    '%s is refused, and all is still there',
    async (text) => {
      expect(await refusal(client.query(`BEGIN; ${text}; ROLLBACK`))).toContain(
        'it may drop or change hands of filtered tables',
      );
    },
  );
});

describe('P11: the values of claims', () => {
  it.each([
    "' OR true --",
    "acme' OR '1'='1",
    "acme\\' OR true --",
    "globex'::text) OR (true",
    '$$globex$$',
    'acme") UNION SELECT * FROM orders --',
    '%',
    'аcme',
  ])('are values and nothing else: %s', async (tenant) => {
    const other = await tenants.client(tenant);
    try {
      expect((await other.query('SELECT * FROM orders')).rows).toEqual([]);
      expect((await other.query("UPDATE orders SET note = 'mine'")).rowCount).toBe(0);
      await other.query('INSERT INTO "Odd.Name" (id, tenant_id) VALUES (1, $1)', [tenant]);
      expect((await other.query('SELECT tenant_id FROM "Odd.Name"')).rows).toEqual([{ tenant_id: tenant }]);
    } finally {
      await other.end();
    }
  });

  it('are the digits of whole numbers', async () => {
    const other = await tenants.client(42);
    await tenants.admin("INSERT INTO orders (id, tenant_id) VALUES (42, '42')");
    expect((await other.query('SELECT id FROM orders')).rows).toEqual([{ id: 42 }]);
    await other.end();
  });

  it('P3: that are not there are a denial, for what is filtered and for nothing else', async () => {
    const other = await tenants.client(null);
    expect(await refusal(other.query('SELECT * FROM orders'))).toContain(
      'rows are filtered by the claim tenant of your token, and it has none',
    );
    expect((await other.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await other.end();
  });
});

describe('P8: a filter that changes', () => {
  it('acts on statements and cursors of before: they are refused until they are made anew', async () => {
    const other = await tenants.client();
    const named = { name: 'kept', text: 'SELECT id FROM orders ORDER BY id' };
    expect((await other.query(named)).rows.length).toBe(4);
    await other.query('PREPARE kept_too AS SELECT id FROM orders ORDER BY id');
    await other.query('DECLARE kept_cursor CURSOR WITH HOLD FOR SELECT id FROM orders ORDER BY id');
    await tenants.gateway.setPolicy(
      TENANT_POLICY.replace('where: tenant_id', 'where: amount > 5 and tenant_id'),
    );
    try {
      for (const asked of [named, 'EXECUTE kept_too', 'FETCH ALL FROM kept_cursor']) {
        expect(await refusal(other.query(asked as string))).toContain('prepare it anew');
      }
      expect((await other.query('SELECT id FROM orders ORDER BY id')).rows).toEqual([{ id: 2 }, { id: 3 }]);
    } finally {
      await tenants.gateway.setPolicy(TENANT_POLICY);
      await other.end();
    }
  });

  it('acts where there was none before', async () => {
    await tenants.gateway.setPolicy(TENANT_POLICY.replace(/ {4}filter:[^]*$/, ''));
    const other = await tenants.client();
    try {
      const named = { name: 'kept', text: 'SELECT id FROM orders' };
      expect((await other.query(named)).rows.length).toBe(8);
      await other.query('PREPARE kept_too AS SELECT id FROM orders');
      await tenants.gateway.setPolicy(TENANT_POLICY);
      for (const asked of [named, 'EXECUTE kept_too']) {
        expect(await refusal(other.query(asked as string))).toContain('prepare it anew');
      }
    } finally {
      await tenants.gateway.setPolicy(TENANT_POLICY);
      await other.end();
    }
  });
});
