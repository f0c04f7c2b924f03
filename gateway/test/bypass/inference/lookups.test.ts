/**
 * Look-ups by pseudonym: a run finds by what it was shown, and joins what is masked alike; no run finds by anything else,
 * and what a pseudonym stands for leaves by no door.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';
import type { TokenClaims } from '../../support/issuer.ts';

const CANARY = 'qz7x';

const POLICY = `apiVersion: sallyport.dev/v1
rules:
  - { id: connects, effect: allow, on: connect, match: { groups: [agents] } }
  - id: everything
    effect: allow
    on: sql
    match: { groups: [agents] }
    mask:
      - { columns: ['*.email', '*.number', '*.login'], with: pseudonym, lookups: true }
      - { columns: ['*.other'], with: pseudonym }
`;

let gateway: TestGateway;
/** One session each of two runs. */
let client: pg.Client;
let stranger: pg.Client;

beforeAll(async () => {
  gateway = await startTestGateway({
    policy: POLICY,
    setUp: `CREATE TABLE people (id int PRIMARY KEY, name text, email text, number int, other text, note text);
      INSERT INTO people SELECT n, 'n' || n, n || '${CANARY}@example.org', 770000 + n, n || '${CANARY}-other', n || ' note' FROM generate_series(1, 5) n;
      INSERT INTO people VALUES (6, 'twice', 'Six@example.org', 1, NULL, NULL), (7, 'twice', 'six@example.org', 1, NULL, NULL);
      CREATE TABLE logins (id int, login text); INSERT INTO logins SELECT id, email FROM people WHERE id < 4;
      GRANT ALL ON people, logins TO app`,
  });
  client = await connect({ sub: 'agent-a' });
  stranger = await connect({ sub: 'agent-b' });
}, 60_000);

afterAll(async () => {
  await client.end();
  await stranger.end();
  await gateway[Symbol.asyncDispose]();
});

async function connect(claims: TokenClaims): Promise<pg.Client> {
  const made = new pg.Client({ connectionString: await gateway.url({ claims }) });
  await made.connect();
  return made;
}

/** What the column of a row is shown as. */
async function shown(column: string, id: number, by: pg.Client = client): Promise<string> {
  const { rows } = await by.query<{ value: unknown }>(
    `SELECT ${column} AS value FROM people WHERE id = ${id}`,
  );
  return String(rows[0]?.value);
}

async function ids(
  text: string,
  values: readonly unknown[],
  by: pg.Client = client,
): Promise<readonly number[]> {
  const { rows } = await by.query<{ id: number }>(text, [...values]);
  return rows.map(({ id }) => id);
}

