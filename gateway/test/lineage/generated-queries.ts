/** Random queries over the tables of `masked-database.ts`, mostly valid, that move a masked column about. */
import fc from 'fast-check';
import { AGGREGATES, type Choosing, expressionOver } from './generated-expressions.ts';

/** A FROM item, with the names of the columns that it certainly has. */
interface Source {
  readonly sql: string;
  readonly alias: string;
  readonly columns: readonly string[];
}

const TABLES: Readonly<Record<string, readonly string[]>> = {
  t: ['id', 'name', 'ssn'],
  u: ['id', 'name', 'note', 'ssn'],
  plain: ['id', 'name', 'note'],
  computed: ['id', 'ssn', 'shouted'],
  part: ['id', 'ssn'],
  v: ['id', 'name', 'ssn'],
  renamed: ['id', 'label'],
  harmless: ['id', 'name'],
};

/** A stream of choices: the same seed gives the same query. (Weyl sequence with a multiplicative mix.) */
class Choices implements Choosing {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  below(limit: number): number {
    this.#state = (this.#state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) % limit;
  }

  pick<T>(items: readonly T[]): T {
    const picked = items[this.below(items.length)];
    if (picked === undefined) throw new RangeError('nothing to pick from');
    return picked;
  }

  maybe(oneIn: number): boolean {
    return this.below(oneIn) === 0;
  }
}

interface Context {
  readonly choices: Choices;
  readonly depth: number;
  /** Common tables in sight. */
  readonly common: readonly { readonly name: string; readonly columns: readonly string[] }[];
  readonly fresh: () => string;
}

/** A query with the names of its columns; `undefined` where a name is not known. */
interface Query {
  readonly sql: string;
  readonly columns: readonly string[];
}

/** Any query. */
export const generatedQuery: fc.Arbitrary<string> = fc.nat(0xffffffff).map((seed) => {
  let counter = 0;
  const fresh = (): string => `x${(counter += 1)}`;
  return query({ choices: new Choices(seed), depth: 2, common: [], fresh }).sql;
});

const NARROW: Readonly<Record<string, readonly string[]>> = {
  t: ['ssn', 'ssn', 'name', 'id'],
  u: ['ssn', 'ssn', 'note', 'id'],
  v: ['ssn', 'ssn', 'name', 'id'],
  renamed: ['label', 'label', 'id'],
  computed: ['shouted', 'ssn', 'id'],
};

/** One expression over one table, mostly of its masked column: whether it may fail is all that matters. */
export const generatedComputation: fc.Arbitrary<string> = fc.nat(0xffffffff).map((seed) => {
  const choices = new Choices(seed);
  const table = choices.pick(Object.keys(NARROW));
  const material = { choices, rows: ['x'], column: () => `x.${choices.pick(NARROW[table] ?? ['id'])}` };
  const computed = expressionOver(material, 1 + choices.below(3));
  return choices.maybe(3)
    ? `SELECT y.id, y.c FROM (SELECT x.id, ${computed} AS c FROM ${table} x) y`
    : `SELECT x.id, ${computed} AS c FROM ${table} x`;
});

function query(context: Context): Query {
  const { choices, depth } = context;
  const common = [...context.common];
  const clauses: string[] = [];
  while (depth > 0 && clauses.length < 2 && choices.maybe(4)) {
    const made = commonTable({ ...context, depth: depth - 1, common });
    clauses.push(made.sql);
    common.push(made);
  }
  const inner = { ...context, common };
  const main = depth > 0 && choices.maybe(8) ? setOperation(inner) : select(inner);
  if (clauses.length === 0) return main;
  const recursive = choices.maybe(3) ? 'RECURSIVE ' : '';
  return { sql: `WITH ${recursive}${clauses.join(', ')} ${main.sql}`, columns: main.columns };
}

function commonTable(context: Context): Query & { readonly name: string } {
  const { choices, fresh } = context;
  const name = fresh();
  const body = query(context);
  if (body.columns.length === 0 || choices.maybe(2))
    return { name, sql: `${name} AS (${body.sql})`, columns: body.columns };
  const columns = body.columns.map((column) => (choices.maybe(3) ? fresh() : column));
  return { name, sql: `${name} (${columns.join(', ')}) AS (${body.sql})`, columns };
}

function setOperation(context: Context): Query {
  const { choices } = context;
  const column = choices.pick(['name', 'ssn']);
  const operation = choices.pick(['UNION', 'UNION ALL', 'UNION ALL', 'UNION ALL', 'EXCEPT', 'INTERSECT ALL']);
  const left = choices.pick(['t', 'u']);
  const columns = ['id', column];
  return {
    sql: `SELECT id, ${column} FROM ${left} ${operation} SELECT id, name FROM ${choices.pick(['plain', 't'])}`,
    columns,
  };
}

function select(context: Context): Query {
  const { choices } = context;
  const sources: Source[] = [];
  const items: string[] = [];
  const count = 1 + choices.below(2);
  for (let index = 0; index < count; index += 1) {
    const source = fromItem(context, sources);
    items.push(index === 0 ? source.sql : joined(context, sources, source));
    sources.push(source);
  }
  if (choices.maybe(10)) {
    const [list = '', rest = ''] = grouped(context, sources).sql.split('|');
    return { sql: `SELECT ${list} FROM ${items.join(' ')} ${rest}`, columns: [] };
  }
  const targets = Array.from({ length: 1 + choices.below(3) }, () => target(context, sources));
  const where = choices.maybe(6) ? ` WHERE ${condition(context, sources)}` : '';
  const order = choices.maybe(8) ? ` ORDER BY ${choices.pick(['1', reference(choices, sources)])}` : '';
  const distinct = choices.maybe(8) ? 'DISTINCT ' : '';
  const limit = choices.maybe(6) ? ' LIMIT 2' : '';
  return {
    sql: `SELECT ${distinct}${targets.map(({ sql }) => sql).join(', ')} FROM ${items.join(' ')}${where}${order}${limit}`,
    columns: unique(targets.flatMap(({ columns }) => columns)),
  };
}

