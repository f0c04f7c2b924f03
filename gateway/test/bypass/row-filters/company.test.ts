/** Row filters together with what else a rule may ask for: masks with look-ups, approvals with previews, limits on rows. */
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiApprovalDetail } from '../../../src/api/contract/approval.ts';
import { askApi } from '../../e2e/api/api-client.ts';
import { decideApproval } from '../../support/approver.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';

const SET_UP = `
CREATE TABLE orders (id int PRIMARY KEY, tenant_id text NOT NULL, email text, amount int NOT NULL DEFAULT 1);
CREATE TABLE people (id int PRIMARY KEY, tenant_id text NOT NULL, login text);
INSERT INTO orders VALUES (1, 'acme', 'both@example.org', 1), (2, 'acme', 'own@example.org', 2),
  (11, 'globex', 'both@example.org', 3), (12, 'globex', 'canary@example.org', 4), (13, 'globex', 'canary@example.org', 5);
INSERT INTO people VALUES (1, 'acme', 'both@example.org'), (2, 'globex', 'own@example.org'), (3, 'globex', 'both@example.org');
GRANT ALL ON orders, people TO app;
`;

const POLICY = `apiVersion: sallyport.dev/v1
repeats: { after: 1000 }
rules:
  - { id: connects, effect: allow, on: connect, match: { groups: [agents] } }
  - id: reads
    effect: allow
    on: sql
    match: { groups: [agents], kinds: [SELECT, PREPARE, EXECUTE, DECLARE, FETCH, BEGIN, ROLLBACK, COMMIT] }
    mask: [{ columns: ['*.email', '*.login'], with: pseudonym, lookups: true }]
  - id: asked
    effect: allow
    on: sql
    match: { groups: [agents], kinds: [UPDATE, INSERT], tables: [public.orders] }
    approval: { by: [dba], within: 15m, wait: 0s, preview: exact }
  - id: few
    effect: allow
    on: sql
    match: { groups: [agents], kinds: [DELETE], tables: [public.orders] }
    limits: { affectedRows: 2 }
  - id: own-tenant
    effect: allow
    on: sql
    match: { groups: [agents], kinds: [SELECT], tables: [public.orders] }
    filter: [{ tables: [public.orders, public.people], where: tenant_id = principal.claims.tenant }]
`;

let gateway: TestGateway;
let acme: pg.Client;
let globex: pg.Client;

async function connect(tenant: string): Promise<pg.Client> {
  const claims = { sub: `agent-${tenant}`, org: { tenant } };
  const made = new pg.Client({ connectionString: await gateway.url({ claims }) });
  await made.connect();
  return made;
}

beforeAll(async () => {
  gateway = await startTestGateway({
    policy: POLICY,
    setUp: SET_UP,
    api: {},
    claims: { values: { tenant: 'org.tenant' } },
  });
  acme = await connect('acme');
  globex = await connect('globex');
}, 60_000);

afterAll(async () => {
  await acme.end();
  await globex.end();
  await gateway[Symbol.asyncDispose]();
});

async function column(by: pg.Client, text: string, values: readonly unknown[] = []): Promise<unknown[]> {
  const { rows } = await by.query<unknown[]>({ text, values: [...values], rowMode: 'array' });
  return rows.map(([first]) => first);
}

async function refusal(asked: Promise<unknown>): Promise<string> {
  return await asked.then(
    () => 'permitted',
    (error: pg.DatabaseError) => `${error.code} ${error.message}`,
  );
}

/** What stands for an address of one's own row. */
async function pseudonym(by: pg.Client, id: number): Promise<string> {
  const [shown] = await column(by, `SELECT email FROM orders WHERE id = ${id}`);
  expect(shown).toMatch(/@masked\.invalid$/);
  return String(shown);
}