describe('look-ups by pseudonym', () => {
  it('find by what the run was shown, over connections', async () => {
    const email = await shown('email', 2);
    expect(email).toMatch(/@masked\.invalid$/);
    expect(await ids('SELECT id FROM people WHERE email = $1', [email])).toEqual([2]);
    expect(await ids('SELECT id FROM people WHERE $1 = email', [email])).toEqual([2]);
    expect(await ids('SELECT id FROM people WHERE email = $1::text AND id > $2', [email, 1])).toEqual([2]);
    expect(
      await ids('SELECT q.id FROM (SELECT id, email AS e FROM people) q WHERE q.e = $1', [email]),
    ).toEqual([2]);
    const others = [await shown('email', 3), email];
    expect(await ids('SELECT id FROM people WHERE email IN ($1, $2) ORDER BY id', others)).toEqual([2, 3]);
    const again = await connect({ sub: 'agent-a' });
    expect(await ids('SELECT id FROM people WHERE email = $1', [email], again)).toEqual([2]);
    await again.end();
    const { rowCount } = await client.query("UPDATE people SET name = 'found' WHERE email = $1", [email]);
    expect(rowCount).toBe(1);
  });

  it('find numbers as well', async () => {
    const number = Number(await shown('number', 4));
    expect(number).not.toBe(770_004);
    expect(await ids('SELECT id FROM people WHERE number = $1', [number])).toEqual([4]);
  });

  it('join what is masked alike', async () => {
    expect(
      await ids('SELECT p.id FROM people p JOIN logins l ON l.login = p.email ORDER BY p.id', []),
    ).toEqual([1, 2, 3]);
    expect(
      await ids('SELECT p.id FROM people p, logins l WHERE p.email = l.login AND l.id = $1', [2]),
    ).toEqual([2]);
  });

  it('find NULL nowhere, and nothing by a pseudonym of several values', async () => {
    expect(await ids('SELECT id FROM people WHERE email = $1', [null])).toEqual([]);
    expect(await shown('email', 6)).toBe(await shown('email', 7));
    await expect(ids('SELECT id FROM people WHERE email = $1', [await shown('email', 6)])).rejects.toThrow(
      /several values/,
    );
  });

  it('P5: the record shows neither the pseudonym nor what it stands for, but that it was turned back', async () => {
    const email = await shown('email', 1);
    await ids('SELECT id, 1 AS marked FROM people WHERE email = $1', [email]);
    const records = await gateway.recordsUntil((all) =>
      all.some(({ request }) => JSON.stringify(request ?? '').includes('marked')),
    );
    const found = records.find(
      ({ type, request }) =>
        type === 'exchange.intent' &&
        JSON.stringify(request).includes('marked') &&
        JSON.stringify(request).includes('sentParameters'),
    );
    expect(found?.['request']).toMatchObject({
      parameters: [expect.stringMatching(/^\[digest /)],
      sentParameters: [{ parameter: 1, value: expect.stringMatching(/^\[digest /) }],
    });
    const folder = path.join(gateway.dataDir, 'audit');
    for (const name of readdirSync(folder))
      expect(readFileSync(path.join(folder, name), 'latin1')).not.toContain(CANARY);
  });
});

describe('what is no look-up', () => {
  it('P5: a value that the run was not shown, be it the true one', async () => {
    for (const value of [`1${CANARY}@example.org`, 'nobody@masked.invalid', ''])
      await expect(ids('SELECT id FROM people WHERE email = $1', [value])).rejects.toThrow(
        /no pseudonym that this run was shown/,
      );
  });

  it('P5: a pseudonym that another run was shown', async () => {
    const email = await shown('email', 5);
    await expect(ids('SELECT id FROM people WHERE email = $1', [email], stranger)).rejects.toThrow(
      /no pseudonym that this run was shown/,
    );
    expect(
      await ids('SELECT id FROM people WHERE email = $1', [await shown('email', 5, stranger)], stranger),
    ).toEqual([5]);
  });

  const DENIED: readonly string[] = [
    // The value would be told where the parameter stands elsewhere.
    'SELECT id, $1 AS told FROM people WHERE email = $1',
    'SELECT id, $1::text AS told FROM people WHERE email = $1',
    'SELECT id FROM people WHERE email = $1 OR note < $1',
    'SELECT id FROM people WHERE email = $1 AND length($1) > 10',
    'SELECT id FROM people WHERE email = $1 ORDER BY $1 || name',
    'UPDATE people SET note = $1 WHERE email = $1 RETURNING note',
    'SELECT id FROM people WHERE email = $1 OR note = $1',
    'SELECT id FROM people WHERE email = $1 OR other = $1',
    // Anything but equality of the column itself.
    'SELECT id FROM people WHERE email > $1',
    'SELECT id FROM people WHERE email <> $1',
    'SELECT id FROM people WHERE email LIKE $1',
    'SELECT id FROM people WHERE lower(email) = $1',
    'SELECT id FROM people WHERE email || $1 = email',
    'SELECT id FROM people WHERE email = lower($1)',
    'SELECT id FROM people WHERE (email, id) = ($1, 1)',
    'SELECT id FROM people WHERE email = ANY (ARRAY[$1])',
    'SELECT id FROM people WHERE email = (SELECT $1)',
    'SELECT id FROM people WHERE other = $1',
    'SELECT id FROM people GROUP BY id HAVING min(email) = $1',
    'SELECT p.id FROM people p JOIN (SELECT note AS email FROM people) n ON n.email = p.email WHERE p.note = $1',
    'SELECT p.id FROM people p JOIN people q ON q.note = p.email WHERE p.note = $1',
    'SELECT p.id FROM people p JOIN people q ON q.other = p.email WHERE p.note = $1',
    "SELECT id FROM people WHERE email = 'x' AND note = $1",
    'EXPLAIN SELECT id FROM people WHERE email = $1',
    'CREATE TABLE copied AS SELECT $1 AS told FROM people WHERE email = $1',
  ];

  it.each(DENIED)('P5: %s', async (text) => {
    const email = await shown('email', 5);
    const error = await client.query(text, [email]).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(pg.DatabaseError);
    expect(JSON.stringify(error) + String(error)).not.toContain(CANARY);
    expect(error).toMatchObject({ code: '42501' });
  });

  it('P5: a statement that SQL prepares, or a literal', async () => {
    const email = await shown('email', 5);
    for (const text of [
      'PREPARE by_email (text) AS SELECT id FROM people WHERE email = $1',
      'PREPARE joined AS SELECT p.id FROM people p JOIN logins l ON l.login = p.email',
    ])
      await expect(client.query(text)).rejects.toMatchObject({ code: '42501' });
    await expect(client.query(`SELECT id FROM people WHERE email = '${email}'`)).rejects.toMatchObject({
      code: '42501',
      message: expect.stringContaining('write column = $1, or IN ($1, $2), and bind pseudonyms'),
    });
  });

  it('P5: an error does not say what the value is', async () => {
    const email = await shown('email', 5);
    const error = await ids('SELECT id FROM people WHERE number = $1', [email]).catch(
      (caught: unknown) => caught,
    );
    expect(error).toBeInstanceOf(pg.DatabaseError);
    expect(JSON.stringify(error) + String(error)).not.toContain(CANARY);
  });
});
