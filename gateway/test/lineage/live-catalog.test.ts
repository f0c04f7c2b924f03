/**
 * A session is judged by what the database is now, not by what it was when the session began: structure that others
 * change is known when the catalog is too old, at once where it was changed through the gateway, and where a name is new.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { query } from '../bypass/messages.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { RawClient, rawLogin } from '../support/raw-client.ts';

const CANARY = 'canaryqz7x';

const SET_UP = `
CREATE TABLE people (id int PRIMARY KEY, name text, ssn text);
INSERT INTO people VALUES (1, 'ann', '${CANARY}-1');
CREATE TABLE plain (id int PRIMARY KEY, name text);
INSERT INTO plain VALUES (1, 'one');
CREATE VIEW clean AS SELECT id, name FROM plain;
GRANT ALL ON ALL TABLES IN SCHEMA public TO app;
ALTER VIEW clean OWNER TO app;
`;

const POLICY = `apiVersion: sallyport.dev/v1
rules:
  - { id: connects, effect: allow, on: connect, match: { groups: [agents] } }
  - id: everything
    effect: allow
    on: sql
    match: { groups: [agents] }
    mask: [{ columns: [public.people.ssn], with: redact }]
`;

const MINUTE = 60_000;

let gateway: TestGateway;
let aheadMs = 0;

beforeAll(async () => {
  gateway = await startTestGateway({ policy: POLICY, setUp: SET_UP, now: () => Date.now() + aheadMs });
}, 60_000);
afterAll(() => gateway[Symbol.asyncDispose]());

async function told(client: RawClient, text: string): Promise<string> {
  const { bytes, errors } = await client.ask(query(text));
  expect(bytes.includes(CANARY), text).toBe(false);
  return errors[0]?.message ?? 'ok';
}

/** The process on the server that a client's own statements run in. */
async function backendOf(client: RawClient): Promise<number> {
  const { rows } = await client.ask(query('SELECT pg_catalog.pg_backend_pid()'));
  return Number(rows.flat()[0]);
}

/** Ends all connections of the gateway but these. */
async function endOthers(sessions: readonly number[]): Promise<void> {
  await gateway.postgres.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app' AND pid NOT IN (${sessions.join(', ')})`,
  );
}

