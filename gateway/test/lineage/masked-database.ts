/**
 * Two databases that differ in nothing but the values of masked columns: whatever else differs in the answers to one
 * statement has told something of them.
 */
import pg from 'pg';
import { createMaskFulfiller } from '../../src/enforcement/obligations/mask.ts';
import { DetectorSet } from '../../src/masking/detector-set.ts';
import type { MaskTools } from '../../src/masking/mask-tools.ts';
import { ValueDigests } from '../../src/masking/replace/digest.ts';
import { MaskingKeys } from '../../src/masking/replace/masking-keys.ts';
import type { AccessRequest } from '../../src/model/access-request.ts';
import type { Facts } from '../../src/model/facts.ts';
import type { MaskObligation } from '../../src/model/obligation.ts';
import { type KnownRelations, toKnownRelations } from '../../src/protocols/postgres/facts/relations.ts';
import { type KnownRoutines, toKnownRoutines } from '../../src/protocols/postgres/facts/routines.ts';
import { compileMasks } from '../../src/protocols/postgres/masking/compile-masks.ts';
import { ComputedFields } from '../../src/protocols/postgres/masking/computed-columns.ts';
import { MaskTally } from '../../src/protocols/postgres/masking/mask-tally.ts';
import { planResult } from '../../src/protocols/postgres/masking/result-plan.ts';
import type { ResponseMask } from '../../src/protocols/postgres/masking/value-mask.ts';
import { CATALOG_QUERY } from '../../src/protocols/postgres/upstream/catalog/catalog-query.ts';
import { readCatalogRow } from '../../src/protocols/postgres/upstream/catalog/catalog-rows.ts';
import { ServerCatalog } from '../../src/protocols/postgres/upstream/catalog/server-catalog.ts';
import { parseRoutines, ROUTINES_EXPRESSION } from '../../src/protocols/postgres/upstream/server-routines.ts';
import type { FieldDescription } from '../../src/protocols/postgres/wire/backend/row-description.ts';
import { analyseSql } from '../../src/sql/postgres/facts.ts';
import { createSqlParser, type SqlParser } from '../../src/sql/postgres/parse.ts';
import { startTestPostgres, type TestPostgres } from '../support/postgres.ts';

/** In every value of a masked column. */
export const CANARY = 'canary';

/** Every column of that name is masked. */
export const MASK: MaskObligation = { kind: 'mask', rule: 'r', columns: ['*.ssn'], method: 'redact' };

/** What stands in the two databases, `a` and `b`. */
export function maskedSchema(variant: string): string {
  return `
CREATE TABLE t (id int PRIMARY KEY, name text, ssn text);
INSERT INTO t VALUES (1, 'ann', '${CANARY}-${variant}-1'), (2, 'bob', '${CANARY}-${variant === 'a' ? 'z' : 'b'}-2'), (3, 'cid', ${variant === 'a' ? 'NULL' : `'${CANARY}-${variant}-some'`}),
  (4, 'dan', '${CANARY}-${variant === 'a' ? 'a-ends-in\\' : 'b'}');
CREATE TABLE u (id int PRIMARY KEY, name text, note text, ssn text UNIQUE);
INSERT INTO u VALUES (1, 'ann', 'x', '${CANARY}-${variant}-3'), (2, 'eve', 'y', '${CANARY}-${variant}-4');
CREATE TABLE plain (id int PRIMARY KEY, name text, note text);
INSERT INTO plain VALUES (1, 'one', 'n1'), (2, 'two', 'n2');
CREATE VIEW v AS SELECT id, name, ssn FROM t;
CREATE VIEW renamed AS SELECT id, ssn AS label FROM t;
CREATE VIEW harmless AS SELECT id, name FROM t;
CREATE VIEW partly AS SELECT t.id, t.name, t.ssn AS hidden, u.note FROM t JOIN u ON t.id = u.id;
CREATE VIEW of_partly AS SELECT id AS i, hidden AS h FROM partly WHERE id > 0;
CREATE VIEW shouting AS SELECT id, upper(ssn) AS loud FROM t;
CREATE VIEW picking AS SELECT id FROM t WHERE ssn LIKE '${CANARY}-a%';
CREATE VIEW ordered AS SELECT id, ssn FROM t ORDER BY ssn;
CREATE VIEW grouped AS SELECT ssn, count(*) AS n FROM t GROUP BY ssn;
CREATE VIEW merged AS SELECT ssn FROM t JOIN u USING (ssn);
CREATE VIEW united AS SELECT id, ssn FROM t UNION ALL SELECT id, ssn FROM u;
CREATE VIEW nested AS SELECT id, ssn FROM (SELECT id, ssn FROM t) x;
CREATE VIEW "odd {VAR :varno 1 :varattno 3 view}" AS SELECT id AS "{TARGETENTRY :expr {VAR :varno 1 :varattno 1 }", ssn AS "a b" FROM t;
CREATE MATERIALIZED VIEW m AS SELECT id, ssn AS label FROM t;
CREATE TABLE computed (id int, ssn text, shouted text GENERATED ALWAYS AS (upper(ssn)) STORED);
INSERT INTO computed VALUES (1, '${CANARY}-${variant}-6');
CREATE TABLE part (id int, ssn text) PARTITION BY LIST (id);
CREATE TABLE part1 PARTITION OF part FOR VALUES IN (1);
INSERT INTO part VALUES (1, '${CANARY}-${variant}-5');
CREATE TABLE child () INHERITS (plain);
INSERT INTO child VALUES (9, 'nine', 'n9');
CREATE FUNCTION all_of_t() RETURNS SETOF t LANGUAGE sql AS 'SELECT * FROM public.t';
CREATE FUNCTION ssn_of(int) RETURNS text LANGUAGE sql AS 'SELECT ssn FROM public.t WHERE id = $1';
CREATE FUNCTION leak(t) RETURNS text LANGUAGE sql AS 'SELECT $1.ssn';
CREATE PROCEDURE ssn_into(INOUT x text) LANGUAGE sql AS 'SELECT ssn FROM public.t LIMIT 1';
CREATE OPERATOR public.@@@ (LEFTARG = text, RIGHTARG = text, FUNCTION = pg_catalog.textcat);
ANALYZE;
`;
}

