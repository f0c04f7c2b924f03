/**
 * Statements that take too much, through the real wire: they are cut off at the limits of the policy, and the server is free again.
 * Sent directly each passes a limit, or has to be cancelled.
 */
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { EXHAUSTION, type Exhaustion } from './cases/exhaustion.ts';

const ROWS = 10;
const BYTES = 65_536;
const CHANGES = 5;

const POLICY = `apiVersion: sallyport.dev/v1
repeats: { after: 1000 }
rules:
  - { id: connects, effect: allow, on: connect, match: { groups: [agents] } }
  - id: little
    effect: allow
    on: sql
    match: { groups: [agents] }
    limits: { rows: ${ROWS}, bytes: 64KiB, timeout: 500ms, affectedRows: ${CHANGES} }
`;

const SET_UP = `
CREATE TABLE many AS SELECT generate_series(1, 100) AS id;
CREATE TABLE held AS SELECT 1 AS id;
CREATE FUNCTION endless() RETURNS int LANGUAGE plpgsql AS 'BEGIN LOOP END LOOP; END';
GRANT ALL ON many, held TO app;
`;

let gateway: TestGateway;
let holder: pg.Client;
let direct: pg.Client;
let agent: pg.Client;

async function connected(connectionString: string): Promise<pg.Client> {
  const made = new pg.Client({ connectionString });
  await made.connect();
  return made;
}

beforeAll(async () => {
  gateway = await startTestGateway({ policy: POLICY, setUp: SET_UP });
  holder = await connected(gateway.postgres.url());
  await holder.query('BEGIN; LOCK TABLE held; SELECT pg_advisory_lock(1)');
  direct = await connected(gateway.postgres.url());
  await direct.query("SET statement_timeout = '500ms'");
  agent = await connected(await gateway.url());
}, 60_000);

afterAll(async () => {
  for (const client of [agent, direct, holder]) await client.end();
  await gateway[Symbol.asyncDispose]();
});

/** On a busy machine a limit may cut off what takes nothing; so may the server's, of what ended at that very moment, without a gateway. */
async function isTaken(client: pg.Client, text: string): Promise<boolean> {
  return client.query(text).then(
    () => true,
    (error: pg.DatabaseError) => {
      if (error.code !== 'SPL02' && !(client === direct && error.code === '57014')) throw error;
      return false;
    },
  );
}

interface Taken {
  readonly rows: number;
  readonly bytes: number;
  readonly changes: number;
  readonly code: string | undefined;
}

/** What the steps take, in a transaction that is rolled back. */
async function taken(client: pg.Client, { steps }: Exhaustion): Promise<Taken> {
  const found = { rows: 0, bytes: 0, changes: 0 };
  const onCopy = ({ chunk }: { chunk: Buffer }): void => void (found.bytes += chunk.length);
  const { connection } = client as unknown as { connection: NodeJS.EventEmitter };
  connection.on('copyData', onCopy);
  try {
    await client.query('BEGIN');
    for (const text of steps) {
      const { rows, rowCount, command } = await client.query<unknown[]>({ text, rowMode: 'array' });
      found.rows += rows.length;
      found.bytes += JSON.stringify(rows).length;
      if (/INSERT|UPDATE|DELETE|MERGE/.test(command)) found.changes += rowCount ?? 0;
    }
    return { ...found, code: undefined };
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error;
    return { ...found, code: error.code };
  } finally {
    connection.off('copyData', onCopy);
    while (!(await isTaken(client, 'ROLLBACK')));
  }
}

const CHANGED = 'SELECT count(*)::int AS n FROM many WHERE id BETWEEN 1 AND 100';
const BUSY = "SELECT count(*)::int AS n FROM pg_stat_activity WHERE usename = 'app' AND state = 'active'";

describe('what takes too much', () => {
  it.each(EXHAUSTION)('P10: $name', async (attempt) => {
    const open = await taken(direct, attempt);
    const isTooMuch =
      open.code === '57014' || open.rows > ROWS || open.bytes > BYTES || open.changes > CHANGES;
    expect(isTooMuch || /DELETE|TRUNCATE/.test(attempt.name), JSON.stringify(open)).toBe(true);

    const seen = await taken(agent, attempt);
    expect(seen.code).toMatch(/^(?:SPL0[123]|42501)$/);
    expect(seen.rows).toBeLessThanOrEqual(ROWS);
    expect(seen.bytes).toBeLessThanOrEqual(BYTES);
    expect(await gateway.postgres.query(CHANGED)).toEqual([{ n: 100 }]);
    await expect.poll(() => gateway.postgres.query(BUSY), { timeout: 30_000 }).toEqual([{ n: 0 }]);
    await expect.poll(() => isTaken(agent, "SELECT 'alive'"), { timeout: 30_000 }).toBe(true);
  });
});
