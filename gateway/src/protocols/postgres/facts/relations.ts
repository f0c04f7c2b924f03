/** What the server told of its relations, in the form in which statements are judged by it. */
import type { TableCatalog } from '../../../sql/postgres/catalog-view.ts';
import type { KnownRelation, RelationCatalog } from '../../../sql/postgres/relation-catalog.ts';
import { formatName, parseName } from '../../../sql/qualified-name.ts';
import type { ServerCatalog, ServerRelation } from '../upstream/catalog/server-catalog.ts';

/** More partitions than this are not listed with what they are parts of; their own columns are masked nonetheless. */
const MOST_DESCENDANTS = 64;

/** A catalog for both questions that facts ask: what a relation hands out, and which columns and keys it has. */
export type KnownRelations = RelationCatalog & Required<TableCatalog> & { readonly key: string };

/** Names that were looked up and are remembered; statements choose them, so there is a bound (P10). */
const MOST_NAMES = 10_000;

/** Sessions share a catalog, and what was looked up in it. */
const shared = new WeakMap<ServerCatalog, KnownRelations>();

/** Looks relations up once each. Names are as in the dimension `tables`; what cannot be read is not known. */
export function toKnownRelations(server: ServerCatalog): KnownRelations {
  const relations = shared.get(server) ?? makeRelations(server);
  shared.set(server, relations);
  return relations;
}

function makeRelations(server: ServerCatalog): KnownRelations {
  const known = new Map<string, Known>();
  const find = (table: string): ServerRelation | undefined => {
    const parts = parseName(table);
    const [schema, name] = parts ?? [];
    if (parts?.length !== 2 || typeof schema !== 'string' || typeof name !== 'string') return undefined;
    return server.relation(schema, name);
  };
  const look = (table: string): Known => {
    const before = known.get(table);
    if (before !== undefined) return before;
    const relation = find(table);
    const made: Known = {
      relation: relation === undefined ? undefined : toKnown(relation),
      columns: relation?.columns.map(({ name }) => name),
      keys: relation?.keys,
    };
    if (known.size >= MOST_NAMES) known.clear();
    known.set(table, made);
    return made;
  };
  return {
    relation: (table) => look(table).relation,
    columns: (table) => look(table).columns,
    keys: (table) => look(table).keys,
    key: server.key,
  };
}

interface Known {
  readonly relation: KnownRelation | undefined;
  readonly columns: readonly string[] | undefined;
  readonly keys: ServerRelation['keys'] | undefined;
}

function toKnown(relation: ServerRelation): KnownRelation | undefined {
  const { kind, schema, name, carries, ancestors, descendants, generated, shows } = relation;
  if (kind === 'composite') return undefined;
  const made = [...generated].map(([column, bases]): [string, string[]] => [
    column,
    bases.map((base) => formatName([schema, name, base])),
  ]);
  const relatives = [...ancestors, ...(descendants.length > MOST_DESCENDANTS ? [] : descendants)];
  return {
    kind,
    carries: carries === undefined ? ['*'] : carries.map((column) => formatName(column)),
    ...(relatives.length === 0 ? {} : { parents: relatives.map((one) => formatName(one)) }),
    ...(made.length === 0 ? {} : { generated: Object.fromEntries(made) }),
    ...(shows.size === 0
      ? {}
      : {
          shows: new Map([...shows].map(([column, names]) => [column, names.map((one) => formatName(one))])),
        }),
    ...(relation.reads?.length === 0
      ? {}
      : { reads: relation.reads?.map((one) => formatName(one)) ?? ['*'] }),
    columns: relation.columns.map((column) => column.name),
    types: new Map(relation.columns.map((column) => [column.name, column.type])),
  };
}
