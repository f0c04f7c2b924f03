/** What approvers see of a write that waits: what it would do, how many rows, and what the run did before (P4, P5). */
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiApprovalDetail } from '../../../src/api/contract/approval.ts';
import { runCli } from '../../../src/cli/cli.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';
import { askApi } from '../api/api-client.ts';

const WRITES = 'kinds: [INSERT, UPDATE, DELETE, SELECT, MERGE]';
const POLICY = `apiVersion: sallyport.dev/v1
rules:
  - { id: connects, effect: allow, on: connect, match: { groups: [agents] } }
  - { id: reads, effect: allow, on: sql, match: { groups: [agents], kinds: [SELECT], tables: [public.read_me] } }
  - { id: begins, effect: allow, on: sql, match: { groups: [agents], kinds: [SET, EXECUTE FUNCTION] } }
  - { id: planned, effect: allow, on: sql, match: { groups: [agents], ${WRITES}, tables: [public.planned] }, approval: { by: [dba], within: 15m, wait: 0s } }
  - { id: counted, effect: allow, on: sql, match: { groups: [agents], ${WRITES}, tables: [public.counted] }, approval: { by: [dba], within: 15m, wait: 0s, preview: exact } }
  - { id: unseen, effect: allow, on: sql, match: { groups: [agents], ${WRITES}, tables: [public.unseen] }, approval: { by: [dba], within: 15m, wait: 0s, preview: none } }
  - { id: secret, effect: allow, on: sql, match: { groups: [agents], ${WRITES}, tables: [public.secret] }, approval: { by: [dba], within: 15m, wait: 0s, preview: exact }, mask: [{ columns: [public.secret.ssn], with: redact }] }
`;
const SETUP = `
  CREATE TABLE read_me (id int);
  CREATE TABLE planned (id int PRIMARY KEY, label text);
  CREATE TABLE counted (id int PRIMARY KEY, label text, at int DEFAULT 0);
  CREATE TABLE unseen (id int);
  CREATE TABLE secret (id int PRIMARY KEY, ssn text UNIQUE);
  CREATE SEQUENCE runs;
  CREATE FUNCTION ran() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM nextval('runs'); RETURN NEW; END $$;
  CREATE TRIGGER ran BEFORE UPDATE ON planned FOR EACH STATEMENT EXECUTE FUNCTION ran();
  INSERT INTO planned SELECT i, 'x' FROM generate_series(1, 1000) i;
  INSERT INTO counted SELECT i, 'x' FROM generate_series(1, 100) i;
  INSERT INTO secret VALUES (1, '123-45-6789');
  ANALYZE;
  GRANT ALL ON ALL TABLES IN SCHEMA public TO app; GRANT ALL ON SEQUENCE runs TO app`;

const TWO_WRITES =
  'WITH gone AS (DELETE FROM planned WHERE id = 99 RETURNING id) DELETE FROM planned WHERE id = 98';

let site: TestGateway;
let client: pg.Client;

beforeAll(async () => {
  site = await startTestGateway({ policy: POLICY, setUp: SETUP, api: {} });
  client = new pg.Client({ connectionString: await site.url({ claims: { run_id: 'run-7' } }) });
  client.on('error', () => undefined);
  await client.connect();
});

afterAll(async () => {
  await client.end();
  await site[Symbol.asyncDispose]();
});

const approver = (): Promise<string> =>
  site.issuer.token({ sub: 'dana', client_id: 'inbox', groups: ['dba'] });

/** Asks, and gives the request as an approver sees it. */
async function asked(query: string | pg.QueryConfig): Promise<ApiApprovalDetail> {
  const error = await client.query(query).then(
    () => undefined,
    (caught: Error & { code?: string }) => caught,
  );
  expect(error?.code, error?.message).toBe('SPA01');
  const id = /apr_[\w-]+/.exec(error?.message ?? '')?.[0] ?? '';
  const shown = await askApi(site, `/v1/approvals/${id}`, { token: await approver() });
  expect(shown.status).toBe(200);
  return shown.json as ApiApprovalDetail;
}

