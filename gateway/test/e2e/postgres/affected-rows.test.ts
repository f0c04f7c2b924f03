/** `limits.affectedRows` against a real server: what would change more is rolled back, whatever way it was sent (P9, P10). */
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bind, execute, parse, query, sync } from '../../bypass/messages.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';
import { RawClient, rawLogin } from '../../support/raw-client.ts';

const WRITES =
  '[SELECT, INSERT, UPDATE, DELETE, MERGE, COPY, PREPARE, EXECUTE, EXPLAIN, TRUNCATE, CREATE TABLE]';
const POLICY = `apiVersion: sallyport.dev/v1
rules:
  - { id: connects, effect: allow, on: connect, match: { groups: [agents] } }
  - { id: few, effect: allow, on: sql, match: { groups: [agents], kinds: ${WRITES}, tables: [public.items, public.parents, public.children, public.made] }, limits: { affectedRows: 3 } }
  - { id: prepared, effect: allow, on: sql, match: { groups: [agents], kinds: [PREPARE, EXECUTE, EXPLAIN] } }
  - { id: purges, effect: allow, on: sql, match: { groups: [agents], functions: [public.purge] }, limits: { affectedRows: 3 } }
`;
const SETUP = `
  CREATE TABLE items (id int PRIMARY KEY, label text NOT NULL DEFAULT 'old');
  CREATE TABLE parents (id int PRIMARY KEY);
  CREATE TABLE children (id int PRIMARY KEY, parent int REFERENCES parents ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED);
  CREATE FUNCTION purge() RETURNS void LANGUAGE sql VOLATILE AS 'DELETE FROM items';
  GRANT ALL ON items, parents, children TO app; GRANT CREATE ON SCHEMA public TO app`;

let site: TestGateway;
let client: pg.Client;

beforeAll(async () => {
  site = await startTestGateway({ policy: POLICY, setUp: SETUP });
  client = new pg.Client({ connectionString: await site.url() });
  client.on('error', () => undefined);
  await client.connect();
});

afterAll(async () => {
  await client.end();
  await site[Symbol.asyncDispose]();
});

beforeEach(async () => {
  await site.postgres.query(
    `TRUNCATE items, parents, children; INSERT INTO items SELECT i FROM generate_series(1, 10) i`,
  );
});

/** `ok` with the row count, or code and message of the refusal. */
async function told(text: string | pg.QueryConfig, by: pg.Client = client): Promise<string> {
  return by.query(text).then(
    (result) =>
      `ok ${Array.isArray(result) ? result.map(({ rowCount }) => rowCount).join() : result.rowCount}`,
    (error: Error & { code?: string }) => `${error.code}: ${error.message}`,
  );
}

/** What an independent connection sees. */
async function seen(): Promise<string> {
  const rows = await site.postgres.query(
    `SELECT (SELECT count(*) FROM items) AS items, (SELECT count(*) FROM items WHERE label <> 'old') AS changed`,
  );
  return JSON.stringify(rows[0]);
}

const UNCHANGED = '{"items":"10","changed":"0"}';

/** Ways to send one statement. */
const WAYS: readonly [string, (text: string) => string | pg.QueryConfig][] = [
  ['a simple query', (text) => text],
  ['the extended protocol', (text) => ({ text, values: [] })],
  ['a named statement', (text) => ({ name: `n${text}`.slice(0, 60), text, values: [] })],
];