describe('what a session knows of the database', () => {
  it('P3: a view that somebody replaced elsewhere is another one when the catalog is too old', async () => {
    await using client = await RawClient.connect(await rawLogin(gateway));
    expect(await told(client, 'SELECT name FROM clean')).toBe('ok');
    await gateway.postgres.query('CREATE OR REPLACE VIEW clean AS SELECT id, ssn AS name FROM people');
    aheadMs += MINUTE;
    const { bytes, rows } = await client.ask(query('SELECT name FROM clean'));
    expect(bytes.includes(CANARY)).toBe(false);
    expect(rows.flat()).not.toContain('one');
    await gateway.postgres.query('CREATE OR REPLACE VIEW clean AS SELECT id, name FROM plain');
    aheadMs += MINUTE;
    expect(await told(client, 'SELECT name FROM clean')).toBe('ok');
  });

  it('a table that is new is known as soon as it is named', async () => {
    await using client = await RawClient.connect(await rawLogin(gateway));
    expect(await told(client, 'SELECT name FROM plain')).toBe('ok');
    await gateway.postgres.query('CREATE TABLE fresh (id int); GRANT ALL ON fresh TO app');
    aheadMs += 6_000;
    expect(await told(client, 'SELECT upper(id::text) FROM fresh')).toBe('ok');
  });

  it('what another session changed through the gateway is known at the next statement', async () => {
    await using reader = await RawClient.connect(await rawLogin(gateway));
    await using changer = await RawClient.connect(await rawLogin(gateway));
    expect(await told(reader, 'SELECT id FROM plain')).toBe('ok');
    expect(await told(changer, 'CREATE TABLE made (id int)')).toBe('ok');
    expect(await told(reader, 'SELECT id + 1 FROM made')).toBe('ok');
    expect(await told(changer, 'DROP TABLE made')).toBe('ok');
  });

  it('P3: a prepared statement is judged anew by what the database has become', async () => {
    await using client = await RawClient.connect(await rawLogin(gateway));
    expect(await told(client, 'PREPARE p AS SELECT * FROM clean')).toBe('ok');
    expect(await told(client, 'EXECUTE p')).toBe('ok');
    await gateway.postgres.query('CREATE OR REPLACE VIEW clean AS SELECT id, ssn AS name FROM people');
    aheadMs += MINUTE;
    const { bytes } = await client.ask(query('EXECUTE p'));
    expect(bytes.includes(CANARY)).toBe(false);
    await gateway.postgres.query('CREATE OR REPLACE VIEW clean AS SELECT id, name FROM plain');
    aheadMs += MINUTE;
  });

  it('P3: what others change between two statements is known although the gateway kept its connection, and when that died', async () => {
    await using reader = await RawClient.connect(await rawLogin(gateway));
    await using changer = await RawClient.connect(await rawLogin(gateway));
    const sessions = await Promise.all([reader, changer].map(backendOf));
    for (let round = 0; round < 6; round += 1) {
      await gateway.postgres.query('CREATE OR REPLACE VIEW clean AS SELECT id, ssn AS name FROM people');
      expect(await told(changer, `CREATE TABLE round${round} (id int)`)).toBe('ok');
      if (round % 2 === 1) await endOthers(sessions);
      const { bytes, rows } = await reader.ask(query('SELECT name FROM clean'));
      expect(bytes.includes(CANARY)).toBe(false);
      expect(rows.flat()).not.toContain('one');
      await gateway.postgres.query('CREATE OR REPLACE VIEW clean AS SELECT id, name FROM plain');
      expect(await told(changer, `ALTER TABLE round${round} ADD COLUMN more int`)).toBe('ok');
      if (round % 3 === 1) await endOthers(sessions);
      expect((await reader.ask(query('SELECT name FROM clean'))).rows.flat()).toEqual(['one']);
      expect(await told(reader, `SELECT more + 1 FROM round${round}`)).toBe('ok');
    }
  });

  it('P10: views that read each other are denied where masks are, and end no session', async () => {
    await using client = await RawClient.connect(await rawLogin(gateway));
    for (const text of [
      'CREATE VIEW left_of AS SELECT id, name, name AS other FROM plain',
      'CREATE VIEW right_of AS SELECT id, name, name || name AS other FROM left_of JOIN plain USING (id, name)',
      'CREATE OR REPLACE VIEW left_of AS SELECT id, name, other FROM right_of',
      'CREATE VIEW selfish AS SELECT 1 AS id',
      'CREATE OR REPLACE VIEW selfish AS SELECT id FROM selfish',
    ]) {
      expect(await told(client, text)).toBe('ok');
    }
    for (const name of ['left_of', 'right_of', 'selfish']) {
      for (const text of [`SELECT * FROM ${name}`, `LOCK TABLE ${name}`, `UPDATE ${name} SET id = 1`]) {
        expect(await told(client, text)).toMatch(
          /POLICY_DENIED|infinite recursion|LOCK TABLE can only be used in/,
        );
      }
    }
    expect(await told(client, 'DROP VIEW left_of, right_of, selfish')).toBe('ok');
    expect(await told(client, 'SELECT name FROM clean')).toBe('ok');
  });

  it('P3: where the server cannot be asked, nothing is known, so that masks deny; and it is asked again', async () => {
    await using client = await RawClient.connect(await rawLogin(gateway));
    expect(await told(client, 'SELECT name FROM clean')).toBe('ok');
    await gateway.postgres.query('ALTER ROLE app CONNECTION LIMIT 0');
    aheadMs += MINUTE;
    expect(await told(client, 'SELECT name FROM clean')).toContain('POLICY_DENIED');
    await gateway.postgres.query('ALTER ROLE app CONNECTION LIMIT -1');
    aheadMs += MINUTE;
    expect(await told(client, 'SELECT name FROM clean')).toBe('ok');
  });
});