describe('what an approver sees', { timeout: 60_000 }, () => {
  it('the parsed effect, and what the planner expects, without running anything', async () => {
    const one = await asked("UPDATE planned SET label = 'y' WHERE id <= 500");
    expect(one.effects).toMatchObject([
      {
        kind: 'UPDATE',
        writtenTables: ['public.planned'],
        writtenColumns: ['public.planned.label'],
        hasWhere: true,
        boundedByKey: false,
        rowChanges: 'counted',
      },
    ]);
    expect(one.rows?.estimate).toBeGreaterThan(400);
    expect(one.rows?.estimate).toBeLessThan(600);
    expect(await site.postgres.query('SELECT last_value, is_called FROM runs')).toEqual([
      { last_value: '1', is_called: false },
    ]);
  });

  it('the exact number where the rule allows it, and nothing of it is kept', async () => {
    const text = 'UPDATE counted SET label = $1 WHERE id <= $2 RETURNING id';
    const one = await asked({ text, values: ['z', 42] });
    expect(one.rows).toEqual({ exact: 42 });
    expect(one.parameters.map(({ value }) => value)).toEqual(['z', '42']);
    const kept = await site.postgres.query("SELECT count(*) AS n FROM counted WHERE label = 'z'");
    expect(kept).toEqual([{ n: '0' }]);
    expect((await asked('DELETE FROM counted')).rows).toEqual({ exact: 100 });
    expect((await asked('INSERT INTO counted SELECT i FROM generate_series(200, 209) i')).rows).toEqual({
      exact: 10,
    });
    const records = await site.recordsUntil((all) => all.some(({ type }) => type === 'approval.preview'));
    const places = records.flatMap(({ type, mode }, index) =>
      type === 'approval.preview' && mode === 'exact' ? [index] : [],
    );
    expect(places.length).toBeGreaterThan(0);
  });

  it('why nobody knows: locks, several statements, functions, and rules that do not want it', async () => {
    await using locking = await lockOf('counted');
    expect((await asked("UPDATE counted SET label = 'w' WHERE id = 1")).rows?.unavailable).toBe(
      'others hold locks on it',
    );
    await locking.release();
    const several = await asked("UPDATE planned SET label = 'a'; UPDATE planned SET label = 'b'");
    expect(several.rows?.unavailable).toContain('several statements');
    expect(several.effects).toHaveLength(2);
    expect((await asked(TWO_WRITES)).rows?.unavailable).toContain('not one write');
    expect((await asked('DELETE FROM unseen')).rows).toBeUndefined();
  });

  it('what the run did before, newest last', async () => {
    await client.query('SELECT * FROM read_me');
    const one = await asked('DELETE FROM planned WHERE id = 7');
    const last = one.before.at(-1);
    expect(last).toMatchObject({ summary: 'SELECT on public.read_me', effect: 'permit', resource: 'shop' });
    expect(one.before.length).toBeLessThanOrEqual(10);
    expect(one.before.some(({ summary, effect }) => summary.startsWith('UPDATE') && effect === 'deny')).toBe(
      true,
    );
  });

  it('the same by the command line', async () => {
    const { id } = await asked('DELETE FROM planned WHERE id = 8');
    const printed: string[] = [];
    const options = ['--api', site.api, '--ca', site.caFile, '--token', await approver()];
    await runCli(['approvals', 'show', id, ...options], {
      stdout: { write: (text) => printed.push(text) },
      stderr: { write: (text) => printed.push(text) },
    });
    const text = printed.join('');
    expect(text).toContain('DELETE public.planned (one key)');
    expect(text).toContain('rows: about 1, by the planner');
    expect(text).toContain('the run did before');
  });

  it('P5: no value that meets a masked column, neither by texts nor by what the server says of a preview', async () => {
    const one = await asked("INSERT INTO secret VALUES (2, '123-45-6789')");
    expect(one.rows?.unavailable).toContain('SQLSTATE 23505');
    expect(JSON.stringify(one)).not.toContain('123-45-6789');
    expect(one.text).toContain('[digest');
    const bound = await asked({ text: 'INSERT INTO secret VALUES ($1, $2)', values: [3, '999-99-9999'] });
    expect(bound.rows).toEqual({ exact: 1 });
    expect(JSON.stringify(bound)).not.toContain('999-99-9999');
  });

  it('P10: the same asked again is not previewed again', async () => {
    const count = async (): Promise<number> =>
      (await site.recordsUntil(() => true)).filter(({ type }) => type === 'approval.preview').length;
    await asked('DELETE FROM planned WHERE id = 9');
    const before = await count();
    await asked('DELETE FROM planned WHERE id = 9');
    expect(await count()).toBe(before);
  });

  it('under the settings of the session: another schema is another table', async () => {
    await site.postgres.query(
      'CREATE SCHEMA other; CREATE TABLE other.planned (id int, label text); GRANT USAGE ON SCHEMA other TO app; GRANT ALL ON other.planned TO app',
    );
    await client.query('SET search_path = public, other').catch(() => undefined);
    const one = await asked("UPDATE public.planned SET label = 'q' WHERE id = 1");
    expect(one.rows).toEqual({ estimate: 1 });
  });
});

async function lockOf(table: string): Promise<AsyncDisposable & { release(): Promise<void> }> {
  const holder = new pg.Client({
    connectionString: site.postgres.url(),
    ssl: { rejectUnauthorized: false },
  });
  await holder.connect();
  await holder.query(`BEGIN; LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
  let isOver = false;
  const release = async (): Promise<void> => {
    if (isOver) return;
    isOver = true;
    await holder.end();
  };
  return { release, [Symbol.asyncDispose]: release };
}