describe('P5: look-ups within a row filter', () => {
  it('find own rows alone, though others hold the same value', async () => {
    const both = await pseudonym(acme, 1);
    expect(await pseudonym(globex, 11)).toBe(both);
    const byEmail = 'SELECT id FROM orders WHERE email = $1 ORDER BY id';
    expect(await column(acme, byEmail, [both])).toEqual([1]);
    expect(await column(globex, byEmail, [both])).toEqual([11]);
    expect(await column(acme, 'SELECT count(*)::int FROM orders WHERE $1 = email', [both])).toEqual([1]);
    expect(
      await column(acme, 'SELECT id FROM orders WHERE email IN ($1, $2) ORDER BY id', [
        both,
        await pseudonym(acme, 2),
      ]),
    ).toEqual([1, 2]);
  });

  it('do not find by what another tenant was shown', async () => {
    const theirs = await pseudonym(globex, 12);
    expect(await refusal(acme.query('SELECT id FROM orders WHERE email = $1', [theirs]))).toMatch(
      /^42501 .*no pseudonym that this run was shown/,
    );
    expect(await column(acme, 'SELECT email FROM orders WHERE id = 12')).toEqual([]);
  });

  it('hold for a statement that is prepared once, with other values', async () => {
    const by = async (value: string): Promise<unknown[]> =>
      (
        await acme.query<{ id: number }>({
          name: 'kept',
          text: 'SELECT id FROM orders WHERE email = $1',
          values: [value],
        })
      ).rows.map(({ id }) => id);
    expect(await by(await pseudonym(acme, 1))).toEqual([1]);
    expect(await by(await pseudonym(acme, 2))).toEqual([2]);
    expect(await refusal(by(await pseudonym(globex, 12)))).toMatch(/^42501 /);
  });

  it('join own rows alone', async () => {
    const joined = 'SELECT o.id * 100 + p.id FROM orders o JOIN people p ON p.login = o.email ORDER BY 1';
    expect(await column(acme, joined)).toEqual([101]);
    expect(await column(globex, joined)).toEqual([1103]);
  });

  it('tell nothing of hidden rows by other ways', async () => {
    const both = await pseudonym(acme, 1);
    for (const text of [
      'SELECT id, $1 AS told FROM orders WHERE email = $1',
      'SELECT id FROM orders WHERE email = $1 OR tenant_id = $1',
      'SELECT id FROM orders WHERE email > $1',
      'SELECT id FROM orders WHERE lower(email) = $1',
    ])
      expect(await refusal(acme.query(text, [both])), text).toMatch(/^42501 /);
    for (const text of [
      'SELECT id FROM orders WHERE email = $1 OR true ORDER BY id',
      'SELECT id FROM orders o WHERE email = $1 OR EXISTS (SELECT FROM orders h WHERE h.id > 10) OR o.id = 2 ORDER BY id',
    ])
      expect(JSON.stringify(await column(acme, text, [both]))).toMatch(/^\[1(,2)?\]$/);
  });
});

/** Asks for an approval, and gives it as an approver sees it. */
async function asked(
  by: pg.Client,
  text: string,
  values: readonly unknown[] = [],
): Promise<ApiApprovalDetail> {
  const told = await refusal(by.query(text, [...values]));
  expect(told).toMatch(/^SPA01 /);
  const token = await gateway.issuer.token({ sub: 'dana', client_id: 'inbox', groups: ['dba'] });
  const shown = await askApi(gateway, `/v1/approvals/${/apr_[\w-]+/.exec(told)?.[0] ?? ''}`, { token });
  return shown.json as ApiApprovalDetail;
}

const AMOUNTS = "SELECT string_agg(amount::text, ',' ORDER BY id) AS amounts FROM orders";

describe('P5: approvals within a row filter', () => {
  it('count own rows for the approver, and change those alone when granted', async () => {
    const text = 'UPDATE orders SET amount = amount + $1 WHERE amount > $2';
    const shown = await asked(acme, text, [100, 0]);
    expect(shown.rows).toEqual({ exact: 2 });
    await decideApproval(gateway, shown.id, 'approve');
    expect(await gateway.postgres.query(AMOUNTS)).toEqual([{ amounts: '1,2,3,4,5' }]);
    // What one tenant was granted is not for another, who asks the same.
    expect(await refusal(globex.query(text, [100, 0]))).toMatch(/^SPA01 /);
    expect((await acme.query(text, [100, 0])).rowCount).toBe(2);
    expect(await gateway.postgres.query(AMOUNTS)).toEqual([{ amounts: '101,102,3,4,5' }]);
    expect(await refusal(acme.query(text, [100, 0]))).toMatch(/^SPA01 /);
  });

  it('are void when the filter is another one', async () => {
    const text = 'UPDATE orders SET amount = 7 WHERE id > 0';
    const shown = await asked(acme, text);
    await decideApproval(gateway, shown.id, 'approve');
    await gateway.setPolicy(POLICY.replace('where: tenant_id', 'where: id < 1000 and tenant_id'));
    try {
      expect(await refusal(acme.query(text))).toMatch(/^SPA01 /);
    } finally {
      await gateway.setPolicy(POLICY);
    }
  });

  it('let no row be made for another', async () => {
    const text = "INSERT INTO orders (id, tenant_id) VALUES (20, 'glo' || 'bex')";
    const shown = await asked(acme, text);
    await decideApproval(gateway, shown.id, 'approve');
    expect(await refusal(acme.query(text))).toContain('outside of the row filter');
    expect(await gateway.postgres.query('SELECT count(*)::int AS n FROM orders WHERE id = 20')).toEqual([
      { n: 0 },
    ]);
  });
});

describe('P5: limits on changed rows within a row filter', () => {
  it('count own rows, and tell nothing of how many others there are', async () => {
    await acme.query('BEGIN');
    expect((await acme.query('DELETE FROM orders')).rowCount).toBe(2);
    await acme.query('ROLLBACK');
    expect(await refusal(globex.query('DELETE FROM orders'))).toMatch(/^SPL03 .*would change 3 rows/);
    expect(await gateway.postgres.query('SELECT count(*)::int AS n FROM orders')).toEqual([{ n: 5 }]);
  });
});