describe('limits.affectedRows', { timeout: 60_000 }, () => {
  it.each(WAYS)('P10: what fits is kept, and what does not is rolled back: %s', async (_way, as) => {
    expect(await told(as(`UPDATE items SET label = 'new' WHERE id <= 3`))).toBe('ok 3');
    expect(await seen()).toBe('{"items":"10","changed":"3"}');
    const refusal = await told(as(`UPDATE items SET label = 'newer'`));
    expect(refusal).toMatch(
      /^SPL03: LIMIT_EXCEEDED \[dec_\S+\] it would change 10 rows, and at most 3 rows may be changed at once by rule few\. It was rolled back: nothing is changed\. Do not retry it unchanged\./,
    );
    expect(await seen()).toBe('{"items":"10","changed":"3"}');
    expect(await told(as('DELETE FROM items WHERE id > 5 RETURNING id'))).toMatch(/^SPL03: .* 5 rows/);
    expect(await told(as('SELECT id FROM items'))).toBe('ok 10');
    expect(await told(as('DELETE FROM items WHERE id = 1 RETURNING id'))).toBe('ok 1');
  });

  it.each([
    'INSERT INTO items SELECT i FROM generate_series(11, 20) i',
    "INSERT INTO items SELECT i FROM generate_series(1, 10) i ON CONFLICT (id) DO UPDATE SET label = 'new'",
    'DELETE FROM items',
    "MERGE INTO items t USING items s ON t.id = s.id WHEN MATCHED THEN UPDATE SET label = 'new'",
    "PREPARE p AS UPDATE items SET label = 'new'; EXECUTE p; DEALLOCATE p",
    "UPDATE items SET label = 'new' WHERE id < 3; UPDATE items SET label = 'new' WHERE id > 8",
    "UPDATE items SET label = 'new' WHERE id < 3; SELECT 1 FROM items; DELETE FROM items WHERE id > 8; SELECT 2 FROM items",
  ])('P10: %s', async (text) => {
    expect(await told(text)).toMatch(/^SPL03: .* It was rolled back/);
    expect(await seen()).toBe(UNCHANGED);
    await told('DEALLOCATE p');
  });

  it.each([
    [
      'WITH gone AS (DELETE FROM items RETURNING id) SELECT count(*) FROM gone',
      'with no other write in WITH',
    ],
    [
      "WITH gone AS (DELETE FROM items RETURNING id) UPDATE items SET label = 'x' WHERE id = 1",
      'no other write in WITH',
    ],
    ['TRUNCATE items', 'the server does not tell how many TRUNCATE on public.items changes'],
    ['EXPLAIN ANALYZE DELETE FROM items', 'use EXPLAIN alone'],
    ['CREATE TABLE made AS SELECT * FROM items', 'the server does not tell'],
    ['SELECT * INTO made FROM items', 'the server does not tell'],
    ['COPY (DELETE FROM items RETURNING id) TO STDOUT', 'the server does not tell'],
    ['SELECT purge()', 'leave public.purge out'],
    ["UPDATE items SET label = 'new'; COMMIT", 'COMMIT cannot stand in one text'],
    ["BEGIN; UPDATE items SET label = 'new'; COMMIT", 'BEGIN cannot stand in one text'],
    ['DO $$ BEGIN DELETE FROM items; END $$', 'DO'],
  ])('P3: what cannot be counted is denied: %s', async (text, why) => {
    const refusal = await told(text);
    expect(refusal).toMatch(/^42501: POLICY_DENIED/);
    expect(refusal).toContain(why);
    expect(await seen()).toBe(UNCHANGED);
  });

  it('P9: in a transaction of the client it fails, and nothing of it can be kept but by its savepoints', async () => {
    for (const [, as] of WAYS) {
      await client.query('BEGIN');
      expect(await told(as("UPDATE items SET label = 'kept' WHERE id = 1"))).toBe('ok 1');
      await client.query('SAVEPOINT here');
      expect(await told(as("UPDATE items SET label = 'new'"))).toMatch(/^SPL03/);
      expect(await told(as('SELECT 1'))).toMatch(/^25P02/);
      await client.query('ROLLBACK TO here');
      expect(await told(as("UPDATE items SET label = 'kept' WHERE id = 2"))).toBe('ok 1');
      await client.query('COMMIT');
      expect(await seen()).toBe('{"items":"10","changed":"2"}');
      await client.query('BEGIN');
      expect(await told(as("UPDATE items SET label = 'new'"))).toMatch(/^SPL03/);
      expect((await client.query('COMMIT')).command).toBe('ROLLBACK');
      expect(await seen()).toBe('{"items":"10","changed":"2"}');
    }
  });

  it('P4: the outcome on file says how many there were, and that it was undone', async () => {
    await told("UPDATE items SET label = 'file'");
    const isUndone = (record: object): boolean => JSON.stringify(record).includes('"changed":10');
    const records = await site.recordsUntil((all) => all.some(isUndone));
    expect(records.find(isUndone)).toMatchObject({
      type: 'exchange.outcome',
      status: 'cancelled',
      result: { limit: { limit: 'affectedRows', rule: 'few', allowed: 3, changed: 10 } },
    });
  });

  it('an error of COMMIT is told in place of success, and nothing is kept', async () => {
    for (const [, as] of WAYS.slice(0, 2)) {
      expect(await told(as('INSERT INTO children VALUES (1, 99)'))).toMatch(/^23503/);
      expect(await site.postgres.query('SELECT * FROM children')).toEqual([]);
      expect(await told(as('SELECT 1'))).toBe('ok 1');
    }
  });
});

