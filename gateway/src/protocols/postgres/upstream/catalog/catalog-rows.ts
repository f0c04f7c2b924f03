/** The rows of the catalog query, checked. */
import { z } from 'zod';
import { UpstreamError } from '../errors.ts';

const oid = z.int().min(0).max(0xffff_ffff);
const number = z.int().min(-32_768).max(32_767);
const name = z.string().max(64);
const column = z.tuple([number, name, oid, z.boolean()]);

const relation = z.tuple([
  z.literal('relation'),
  oid,
  name,
  name,
  z.enum(['r', 'p', 'v', 'm', 'f', 'c', 'S']),
  z.boolean(),
  z.array(column).max(1700).nullable(),
]);
const parent = z.tuple([z.literal('parent'), oid, oid]);
const reads = z.tuple([z.literal('reads'), oid, oid, number, name, name]);
const calls = z.tuple([z.literal('calls'), oid]);
const generated = z.tuple([z.literal('generated'), oid, number, number]);
const type = z.tuple([
  z.literal('type'),
  oid,
  z.string().length(1),
  name,
  oid,
  oid,
  z.string().length(1),
  oid,
]);
const key = z.tuple([z.literal('key'), oid, number, z.array(number).max(32)]);

const small = z.int().min(-64).max(65_535);
const tree = z.tuple([
  z.literal('tree'),
  oid,
  z.array(oid.nullable()).max(5000).nullable(),
  z
    .array(z.tuple([small, small, small]))
    .max(1700)
    .nullable(),
  z
    .array(z.tuple([small, small]))
    .max(20_000)
    .nullable(),
]);

/** Number, name, type's oid, and whether it is generated. */
type ColumnRow = [number, string, number, boolean];

/** `relkind` of pg_class. */
type RelationLetter = 'r' | 'p' | 'v' | 'm' | 'f' | 'c' | 'S';

/** One row of the catalog, as `catalog-query.ts` makes it. */
export type CatalogRow =
  /** oid, schema, name, kind, whether it is a partition, columns. */
  | ['relation', number, string, string, RelationLetter, boolean, ColumnRow[] | null]
  /** Child, parent. */
  | ['parent', number, number]
  /** Relation with a rule; relation that the rule reads, number of its column or 0, its schema and name. */
  | ['reads', number, number, number, string, string]
  /** Relation with a rule that calls functions. */
  | ['calls', number]
  /** Relation, number of its generated column, number of a column of which that is made. */
  | ['generated', number, number, number]
  /** oid, kind, name, base type, element type, delimiter, relation. */
  | ['type', number, string, string, number, number, string, number]
  /** Relation, how many of the numbers are of the key, numbers of columns. */
  | ['key', number, number, number[]]
  /**
   * View that is one plain SELECT; the relations of its range table, in order (null for a join); its columns that are columns
   * of these (number in the range table, number of the column, number of the view's column); all columns that stand anywhere.
   */
  | ['tree', number, (number | null)[] | null, [number, number, number][] | null, [number, number][] | null];

/** By the kind of a row: a union would try one after the other, for each of thousands of rows. */
const ROWS: ReadonlyMap<unknown, z.ZodType<CatalogRow>> = new Map<unknown, z.ZodType<CatalogRow>>([
  ['relation', relation],
  ['parent', parent],
  ['reads', reads],
  ['calls', calls],
  ['generated', generated],
  ['type', type],
  ['key', key],
  ['tree', tree],
]);

/** A row of one kind. */
export type RowOf<Kind extends CatalogRow[0]> = Extract<CatalogRow, readonly [Kind, ...unknown[]]>;

/** Reads the text of a row. Throws UpstreamError where it has another form. */
export function readCatalogRow(text: string): CatalogRow {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const read = Array.isArray(value) ? ROWS.get(value[0])?.safeParse(value) : undefined;
  if (read?.success === true) return read.data;
  throw new UpstreamError('ERR_UPSTREAM_PROTOCOL', 'the server described its catalog in another form');
}
