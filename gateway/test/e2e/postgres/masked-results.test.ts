/** Masks through a whole gateway, with node-postgres. */
import pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';

const POLICY = `apiVersion: sallyport.dev/v1
rules:
  - { id: connects, effect: allow, on: connect, match: { groups: [agents] } }
  - id: reads
    effect: allow
    on: sql
    match: { groups: [agents], kinds: [SELECT, COPY, DECLARE, FETCH, CLOSE, PREPARE, EXECUTE], tables: [public.people, public.notes, public.contacts] }
    mask:
      - { columns: ['*.email'], with: partial }
      - { columns: ['*.ssn'], with: redact }
      - { columns: ['public.people.age'], with: null }
      - { detect: [card], with: redact }
  - { id: cursors, effect: allow, on: sql, match: { groups: [agents], kinds: [COPY, DECLARE, FETCH, CLOSE, PREPARE, EXECUTE] } }
  - { id: writes, effect: allow, on: sql, match: { groups: [agents], kinds: [INSERT, UPDATE], tables: [public.people] } }
`;

const SET_UP = `
CREATE TABLE people (id int PRIMARY KEY, name text, email text UNIQUE, ssn text CHECK (length(ssn) = 11), age int);
INSERT INTO people VALUES (1, 'Ada', 'ada@example.org', '078-05-1120', 36), (2, 'Bob', 'bob@example.org', '219-09-9999', 41);
CREATE TABLE notes (id int, body text);
INSERT INTO notes VALUES (1, 'paid with 4111 1111 1111 1111, thanks'), (2, 'nothing');
CREATE VIEW contacts AS SELECT id, email FROM people;
GRANT ALL ON people, notes, contacts TO app;
`;

const SECRETS = ['ada@example.org', '078-05-1120', 'bob@example.org', '219-09-9999', '4111 1111'];