/** What a statement came to. */
export type Verdict =
  | { readonly denied: string }
  /** What the client gets, masked columns taken out of every row; the same in both databases if the mask holds. */
  | { readonly answers: readonly string[]; readonly masked: number };

const fulfiller = createMaskFulfiller(new Set(['postgres']));

/** What the two databases hold, by their names `a` and `b`, and which columns are masked. */
export interface MaskedContent {
  readonly schema: (variant: string) => string;
  readonly mask: MaskObligation;
}

/** Judges statements and runs them, in transactions that are rolled back. */
export class MaskedDatabase implements AsyncDisposable {
  readonly #parser: SqlParser;
  readonly #postgres: TestPostgres;
  readonly #sides: readonly Side[];
  readonly #mask: MaskObligation;

  private constructor(
    parser: SqlParser,
    postgres: TestPostgres,
    sides: readonly Side[],
    mask: MaskObligation,
  ) {
    this.#parser = parser;
    this.#postgres = postgres;
    this.#sides = sides;
    this.#mask = mask;
  }

  /** @param content what stands in the two databases, and what of it is masked */
  static async start(content: MaskedContent = { schema: maskedSchema, mask: MASK }): Promise<MaskedDatabase> {
    const postgres = await startTestPostgres({ settings: { fsync: 'off' } });
    const sides: Side[] = [];
    for (const variant of ['a', 'b']) {
      await postgres.createDatabase(variant);
      const client = new pg.Client({ connectionString: postgres.url({ database: variant }) });
      await client.connect();
      await client.query(content.schema(variant));
      sides.push({ client, ...(await knowledgeOf(client)) });
    }
    return new MaskedDatabase(await createSqlParser(18), postgres, sides, content.mask);
  }

