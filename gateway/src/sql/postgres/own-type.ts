import { type Fields, flagAt, nodesAt, stringsAt } from './ast.ts';
import type { Walk } from './walk.ts';

/** Every value has a text. The length of varchar(n) and char(n) cuts, where it is asked for. */
export const TEXTS: ReadonlySet<string> = new Set(['text', 'varchar', 'bpchar', 'name']);

/** Literals of these are read when the statement is, not when rows are. */
export const LITERALS: ReadonlySet<string> = new Set([
  ...TEXTS,
  'bool',
  'date',
  'float4',
  'float8',
  'int2',
  'int4',
  'int8',
  'interval',
  'numeric',
  'time',
  'timestamp',
  'timestamptz',
  'uuid',
]);

/** The name of a type that can only be one of pg_catalog; `undefined` for arrays and for what is not known. */
export function ownType(walk: Walk, type: Fields): string | undefined {
  const names = stringsAt(type, 'names');
  const name = names.at(-1) ?? '';
  const isOwn =
    names.length === 2 ? names[0] === 'pg_catalog' : names.length === 1 && walk.names.isCatalogFirst;
  const isPlain =
    nodesAt(type, 'arrayBounds').length === 0 && !flagAt(type, 'setof') && !flagAt(type, 'pct_type');
  return isOwn && isPlain ? name : undefined;
}
