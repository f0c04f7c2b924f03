/** Two databases that differ in nothing but rows of another tenant, each behind a gateway that filters by tenant. */
import pg from 'pg';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';
import type { Attempt } from './attempt.ts';

/** Everything that tenants share. `app` owns it, as an application's login does. */
const SCHEMA = `
CREATE TABLE orders (id int PRIMARY KEY, tenant_id text NOT NULL, note text, amount int NOT NULL DEFAULT 1, code text UNIQUE);
CREATE TABLE archived_orders (archived_at date) INHERITS (orders);
CREATE TABLE events (id int, tenant_id text NOT NULL, body text) PARTITION BY LIST (tenant_id);
CREATE TABLE events_acme PARTITION OF events FOR VALUES IN ('acme');
CREATE TABLE events_globex PARTITION OF events FOR VALUES IN ('globex');
CREATE TABLE scratch (id int PRIMARY KEY, note text);
CREATE TABLE slots (id int, tenant_id text, during int4range, EXCLUDE USING gist (during WITH &&) DEFERRABLE);
CREATE TABLE "Odd.Name" (id int, tenant_id text, note text);
CREATE VIEW all_orders AS SELECT * FROM orders;
CREATE VIEW order_notes AS SELECT note FROM all_orders;
CREATE VIEW one_each AS SELECT 1 AS one FROM orders;
CREATE VIEW big_spenders AS SELECT id FROM scratch WHERE id IN (SELECT amount FROM orders);
CREATE MATERIALIZED VIEW order_totals AS SELECT tenant_id, sum(amount) AS total FROM orders GROUP BY tenant_id WITH NO DATA;
CREATE FUNCTION notes() RETURNS SETOF text LANGUAGE sql AS 'SELECT note FROM orders ORDER BY id';
CREATE FUNCTION tattle(t text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS 'BEGIN RAISE NOTICE ''tattle %'', t; RETURN true; END';
CREATE FUNCTION total() RETURNS bigint LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT sum(amount) FROM orders); END';
CREATE OPERATOR <<< (LEFTARG = text, RIGHTARG = text, FUNCTION = texteq);
CREATE SCHEMA other;
CREATE TABLE other.orders (id int, tenant_id text, note text);
`;

const OWN = `
INSERT INTO orders VALUES (1, 'acme', 'own note 1', 5, 'c1'), (2, 'acme', 'own note 2', 7, 'c2'), (3, 'acme', NULL, 9, 'c3');
INSERT INTO archived_orders VALUES (4, 'acme', 'own archived', 1, 'c4', '2024-01-01');
INSERT INTO events VALUES (1, 'acme', 'own event');
INSERT INTO scratch VALUES (1, 'one'), (2, 'two'), (3, 'three');
INSERT INTO "Odd.Name" VALUES (1, 'acme', 'own odd');
INSERT INTO other.orders VALUES (1, 'acme', 'own other');
`;

/** What differs; its texts are canaries. */
const FOREIGN = `
INSERT INTO orders VALUES (11, 'globex', 'canary one', 1, 'x1'), (12, 'globex', 'canary two', 2, 'x2'), (13, 'globex', 'canary three', 3, 'x3');
INSERT INTO archived_orders VALUES (14, 'globex', 'canary archived', 4, 'x4', '2024-01-01');
INSERT INTO events VALUES (2, 'globex', 'canary event');
INSERT INTO slots VALUES (1, 'globex', '[100,200)');
INSERT INTO "Odd.Name" VALUES (2, 'globex', 'canary odd');
`;

const CLEAR =
  'DROP TABLE IF EXISTS loot; DROP VIEW IF EXISTS peek; DELETE FROM orders; DELETE FROM events; DELETE FROM scratch; DELETE FROM slots; DELETE FROM "Odd.Name"; DELETE FROM other.orders;';

/** Rows of the other tenant, and rows that belong to nobody here: no attempt may change either. */
const FOREIGN_STATE = `SELECT json_agg(x ORDER BY x::text) AS state FROM (
  SELECT to_jsonb(o) AS x FROM (SELECT tableoid::regclass::text, * FROM orders) o WHERE tenant_id IS DISTINCT FROM 'acme'
  UNION ALL SELECT to_jsonb(e) FROM events e WHERE tenant_id IS DISTINCT FROM 'acme'
  UNION ALL SELECT to_jsonb(n) FROM "Odd.Name" n WHERE tenant_id IS DISTINCT FROM 'acme') q(x)`;

/** Everything for everybody, but rows of their tenant alone. */
export const TENANT_POLICY: string = `apiVersion: sallyport.dev/v1
repeats: { after: 1000 }
rules:
  - { id: connects, effect: allow, on: connect, match: { groups: [agents] } }
  - { id: everything, effect: allow, on: sql, match: { groups: [agents] } }
  - { id: vouched, effect: allow, on: sql, match: { groups: [agents], functions: [public.tattle] }, unmasked: true }
  - id: own-tenant
    effect: allow
    on: sql
    match: { groups: [agents], kinds: [SELECT], tables: [public.orders] }
    filter:
      - { tables: [public.orders, public.events, public.slots, 'public."Odd.Name"'], where: tenant_id = principal.claims.tenant }
`;

const CLAIMS = { values: { tenant: 'org.tenant' } };

/** What one attempt came to. */
export interface Outcome {
  /** All that the client was told, line by line. */
  readonly transcript: string;
  /** The rows of others, before and after, as the superuser sees them. */
  readonly isForeignUnchanged: boolean;
}

/** One of the two databases. */
export class Tenants implements AsyncDisposable {
  readonly gateway: TestGateway;
  readonly #postgres: TestPostgres;
  readonly #database: string;
  readonly #fill: string;
  readonly #admin: pg.Client;
  readonly #clients = new Map<'gateway' | 'direct', pg.Client>();
  readonly #opened: pg.Client[] = [];