describe('masked results', () => {
  let gateway: TestGateway;
  let client: pg.Client;
  beforeAll(async () => {
    gateway = await startTestGateway({ policy: POLICY, setUp: SET_UP });
    client = new pg.Client({ connectionString: await gateway.url() });
    await client.connect();
  }, 60_000);
  afterAll(async () => {
    await client.end();
    await gateway[Symbol.asyncDispose]();
  });

  function expectNoSecrets(seen: unknown): void {
    for (const secret of SECRETS) expect(JSON.stringify(seen)).not.toContain(secret);
  }

  async function refusal(text: string, values?: unknown[]): Promise<string> {
    const error = await client.query(text, values).then(
      ({ rows }) => new Error(`it ran: ${JSON.stringify(rows)}`),
      (reason: Error) => reason,
    );
    return error.message;
  }

  it('P5: replaces columns by origin, whatever they are called, in simple and extended queries', async () => {
    const expected = { id: 1, name: 'Ada', ssn: '[redacted]', age: null };
    const { rows } = await client.query('SELECT * FROM people WHERE id = 1');
    expect(rows).toMatchObject([expected]);
    expect(rows[0].email).toMatch(/^a.*@/);
    expectNoSecrets(rows);
    const renamed = await client.query('SELECT p.email AS name, ssn AS id FROM people p WHERE id = $1', [2]);
    expect(renamed.rows).toHaveLength(1);
    expectNoSecrets(renamed.rows);
    const named = { name: 'n', text: 'SELECT ssn, age FROM people WHERE id = $1' };
    for (const id of [1, 2]) {
      expect((await client.query({ ...named, values: [id] })).rows).toEqual([
        { ssn: '[redacted]', age: null },
      ]);
    }
  });

  it('P5: replaces what detectors find', async () => {
    const { rows } = await client.query('SELECT body FROM notes ORDER BY id');
    expectNoSecrets(rows);
    expect(rows[0].body).toMatch(/^paid with .*, thanks$/);
    expect(rows[1].body).toBe('nothing');
  });

  it('P5: masks binary results, cursors and prepared statements', async () => {
    const asBinary: pg.QueryConfig & { readonly binary: boolean } = {
      text: 'SELECT ssn, age, email FROM people WHERE id = $1',
      values: [1],
      binary: true,
    };
    const binary = await client.query(asBinary);
    expectNoSecrets(binary.rows.map((row) => Object.values(row).map(String)));
    await client.query('BEGIN');
    await client.query('DECLARE c CURSOR FOR SELECT email, ssn FROM people');
    const fetched = await client.query('FETCH ALL FROM c');
    expect(fetched.rows).toHaveLength(2);
    expectNoSecrets(fetched.rows);
    await client.query('ROLLBACK');
    await client.query('PREPARE q (int) AS SELECT email FROM people WHERE id = $1');
    const executed = await client.query('EXECUTE q (1)');
    expect(executed.rows).toHaveLength(1);
    expectNoSecrets(executed.rows);
  });

  it('P5: masks COPY in text and CSV, and refuses that of a query', async () => {
    const copied = async (text: string): Promise<string> => {
      const chunks: Buffer[] = [];
      for await (const chunk of client.query(copyTo(text))) chunks.push(Buffer.from(chunk));
      return Buffer.concat(chunks).toString();
    };
    for (const options of ['', ' WITH (FORMAT csv, HEADER)', ' WITH (FORMAT binary)']) {
      const text = await copied(`COPY people TO STDOUT${options}`);
      expect(text).toContain('Ada');
      expectNoSecrets(text);
    }
    await expect(copied('COPY (SELECT email FROM people) TO STDOUT')).rejects.toThrow(/POLICY_DENIED/);
  });

  it('P5: denies conditions on masked columns, and expressions that can fail by them, and says what to do', async () => {
    for (const text of [
      'SELECT email::int FROM people',
      "SELECT 1 FROM people WHERE ssn LIKE '0%'",
      'SELECT name FROM people ORDER BY ssn',
      'SELECT DISTINCT ssn FROM people',
      'SELECT email FROM people UNION SELECT name FROM people',
    ]) {
      expect(await refusal(text), text).toMatch(/^POLICY_DENIED \[dec_/);
    }
    expect(await refusal('SELECT email::int FROM people')).toContain('email');
  });

  it('P5: what is computed from masked columns is NULL, and views are looked through', async () => {
    for (const expression of ['upper(email)', 'row_to_json(people)', 'count(DISTINCT ssn)', 'ssn || email']) {
      const { rows } = await client.query(`SELECT ${expression} AS it FROM people`);
      expect(rows.length, expression).toBeGreaterThan(0);
      expect(
        rows.every(({ it }) => it === null),
        expression,
      ).toBe(true);
    }
    const { rows } = await client.query('SELECT email FROM contacts');
    expect(rows).toHaveLength(2);
    expectNoSecrets(rows);
  });

  it('P5: keeps values out of the words of errors', async () => {
    const failing = await client
      .query("UPDATE people SET name = 'x', ssn = '1' WHERE id = 1")
      .catch((error: unknown) => error);
    expect(failing).toMatchObject({ code: '23514' });
    expectNoSecrets(JSON.stringify(failing, Object.getOwnPropertyNames(failing)));
    const text = JSON.stringify(failing, Object.getOwnPropertyNames(failing));
    expect(text).not.toContain('example.org');
  });

  it('P5: records what was masked, never what it was', async () => {
    await client.query('SELECT email FROM people');
    const records = await gateway.recordsUntil((all) =>
      all.some(
        ({ type, result }) => type === 'exchange.outcome' && JSON.stringify(result).includes('masked'),
      ),
    );
    expectNoSecrets(records.filter(({ type }) => type === 'exchange.outcome'));
  });

  it('still takes data in', async () => {
    const stream = client.query(copyFrom('COPY notes FROM STDIN'));
    const done = new Promise((resolve, reject) => stream.on('finish', resolve).on('error', reject));
    stream.end('9\tx\n');
    await expect(done).rejects.toThrow(/POLICY_DENIED/);
  });
});
