/** Random expressions over columns and rows in sight: some of them cannot fail, some can, some tell by failing. */

/** A stream of choices. */
export interface Choosing {
  below(limit: number): number;
  pick<T>(items: readonly T[]): T;
  maybe(oneIn: number): boolean;
}

/** What an expression may be made of. */
export interface Material {
  readonly choices: Choosing;
  /** Aliases of relations. */
  readonly rows: readonly string[];
  readonly column: () => string;
}

type Form = (of: () => string, material: Material) => string;

const LITERALS = ["'canary-a-1'", "'x'", '1', 'NULL', "'canary%'", '0', "'2020-01-01'::date", "'7'::int"];

const FORMS: readonly Form[] = [
  (of) => `upper(${of()}::text)`,
  (of) => `lower(${of()}::text)`,
  (of) => `md5(${of()}::text)`,
  (of) => `length(${of()}::text)`,
  (of) => `left(${of()}::text, 3)`,
  (of) => `substr(${of()}::text, 2, 4)`,
  (of) => `split_part(${of()}::text, '-', 2)`,
  (of) => `reverse(${of()}::text)`,
  (of) => `concat(${of()}, '-', ${of()})`,
  (of) => `${of()}::text || ${of()}::text`,
  (of) => `(${of()} || 'x')`,
  (of) => `coalesce(${of()}::text, ${of()}::text)`,
  (of) => `nullif(${of()}::text, ${of()}::text)`,
  (of) => `greatest(${of()}::text, ${of()}::text)`,
  (of) => `CASE WHEN ${of()}::text > ${of()}::text THEN ${of()}::text ELSE ${of()}::text END`,
  (of) => `CASE ${of()}::text WHEN 'canary-a-1' THEN ${of()}::text END`,
  (of) => `(${of()}::text = ${of()}::text)`,
  (of) => `(${of()}::text LIKE 'canary-a%')`,
  (of) => `(${of()}::text IN ('canary-a-1', ${of()}::text))`,
  (of) => `(${of()} IS NULL)`,
  (of) => `(${of()}::text BETWEEN 'a' AND 'canary-a-2')`,
  (of) => `(${of()}::text < 'c' AND ${of()}::text IS DISTINCT FROM 'x')`,
  (of) => `ARRAY[${of()}::text, ${of()}::text]`,
  (of) => `(ARRAY[${of()}::text])[1]`,
  (of) => `ROW(${of()}, ${of()})`,
  (of) => `to_json(${of()})`,
  (of) => `json_build_object('k', ${of()})`,
  (of) => `jsonb_build_array(${of()}, ${of()})`,
  (of) => `substring(${of()}::text from 2 for 3)`,
  // These can fail, by value or by nothing else.
  (of) => `${of()}::text::int`,
  (of) => `1 / length(${of()}::text)`,
  (of) =>
    `(CASE WHEN ${of()}::text LIKE 'canary-a%' THEN 1 / (length(${of()}::text) - length(${of()}::text)) END)`,
  (of) => `repeat(${of()}::text, length(${of()}::text))`,
  (of) => `substr(${of()}::text, 1, length(${of()}::text) - 100)`,
  (of) => `regexp_replace(${of()}::text, ${of()}::text, '')`,
  (of) => `('x' LIKE ${of()}::text)`,
  // A pattern that ends in a backslash fails where the text is longer.
  (of) => longerThan(of(), 'LIKE'),
  (of) => longerThan(of(), 'NOT ILIKE'),
  (of) => `(${of()}::text SIMILAR TO ${of()}::text)`,
  (of) => `(${of()}::text LIKE 'canary%' ESCAPE ${of()}::text)`,
  (of) => `to_date(${of()}::text, 'YYYY')`,
  (of) => `json_build_object(${of()}, 1)`,
  (of) => `ARRAY[${of()}, ${of()}]`,
  (of) => `generate_series(1, length(${of()}::text))`,
  // Subqueries
  (of) => `(SELECT ${of()} LIMIT 1)`,
  (of) => `(SELECT max(q.name) FROM plain q WHERE q.name = ${of()}::text)`,
  (of) => `(SELECT count(*) FROM t q WHERE q.id = 1 AND ${of()} IS NOT NULL)`,
  (of) => `EXISTS (SELECT 1 FROM plain q WHERE q.note = ${of()}::text)`,
  (of) => `(${of()}::text IN (SELECT q.ssn FROM u q))`,
  () => `(SELECT q.ssn FROM t q WHERE q.id = 1)`,
  () => `(SELECT max(q.ssn) FROM t q)`,
  (of) => `(SELECT string_agg(q.ssn, ${of()}::text) FROM t q)`,
  () => `(SELECT upper(q.s) FROM (SELECT ssn AS s FROM t ORDER BY id LIMIT 1) q LIMIT 1)`,
  // Rows and windows
  (_of, { choices, rows }) => `row_to_json(${choices.pick(rows)})`,
  (_of, { choices, rows }) => `(${choices.pick(rows)} IS NULL)`,
  (_of, { choices, rows }) => `(${choices.pick(rows)}).ssn`,
  (of, { choices, rows }) =>
    `CASE WHEN ${of()} IS NULL THEN ${choices.pick(rows)} = ${choices.pick(rows)} END`,
  (of, { choices, rows }) => `max(${choices.pick(rows)}) FILTER (WHERE ${of()} IS NULL) OVER ()`,
  (_of, { choices, rows }) => `to_jsonb(${choices.pick(rows)})::text`,
  (of) => `first_value(${of()}) OVER (ORDER BY ${of()}::text)`,
  (of) => `lag(${of()}) OVER ()`,
  (of) => `row_number() OVER (PARTITION BY ${of()}::text)`,
  (of) => `max(${of()}::text) OVER ()`,
  (of) => `count(*) FILTER (WHERE ${of()}::text > 'canary-a') OVER ()`,
];

function longerThan(pattern: string, operator: string): string {
  return `(concat(${pattern}, 'x') ${operator} ${pattern}::text)`;
}

/** Aggregates of two columns. */
export const AGGREGATES: readonly ((one: string, other: string) => string)[] = [
  (one) => `count(${one})`,
  (one) => `count(DISTINCT ${one})`,
  (one) => `max(${one}::text)`,
  (one) => `min(${one})`,
  (one) => `string_agg(${one}::text, ',')`,
  (one) => `array_agg(${one})`,
  (one) => `bool_or(${one} IS NULL)`,
  (one, other) => `count(*) FILTER (WHERE ${one}::text > ${other}::text)`,
  (one) => `sum(length(${one}::text))`,
  (one) => `mode() WITHIN GROUP (ORDER BY ${one})`,
  (one) => `percentile_disc(0.5) WITHIN GROUP (ORDER BY ${one})`,
  (one, other) => `max(CASE WHEN ${one}::text > 'canary' THEN ${other}::text END)`,
];

/** An expression, at most so many forms deep. */
export function expressionOver(material: Material, depth: number): string {
  const { choices, column } = material;
  if (depth === 0) return choices.maybe(5) ? choices.pick(LITERALS) : column();
  const of = (): string => expressionOver(material, choices.maybe(2) ? 0 : depth - 1);
  return choices.pick(FORMS)(of, material);
}