  private constructor(gateway: TestGateway, admin: pg.Client, database: string, fill: string) {
    this.gateway = gateway;
    this.#postgres = gateway.postgres;
    this.#admin = admin;
    this.#database = database;
    this.#fill = fill;
  }

  /** @param hasForeign whether the other tenant has rows */
  static async start(
    postgres: TestPostgres,
    hasForeign: boolean,
    policy: string = TENANT_POLICY,
  ): Promise<Tenants> {
    const database = hasForeign ? 'shared' : 'alone';
    await postgres.createDatabase(database, 'app');
    await postgres.query(SCHEMA, { user: 'app', password: 'app-secret', database });
    const gateway = await startTestGateway({
      postgres,
      policy,
      claims: CLAIMS,
      resource: { database },
    });
    const admin = new pg.Client({ connectionString: postgres.url({ database }) });
    await admin.connect();
    return new Tenants(gateway, admin, database, `${CLEAR}${OWN}${hasForeign ? FOREIGN : ''}`);
  }

  /** A client of the gateway, of the tenant acme unless said otherwise; null: of none. */
  async client(tenant: unknown = 'acme'): Promise<pg.Client> {
    const claims = tenant === null ? {} : { org: { tenant } };
    const client = new pg.Client({ connectionString: await this.gateway.url({ claims }) });
    await client.connect();
    return client;
  }

  /** A client of the server itself, with the same rights. */
  async directClient(): Promise<pg.Client> {
    const connectionString = this.#postgres.url({
      user: 'app',
      password: 'app-secret',
      database: this.#database,
    });
    const client = new pg.Client({ connectionString });
    await client.connect();
    return client;
  }

  /** Runs an attempt over fresh data. */
  async attempt(way: 'gateway' | 'direct', { steps }: Attempt): Promise<Outcome> {
    const client = await this.#clientFor(way, steps);
    await this.refill();
    const before = await this.foreignState();
    const transcript = await converse(client, steps);
    return { transcript, isForeignUnchanged: (await this.foreignState()) === before };
  }

  /** Fresh data. */
  async refill(): Promise<void> {
    await this.#admin.query(this.#fill);
  }

  /** One session serves many attempts, but those that leave it with another search path. */
  async #clientFor(way: 'gateway' | 'direct', steps: Attempt['steps']): Promise<pg.Client> {
    const kept = this.#clients.get(way);
    const client = kept ?? (way === 'direct' ? await this.directClient() : await this.client());
    const isSpoilt = steps.some((step) => JSON.stringify(step).includes('search_path'));
    if (isSpoilt) this.#clients.delete(way);
    else this.#clients.set(way, client);
    if (kept === undefined) this.#opened.push(client);
    return client;
  }

  async foreignState(): Promise<string> {
    const { rows } = await this.#admin.query<{ state: unknown }>(FOREIGN_STATE);
    return JSON.stringify(rows[0]?.state);
  }

  /** Runs a statement as the superuser, past the gateway. */
  async admin(text: string): Promise<readonly Record<string, unknown>[]> {
    return (await this.#admin.query<Record<string, unknown>>(text)).rows;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#opened) await client.end();
    await this.#admin.end();
    await this.gateway[Symbol.asyncDispose]();
  }
}

/** The server that both databases are on. */
export async function startTenantServer(): Promise<TestPostgres> {
  const postgres = await startTestPostgres({ settings: { fsync: 'off' } });
  await postgres.createRole('app');
  return postgres;
}

/** Everything that the client is told, without what names the single decision. */
async function converse(client: pg.Client, steps: Attempt['steps']): Promise<string> {
  const lines: string[] = [];
  const onNotice = (notice: { message?: string | undefined }): void => {
    lines.push(`notice ${notice.message ?? ''}`);
  };
  const onCopy = ({ chunk }: { chunk: Buffer }): void => {
    lines.push(`copy ${chunk.toString()}`);
  };
  const { connection } = client as unknown as {
    connection: { on(event: string, listener: unknown): void; off(event: string, listener: unknown): void };
  };
  client.on('notice', onNotice);
  connection.on('copyData', onCopy);
  for (const step of [...steps, 'ROLLBACK', 'CLOSE ALL', 'DEALLOCATE ALL']) {
    const asked = typeof step === 'string' ? { text: step } : step;
    lines.push(...(await answerTo(client, asked)));
  }
  client.off('notice', onNotice);
  connection.off('copyData', onCopy);
  return lines.join('\n');
}

type Asked = Exclude<Attempt['steps'][number], string>;

async function answerTo(client: pg.Client, { text, values, name }: Asked): Promise<readonly string[]> {
  try {
    const asked: pg.QueryArrayConfig = { text, rowMode: 'array' };
    if (values !== undefined) asked.values = [...values];
    if (name !== undefined) asked.name = name;
    const answer: pg.QueryArrayResult | readonly pg.QueryArrayResult[] = await client.query(asked);
    return [answer]
      .flat()
      .flatMap(({ command, rowCount, fields, rows }) => [
        `${command} ${rowCount ?? ''} ${fields.map((field) => field.name).join()}`,
        ...rows.map((row) => JSON.stringify(row)),
      ]);
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error;
    const { code, message, detail } = error;
    // What names the single decision, and what is cut for it.
    const said = message.replace(/\[dec_[0-9a-z_]+\]/, '').replace(/ Request access:.*/s, '');
    return [`error ${code ?? ''} ${said} ${said.startsWith('POLICY_DENIED') ? '' : (detail ?? '')}`];
  }
}