  /** The facts of a text, after the statements before it. */
  facts(text: string): Facts {
    const [side] = this.#sides;
    if (side === undefined) throw new Error('there is no database');
    const analysis = analyseSql(this.#parser, text, {
      searchPath: ['public'],
      relations: side.relations,
      columns: side.relations.columns,
      keys: side.relations.keys,
      routines: side.routines.catalog,
      epoch: 0,
    });
    if ('syntaxError' in analysis) throw new Error(`${analysis.syntaxError.message} in ${text}`);
    return analysis.facts;
  }

  /** Why the gateway would not let it pass; `undefined` when it would. */
  obstacle(text: string): string | undefined {
    const facts = this.facts(text);
    const opaque = facts.statements.flatMap((statement) => statement.opaque)[0];
    if (opaque !== undefined) return opaque;
    const answer = fulfiller.canFulfil(this.#mask, accessOf(facts));
    return answer === true ? undefined : String(answer);
  }

  /** Judges and, if it may pass, runs it in both databases. */
  async try(text: string): Promise<Verdict> {
    const denied = this.obstacle(text);
    if (denied !== undefined) return { denied };
    const runs = [];
    const computed = new ComputedFields(this.facts(text).statements);
    const masks = compileMasks([this.#mask], TOOLS);
    for (const side of this.#sides) runs.push(await run(side, text, { masks, computed }));
    return { answers: runs.map(({ answer }) => answer), masked: runs[0]?.masked ?? 0 };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { client } of this.#sides) await client.end();
    await this.#postgres[Symbol.asyncDispose]();
  }
}

/** One of the databases, with what a gateway would know of it. */
interface Side {
  readonly client: pg.Client;
  readonly catalog: ServerCatalog;
  readonly relations: KnownRelations;
  readonly routines: KnownRoutines;
}

async function knowledgeOf(client: pg.Client): Promise<Omit<Side, 'client'>> {
  const lines = await client.query<{ line: string }>(CATALOG_QUERY);
  const catalog = new ServerCatalog(lines.rows.map(({ line }) => readCatalogRow(line)));
  const found = await client.query<{ text: string | null }>(`SELECT ${ROUTINES_EXPRESSION} AS text`);
  const routines = toKnownRoutines(parseRoutines(found.rows[0]?.text ?? undefined));
  return { catalog, relations: toKnownRelations(catalog), routines };
}

async function run(
  { client, catalog }: Side,
  text: string,
  how: { readonly masks: readonly ResponseMask[]; readonly computed: ComputedFields },
): Promise<{ answer: string; masked: number }> {
  await client.query('BEGIN');
  const notices: string[] = [];
  const note = (notice: { message?: string | undefined }): void => void notices.push(notice.message ?? '');
  client.on('notice', note);
  try {
    const result: unknown = await client.query({ text, rowMode: 'array' });
    const results = (Array.isArray(result) ? result : [result]) as pg.QueryArrayResult[];
    const answers = results.map((one) => maskedAnswer(one, { catalog, ...how }));
    return {
      answer: JSON.stringify([answers.map(({ shown }) => shown), notices]),
      masked: answers.reduce((sum, { masked }) => sum + masked, 0),
    };
  } catch (error) {
    // What the server says of a failure is the business of the masks of reports, but must not depend on the values.
    return { answer: error instanceof Error ? error.message : 'failed', masked: 0 };
  } finally {
    client.off('notice', note);
    await client.query('ROLLBACK');
  }
}

const TOOLS: MaskTools = {
  detectors: new DetectorSet({ patterns: [] }),
  pseudonyms: undefined,
  digests: new ValueDigests(new MaskingKeys([{ id: 'k', bytes: new Uint8Array(32) }]), 'test'),
};

/** The answer with the columns taken out that the gateway would replace. */
function maskedAnswer(
  { fields, rows, rowCount, command }: pg.QueryArrayResult,
  known: {
    readonly catalog: ServerCatalog;
    readonly masks: readonly ResponseMask[];
    readonly computed: ComputedFields;
  },
): { shown: unknown; masked: number } {
  const described = (fields ?? []).map(
    (field): FieldDescription => ({
      name: field.name,
      tableOid: field.tableID,
      attributeNumber: field.columnID,
      typeOid: field.dataTypeID,
      typeSize: field.dataTypeSize,
      typeModifier: field.dataTypeModifier,
      format: 'text',
    }),
  );
  const plan = planResult(described, { tally: new MaskTally(), ...known });
  const isMasked = described.map((_, index) => plan?.cells[index] !== undefined);
  const shown = rows.map((row) =>
    (row as readonly unknown[]).map((value, index) => (isMasked[index] === true ? 'masked' : value)),
  );
  return { shown: [command, rowCount, shown], masked: isMasked.filter(Boolean).length };
}

function accessOf(facts: Facts): AccessRequest {
  return {
    principal: { issuer: '', subject: '', groups: [], delegation: [], tokenDigest: '', expiresAtMs: 0 },
    resource: { name: 'db', protocol: 'postgres', labels: {}, mode: 'enforce' },
    account: 'app',
    facts,
    context: { nowMs: 0, sessionId: 'ses_1', sourceAddress: '', hints: {} },
  };
}