/** A reference to a name that stands twice is an error, and proves nothing. */
function unique(columns: readonly string[]): readonly string[] {
  return columns.filter((column) => columns.indexOf(column) === columns.lastIndexOf(column));
}

/** GROUP BY a plain column, with aggregates of others. */
function grouped({ choices, fresh }: Context, sources: readonly Source[]): Query {
  const key = reference(choices, sources);
  const name = fresh();
  const aggregate = choices.pick(AGGREGATES)(reference(choices, sources), reference(choices, sources));
  const having = choices.maybe(6) ? ` HAVING count(*) > ${choices.below(2)}` : '';
  return { sql: `${key}, ${aggregate} AS ${name}|GROUP BY ${key}${having}`, columns: [name] };
}

function joined({ choices }: Context, left: readonly Source[], right: Source): string {
  if (choices.maybe(3)) return `, ${right.sql}`;
  const kind = choices.pick(['JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN']);
  const shared = right.columns.filter((column) => left.some(({ columns }) => columns.includes(column)));
  if (shared.length > 0 && choices.maybe(3)) return `${kind} ${right.sql} USING (${choices.pick(shared)})`;
  return `${kind} ${right.sql} ON ${choices.pick(['true', `${reference(choices, [...left, right])} IS NOT NULL`])}`;
}

function fromItem(context: Context, before: readonly Source[]): Source {
  const { choices, depth, fresh, common } = context;
  const alias = fresh();
  if (depth > 0 && choices.maybe(2)) {
    const inner = query({ ...context, depth: depth - 1 });
    const renamed = inner.columns.map((column) => (choices.maybe(3) ? fresh() : column));
    const list = renamed.length > 0 && choices.maybe(4) ? ` (${renamed.join(', ')})` : '';
    return {
      sql: `(${inner.sql}) AS ${alias}${list}`,
      alias,
      columns: list === '' ? inner.columns : renamed,
    };
  }
  if (before.length > 0 && choices.maybe(5)) {
    const outer = reference(choices, before);
    return { sql: `LATERAL (SELECT ${outer} AS lat) AS ${alias}`, alias, columns: ['lat'] };
  }
  if (common.length > 0 && choices.maybe(2)) {
    const table = choices.pick(common);
    return { sql: `${table.name} AS ${alias}`, alias, columns: table.columns };
  }
  const name = choices.pick(Object.keys(TABLES));
  const columns = TABLES[name] ?? [];
  if (choices.maybe(6)) {
    const renamed = columns.map(() => fresh());
    return { sql: `${name} AS ${alias} (${renamed.join(', ')})`, alias, columns: renamed };
  }
  return { sql: `${name} AS ${alias}`, alias, columns };
}

function target(context: Context, sources: readonly Source[]): Query {
  const { choices, fresh } = context;
  const name = fresh();
  const source = choices.pick(sources);
  const column = choices.pick(source.columns.length === 0 ? ['id'] : source.columns);
  switch (choices.below(34)) {
    case 0:
      return { sql: '*', columns: sources.flatMap(({ columns }) => columns) };
    case 1:
      return { sql: `${source.alias}.*`, columns: source.columns };
    case 2:
      return { sql: `${source.alias} AS ${name}`, columns: [name] };
    case 3:
      return { sql: `upper(${source.alias}.${column}::text) AS ${name}`, columns: [name] };
    case 4:
      return { sql: `(SELECT max(${source.alias}.${column}::text)) AS ${name}`, columns: [name] };
    case 5:
      return { sql: `row_to_json(${source.alias})::text AS ${name}`, columns: [name] };
    case 6:
      return { sql: column, columns: [column] };
    case 9:
    case 10:
    case 11:
    case 12:
    case 13:
    case 14:
      return { sql: `${generatedExpression(choices, sources, 3)} AS ${name}`, columns: [name] };
    case 15:
      return { sql: generatedExpression(choices, sources, 2), columns: [] };
    case 7:
    case 8:
      return { sql: `${source.alias}.${column} AS ${name}`, columns: [name] };
    default:
      return { sql: `${source.alias}.${column}`, columns: [column] };
  }
}

function generatedExpression(choices: Choices, sources: readonly Source[], depth: number): string {
  const rows = sources.map(({ alias }) => alias);
  return expressionOver({ choices, rows, column: () => reference(choices, sources) }, depth);
}

function condition(context: Context, sources: readonly Source[]): string {
  const { choices } = context;
  const column = reference(choices, sources);
  return choices.pick([
    `${column} IS NOT NULL`,
    `${column}::text LIKE 'canary-a%'`,
    `EXISTS (SELECT 1 FROM t WHERE t.name = ${column}::text)`,
    `${column}::text IN (SELECT name FROM plain)`,
    'true',
  ]);
}

function reference(choices: Choices, sources: readonly Source[]): string {
  const source = choices.pick(sources);
  if (source.columns.length === 0) return `${source.alias}.id`;
  const column = choices.pick(source.columns);
  return choices.maybe(4) ? column : `${source.alias}.${column}`;
}
