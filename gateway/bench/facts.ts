/**
 * Cost of reading a statement: text → facts with column lineage, cold (a text that was never seen) and warm (seen before):
 * `node gateway/bench/facts.ts [--json]`. The catalog has 200 tables of 12 columns and a view over each.
 */
import { fileURLToPath } from 'node:url';
import { toKnownRelations } from '../src/protocols/postgres/facts/relations.ts';
import { UNKNOWN_ROUTINES } from '../src/protocols/postgres/facts/routines.ts';
import { SessionState } from '../src/protocols/postgres/facts/session-state.ts';
import { StatementReader } from '../src/protocols/postgres/facts/statement-reader.ts';
import type { SessionNames } from '../src/protocols/postgres/relay/effects.ts';
import type { CatalogRow } from '../src/protocols/postgres/upstream/catalog/catalog-rows.ts';
import { ServerCatalog } from '../src/protocols/postgres/upstream/catalog/server-catalog.ts';
import { createSqlParser } from '../src/sql/postgres/parse.ts';

/** One statement; times in microseconds. */
export interface FactsResult {
  readonly name: string;
  readonly coldP50Us: number;
  readonly coldP99Us: number;
  /** Of which PostgreSQL's grammar alone, in WebAssembly. */
  readonly parseP50Us: number;
  readonly warmP50Us: number;
}

/** `n` makes each text another one. */
const STATEMENTS: Readonly<Record<string, (n: number) => string>> = {
  'SELECT by key': (n) => `SELECT c1, c2 FROM t7 WHERE id = ${n}`,
  'SELECT *': (n) => `SELECT * FROM t7 WHERE c1 = 'x${n}' ORDER BY id LIMIT 20`,
  'INSERT a row': (n) => `INSERT INTO t7 (id, c1, c2) VALUES (${n}, 'a', 'b') RETURNING id`,
  'UPDATE by key': (n) => `UPDATE t7 SET c1 = 'v${n}' WHERE id = ${n}`,
  'JOIN and GROUP BY': (n) =>
    `SELECT a.c1, count(*) AS n, max(b.c3) FROM t7 a JOIN t8 b ON b.id = a.id WHERE b.c4 > ${n} GROUP BY a.c1 ORDER BY n DESC`,
  'CTE over a view': (n) =>
    `WITH recent AS (SELECT id, lower(c1) AS low, c2 || c3 AS joined FROM v9 WHERE id > ${n}) SELECT low, joined FROM recent LIMIT 5`,
};

const names: SessionNames = {
  statements: { find: () => 'missing' },
  portals: { find: () => 'missing' },
  cursors: new Map(),
} as unknown as SessionNames;

function catalogOf(tables: number): ServerCatalog {
  const columns = [
    [1, 'id', 23, false],
    ...Array.from({ length: 11 }, (_, index) => [index + 2, `c${index + 1}`, 25, false]),
  ];
  const rows = Array.from({ length: tables }, (_, index) => [
    ['relation', 20_000 + index, 'public', `t${index}`, 'r', false, columns],
    ['relation', 30_000 + index, 'public', `v${index}`, 'v', false, columns],
    ['reads', 30_000 + index, 20_000 + index, 2, 'public', `t${index}`],
    ['key', 1, 20_000 + index, [1]],
  ]).flat();
  return new ServerCatalog(rows as unknown as readonly CatalogRow[]);
}

/** Measures each statement in turn, in rounds, so that what else the machine does meets all of them. */
export async function benchFacts(rounds = 40, perRound = 250): Promise<readonly FactsResult[]> {
  const reader = await StatementReader.create(18);
  const parser = await createSqlParser(18);
  const state = new SessionState(
    ['public'],
    'app',
    UNKNOWN_ROUTINES,
    'UTF8',
    toKnownRelations(catalogOf(200)),
  );
  const all = Object.entries(STATEMENTS).map(
    ([name, text]) => ({ name, text, cold: [], parse: [], warm: [] }) as Measured,
  );
  let n = 0;
  for (let round = 0; round < rounds; round += 1) {
    for (const one of all) {
      for (let index = 0; index < perRound; index += 1) {
        n += 1;
        const text = one.text(n);
        one.parse.push(time(() => parser.parse(text)));
        one.cold.push(time(() => reader.read(text, state, names)));
        one.warm.push(time(() => reader.read(text, state, names)));
      }
    }
  }
  return all.map(({ name, cold, parse, warm }) => ({
    name,
    coldP50Us: percentile(cold, 0.5),
    coldP99Us: percentile(cold, 0.99),
    parseP50Us: percentile(parse, 0.5),
    warmP50Us: percentile(warm, 0.5),
  }));
}

interface Measured {
  readonly name: string;
  readonly text: (n: number) => string;
  readonly cold: number[];
  readonly parse: number[];
  readonly warm: number[];
}

function time(action: () => unknown): number {
  const began = process.hrtime.bigint();
  action();
  return Number(process.hrtime.bigint() - began) / 1000;
}

function percentile(values: readonly number[], share: number): number {
  // The first tenth warms the code up.
  const sorted = values.slice(Math.floor(values.length / 10)).toSorted((left, right) => left - right);
  return Number((sorted[Math.floor(sorted.length * share)] ?? Number.NaN).toFixed(1));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.table(await benchFacts());
