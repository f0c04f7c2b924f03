/**
 * What is permitted gives the rows that the server gives without the gateway: as many, in the same order, each cell the same or,
 * in columns that may carry a masked value, NULL. Which columns may is not what the analysis says but what the server does: it names
 * the origin of plain columns, and only computed ones have none.
 */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { startTestPostgres, type TestPostgres } from '../support/postgres.ts';
import { COMPUTED } from './cases/computed.ts';
import { HANDED_OUT } from './cases/handed-out.ts';
import { generatedComputation, generatedQuery } from './generated-queries.ts';
import { maskedSchema } from './masked-database.ts';

const RUNS = 300;

const POLICY = `apiVersion: sallyport.dev/v1
repeats: { after: 1000 }
rules:
  - { id: connects, effect: allow, on: connect, match: { groups: [agents] } }
  - { id: everything, effect: allow, on: sql, match: { groups: [agents] }, mask: [ { columns: ['*.ssn'], with: 'null' } ] }
`;

/** Columns that hold what is masked, in tables and in views, as whoever wrote them knows. */
const MASKED = `
  SELECT c.oid, a.attnum FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
   WHERE c.relnamespace = 'public'::regnamespace AND (a.attname = 'ssn' OR (c.relname, a.attname) IN (
     ('computed', 'shouted'), ('renamed', 'label'), ('partly', 'hidden'), ('of_partly', 'h'), ('shouting', 'loud'), ('m', 'label'))
      OR a.attname = 'a b')`;

let postgres: TestPostgres;
let gateway: TestGateway;
let through: pg.Client;
let direct: pg.Client;
let masked: ReadonlySet<string>;

beforeAll(async () => {
  const grants = 'GRANT ALL ON ALL TABLES IN SCHEMA public TO app;';
  // New statistics in between may change plans, and with these the order of rows.
  postgres = await startTestPostgres({ settings: { fsync: 'off', autovacuum: 'off' } });
  gateway = await startTestGateway({ postgres, policy: POLICY, setUp: `${maskedSchema('a')}${grants}` });
  const ssl = { ca: readFileSync(gateway.caFile) };
  const target = new URL(await gateway.url());
  target.search = '';
  through = new pg.Client({ connectionString: target.href, ssl });
  direct = new pg.Client({ connectionString: postgres.url({ user: 'app', password: 'app-secret' }) });
  await Promise.all([through.connect(), direct.connect()]);
  const { rows } = await direct.query<{ oid: number; attnum: number }>(MASKED);
  // 0 stands for the whole row.
  masked = new Set(rows.flatMap(({ oid, attnum }) => [`${oid}.${attnum}`, `${oid}.0`]));
});

afterAll(async () => {
  await Promise.all([through.end(), direct.end()]);
  await gateway[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
});

type Answer = pg.QueryArrayResult<(string | null)[]>;

/** Runs a text in a transaction that is rolled back; the values as the server writes them, or what it says instead. */
async function ask(client: pg.Client, text: string): Promise<readonly Answer[] | pg.DatabaseError> {
  await client.query('BEGIN');
  try {
    const types = { getTypeParser: () => (value: string) => value } as unknown as pg.CustomTypesConfig;
    const answer: unknown = await client.query({ text, rowMode: 'array', types });
    return [answer].flat() as readonly Answer[];
  } catch (error) {
    if (error instanceof pg.DatabaseError) return error;
    throw error;
  } finally {
    await client.query('ROLLBACK');
  }
}

const tally = { denied: 0, failed: 0, withMasked: 0, plain: 0 };

async function expectSameRows(text: string): Promise<void> {
  const seen = await ask(through, text);
  const refused = seen instanceof pg.DatabaseError && seen.message.includes('POLICY_DENIED');
  if (refused) {
    tally.denied += 1;
    return;
  }
  const own = await ask(direct, text);
  if (own instanceof pg.DatabaseError || seen instanceof pg.DatabaseError) {
    tally.failed += 1;
    const codes = [own, seen].map((one) => (one instanceof pg.DatabaseError ? one.code : 'no error'));
    expect(codes[1], text).toBe(codes[0]);
    return;
  }
  expect(seen.map(shapeOf), text).toEqual(own.map(shapeOf));
  const hidden = own.map((answer, index) => hiddenIn(text, answer, seen[index]));
  const shown = (answers: readonly Answer[]) =>
    answers.map((answer, index) => blanked(answer, hidden[index]));
  expect(shown(seen), text).toEqual(shown(own));
  if (hidden.flat().some(Boolean)) tally.withMasked += 1;
  else tally.plain += 1;
}

function shapeOf({ command, rowCount, fields }: Answer): unknown {
  return [command, rowCount, fields.map(({ name }) => name)];
}

/** Which columns of an answer came without their values, of those that may. */
function hiddenIn(text: string, own: Answer, seen: Answer | undefined): readonly boolean[] {
  return own.fields.map(({ tableID, columnID }, index) => {
    const mayBeMasked = tableID === 0 || masked.has(`${tableID}.${columnID}`);
    const isTaken = seen?.rows.every((row) => row[index] === null) === true;
    // A plain column of something masked comes to nothing, whatever it held.
    if (tableID !== 0 && mayBeMasked) expect(isTaken, text).toBe(true);
    return mayBeMasked && isTaken;
  });
}

function blanked({ rows }: Answer, hidden: readonly boolean[] = []): unknown {
  return rows.map((row) => row.map((value, index) => (hidden[index] === true ? 'X' : value)));
}

describe('what is permitted', () => {
  it('P5: gives the rows of the server, but for what is masked: the statements of the suites', async () => {
    for (const text of [...COMPUTED, ...HANDED_OUT.map(([one]) => one)]) await expectSameRows(text);
    expect(tally.withMasked).toBeGreaterThan(100);
  }, 120_000);

  it('P5: and so do generated statements', async () => {
    Object.assign(tally, { denied: 0, failed: 0, withMasked: 0, plain: 0 });
    await fc.assert(fc.asyncProperty(fc.oneof(generatedQuery, generatedComputation), expectSameRows), {
      numRuns: RUNS,
    });
    expect(tally.withMasked).toBeGreaterThan(RUNS / 20);
    expect(tally.plain).toBeGreaterThan(RUNS / 20);
  }, 120_000);
});