describe('ways round limits.affectedRows', { timeout: 60_000 }, () => {
  const ALL = "UPDATE items SET label = 'new'";
  const one = (text: string): Buffer => Buffer.concat([parse(text), bind(), execute('', 0)]);

  /** Sends it all at once, and reads up to the answer of the last query, or to the end. */
  async function send(...pieces: readonly Buffer[]): Promise<readonly string[]> {
    await using raw = await RawClient.connect(await rawLogin(site));
    raw.send(...pieces, sync(), query('ROLLBACK'), query('SELECT 42 AS answer'));
    const codes: string[] = [];
    for (;;) {
      const answer = await raw.answer();
      codes.push(...answer.errors.map(({ code }) => code ?? ''));
      if (answer.closed || JSON.stringify(answer.rows).includes('42')) return codes;
    }
  }

  it.each([
    ['COMMIT in the same batch', () => Buffer.concat([one(ALL), one('COMMIT'), sync()])],
    [
      'BEGIN and COMMIT in the same batch',
      () => Buffer.concat([one('BEGIN'), one(ALL), one('COMMIT'), sync()]),
    ],
    [
      'COMMIT in the next batch of the same packet',
      () => Buffer.concat([one(ALL), sync(), one('COMMIT'), sync()]),
    ],
    ['COMMIT as a query behind the batch', () => Buffer.concat([one(ALL), sync(), query('COMMIT')])],
    ['COMMIT as a query in the middle of the batch', () => Buffer.concat([one(ALL), query('COMMIT')])],
    ['COMMIT as a query behind a query', () => Buffer.concat([query(ALL), query('COMMIT')])],
    [
      'a transaction, with COMMIT behind it',
      () => Buffer.concat([query('BEGIN'), query(ALL), query('COMMIT')]),
    ],
    [
      'a transaction of batches',
      () => Buffer.concat([query('BEGIN'), one(ALL), sync(), one('COMMIT'), sync()]),
    ],
    [
      'COMMIT AND CHAIN before it',
      () => Buffer.concat([one('BEGIN'), one('COMMIT AND CHAIN'), one(ALL), one('COMMIT'), sync()]),
    ],
    [
      'a portal that is not fetched to its end',
      () => Buffer.concat([parse(`${ALL} RETURNING id`), bind(), execute('', 1), sync()]),
    ],
    [
      'a portal that is not fetched to its end, in a transaction',
      () =>
        Buffer.concat([
          query('BEGIN'),
          parse(`${ALL} RETURNING id`),
          bind('', 'p'),
          execute('p', 1),
          sync(),
          query('COMMIT'),
        ]),
    ],
    ['two statements of a batch', () => Buffer.concat([one(`${ALL} WHERE id <= 3`), one(ALL), sync()])],
    [
      'a write without a bound before it',
      () => Buffer.concat([one('SELECT 1 FROM items'), one(ALL), sync()]),
    ],
    [
      'a batch without Sync, then a goodbye',
      () => Buffer.concat([one(ALL), Buffer.from('5800000004', 'hex')]),
    ],
  ])('P10: %s', async (_way, bytes) => {
    await send(bytes());
    await expect.poll(open, { timeout: 10_000 }).toBe(0);
    expect(await seen()).toBe(UNCHANGED);
  });
});

/** Transactions that agents have open on the server. */
async function open(): Promise<number> {
  const rows = await site.postgres.query(
    `SELECT 1 FROM pg_stat_activity WHERE usename = 'app' AND state <> 'idle'`,
  );
  return rows.length;
}
