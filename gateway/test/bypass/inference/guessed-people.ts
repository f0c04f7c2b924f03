/**
 * Two databases that differ in nothing but the values of masked columns. An attempt to infer one leaks if the two answer
 * it differently: in rows, in their number or order, in an error, a notice or a notification.
 */
import pg from 'pg';
import type { TestPostgres } from '../../support/postgres.ts';

/** In every masked value that is a text. */
export const CANARY = 'qz7x';

/** What the attacker may see, and tries. */
export const KNOWN: readonly string[] = [`123${CANARY}`, `987${CANARY}`];

/** The two databases, by name. */
export const VARIANTS = ['people_a', 'people_b'] as const;

/** What the masked columns hold, by database: letters, length, order, whether there is one, whether it is a number. */
const VALUES: Readonly<Record<(typeof VARIANTS)[number], readonly string[]>> = {
  people_a: [
    `('123${CANARY}', '0017', 52000001, '1985-03-14', '{"n": "1${CANARY}"}', ARRAY['1${CANARY}'])`,
    `('987${CANARY}-long', '12x', 31000001, NULL, '{"n": "5"}', NULL)`,
    `('555${CANARY}', '99', 78000001, '1999-12-31', '{"m": "7"}', ARRAY['7', '8${CANARY}'])`,
  ],
  people_b: [
    `('923${CANARY}-longer', 'x17', 31000002, NULL, '{"m": "1"}', NULL)`,
    `('187${CANARY}', '12', 78000002, '1985-03-14', '{"n": "x${CANARY}"}', ARRAY['7', '8${CANARY}'])`,
    `(NULL, '0', 52000002, '2001-01-01', '{"n": "5"}', ARRAY['1${CANARY}'])`,
  ],
};

function schema(variant: (typeof VARIANTS)[number]): string {
  const rows = VALUES[variant].map(
    (values, index) => `(${index + 1}, '${['ann', 'bob', 'cid'][index] ?? ''}', ${values.slice(1, -1)})`,
  );
  return `
CREATE TABLE people (id int PRIMARY KEY, name text NOT NULL, ssn text UNIQUE, code text, salary int, born date, doc jsonb, tags text[],
  CONSTRAINT fair CHECK (salary < 99000000));
INSERT INTO people VALUES ${rows.join(', ')};
CREATE TABLE plain (id int PRIMARY KEY, name text, note text);
INSERT INTO plain VALUES (1, 'ann', '${KNOWN[0]}'), (2, 'eve', '${KNOWN[1]}');
CREATE TABLE words (ssn text);
CREATE FUNCTION told(what text) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE '%', what; RETURN true; END $$;
CREATE FUNCTION failing(what text) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'has %', what USING DETAIL = what; END $$;
CREATE VIEW rich AS SELECT id, name FROM people WHERE salary > 52000001;
CREATE VIEW by_pay AS SELECT id, name FROM people ORDER BY salary;
CREATE FUNCTION pay(int) RETURNS int LANGUAGE sql STABLE AS 'SELECT salary FROM public.people WHERE id = $1';
CREATE SEQUENCE counter;
ANALYZE;
`;
}

/** Makes both databases; the account is a superuser, so that PostgreSQL stops nothing. */
export async function createGuessedPeople(postgres: TestPostgres): Promise<void> {
  await postgres.query('ALTER ROLE app SUPERUSER');
  for (const variant of VARIANTS) {
    await postgres.createDatabase(variant);
    await postgres.query(schema(variant), { database: variant });
  }
}

/** A client of the server itself. */
export class DirectClient implements AsyncDisposable {
  readonly #client: pg.Client;
  #seen: unknown[] = [];

  private constructor(url: string) {
    this.#client = new pg.Client({ connectionString: url });
    this.#client.on('notice', ({ message, detail }) => this.#seen.push(['notice', message, detail]));
  }

  static async connect(postgres: TestPostgres, database: string): Promise<DirectClient> {
    const made = new DirectClient(postgres.url({ database }));
    await made.#client.connect();
    return made;
  }

  /** What it sees of these steps; they are rolled back. */
  async ask(steps: readonly string[]): Promise<string> {
    this.#seen = [];
    for (const text of steps) await this.#step(text);
    await this.#client.query('ROLLBACK');
    return JSON.stringify(this.#seen);
  }

  async #step(text: string): Promise<void> {
    try {
      const answer: unknown = await this.#client.query({ text, rowMode: 'array' });
      const results = (Array.isArray(answer) ? answer : [answer]) as pg.QueryArrayResult[];
      this.#seen.push(...results.map(({ command, rowCount, rows }) => [command, rowCount, rows]));
    } catch (error) {
      if (!(error instanceof pg.DatabaseError)) throw error;
      this.#seen.push(['error', error.code, error.message, error.detail]);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.end();
  }
}
